"""What a provider's contract may ask for: a win taken back with its bet, a win that is granted before its bet."""

import pytest

from tests.support.ledger_book import UNIT, Book, group_of
from wallet.ledger.kinds import ActionKind, OutcomeCode, RoundStatus
from wallet.ledger.policy import DEFAULT_POLICY, Policies, Policy, SettledBet, UnknownWin
from wallet.ledger.types import Action

TAKE_BACK = Policy(settled_bet=SettledBet.TAKE_BACK)
IF_COVERED = Policy(settled_bet=SettledBet.TAKE_BACK_IF_COVERED)
GRANT = Policy(unknown_win=UnknownWin.GRANT)


def a_book(policy: Policy, cash: int = 100) -> Book:
    book = Book(policy=policy)
    book.open(cash * UNIT)
    return book


def test_a_provider_without_policy_keeps_the_usual_one() -> None:
    policies = Policies(by_provider={"softswiss": GRANT})

    assert (policies.of("softswiss"), policies.of("hub88")) == (GRANT, DEFAULT_POLICY)


def test_w09_a_policy_takes_the_win_back_with_its_bet() -> None:
    book = a_book(TAKE_BACK)
    book.bet("b1", 10 * UNIT)
    book.win("w1", 25 * UNIT)
    book.one(ActionKind.JACKPOT_WIN, "j1", 5 * UNIT)

    result = book.rollback("x1", "b1")

    assert (result.code, result.amount_micros, result.balance_micros) == (OutcomeCode.OK, 10 * UNIT, 100 * UNIT)
    assert (book.round.reversed_win_micros, book.round.rolled_back_micros) == (30 * UNIT, 10 * UNIT)
    assert book.rollback("x1", "b1").replayed
    assert book.rollback("x2", "b1").code is OutcomeCode.NO_EFFECT
    assert book.account.cash_micros == 100 * UNIT
    assert book.audit().findings == []


def test_w09_a_win_that_was_taken_back_stays_dead() -> None:
    book = a_book(TAKE_BACK)
    book.bet("b1", 10 * UNIT)
    book.win("w1", 25 * UNIT)
    book.rollback("x1", "b1")

    assert book.win("w1", 25 * UNIT).replayed
    assert book.rollback("x3", "w1", reference_kind=ActionKind.WIN).code is OutcomeCode.NO_EFFECT
    assert book.win("w2", 25 * UNIT).code is OutcomeCode.ROLLED_BACK
    assert book.account.cash_micros == 100 * UNIT


def test_w09_only_the_wins_that_settle_the_bet_are_taken_back() -> None:
    book = a_book(TAKE_BACK)
    book.bet("b1", 10 * UNIT)
    book.bet("b2", 10 * UNIT)
    book.win("w1", 25 * UNIT, reference_transaction_id="b1")
    book.win("w2", 7 * UNIT, reference_transaction_id="b2")

    book.rollback("x1", "b1")

    assert book.account.cash_micros == (100 - 10 + 7) * UNIT
    assert book.audit().findings == []


def test_w10_what_a_taken_back_win_falls_short_is_owed_and_never_clamped() -> None:
    book = a_book(TAKE_BACK)
    book.bet("b1", 10 * UNIT)
    book.win("w1", 50 * UNIT)
    book.bet("b2", 140 * UNIT, round_id="r2")

    assert book.rollback("x1", "b1").accepted

    assert (book.account.cash_micros, book.account.receivable_micros) == (0, 40 * UNIT)
    assert book.audit().findings == []


def test_w09_a_policy_takes_back_only_what_the_balance_covers() -> None:
    book = a_book(IF_COVERED)
    book.bet("b1", 10 * UNIT)
    book.win("w1", 50 * UNIT)
    book.bet("b2", 101 * UNIT, round_id="r2")

    short = book.rollback("x1", "b1")
    book.one(ActionKind.DEPOSIT, "d1", UNIT, round_id="")
    covered = book.rollback("x1", "b1")

    assert (short.code, short.accepted) == (OutcomeCode.ALREADY_SETTLED, False)
    assert (covered.code, book.account.cash_micros, book.account.receivable_micros) == (OutcomeCode.OK, 0, 0)


def test_w09_a_call_that_names_no_round_takes_nothing_back() -> None:
    book = a_book(TAKE_BACK)
    book.bet("b1", 10 * UNIT)
    book.win("w1", 25 * UNIT)

    assert book.rollback("x1", "b1", round_id="").code is OutcomeCode.ALREADY_SETTLED
    assert book.account.cash_micros == 115 * UNIT


def test_w26_the_last_rollback_of_a_batch_closes_the_round_once_under_its_own_key() -> None:
    book = a_book(TAKE_BACK)
    book.bet("b1", 10 * UNIT)
    book.win("w1", 25 * UNIT)

    book.rollback("x1", "b1", close_round=True)

    assert (book.round.status, book.account.open_round_count) == (RoundStatus.CLOSED, 0)
    assert book.audit().findings == []


def test_w09_without_the_policy_the_win_stands() -> None:
    book = a_book(DEFAULT_POLICY)
    book.bet("b1", 10 * UNIT)
    book.win("w1", 25 * UNIT)

    assert book.rollback("x1", "b1").code is OutcomeCode.ALREADY_SETTLED


@pytest.mark.parametrize("reference", ["", "b1"])
def test_w05_a_granted_win_before_its_bet_ends_as_the_bet_before_its_win(reference: str) -> None:
    early, usual = a_book(GRANT), a_book(GRANT)
    early.win("w1", 25 * UNIT, reference_transaction_id=reference)
    early.bet("b1", 10 * UNIT)
    usual.bet("b1", 10 * UNIT)
    usual.win("w1", 25 * UNIT, reference_transaction_id=reference)
    for book in (early, usual):
        book.close("c1")

    for name in ("bet_micros", "win_micros", "status"):
        assert getattr(early.round, name) == getattr(usual.round, name)
    assert early.account.cash_micros == usual.account.cash_micros == 115 * UNIT
    assert early.account.open_round_count == 0
    assert early.audit().findings == []


@pytest.mark.parametrize("flagged", [True, False], ids=["closed with the win", "closed by a call of its own"])
@pytest.mark.parametrize("in_one_call", [True, False], ids=["in one call", "one by one"])
def test_w05_a_round_that_was_closed_ahead_of_its_bets_waits_for_them_all(*, flagged: bool, in_one_call: bool) -> None:
    book = a_book(GRANT)
    book.win("w1", 25 * UNIT, close_round=flagged)
    book.close("c1")
    bets = [Action(ActionKind.BET, name, 10 * UNIT) for name in ("b1", "b2", "b3")]

    replies = [book.act(*bets)] if in_one_call else [book.act(bet) for bet in bets]

    assert all(reply.accepted for reply in replies)
    assert book.rollback("x1", "b1").code is OutcomeCode.ALREADY_SETTLED
    assert book.rollback("x2", "b2").code is OutcomeCode.OK
    assert (book.account.cash_micros, book.round.status, book.account.open_round_count) == (105 * UNIT, "closed", 0)
    assert book.audit().findings == []


@pytest.mark.parametrize("policy", [DEFAULT_POLICY, GRANT], ids=["refuse", "grant"])
def test_w26_a_round_that_began_with_its_bet_takes_none_after_its_close(policy: Policy) -> None:
    book = a_book(policy)
    book.bet("b1", 10 * UNIT)
    book.win("w1", 25 * UNIT, close_round=True)

    assert book.bet("b2", 10 * UNIT).code is OutcomeCode.ROUND_CLOSED


def test_w26_a_round_that_was_closed_ahead_of_its_bet_does_not_wait_for_ever() -> None:
    book = a_book(GRANT)
    book.win("w1", 25 * UNIT, close_round=True)
    book.now_ms += GRANT.late_win_grace_ms
    assert book.bet("b1", 10 * UNIT).code is OutcomeCode.OK
    book.now_ms += 1

    assert book.bet("b2", 10 * UNIT).code is OutcomeCode.ROUND_CLOSED


def a_late_bet() -> Book:
    """Return a book whose bet came at the last moment of the grace of its round, which had begun with a win."""
    book = a_book(GRANT)
    book.win("w1", 25 * UNIT, reference_transaction_id="b0", close_round=True)
    book.now_ms += GRANT.late_win_grace_ms
    assert book.bet("b1", 10 * UNIT).code is OutcomeCode.OK
    return book


@pytest.mark.parametrize("reference_kind", [ActionKind.BET, None])
def test_w26_a_late_bet_can_be_undone_for_a_whole_grace_of_its_own(reference_kind: ActionKind | None) -> None:
    book = a_late_bet()
    book.now_ms += GRANT.late_win_grace_ms

    undone = book.rollback("x1", "b1", reference_kind=reference_kind)

    assert (undone.code, book.account.cash_micros) == (OutcomeCode.OK, 125 * UNIT)
    assert book.audit().findings == []


@pytest.mark.parametrize("reference", ["", "b1"])
def test_w26_a_late_bet_can_be_won_for_a_whole_grace_of_its_own(reference: str) -> None:
    book = a_late_bet()
    book.now_ms += GRANT.late_win_grace_ms

    assert book.win("w2", 7 * UNIT, reference_transaction_id=reference).code is OutcomeCode.OK
    assert book.account.cash_micros == 122 * UNIT
    assert book.audit().findings == []


@pytest.mark.parametrize("reference", ["", "b1"])
def test_w26_what_follows_a_late_bet_is_not_waited_for_longer(reference: str) -> None:
    book = a_late_bet()
    book.now_ms += GRANT.late_win_grace_ms + 1

    assert book.rollback("x1", "b1").code is OutcomeCode.ALREADY_SETTLED
    assert book.win("w2", UNIT, reference_transaction_id=reference).code is OutcomeCode.ROUND_CLOSED


def test_w26_a_late_bet_opens_the_round_for_no_other_bet() -> None:
    book = a_late_bet()
    book.now_ms += 1

    assert book.bet("b2", 10 * UNIT).code is OutcomeCode.ROUND_CLOSED


def test_w26_a_late_bet_and_its_win_in_one_group_are_the_same_as_one_by_one() -> None:
    book = a_book(GRANT)
    book.win("w1", 25 * UNIT, close_round=True)
    closed_ms = book.now_ms
    bet = book.command(Action(ActionKind.BET, "b1", UNIT), now_ms=closed_ms + GRANT.late_win_grace_ms)
    win = book.command(Action(ActionKind.WIN, "w2", UNIT), now_ms=closed_ms + 2 * GRANT.late_win_grace_ms)

    assert [reply.code for reply in group_of(book, [bet, win])] == [OutcomeCode.OK, OutcomeCode.OK]


def test_w02_a_granted_win_has_one_effect_and_opens_the_round_for_more() -> None:
    book = a_book(GRANT)
    first = book.win("w1", 25 * UNIT)

    assert (first.code, book.round.status, book.account.open_round_count) == (OutcomeCode.OK, "open", 1)
    assert book.win("w1", 25 * UNIT).replayed
    assert book.win("w2", UNIT).accepted
    assert book.account.cash_micros == 126 * UNIT
    assert book.audit().findings == []


def test_w17_a_granted_win_and_its_bet_in_one_batch_in_either_order() -> None:
    book = a_book(GRANT, cash=10)

    reply = book.act(Action(ActionKind.WIN, "w1", 25 * UNIT), Action(ActionKind.BET, "b1", 30 * UNIT), close_round=True)

    assert (reply.accepted, book.account.cash_micros, book.round.status) == (True, 5 * UNIT, "closed")
    assert book.audit().findings == []


def test_w06_a_policy_grants_no_win_whose_bet_is_dead_or_was_refused() -> None:
    book = a_book(GRANT)
    book.rollback("x1", "b1", reference_kind=ActionKind.BET)
    book.bet("b2", 900 * UNIT)
    book.bet("b3", UNIT, round_id="r3")
    book.rollback("x3", "b3", round_id="r3")

    assert book.win("w1", UNIT, reference_transaction_id="b1").code is OutcomeCode.ROLLED_BACK
    assert book.win("w2", UNIT, reference_transaction_id="b2").code is OutcomeCode.BET_NOT_FOUND
    assert book.win("w3", UNIT, round_id="r3").code is OutcomeCode.ROLLED_BACK
    assert book.account.cash_micros == 100 * UNIT


def test_w12_without_the_policy_or_without_a_game_a_win_needs_its_bet() -> None:
    assert a_book(DEFAULT_POLICY).win("w1", UNIT).code is OutcomeCode.BET_NOT_FOUND
    assert a_book(GRANT).win("w1", UNIT, game_id="").code is OutcomeCode.BET_NOT_FOUND


def test_w11_a_granted_win_needs_an_account() -> None:
    assert Book(policy=GRANT).win("w1", UNIT).code is OutcomeCode.PLAYER_NOT_FOUND
