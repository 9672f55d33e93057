"""Our journal against a provider's report."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.wallet.ledger.test_audit import a_full_book
from wallet.ledger.reconcile import MismatchKind, Transaction, reconcile, transaction_of

BET = Transaction("bet", "b1", "EUR", 10)
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
    ([BET], [BET._replace(kind="win")], [MismatchKind.MISSING_THERE, MismatchKind.MISSING_HERE]),
]


@pytest.mark.parametrize(("here", "there", "kinds"), CASES)
def test_w28_every_mismatch_has_one_name(
    here: list[Transaction], there: list[Transaction], kinds: list[MismatchKind]
) -> None:
    assert [mismatch.mismatch for mismatch in reconcile(here, there).mismatches] == kinds


def test_w28_a_journal_agrees_with_itself_whatever_the_order() -> None:
    own = [transaction_of(row) for row in a_full_book().journal()]

    report = reconcile(own, reversed(own))

    assert (report.mismatches, report.agreed_count) == ([], len(own))


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
