"""W26 at any time: whatever bet was accepted can be undone and won for a whole grace from then on."""

from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.ledger_book import UNIT, Book
from wallet.ledger.kinds import ActionKind, OutcomeCode
from wallet.ledger.policy import Policy, UnknownWin

GRACE_MS = 1_000
POLICY = Policy(late_win_grace_ms=GRACE_MS, unknown_win=UnknownWin.GRANT)
TIMES = st.sampled_from([0, 1, GRACE_MS // 2, GRACE_MS])
STEPS = st.lists(st.tuples(st.sampled_from(["granted win", "bet", "close", "close", "undo first"]), TIMES), max_size=4)


@example(True, [("close", 0)], GRACE_MS, 1, True)
@example(True, [("close", 0)], GRACE_MS, 1, False)
@given(st.booleans(), STEPS, TIMES, TIMES, st.booleans())
def test_w26_a_bet_that_was_accepted_can_be_undone_and_won_for_a_whole_grace(
    begins_with_win: bool, steps: list[tuple[str, int]], before_ms: int, after_ms: int, named: bool
) -> None:
    book = Book(policy=POLICY)
    book.open(100 * UNIT)
    begun = [("granted win", 0)] if begins_with_win else []
    for number, (what, passed_ms) in enumerate([*begun, *steps]):
        book.now_ms += passed_ms
        match what:
            case "granted win":
                book.win(f"w{number}", UNIT, reference_transaction_id="never")
            case "bet":
                book.bet(f"b{number}", UNIT)
            case "close":
                book.close(f"c{number}")
            case _:
                bets = [row for row in book.journal() if row.kind == "bet"]
                if bets:
                    book.rollback(f"x{number}", bets[0].transaction_id, reference_kind=ActionKind.BET)
    book.now_ms += before_ms
    late = book.bet("late", UNIT)
    book.now_ms += after_ms

    if late.accepted:
        win = book.win("won", 2 * UNIT, reference_transaction_id="late" if named else "")
        assert win.code is OutcomeCode.OK
        assert book.rollback("x.won", "won", reference_kind=ActionKind.WIN).code is OutcomeCode.OK
        assert book.rollback("x.late", "late", reference_kind=ActionKind.BET).code is OutcomeCode.OK
    assert book.audit().findings == []
