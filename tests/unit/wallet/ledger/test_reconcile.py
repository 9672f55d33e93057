"""Our journal against a provider's report."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.ledger_book import UNIT, Book
from tests.unit.wallet.ledger.test_audit import a_full_book
from wallet.ledger.admin import Author, open_account
from wallet.ledger.kinds import ADMIN_KINDS, FLAG_TOMBSTONE
from wallet.ledger.reconcile import MismatchKind, Transaction, reconcile, transactions_of

BET = Transaction("bet", "b1", "EUR", 10)
IDLE = Transaction("rollback", "x1", "EUR", 0, effective=False)
CASES: list[tuple[list[Transaction], list[Transaction], list[MismatchKind]]] = [
    ([BET], [BET], []),
    ([], [BET], [MismatchKind.MISSING_HERE]),
    ([BET], [], [MismatchKind.MISSING_THERE]),
    ([BET], [BET._replace(amount_micros=11)], [MismatchKind.AMOUNT]),
    ([BET], [BET._replace(accepted=False)], [MismatchKind.STATUS]),
    ([BET], [BET._replace(currency_code="SEK")], [MismatchKind.CURRENCY]),
    ([BET], [BET, BET], [MismatchKind.DUPLICATE_THERE]),
    ([BET._replace(accepted=False)], [], []),
    ([], [BET._replace(accepted=False)], []),
    ([IDLE], [IDLE._replace(amount_micros=10)], []),
    ([IDLE], [IDLE._replace(currency_code="SEK")], []),
    ([IDLE], [IDLE._replace(accepted=False)], [MismatchKind.STATUS]),
    ([IDLE], [IDLE, IDLE], [MismatchKind.DUPLICATE_THERE]),
    ([IDLE], [], []),
    ([BET], [BET._replace(kind="win")], [MismatchKind.MISSING_THERE, MismatchKind.MISSING_HERE]),
]


@pytest.mark.parametrize(("here", "there", "kinds"), CASES)
def test_w28_every_mismatch_has_one_name(
    here: list[Transaction], there: list[Transaction], kinds: list[MismatchKind]
) -> None:
    assert [mismatch.mismatch for mismatch in reconcile(here, there).mismatches] == kinds


def test_w28_a_journal_agrees_with_itself_whatever_the_order() -> None:
    own = list(transactions_of(a_full_book().journal()))

    report = reconcile(own, reversed(own))

    assert (report.mismatches, report.agreed_count) == ([], len(own))


def test_w28_what_only_the_journal_has_is_no_transaction() -> None:
    book = Book()
    book.administer(open_account(None, "brand", "ann", "EUR", Author("bo", "asked", 1_000)))
    book.rollback("x1", "late", reference_kind=None)
    rows = book.journal()

    assert any(row.kind in ADMIN_KINDS for row in rows)
    assert sum(row.flags & FLAG_TOMBSTONE != 0 for row in rows) > 1
    assert [transaction[:2] for transaction in transactions_of(rows)] == [("rollback", "x1")]


@pytest.mark.parametrize("told_micros", [0, 5 * UNIT])
@pytest.mark.parametrize(
    ("bets", "kinds"),
    [
        ([], []),
        ([Transaction("bet", "late", "EUR", 5 * UNIT, accepted=False)], []),
        ([Transaction("bet", "late", "EUR", 5 * UNIT)], [MismatchKind.MISSING_HERE]),
    ],
)
@pytest.mark.parametrize("it_came_after", [False, True])
def test_w06_w28_a_rollback_before_its_bet_agrees_with_a_provider_that_took_its_bet_back(
    told_micros: int, bets: list[Transaction], kinds: list[MismatchKind], it_came_after: bool
) -> None:
    book = Book()
    book.open(0)
    book.rollback("x1", "late")
    if it_came_after:
        book.bet("late", 5 * UNIT)

    report = reconcile(transactions_of(book.journal()), [Transaction("rollback", "x1", "EUR", told_micros), *bets])

    assert [mismatch.mismatch for mismatch in report.mismatches] == kinds
    assert report.agreed_count == 1 + len(bets) - len(kinds)


@pytest.mark.parametrize("told_micros", [0, 5 * UNIT])
def test_w28_a_rollback_of_what_was_rolled_back_or_refused_before_agrees(told_micros: int) -> None:
    book = Book()
    book.open(5 * UNIT)
    book.bet("b1", 5 * UNIT)
    book.rollback("x1", "b1")
    book.bet("b2", 90 * UNIT)
    own = [each for each in transactions_of(book.journal()) if each.kind == "bet"]
    book.rollback("x2", "b1")
    book.rollback("x3", "b2")
    theirs = [Transaction("rollback", name, "EUR", told_micros) for name in ("x2", "x3")]
    ours = [each for each in transactions_of(book.journal()) if each.transaction_id in ("x2", "x3")]

    assert [each.accepted for each in own] == [True, False]
    assert reconcile(ours, theirs).mismatches == []


TRANSACTIONS = st.lists(
    st.builds(
        Transaction, st.sampled_from(["bet", "win"]), st.sampled_from("abc"), st.sampled_from(["EUR", "SEK"]),
        st.integers(0, 2), st.booleans(),
    )
)  # fmt: skip


@given(TRANSACTIONS, TRANSACTIONS)
def test_w28_nothing_is_lost_and_a_repeat_says_the_same(here: list[Transaction], there: list[Transaction]) -> None:
    report = reconcile(here, there)

    ours, theirs = {t[:2] for t in here}, {t[:2] for t in there}
    assert report == reconcile(list(reversed(here))[::-1], there)
    assert report.agreed_count + len(report.mismatches) == len(there) + len(ours - theirs)
