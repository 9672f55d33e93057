"""The audit names every planted edit of what an account may do and of what a round is, by the row and the field."""

from typing import Any

import pytest

from tests.support.ledger_book import UNIT, Book
from wallet.ledger.admin import Author, cancel_grant, issue_grant, open_account, set_limits, set_status
from wallet.ledger.audit import AuditReport, audit
from wallet.ledger.audit_round import SpannedRound
from wallet.ledger.kinds import AccountStatus, ActionKind
from wallet.ledger.state import Account, Grant
from wallet.ledger.types import Action

BO = Author("bo", "asked by the player", 1_000_000)


@pytest.fixture
def book() -> Book:
    """A player with limits, blocked and opened again, with a round of two steps and another that is closed."""
    book = Book()
    book.administer(open_account(None, "brand", "ann", "EUR", BO))
    book.administer(open_account(None, "brand", "bob", "EUR", BO, demo=True))
    book.administer(set_limits(book.account, {"stake": 50 * UNIT}, BO))
    book.administer(set_status(book.account, AccountStatus.BLOCKED, BO))
    book.administer(set_status(book.account, AccountStatus.OPEN, BO))
    book.one(ActionKind.DEPOSIT, "d1", 100 * UNIT, round_id="")
    book.bet("refused", 60 * UNIT)
    book.bet("b1", 10 * UNIT, game_version="v1", round_state=b"step 1")
    book.now_ms += 1
    book.win("w1", 5 * UNIT, game_version="v1", round_state=b"step 2")
    book.act(
        Action(ActionKind.BET, "b2", UNIT), Action(ActionKind.WIN, "w2", 0), close_round=True, round_id="r2",
        game_version="v1", round_state=b"",
    )  # fmt: skip
    book.rollback("x9", "never", round_id="r1", reference_kind=ActionKind.BET)
    return book


def audited(book: Book) -> AuditReport:
    return audit(
        sorted(book.accounts.values(), key=lambda account: account.key),
        book.journal(),
        sorted((spanned(book, round_.round_id) for round_ in book.rounds.values()), key=lambda round_: round_.key),
        sorted(book.grants.values(), key=lambda grant: grant.key),
    )


def spanned(book: Book, round_id: str, **changes: Any) -> SpannedRound:
    """Return a round as the store keeps it, with its first and last row."""
    round_ = book.rounds["brand", "ann", "provider", round_id]
    if isinstance(round_, SpannedRound):
        return round_
    sequences = [row.sequence for row in book.journal(book.account.key) if row.round_id == round_id]
    values = {name: getattr(round_, name) for name in round_.__dataclass_fields__}
    return SpannedRound(**(values | {"first_sequence": min(sequences), "last_sequence": max(sequences)} | changes))


def found(book: Book) -> list[tuple[str, str, str]]:
    return [(finding.table, finding.key, finding.field) for finding in audited(book).findings]


def test_a_book_that_the_ledger_wrote_has_no_findings(book: Book) -> None:
    assert audited(book).findings == []


@pytest.mark.parametrize(
    ("name", "value"), [("status", "blocked"), ("status", "excluded"), ("limits", ""), ("demo", True)]
)
def test_w24_an_edit_of_what_an_account_may_do_is_named(book: Book, name: str, value: object) -> None:
    setattr(book.account, name, value)

    assert ("account", "brand/ann/EUR", name) in found(book)


def test_w30_a_demo_account_that_is_made_real_is_named(book: Book) -> None:
    book.accounts["brand", "bob", "EUR"].demo = False

    assert found(book) == [("account", "brand/bob/EUR", "demo")]


def test_w24_an_account_that_nobody_opened_is_named(book: Book) -> None:
    account = Account("brand", "zoe", "EUR")
    book.accounts[account.key] = account

    assert found(book) == [("account", "brand/zoe/EUR", "status")]


@pytest.mark.parametrize("round_id", ["r1", "r2"])
@pytest.mark.parametrize(
    ("name", "value"),
    [("game_id", "other"), ("game_version", "v2"), ("game_version", ""), ("state", b"step 9"), ("updated_time_ms", 7)],
)
def test_w24_an_edit_of_what_a_round_is_is_named(book: Book, round_id: str, name: str, value: object) -> None:
    setattr(book.rounds["brand", "ann", "provider", round_id], name, value)

    assert found(book) == [("round", f"brand/ann/provider/{round_id}", name)]


@pytest.mark.parametrize("name", ["first_sequence", "last_sequence"])
@pytest.mark.parametrize("value", [0, 1, 999])
def test_w24_an_edit_of_a_rounds_bounds_is_named(book: Book, name: str, value: int) -> None:
    changed = spanned(book, "r1", **{name: value})
    book.rounds[changed.key] = changed

    assert found(book) == [("round", "brand/ann/provider/r1", name)]


def test_a_state_that_a_refused_call_brought_does_not_count(book: Book) -> None:
    book.bet("too much", 70 * UNIT, round_state=b"refused")

    assert book.round.state == b"step 2"
    assert audited(book).findings == []


def test_a_repeated_rollback_that_closes_its_round_is_right(book: Book) -> None:
    book.bet("b3", UNIT, round_id="r3")
    book.rollback("x1", "b3", round_id="r3")
    book.rollback("x2", "b3", round_id="r3", close_round=True)

    assert book.rounds["brand", "ann", "provider", "r3"].status == "closed"
    assert audited(book).findings == []


TERMS = Grant("brand", "ann", "EUR", "g1", 3, UNIT, 0, "provider", "game,other", 9_000_000_000)


@pytest.fixture
def granted(book: Book) -> Book:
    """The same player with a grant of which two free bets were placed and one given back, and one that was ended."""
    book.administer(issue_grant(book.account, None, TERMS, BO))
    book.administer(issue_grant(book.account, None, Grant("brand", "ann", "EUR", "g2", 5), BO))
    book.now_ms += 1
    for number in (1, 2):
        assert book.bet(f"f{number}", UNIT, round_id="r8", grant_id="g1").accepted
    assert book.rollback("fx", "f2", round_id="r8").accepted
    book.administer(
        cancel_grant(book.account, book.grants["brand", "ann", "EUR", "g2"], BO._replace(now_ms=book.now_ms))
    )
    return book


def test_w24_what_a_player_was_given_is_a_row_with_author_and_terms(granted: Book) -> None:
    given, _, ended = [row for row in granted.journal() if row.kind in ("issue_grant", "cancel_grant")]

    assert (given.grant_id, given.amount_micros, given.author, given.reason) == ("g1", 0, BO.name, BO.reason)
    assert given.detail == (
        b'{"grant_id":"g1","bet_count":3,"bet_micros":1000000,"provider_id":"provider","game_ids":"game,other",'
        b'"expires_time_ms":9000000000,"cancelled":false}'
    )
    assert (ended.kind, ended.grant_id, ended.author) == ("cancel_grant", "g2", BO.name)
    assert b'"cancelled":true' in ended.detail
    assert audited(granted).findings == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bet_count", 4),
        ("bet_micros", 0),
        ("provider_id", ""),
        ("game_ids", "game"),
        ("expires_time_ms", 0),
        ("cancelled", True),
        ("used_count", 0),
        ("created_time_ms", 7),
        ("updated_time_ms", 7),
    ],
)
def test_w24_an_edit_of_a_grant_is_named(granted: Book, name: str, value: object) -> None:
    setattr(granted.grants["brand", "ann", "EUR", "g1"], name, value)

    assert found(granted) == [("grant", "brand/ann/EUR/g1", name)]


def test_w24_a_grant_that_was_ended_and_lives_again_is_named(granted: Book) -> None:
    granted.grants["brand", "ann", "EUR", "g2"].cancelled = False

    assert found(granted) == [("grant", "brand/ann/EUR/g2", "cancelled")]


def test_w21_a_grant_that_nobody_gave_is_named(granted: Book) -> None:
    made = Grant("brand", "ann", "EUR", "g3", 100)
    granted.grants[made.key] = made

    assert found(granted) == [("grant", "brand/ann/EUR/g3", "grant_id")]


@pytest.mark.parametrize("grant_id", ["g1", "g2"])
def test_w24_a_grant_that_is_missing_is_named(granted: Book, grant_id: str) -> None:
    del granted.grants["brand", "ann", "EUR", grant_id]

    assert found(granted) == [("grant", f"brand/ann/EUR/{grant_id}", "key")]
