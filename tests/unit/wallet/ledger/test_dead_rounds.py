"""A rollback that overtook its bet kills the round too: a late win pays nothing, and is told so for certain."""

from itertools import permutations, product

import pytest

from tests.support.ledger_book import UNIT, Book, group_of
from wallet.ledger.dead_rounds import mark_key
from wallet.ledger.kinds import ActionKind, OutcomeCode, RoundStatus
from wallet.ledger.policy import DEFAULT_POLICY, Policy, SettledBet, UnknownWin
from wallet.ledger.types import Action
from wallet.settlement.timeline import timeline
from wallet.settlement.wallet import RoundStory

BET = ActionKind.BET
GRANT = Policy(unknown_win=UnknownWin.GRANT)
POLICIES = pytest.mark.parametrize("policy", [DEFAULT_POLICY, GRANT], ids=["refuse", "grant"])


def a_book(policy: Policy = DEFAULT_POLICY) -> Book:
    book = Book(policy=policy)
    book.open(100 * UNIT)
    return book


@POLICIES
@pytest.mark.parametrize("kind", [ActionKind.WIN, ActionKind.JACKPOT_WIN])
@pytest.mark.parametrize("reference_kind", [BET, None])
def test_w06_a_win_after_the_rollback_that_overtook_its_bet_is_refused_as_rolled_back(
    policy: Policy, kind: ActionKind, reference_kind: ActionKind | None
) -> None:
    book = a_book(policy)
    book.rollback("x1", "b1", reference_kind=reference_kind)

    results = [book.one(kind, "w1", 25 * UNIT) for _ in range(2)]
    dead = book.bet("b1", 10 * UNIT)
    results.append(book.one(kind, "w1", 25 * UNIT))

    assert {result.code for result in (*results, dead)} == {OutcomeCode.ROLLED_BACK}
    assert (book.account.cash_micros, book.rounds) == (100 * UNIT, {})
    assert book.audit().findings == []


@POLICIES
def test_w26_a_close_after_the_rollback_that_overtook_the_bet_has_no_effect(policy: Policy) -> None:
    book = a_book(policy)
    book.rollback("x1", "b1")

    first, again = book.close("c1"), book.close("c1")

    assert (first.code, first.balance_micros, again) == (OutcomeCode.NO_EFFECT, 100 * UNIT, first)
    assert first.wallet_transaction_id == book.journal()[-1].wallet_transaction_id
    assert [(note.kind, note.code) for note in book.notes] == [("close", "no_effect")] * 2
    assert (book.rounds, book.account.open_round_count) == ({}, 0)
    assert book.audit().findings == []


@POLICIES
@pytest.mark.parametrize("one_unit", [False, True])
def test_w26_a_close_that_came_while_the_round_was_dead_ends_it_after_a_bet(policy: Policy, *, one_unit: bool) -> None:
    book = a_book(policy)
    book.rollback("x1", "b1", reference_kind=BET)
    early = book.close("c1", one_unit=one_unit)
    book.bet("b2", 10 * UNIT)

    late, again = (book.close("c1", one_unit=one_unit) for _ in range(2))

    assert (early.code, late.code, late.replayed, again.replayed) == (
        OutcomeCode.NO_EFFECT,
        OutcomeCode.OK,
        False,
        True,
    )
    assert (book.round.status, book.account.open_round_count) == (RoundStatus.CLOSED, 0)
    assert book.audit().findings == []


def test_w02_a_unit_that_begins_with_the_close_of_a_dead_round_is_replayed_as_one() -> None:
    book = a_book()
    book.rollback("x1", "b1", reference_kind=BET)
    unit = Action(ActionKind.CLOSE, "c1"), Action(BET, "b2", 10 * UNIT)

    first, again = (book.act(*unit, one_unit=True) for _ in range(2))

    assert [result.replayed for result in again.results] == [True, True]
    assert [result.code for result in again.results] == [result.code for result in first.results]
    assert book.account.cash_micros == 90 * UNIT


@POLICIES
@pytest.mark.parametrize("reference", ["", "b2"])
def test_w06_another_bet_that_lives_keeps_the_wins_of_the_round_payable(policy: Policy, reference: str) -> None:
    book = a_book(policy)
    book.rollback("x1", "b1", reference_kind=BET)
    book.bet("b2", 10 * UNIT)

    assert book.bet("b1", 10 * UNIT).code is OutcomeCode.ROLLED_BACK
    assert book.win("w1", 25 * UNIT, reference_transaction_id=reference).code is OutcomeCode.OK
    assert book.win("w2", UNIT, reference_transaction_id="b1").code is OutcomeCode.ROLLED_BACK
    assert book.close("c1").code is OutcomeCode.OK
    assert (book.account.cash_micros, book.round.status) == (115 * UNIT, RoundStatus.CLOSED)
    assert book.audit().findings == []


@POLICIES
def test_w06_a_round_whose_last_living_bet_is_rolled_back_is_dead_again(policy: Policy) -> None:
    book = a_book(policy)
    book.rollback("x1", "b1", reference_kind=BET)
    book.bet("b2", 10 * UNIT)
    book.rollback("x2", "b2", reference_kind=BET)

    assert book.win("w1", 25 * UNIT).code is OutcomeCode.ROLLED_BACK
    assert book.account.cash_micros == 100 * UNIT


@POLICIES
def test_w06_two_rollbacks_that_overtook_their_bets_leave_one_mark_of_the_round(policy: Policy) -> None:
    book = a_book(policy)
    book.rollback("x1", "b1", reference_kind=BET)
    book.rollback("x2", "b2", reference_kind=BET)
    book.rollback("x3", "b1", reference_kind=BET)

    assert sum(row.transaction_id.startswith("dead.") for row in book.rows.values()) == 1
    assert book.win("w1", UNIT).code is OutcomeCode.ROLLED_BACK


@POLICIES
def test_w06_where_the_rollback_names_no_round_the_dead_bet_does(policy: Policy) -> None:
    book = a_book(policy)
    book.rollback("x1", "b1", round_id="", reference_kind=BET)
    book.bet("b1", 10 * UNIT)

    assert book.win("w1", 25 * UNIT).code is OutcomeCode.ROLLED_BACK
    assert book.close("c1").code is OutcomeCode.NO_EFFECT
    assert book.account.cash_micros == 100 * UNIT
    assert book.audit().findings == []


@POLICIES
def test_w06_the_win_of_a_bet_that_was_refused_and_rolled_back_is_not_paid(policy: Policy) -> None:
    book = a_book(policy)
    book.bet("b1", 900 * UNIT)
    assert book.rollback("x1", "b1", reference_kind=BET).code is OutcomeCode.NO_EFFECT

    assert book.win("w1", 25 * UNIT).code is OutcomeCode.ROLLED_BACK
    assert book.close("c1").code is OutcomeCode.NO_EFFECT
    assert book.account.cash_micros == 100 * UNIT


@POLICIES
def test_w06_the_win_of_a_dead_round_that_names_an_unseen_bet_waits_for_it(policy: Policy) -> None:
    book = a_book(policy)
    book.rollback("x1", "b1", reference_kind=BET)

    assert book.win("w2", 25 * UNIT, reference_transaction_id="b2").code is OutcomeCode.BET_NOT_FOUND
    book.bet("b2", 10 * UNIT)
    assert book.win("w2", 25 * UNIT, reference_transaction_id="b2").code is OutcomeCode.OK
    assert book.account.cash_micros == 115 * UNIT


def test_w06_the_rollback_of_an_unseen_win_does_not_kill_the_round() -> None:
    book = a_book(GRANT)
    book.rollback("x1", "w1", reference_kind=ActionKind.WIN)

    assert book.win("w1", UNIT).code is OutcomeCode.ROLLED_BACK
    assert book.win("w2", UNIT).code is OutcomeCode.OK


def test_w06_a_dead_round_is_one_players_and_one_providers() -> None:
    book = a_book(GRANT)
    book.open(100 * UNIT, "bob")
    book.rollback("x1", "b1", reference_kind=BET)

    assert book.win("w1", UNIT, player_id="bob").code is OutcomeCode.OK
    assert book.win("w1", UNIT, provider_id="other").code is OutcomeCode.OK
    assert book.win("w2", UNIT, round_id="r2").code is OutcomeCode.OK


@POLICIES
def test_w06_a_win_in_the_same_group_as_the_rollback_meets_its_mark(policy: Policy) -> None:
    book = a_book(policy)
    rollback = Action(ActionKind.ROLLBACK, "x1", reference_transaction_id="b1", reference_kind=BET)
    dead_bet, win, close = Action(BET, "b1", UNIT), Action(ActionKind.WIN, "w1", UNIT), Action(ActionKind.CLOSE, "c1")

    replies = group_of(book, [book.command(action) for action in (rollback, dead_bet, win, close)])

    assert [reply.code for reply in replies] == [
        OutcomeCode.OK, OutcomeCode.ROLLED_BACK, OutcomeCode.ROLLED_BACK, OutcomeCode.OK,
    ]  # fmt: skip
    assert book.account.cash_micros == 100 * UNIT


@POLICIES
def test_w06_a_dead_bet_in_the_same_group_as_its_rollback_leaves_no_second_mark_of_its_round(policy: Policy) -> None:
    book = a_book(policy)
    book.rollback("x0", "b0", reference_kind=BET)
    rollback = Action(ActionKind.ROLLBACK, "x1", reference_transaction_id="b1", reference_kind=BET)

    replies = group_of(book, [book.command(rollback, round_id=""), book.command(Action(BET, "b1", UNIT))])

    assert [reply.code for reply in replies] == [OutcomeCode.OK, OutcomeCode.ROLLED_BACK]
    assert book.win("w1", UNIT).code is OutcomeCode.ROLLED_BACK
    assert book.account.cash_micros == 100 * UNIT


def test_w12_a_promo_win_lands_on_a_dead_round() -> None:
    book = a_book()
    book.rollback("x1", "b1")

    assert book.one(ActionKind.PROMO_WIN, "p1", UNIT).code is OutcomeCode.OK


@pytest.mark.parametrize("reference", ["", "b1"])
def test_w09_a_win_that_was_granted_ahead_of_its_bet_has_settled_it(reference: str) -> None:
    book = a_book(GRANT)
    book.win("w1", 25 * UNIT, reference_transaction_id=reference)
    book.bet("b1", 10 * UNIT)

    assert book.rollback("x1", "b1", reference_kind=BET).code is OutcomeCode.ALREADY_SETTLED
    assert book.account.cash_micros == 115 * UNIT
    assert book.audit().findings == []


@pytest.mark.parametrize("reference", ["", "b1"])
def test_w09_a_granted_win_has_settled_the_unseen_bet_that_is_rolled_back_next(reference: str) -> None:
    book = a_book(GRANT)
    book.win("w1", 25 * UNIT, reference_transaction_id=reference)

    assert book.rollback("x1", "b1", reference_kind=BET).code is OutcomeCode.ALREADY_SETTLED
    assert book.bet("b1", 10 * UNIT).code is OutcomeCode.OK
    assert book.account.cash_micros == 115 * UNIT


@pytest.mark.parametrize("reference", ["", "b1"])
def test_w09_a_policy_takes_the_granted_win_of_an_unseen_bet_back_and_kills_the_bet(reference: str) -> None:
    book = a_book(GRANT._replace(settled_bet=SettledBet.TAKE_BACK))
    book.win("w1", 25 * UNIT, reference_transaction_id=reference)

    undone = book.rollback("x1", "b1", reference_kind=BET)

    assert (undone.code, undone.amount_micros) == (OutcomeCode.NO_EFFECT, 0)
    assert undone.reason == "not seen: its wins were taken back (1), and it will be refused when it comes"
    assert book.rollback("x2", "b1", reference_kind=BET).reason == "not seen: it will be refused when it comes"
    assert book.bet("b1", 10 * UNIT).code is OutcomeCode.ROLLED_BACK
    assert book.win("w2", UNIT).code is OutcomeCode.ROLLED_BACK
    assert (book.account.cash_micros, book.round.reversed_win_micros) == (100 * UNIT, 25 * UNIT)
    assert book.audit().findings == []


def test_w09_a_win_that_names_no_bet_does_not_settle_an_unseen_bet_after_another_bet() -> None:
    book = a_book(GRANT)
    book.win("w1", 25 * UNIT)
    book.bet("b1", 10 * UNIT)

    assert book.rollback("x2", "b2", reference_kind=BET).code is OutcomeCode.NO_EFFECT
    assert book.account.cash_micros == 115 * UNIT


@pytest.mark.parametrize("reference", ["", "b1"])
def test_w09_a_rollback_that_names_the_round_at_last_takes_the_granted_win_back(reference: str) -> None:
    book = a_book(GRANT._replace(settled_bet=SettledBet.TAKE_BACK))
    book.win("w1", 25 * UNIT, reference_transaction_id=reference)
    book.rollback("x1", "b1", round_id="", reference_kind=BET)

    assert book.rollback("x2", "b1", reference_kind=BET).code is OutcomeCode.NO_EFFECT
    assert book.account.cash_micros == 100 * UNIT
    assert book.audit().findings == []


@pytest.mark.parametrize("reference", ["", "b1"])
@pytest.mark.parametrize("settled_bet", SettledBet)
def test_w05_the_order_of_bet_granted_win_and_rollback_moves_no_money(settled_bet: SettledBet, reference: str) -> None:
    ends = {}
    for order in permutations("bwx"):
        book = a_book(GRANT._replace(settled_bet=settled_bet))
        for message in order * 2:
            match message:
                case "b":
                    book.bet("b1", 10 * UNIT)
                case "w":
                    book.win("w1", 50 * UNIT, reference_transaction_id=reference)
                case _:
                    book.rollback("x1", "b1", reference_kind=BET)
        ends["".join(order)] = book.account.cash_micros - book.account.receivable_micros
        assert book.audit().findings == []

    settled = (140 if settled_bet is SettledBet.REFUSE else 100) * UNIT
    assert ends == {"bwx": settled, "wbx": settled, "wxb": settled, **dict.fromkeys(("bxw", "xbw", "xwb"), 100 * UNIT)}


@pytest.mark.parametrize("settled_bet", SettledBet)
def test_w09_who_undoes_a_win_under_both_readings_of_its_id_takes_no_other_win_back(settled_bet: SettledBet) -> None:
    book = a_book(Policy(settled_bet=settled_bet, unknown_win=UnknownWin.GRANT))
    book.win("w1", 50 * UNIT)
    book.win("w2", 7 * UNIT)
    undone = [book.rollback(f"x{kind}", "w2", reference_kind=kind) for kind in (ActionKind.WIN, BET)]

    book.bet("b1", 10 * UNIT)

    assert [result.code for result in undone] == [OutcomeCode.OK, OutcomeCode.NO_EFFECT]
    assert book.account.cash_micros == (100 + 50 - 10) * UNIT
    assert book.audit().findings == []


def test_w26_a_rollback_that_closes_ends_the_round_whose_granted_win_it_takes_back() -> None:
    book = a_book(Policy(settled_bet=SettledBet.TAKE_BACK, unknown_win=UnknownWin.GRANT))
    book.win("w1", 50 * UNIT, reference_transaction_id="b1")

    book.rollback("x1", "b1", reference_kind=BET, close_round=True)

    assert [round_.status for round_ in book.rounds.values()] == [RoundStatus.CLOSED]
    assert (book.account.cash_micros, book.account.open_round_count) == (100 * UNIT, 0)
    assert book.audit().findings == []


POLICIES_OF_SETTLED_BETS = pytest.mark.parametrize("settled_bet", SettledBet)
TAKING_BACK = pytest.mark.parametrize("settled_bet", [SettledBet.TAKE_BACK, SettledBet.TAKE_BACK_IF_COVERED])


@POLICIES_OF_SETTLED_BETS
@pytest.mark.parametrize("kind", [ActionKind.WIN, ActionKind.JACKPOT_WIN])
@pytest.mark.parametrize("reference_kind", [BET, None])
def test_w09_a_granted_win_that_names_a_bet_goes_when_that_was_refused_and_is_rolled_back(
    settled_bet: SettledBet, kind: ActionKind, reference_kind: ActionKind | None
) -> None:
    book = a_book(GRANT._replace(settled_bet=settled_bet))
    book.one(kind, "w1", 25 * UNIT, reference_transaction_id="b1")
    refused = book.bet("b1", 900 * UNIT)

    undone = book.rollback("x1", "b1", reference_kind=reference_kind)

    assert (refused.code, undone.code) == (OutcomeCode.INSUFFICIENT_FUNDS, OutcomeCode.NO_EFFECT)
    assert (undone.amount_micros, undone.reason) == (0, "the bet was refused: its wins were taken back (1)")
    assert (book.account.cash_micros, book.round.reversed_win_micros) == (100 * UNIT, 25 * UNIT)
    assert book.rollback("x1", "b1", reference_kind=reference_kind).replayed
    assert book.rollback("x2", "b1").reason == "the transaction was refused, nothing had moved"
    assert book.one(kind, "w1", 25 * UNIT, reference_transaction_id="b1").replayed
    assert book.win("w2", UNIT, reference_transaction_id="b1").code is OutcomeCode.BET_NOT_FOUND
    assert book.account.cash_micros == 100 * UNIT
    assert book.audit().findings == []


@TAKING_BACK
def test_w05_the_order_of_a_refused_bet_its_granted_win_and_its_rollback_moves_no_money(
    settled_bet: SettledBet,
) -> None:
    for reference, order in product(["", "b1"], permutations("bwx")):
        book = a_book(GRANT._replace(settled_bet=settled_bet))
        for message in order * 2:
            match message:
                case "b":
                    book.bet("b1", 900 * UNIT)
                case "w":
                    book.win("w1", 50 * UNIT, reference_transaction_id=reference)
                case _:
                    book.rollback("x1", "b1", reference_kind=BET)
        assert (reference, order, book.account.cash_micros) == (reference, order, 100 * UNIT)
        assert book.audit().findings == []


def test_w10_what_is_short_of_a_refused_bets_granted_win_is_owed() -> None:
    book = a_book(GRANT)
    book.win("w1", 25 * UNIT, reference_transaction_id="b1")
    book.bet("b1", 900 * UNIT)
    book.bet("b2", 115 * UNIT, round_id="r2")

    assert book.rollback("x1", "b1", reference_kind=BET).code is OutcomeCode.NO_EFFECT

    assert (book.account.cash_micros, book.account.receivable_micros) == (0, 15 * UNIT)
    assert book.audit().findings == []


def test_w09_a_refused_bets_granted_win_waits_for_cover_where_the_policy_wants_it() -> None:
    book = a_book(GRANT._replace(settled_bet=SettledBet.TAKE_BACK_IF_COVERED))
    book.win("w1", 25 * UNIT, reference_transaction_id="b1")
    book.bet("b1", 900 * UNIT)
    book.bet("b2", 115 * UNIT, round_id="r2")

    short = book.rollback("x1", "b1", reference_kind=BET)
    book.one(ActionKind.DEPOSIT, "d1", 20 * UNIT, round_id="")
    covered = book.rollback("x1", "b1", reference_kind=BET)

    assert (short.code, covered.code) == (OutcomeCode.ALREADY_SETTLED, OutcomeCode.NO_EFFECT)
    assert (book.account.cash_micros, book.account.receivable_micros) == (5 * UNIT, 0)
    assert book.audit().findings == []


@POLICIES_OF_SETTLED_BETS
def test_w09_only_the_granted_wins_of_the_refused_bet_are_taken_back(settled_bet: SettledBet) -> None:
    book = a_book(GRANT._replace(settled_bet=settled_bet))
    book.bet("b2", 10 * UNIT)
    for name, reference in (("w1", "b1"), ("w2", "b2"), ("w3", "b3"), ("w4", "")):
        book.win(name, 5 * UNIT, reference_transaction_id=reference)
    book.bet("b1", 900 * UNIT)

    book.rollback("x1", "b1", reference_kind=BET)

    assert (book.account.cash_micros, book.round.reversed_win_micros) == (105 * UNIT, 5 * UNIT)
    assert book.win("w5", UNIT).code is OutcomeCode.OK
    assert book.audit().findings == []


def test_w09_where_wins_are_never_taken_back_one_that_names_no_bet_is_not_taken_on_a_guess() -> None:
    book = a_book(GRANT)
    book.win("w1", 25 * UNIT)
    book.bet("b1", 900 * UNIT)

    assert book.rollback("x1", "b1", reference_kind=BET).code is OutcomeCode.NO_EFFECT
    assert book.bet("b2", 10 * UNIT).code is OutcomeCode.OK
    assert book.account.cash_micros == 115 * UNIT


def test_w09_a_rollback_of_a_refused_bet_that_names_no_round_is_refused_while_a_win_stands() -> None:
    alone, grouped = a_book(GRANT), a_book(GRANT)
    for book in (alone, grouped):
        book.win("w1", 25 * UNIT, reference_transaction_id="b1")
        book.bet("b1", 900 * UNIT)
    undo = Action(ActionKind.ROLLBACK, "x1", reference_transaction_id="b1", reference_kind=BET)
    win = Action(ActionKind.WIN, "w1", 25 * UNIT, "b1")

    without = alone.act(undo, round_id="")
    in_a_group = group_of(grouped, [grouped.command(win), grouped.command(undo, round_id="")])[1]

    assert without.code is in_a_group.code is OutcomeCode.ALREADY_SETTLED
    assert alone.rollback("x1", "b1", reference_kind=BET).code is OutcomeCode.NO_EFFECT
    assert alone.account.cash_micros == 100 * UNIT


def test_w26_a_rollback_that_closes_ends_the_round_whose_refused_bet_it_ends() -> None:
    book = a_book(GRANT)
    book.win("w1", 50 * UNIT, reference_transaction_id="b1")
    book.bet("b1", 900 * UNIT)

    book.rollback("x1", "b1", reference_kind=BET, close_round=True)

    assert (book.round.status, book.account.open_round_count) == (RoundStatus.CLOSED, 0)
    assert book.audit().findings == []


def test_w04_win_refused_bet_and_rollback_in_one_group_are_the_same_as_one_by_one() -> None:
    book = a_book(GRANT)
    win, refused = Action(ActionKind.WIN, "w1", 25 * UNIT, "b1"), Action(BET, "b1", 900 * UNIT)
    undo = Action(ActionKind.ROLLBACK, "x1", reference_transaction_id="b1", reference_kind=BET)

    replies = group_of(book, [book.command(action) for action in (win, refused, undo)])

    assert replies[2].results[0].reason == "the bet was refused: its wins were taken back (1)"
    assert book.account.cash_micros == 100 * UNIT
    assert book.audit().findings == []


def test_the_story_of_a_dead_round_says_that_its_wins_are_not_paid() -> None:
    book = a_book()
    command = book.command(Action(ActionKind.ROLLBACK, "x1", reference_transaction_id="b1", reference_kind=BET))
    book.apply(command)
    book.win("w1", 25 * UNIT)

    rows = tuple(row for row in book.journal() if row.round_id == "r1")
    told = [entry.text for entry in timeline(RoundStory(None, rows, tuple(book.notes)))]

    assert rows[-1].key == mark_key(command)
    assert told[1:] == [
        "bet b1 was rolled back before it came: it is dead for ever",
        "no other bet of the round is known: until one comes, its wins are not paid and its close does nothing",
        "win w1: refused, rolled back (every bet of the round was rolled back)",
    ]
