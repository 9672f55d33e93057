"""The audit finds nothing in a right book, and the exact row of anything that was changed behind the ledger's back."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.support.ledger_book import UNIT, Book
from wallet.ledger.audit import audit
from wallet.ledger.chain import recompute_head
from wallet.ledger.kinds import ActionKind
from wallet.ledger.state import CHAIN_START, Grant
from wallet.ledger.types import Action, JournalRow


def a_full_book() -> Book:
    """Two players, two currencies, every kind of action, refusals, tombstones, a receivable."""
    book = Book()
    book.open(100 * UNIT)
    book.open(50 * UNIT, "bob")
    grant = Grant("brand", "ann", "EUR", "g1", 2)
    book.grants[grant.key] = grant
    book.act(Action(ActionKind.BET, "b1", 10 * UNIT), Action(ActionKind.WIN, "w1", 25 * UNIT), close_round=True)
    book.round_id = "r2"
    book.bet("b2", 10 * UNIT, jackpot_contribution_micros=UNIT)
    book.bet("b3", UNIT)
    book.rollback("x1", "b3")
    book.rollback("x2", "late")
    book.bet("late", UNIT)
    book.bet("b4", 900 * UNIT)
    book.one(ActionKind.JACKPOT_WIN, "j1", 500 * UNIT, jackpot_id="mega")
    book.bet("b5", UNIT, grant_id="g1", round_id="r3")
    book.win("w3", 3 * UNIT, round_id="r3", reference_transaction_id="b5")
    book.one(ActionKind.PROMO_WIN, "p1", UNIT)
    for name in ("wd1", "wd2", "wd3"):
        book.one(ActionKind.WITHDRAW_RESERVE, name, 100 * UNIT, round_id="")
    book.one(ActionKind.WITHDRAW_CONFIRM, "c1", reference_transaction_id="wd1", round_id="")
    book.one(ActionKind.WITHDRAW_CANCEL, "c2", reference_transaction_id="wd2", round_id="")
    book.one(ActionKind.ADJUST, "a1", 5 * UNIT, bonus_micros=5 * UNIT, author="bo", reason="sorry", round_id="")
    book.rollback("x3", "j1", reference_kind=ActionKind.JACKPOT_WIN)
    book.player_id = "bob"
    book.act(Action(ActionKind.BET, "bb1", 10 * UNIT), Action(ActionKind.WIN, "bw1", 0), close_round=True)
    book.currency_code = "SEK"
    book.open(5 * UNIT, "bob")
    book.bet("sb1", UNIT, round_id="r9")
    book.player_id, book.currency_code = "ann", "EUR"
    return book


@pytest.fixture
def book() -> Book:
    return a_full_book()


def test_a_right_book_has_no_findings(book: Book) -> None:
    report = book.audit()

    assert report.findings == []
    assert (report.account_count, report.row_count, report.round_count) == (3, len(book.rows), len(book.rounds))


def test_w23_what_the_players_hold_is_what_the_house_gave(book: Book) -> None:
    report = book.audit()

    for currency_code, held in report.player_micros.items():
        assert held == -sum(total.micros for total in report.house_totals if total.currency_code == currency_code)
    assert book.accounts["brand", "ann", "EUR"].receivable_micros > 0


def test_w22_round_totals_equal_their_legs(book: Book) -> None:
    book.rounds["brand", "ann", "provider", "r2"].win_micros += 1

    (finding,) = book.audit().findings

    assert (finding.table, finding.key, finding.field) == ("round", "brand/ann/provider/r2", "win_micros")


ROW_CHANGES: list[tuple[str, Any]] = [
    ("amount_micros", lambda value: value + 1),
    ("cash_delta_micros", lambda value: value + 1),
    ("bonus_delta_micros", lambda value: value - 1),
    ("cash_micros", lambda value: value + 1),
    ("code", lambda value: "no_effect" if value == "ok" else "ok"),
    ("player_id", lambda value: value + "x"),
    ("transaction_id", lambda value: value + "x"),
    ("round_id", lambda value: value + "x"),
    ("house_account", lambda value: "house:adjustments"),
    ("time_ms", lambda value: value + 1),
    ("reason", lambda value: value + "!"),
    ("author", lambda value: "someone else"),
    ("detail", lambda value: value + b"x"),
    ("fingerprint", lambda value: bytes(16)),
    ("chain_head", lambda value: bytes(32)),
    ("sequence", lambda value: value + 1_000),
]


@pytest.mark.parametrize(("name", "change"), ROW_CHANGES, ids=[name for name, _ in ROW_CHANGES])
def test_w24_any_edit_of_any_row_is_found_at_that_row(book: Book, name: str, change: Callable[[Any], Any]) -> None:
    rows = book.journal()
    for index, row in enumerate(rows):
        edited = row._replace(**{name: change(getattr(row, name))})
        if edited == row:
            continue

        findings = _audit_rows(book, [*rows[:index], edited, *rows[index + 1 :]]).findings

        assert findings, (name, row)
        keys = {f"{'/'.join(which.account_key)}#{which.sequence}" for which in (row, edited)}
        assert any(finding.table == "journal" and finding.key in keys for finding in findings), findings


def test_w24_a_dropped_row_is_found(book: Book) -> None:
    rows = book.journal()
    for index in range(len(rows)):
        assert not _audit_rows(book, rows[:index] + rows[index + 1 :]).ok


def test_w24_a_row_written_twice_is_found(book: Book) -> None:
    rows = book.journal()

    assert not _audit_rows(book, [rows[0], *rows]).ok


def _audit_rows(book: Book, rows: list[JournalRow]) -> Any:
    return audit(
        sorted(book.accounts.values(), key=lambda account: account.key),
        sorted(rows, key=lambda row: row[:4]),
        sorted(book.rounds.values(), key=lambda round_: round_.key),
        book.grants.values(),
        with_standing=False,
    )


@pytest.mark.parametrize(
    "name",
    ["cash_micros", "bonus_micros", "reserved_micros", "receivable_micros", "sequence", "open_round_count"],
)
def test_an_edited_account_is_found(book: Book, name: str) -> None:
    account = book.accounts["brand", "ann", "EUR"]
    setattr(account, name, getattr(account, name) + 1)

    findings = book.audit().findings

    assert ("account", "brand/ann/EUR", name) in [(f.table, f.key, f.field) for f in findings]


@pytest.mark.parametrize(
    "name",
    ["bet_micros", "win_micros", "rolled_back_micros", "reversed_win_micros", "jackpot_contribution_micros",
     "free_bet_micros", "opened_time_ms", "closed_time_ms"],
)  # fmt: skip
def test_an_edited_round_is_found(book: Book, name: str) -> None:
    for round_ in list(book.rounds.values()):
        edited = replace(round_)
        setattr(edited, name, getattr(edited, name) + 1)
        book.rounds[round_.key] = edited
        (finding,) = book.audit().findings
        assert (finding.table, finding.key, finding.field) == ("round", "/".join(round_.key), name)
        book.rounds[round_.key] = round_


def test_a_lost_account_round_or_grant_is_found(book: Book) -> None:
    tables: list[dict[Any, Any]] = [book.accounts, book.rounds, book.grants]
    for table in tables:
        key = next(iter(table))
        kept = table.pop(key)
        assert not book.audit().ok
        table[key] = kept


def test_an_invented_round_and_an_invented_account_are_found(book: Book) -> None:
    rounds = replace(next(iter(book.rounds.values())), round_id="invented")
    book.rounds[rounds.key] = rounds
    account = replace(book.account, player_id="zoe")
    book.accounts[account.key] = account

    tables = {finding.table for finding in book.audit().findings}

    assert {"round", "account", "currency"} <= tables


def test_a_forged_grant_is_found(book: Book) -> None:
    next(iter(book.grants.values())).used_count = 0

    (finding,) = book.audit().findings

    assert (finding.table, finding.field, finding.expected, finding.found) == ("grant", "used_count", "1", "0")


def test_unsorted_streams_are_refused_not_misread(book: Book) -> None:
    accounts = sorted(book.accounts.values(), key=lambda account: account.key, reverse=True)

    with pytest.raises(ValueError, match="not sorted"):
        audit(accounts, [], [])


def test_the_audit_stops_at_its_limit(book: Book) -> None:
    for account in book.accounts.values():
        account.cash_micros += 1

    assert 1 <= len(audit(sorted(book.accounts.values(), key=lambda a: a.key), [], [], findings_max=1).findings) < 30


def rechained(rows: list[JournalRow]) -> list[JournalRow]:
    """Forge: give every row the head that fits, as someone who owns the database could."""
    heads: dict[Any, bytes] = {}
    forged = []
    for row in rows:
        head = recompute_head(heads.get(row.account_key, CHAIN_START), row)
        heads[row.account_key] = head
        forged.append(row._replace(chain_head=head))
    return forged


FORGERIES: list[tuple[str, str, dict[str, Any]]] = [
    ("win", "w1", {"kind": "adjust", "reserved_delta_micros": UNIT}),
    ("rollback", "x1", {"reference_transaction_id": "b2"}),
    ("rollback", "x1", {"reference_transaction_id": "never"}),
    ("bet", "b2", {"flags": 0}),
    ("bet", "b3", {"flags": 1}),
    ("bet", "b3", {"flags": 2, "round_id": "r1"}),
    ("win", "w1", {"house_account": ""}),
    ("bet", "b4", {"cash_delta_micros": -1}),
    ("bet", "sb1", {"round_id": "r2", "player_id": "ann"}),
]


@pytest.mark.parametrize(("kind", "name", "change"), FORGERIES)
def test_w23_a_forged_row_with_a_forged_chain_is_still_found(
    book: Book, kind: str, name: str, change: dict[str, Any]
) -> None:
    rows = [row._replace(**change) if (row.kind, row.transaction_id) == (kind, name) else row for row in book.journal()]
    forged = rechained(sorted(rows, key=lambda row: row[:4]))

    findings = _audit_rows(book, forged).findings

    assert any(finding.table == "journal" and finding.field != "chain_head" for finding in findings)


def test_a_rolled_back_bet_with_a_jackpot_contribution_is_right() -> None:
    book = a_full_book()
    book.bet("k1", 10 * UNIT, jackpot_contribution_micros=UNIT, round_id="r8")
    book.rollback("xk", "k1", round_id="r8")

    assert book.audit().findings == []


def test_a_free_bet_that_was_rolled_back_is_right() -> None:
    book = a_full_book()
    book.bet("f1", UNIT, grant_id="g1", round_id="r8")
    book.rollback("xf", "f1", round_id="r8")

    assert book.audit().findings == []


def test_an_unknown_account_with_money_is_found(book: Book) -> None:
    book.account.status = "unknown"

    assert [finding.field for finding in book.audit().findings] == ["status"]
