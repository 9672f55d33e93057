"""Bets that their caller will not have (its session is over): stored as refused, so that no late try is taken."""

import pytest

from tests.support.ledger_book import UNIT, Book, group_of
from wallet.ledger.hopeful import round_call_of
from wallet.ledger.kinds import ActionKind, Certainty, OutcomeCode
from wallet.ledger.straight import spin_of
from wallet.ledger.types import Action
from wallet.ledger.validate import REASONS_OF_CALLERS

EXPIRED = OutcomeCode.SESSION_EXPIRED
BET = Action(ActionKind.BET, "b1", 10 * UNIT)
WIN = Action(ActionKind.WIN, "w1", 5 * UNIT)


@pytest.fixture
def book() -> Book:
    book = Book()
    book.open(100 * UNIT)
    return book


@pytest.mark.parametrize("code", sorted(REASONS_OF_CALLERS - {None}))
def test_w15_a_new_bet_that_its_caller_refuses_is_refused_for_ever(book: Book, code: OutcomeCode) -> None:
    refused = book.act(BET, refuse_new_bets=code)

    late = book.act(BET)

    assert (refused.code, refused.balance_micros) == (code, 100 * UNIT)
    assert (late.code, late.results[0].replayed) == (code, True)
    assert (book.account.cash_micros, book.rounds) == (100 * UNIT, {})
    assert book.audit().findings == []


def test_w02_a_bet_that_is_known_is_answered_whatever_its_caller_would_have_now(book: Book) -> None:
    book.act(BET)
    poor = Action(ActionKind.BET, "b2", 900 * UNIT)
    book.act(poor)
    book.rollback("x3", "b3")

    again = book.act(BET, refuse_new_bets=EXPIRED)

    assert (again.accepted, again.results[0].replayed) == (True, True)
    assert book.act(poor, refuse_new_bets=EXPIRED).code is OutcomeCode.INSUFFICIENT_FUNDS
    assert book.act(Action(ActionKind.BET, "b3", UNIT), refuse_new_bets=EXPIRED).code is OutcomeCode.ROLLED_BACK
    assert book.account.cash_micros == 90 * UNIT


def test_w02_a_unit_that_is_known_is_answered_whole(book: Book) -> None:
    book.act(BET, WIN, one_unit=True)

    again = book.act(BET, WIN, one_unit=True, refuse_new_bets=EXPIRED)

    assert [result.replayed for result in again.results] == [True, True]


def test_w11_a_win_beside_a_known_bet_is_booked(book: Book) -> None:
    book.act(BET)

    assert book.act(BET, WIN, refuse_new_bets=EXPIRED).accepted
    assert book.account.cash_micros == 95 * UNIT


@pytest.mark.parametrize("one_unit", [True, False])
def test_w17_a_call_with_a_new_bet_moves_nothing_at_all(book: Book, one_unit: bool) -> None:
    assert book.act(BET, WIN, one_unit=one_unit, refuse_new_bets=EXPIRED).code is EXPIRED

    assert book.act(BET, WIN, one_unit=one_unit).code is EXPIRED
    assert book.account.cash_micros == 100 * UNIT


@pytest.mark.parametrize("known_first", [True, False])
def test_w17_a_new_bet_beside_one_that_is_held_is_refused_but_the_call_not_for_certain(
    book: Book, known_first: bool
) -> None:
    new = Action(ActionKind.BET, "b2", 20 * UNIT)
    batch = (BET, new) if known_first else (new, BET)
    book.act(BET)

    replies = [book.act(*batch, refuse_new_bets=EXPIRED), book.act(*batch, refuse_new_bets=EXPIRED), book.act(*batch)]

    assert [(reply.certainty, reply.code) for reply in replies] == [
        (Certainty.UNCERTAIN, OutcomeCode.BATCH_REFUSED)
    ] * 3
    assert book.act(new).code is EXPIRED
    assert [book.rollback("x1", "b1").code, book.rollback("x2", "b2").code] == [OutcomeCode.OK, OutcomeCode.NO_EFFECT]
    assert book.account.cash_micros == 100 * UNIT
    assert book.audit().findings == []


def test_w17_a_new_bet_beside_one_that_is_held_no_more_is_refused_for_certain(book: Book) -> None:
    poor, undone = Action(ActionKind.BET, "b0", 900 * UNIT), Action(ActionKind.BET, "b3", UNIT)
    book.act(poor)
    book.act(BET)
    book.rollback("x1", "b1")
    book.rollback("x3", "b3")

    for known in (poor, BET, undone):
        reply = book.act(known, Action(ActionKind.BET, f"{known.transaction_id}n", UNIT), refuse_new_bets=EXPIRED)
        assert (known, reply.certainty, reply.code) == (known, Certainty.CERTAIN, EXPIRED)
    assert book.account.cash_micros == 100 * UNIT


def test_w06_the_rollback_of_a_bet_that_its_caller_refused_has_no_effect(book: Book) -> None:
    book.act(BET, refuse_new_bets=EXPIRED)

    assert book.rollback("x1", "b1").code is OutcomeCode.NO_EFFECT
    assert book.account.cash_micros == 100 * UNIT


@pytest.mark.parametrize("known", ["nobody", "a mark"])
def test_nothing_is_kept_of_a_player_who_has_no_account(book: Book, known: str) -> None:
    if known == "a mark":
        book.rollback("x1", "b0", player_id="eve", reference_kind=ActionKind.BET)
    before = len(book.rows)

    assert book.act(BET, player_id="eve", refuse_new_bets=EXPIRED).code is EXPIRED

    assert (len(book.rows), book.notes) == (before, [])


def test_only_the_reasons_of_callers_refuse(book: Book) -> None:
    reply = book.act(BET, refuse_new_bets=OutcomeCode.KEY_REUSED)

    assert (reply.code, reply.field) == (OutcomeCode.INVALID, "refuse_new_bets")
    assert book.act(BET).accepted


def test_such_a_call_takes_no_short_lane(book: Book) -> None:
    spin = book.command(BET, WIN, one_unit=True, close_round=True, refuse_new_bets=EXPIRED)

    assert (spin_of(spin), round_call_of(spin)) == (None, None)
    assert spin_of(spin._replace(refuse_new_bets=None)) is not None


def test_w04_refusal_and_late_try_in_one_group_are_the_same_as_one_by_one(book: Book) -> None:
    replies = group_of(book, [book.command(BET, refuse_new_bets=EXPIRED), book.command(BET)])

    assert [reply.code for reply in replies] == [EXPIRED, EXPIRED]
