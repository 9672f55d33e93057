"""Rollbacks of bets and wins, tombstones, and what a reversal that falls short leaves behind."""

import pytest

from tests.support.ledger_book import UNIT, Book
from wallet.ledger.ids import MICROS_MAX
from wallet.ledger.kinds import FLAG_TOMBSTONE, ActionKind, OutcomeCode
from wallet.ledger.policy import DEFAULT_POLICY
from wallet.ledger.types import Action

WIN = ActionKind.WIN


@pytest.fixture
def book() -> Book:
    book = Book()
    book.open(100 * UNIT)
    return book


def test_rollback_gives_the_stake_back_once(book: Book) -> None:
    book.bet("b1", 10 * UNIT)

    result = book.rollback("x1", "b1")

    assert (result.code, result.amount_micros, result.balance_micros) == (OutcomeCode.OK, 10 * UNIT, 100 * UNIT)
    assert (book.round.rolled_back_micros, book.round.held_micros) == (10 * UNIT, 0)


def test_w06_rollback_of_an_unseen_bet_kills_it_for_ever(book: Book) -> None:
    rolled_back = book.rollback("x1", "b1", reference_kind=ActionKind.BET)

    assert (rolled_back.code, rolled_back.balance_micros) == (OutcomeCode.NO_EFFECT, 100 * UNIT)
    for _ in range(2):
        assert book.bet("b1", 10 * UNIT).code is OutcomeCode.ROLLED_BACK
    assert book.account.cash_micros == 100 * UNIT


def test_w06_rollback_of_an_unseen_win_kills_it_for_ever(book: Book) -> None:
    book.bet("b1", UNIT)
    book.rollback("x1", "w1", reference_kind=WIN)

    assert book.win("w1", 10 * UNIT).code is OutcomeCode.ROLLED_BACK
    assert book.account.cash_micros == 99 * UNIT


def test_w06_rollback_of_unsaid_kind_kills_bet_and_win_of_that_id(book: Book) -> None:
    book.rollback("x1", "t1")

    assert book.bet("t1", UNIT).code is OutcomeCode.ROLLED_BACK
    book.bet("b2", UNIT)
    assert book.win("t1", UNIT).code is OutcomeCode.ROLLED_BACK


@pytest.mark.parametrize("kind", [WIN, ActionKind.JACKPOT_WIN, ActionKind.PROMO_WIN])
def test_w06_rollback_of_unsaid_kind_takes_any_kind_of_win_back_and_kills_one_that_it_overtook(
    book: Book, kind: ActionKind
) -> None:
    book.bet("b1", UNIT)
    book.one(kind, "t1", 10 * UNIT)

    taken = book.rollback("x1", "t1")
    book.rollback("x2", "t2")
    late = book.one(kind, "t2", 10 * UNIT)

    assert (taken.code, taken.amount_micros) == (OutcomeCode.OK, 10 * UNIT)
    assert late.code is OutcomeCode.ROLLED_BACK
    assert book.account.cash_micros == 99 * UNIT
    assert book.audit().findings == []


def test_w06_rollback_for_an_unknown_player_leaves_its_mark() -> None:
    book = Book()

    reply = book.act(Action(ActionKind.ROLLBACK, "x1", reference_transaction_id="b1"))
    book.account.status = "open"
    book.one(ActionKind.DEPOSIT, "d1", 10 * UNIT, round_id="")

    assert (reply.code, reply.balance_micros) == (OutcomeCode.OK, None)
    assert reply.results[0].code is OutcomeCode.NO_EFFECT
    assert book.bet("b1", UNIT).code is OutcomeCode.ROLLED_BACK


def test_w07_a_bet_that_meets_its_tombstone_writes_nothing_but_a_note(book: Book) -> None:
    book.rollback("x1", "b1")
    rows = len(book.rows)

    result = book.bet("b1", UNIT)

    assert (result.code, result.accepted, len(book.rows)) == (OutcomeCode.ROLLED_BACK, False, rows)
    assert book.notes[-1].code == "rolled_back"
    assert book.rows[("brand", "provider", "bet", "b1")].flags & FLAG_TOMBSTONE


def test_w07_a_tombstone_is_not_another_players_to_use(book: Book) -> None:
    book.open(UNIT, "bob")
    book.rollback("x1", "b1")

    result = book.bet("b1", UNIT, player_id="bob")

    assert (result.code, result.field) == (OutcomeCode.KEY_REUSED, "player_id")


def test_w08_rollback_twice_by_the_same_or_another_id_refunds_once(book: Book) -> None:
    book.bet("b1", 10 * UNIT)
    book.rollback("x1", "b1")

    replay, other = book.rollback("x1", "b1"), book.rollback("x2", "b1")

    assert (replay.code, replay.replayed, replay.amount_micros) == (OutcomeCode.OK, True, 10 * UNIT)
    assert (other.code, other.amount_micros) == (OutcomeCode.NO_EFFECT, 0)
    assert book.account.cash_micros == 100 * UNIT


def test_w09_a_rollback_after_the_win_is_already_settled(book: Book) -> None:
    book.bet("b1", 10 * UNIT)
    book.win("w1", 0)

    assert book.rollback("x1", "b1").code is OutcomeCode.ALREADY_SETTLED
    assert book.account.cash_micros == 90 * UNIT


def test_w09_a_win_after_the_rollback_is_rolled_back(book: Book) -> None:
    book.bet("b1", 10 * UNIT)
    book.rollback("x1", "b1")

    assert book.win("w1", 50 * UNIT).code is OutcomeCode.ROLLED_BACK
    assert book.win("w2", 50 * UNIT, reference_transaction_id="b1").code is OutcomeCode.ROLLED_BACK
    assert book.account.cash_micros == 100 * UNIT


def test_w09_a_bet_after_the_win_of_its_round_may_still_be_rolled_back(book: Book) -> None:
    """An extra ball's rollback does not invalidate the round."""
    book.bet("b1", 10 * UNIT)
    book.win("w1", 5 * UNIT)
    book.bet("b2", UNIT)

    assert book.rollback("x2", "b2").accepted
    assert book.rollback("x1", "b1").code is OutcomeCode.ALREADY_SETTLED
    assert book.win("w2", UNIT).accepted


def test_w09_a_win_that_names_its_bet_settles_only_that_bet(book: Book) -> None:
    book.bet("b1", 10 * UNIT)
    book.bet("b2", 10 * UNIT)
    book.win("w1", 5 * UNIT, reference_transaction_id="b1")

    assert book.rollback("x2", "b2").accepted
    assert book.rollback("x1", "b1").code is OutcomeCode.ALREADY_SETTLED


def test_w10_the_amount_is_the_stored_one_and_a_mismatch_is_reported(book: Book) -> None:
    book.bet("b1", 10 * UNIT)

    result = book.one(ActionKind.ROLLBACK, "x1", 99 * UNIT, reference_transaction_id="b1")

    assert (result.amount_micros, result.field) == (10 * UNIT, "amount_micros")
    assert book.account.cash_micros == 100 * UNIT


def test_w10_the_split_of_the_bet_is_restored(book: Book) -> None:
    book.one(ActionKind.ADJUST, "a1", 20 * UNIT, bonus_micros=20 * UNIT, author="bo", reason="welcome", round_id="")
    book.bet("b1", 110 * UNIT)

    book.rollback("x1", "b1")

    assert (book.account.cash_micros, book.account.bonus_micros) == (100 * UNIT, 20 * UNIT)


def test_rollback_of_a_win_takes_it_back_once_and_frees_its_bet(book: Book) -> None:
    book.bet("b1", 10 * UNIT)
    book.win("w1", 30 * UNIT)

    first = book.rollback("x1", "w1", reference_kind=WIN)
    second = book.rollback("x2", "w1", reference_kind=WIN)
    of_bet = book.rollback("x3", "b1")

    assert [first.code, second.code, of_bet.code] == [OutcomeCode.OK, OutcomeCode.NO_EFFECT, OutcomeCode.OK]
    assert first.amount_micros == 30 * UNIT
    assert book.account.cash_micros == 100 * UNIT
    assert book.round.reversed_win_micros == 30 * UNIT


def test_a_reversal_that_falls_short_becomes_a_receivable_never_a_clamp(book: Book) -> None:
    book.bet("b1", 100 * UNIT)
    book.win("w1", 50 * UNIT)
    book.bet("b2", 40 * UNIT, round_id="r2")

    result = book.rollback("x1", "w1", reference_kind=WIN)

    assert (result.amount_micros, result.balance_micros) == (50 * UNIT, 0)
    assert (book.account.cash_micros, book.account.receivable_micros) == (0, 40 * UNIT)


def test_a_receivable_is_recovered_from_the_next_credit(book: Book) -> None:
    book.bet("b1", 100 * UNIT)
    book.win("w1", 50 * UNIT)
    book.bet("b2", 40 * UNIT, round_id="r2")
    book.rollback("x1", "w1", reference_kind=WIN)

    win = book.win("w2", 100 * UNIT, round_id="r2")

    assert (win.amount_micros, win.balance_micros) == (100 * UNIT, 60 * UNIT)
    assert book.account.receivable_micros == 0
    book.rollback("x2", "w2", reference_kind=WIN, round_id="r2")
    assert (book.account.cash_micros, book.account.receivable_micros) == (0, 40 * UNIT)


def test_a_reversal_takes_bonus_first_then_cash(book: Book) -> None:
    book.bet("b1", UNIT)
    book.win("w1", 30 * UNIT, bonus_micros=20 * UNIT)
    book.bet("b2", 15 * UNIT, bonus_micros=15 * UNIT, round_id="r2")

    book.rollback("x1", "w1", reference_kind=WIN)

    assert (book.account.cash_micros, book.account.bonus_micros) == (84 * UNIT, 0)


def test_promo_and_jackpot_wins_can_be_taken_back_once(book: Book) -> None:
    book.bet("b1", UNIT)
    book.one(ActionKind.PROMO_WIN, "p1", 5 * UNIT, round_id="")
    book.one(ActionKind.JACKPOT_WIN, "j1", 7 * UNIT)

    for attempt, code in enumerate((OutcomeCode.OK, OutcomeCode.NO_EFFECT)):
        promo = book.rollback(f"xp{attempt}", "p1", reference_kind=ActionKind.PROMO_WIN, round_id="")
        jackpot = book.rollback(f"xj{attempt}", "j1", reference_kind=ActionKind.JACKPOT_WIN)
        assert (promo.code, jackpot.code) == (code, code)
    assert book.account.cash_micros == 99 * UNIT


def test_rollback_of_a_refused_bet_gives_nothing(book: Book) -> None:
    book.bet("b1", 500 * UNIT)

    assert book.rollback("x1", "b1").code is OutcomeCode.NO_EFFECT
    assert book.account.cash_micros == 100 * UNIT


def test_rollback_of_another_players_bet_touches_nobody(book: Book) -> None:
    book.open(UNIT, "bob")
    book.bet("b1", 10 * UNIT)

    result = book.rollback("x1", "b1", player_id="bob")

    assert (result.code, result.field) == (OutcomeCode.KEY_REUSED, "player_id")
    assert book.rollback("x2", "b1", round_id="r2").code is OutcomeCode.ROUND_MISMATCH


def test_rollback_in_another_currency_is_refused(book: Book) -> None:
    book.bet("b1", 10 * UNIT)
    book.currency_code = "SEK"
    book.open(UNIT)

    assert book.rollback("x1", "b1").code is OutcomeCode.CURRENCY_MISMATCH


def test_rollback_after_the_close_refunds_an_unsettled_bet_within_the_grace(book: Book) -> None:
    book.bet("b1", 10 * UNIT)
    book.bet("b2", 10 * UNIT)
    book.close("c1")

    assert book.rollback("x1", "b1").accepted
    book.now_ms += DEFAULT_POLICY.late_win_grace_ms + 1
    assert book.rollback("x2", "b2").code is OutcomeCode.ALREADY_SETTLED


def test_a_rolled_back_bet_gives_its_jackpot_contribution_back(book: Book) -> None:
    book.bet("b1", 10 * UNIT, jackpot_contribution_micros=UNIT)

    book.rollback("x1", "b1")

    assert book.round.jackpot_contribution_micros == 0
    assert sum(row.jackpot_contribution_micros for row in book.rows.values()) == 0


def test_rollback_with_the_close_flag_closes_the_round(book: Book) -> None:
    book.bet("b1", 10 * UNIT)

    book.rollback("x1", "b1", close_round=True)

    assert (book.round.status, book.account.open_round_count) == ("closed", 0)


def test_a_win_that_names_its_bet_is_taken_back_and_frees_it(book: Book) -> None:
    book.bet("b1", 10 * UNIT)
    book.win("w1", 30 * UNIT, reference_transaction_id="b1")

    codes = [book.rollback(name, "w1", reference_kind=WIN).code for name in ("x1", "x2")]

    assert codes == [OutcomeCode.OK, OutcomeCode.NO_EFFECT]
    assert book.rollback("x3", "b1").accepted
    assert (book.account.cash_micros, book.audit().findings) == (100 * UNIT, [])


def test_w19_a_refund_does_not_leave_64_bits(book: Book) -> None:
    book.bet("b1", 10 * UNIT)
    book.one(ActionKind.DEPOSIT, "d1", MICROS_MAX - 90 * UNIT, round_id="")

    result = book.rollback("x1", "b1")

    assert (result.code, result.field) == (OutcomeCode.INVALID, "amount_micros")
    assert book.account.cash_micros == MICROS_MAX


def test_w19_what_a_round_takes_back_does_not_leave_64_bits(book: Book) -> None:
    book.bet("b1", 0)
    book.win("w1", UNIT)
    book.round.reversed_win_micros = MICROS_MAX

    assert book.rollback("x1", "w1", reference_kind=WIN).code is OutcomeCode.INVALID


def test_a_round_that_was_not_loaded_is_a_fault_of_the_store_not_an_answer(book: Book) -> None:
    book.bet("b1", UNIT)
    command = book.command(Action(ActionKind.ROLLBACK, "x1", reference_transaction_id="b1"))
    state = book.load(command)
    state.rounds.clear()

    with pytest.raises(LookupError, match="not loaded"):
        book.decide(state, command, book.policy)
