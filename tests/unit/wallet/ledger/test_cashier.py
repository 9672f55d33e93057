"""Deposit, withdrawal in two steps, adjust."""

import pytest

from tests.support.ledger_book import UNIT, Book
from wallet.ledger.kinds import ActionKind, OutcomeCode
from wallet.ledger.types import ActionResult

RESERVE, CONFIRM, CANCEL = ActionKind.WITHDRAW_RESERVE, ActionKind.WITHDRAW_CONFIRM, ActionKind.WITHDRAW_CANCEL


@pytest.fixture
def book() -> Book:
    book = Book(round_id="")
    book.open(100 * UNIT)
    return book


def end(book: Book, kind: ActionKind, transaction_id: str, reference: str) -> ActionResult:
    return book.one(kind, transaction_id, reference_transaction_id=reference)


def test_a_deposit_adds_and_is_idempotent(book: Book) -> None:
    for _ in range(2):
        assert book.one(ActionKind.DEPOSIT, "d1", 5 * UNIT).accepted

    assert book.account.cash_micros == 105 * UNIT


@pytest.mark.parametrize("status", ["blocked", "excluded"])
def test_w11_a_blocked_player_may_withdraw_and_not_deposit(book: Book, status: str) -> None:
    book.account.status = status

    assert book.one(ActionKind.DEPOSIT, "d1", UNIT).code is OutcomeCode.PLAYER_BLOCKED
    assert book.one(RESERVE, "r1", UNIT).accepted
    assert end(book, CONFIRM, "c1", "r1").accepted


def test_a_reserved_amount_can_neither_be_bet_nor_reserved_again(book: Book) -> None:
    reserved = book.one(RESERVE, "r1", 60 * UNIT)

    assert (reserved.amount_micros, reserved.balance_micros) == (60 * UNIT, 40 * UNIT)
    assert book.one(RESERVE, "r2", 50 * UNIT).code is OutcomeCode.INSUFFICIENT_FUNDS
    assert book.bet("b1", 50 * UNIT, round_id="r").code is OutcomeCode.INSUFFICIENT_FUNDS


def test_a_confirmed_withdrawal_leaves_once(book: Book) -> None:
    book.one(RESERVE, "r1", 60 * UNIT)

    first, replay, other = (end(book, CONFIRM, name, "r1") for name in ("c1", "c1", "c2"))

    assert (first.code, first.amount_micros, replay.replayed, other.code) == (
        OutcomeCode.OK,
        60 * UNIT,
        True,
        OutcomeCode.NO_EFFECT,
    )
    assert (book.account.cash_micros, book.account.reserved_micros) == (40 * UNIT, 0)


def test_a_cancelled_withdrawal_comes_back_once_and_excludes_its_confirmation(book: Book) -> None:
    book.one(RESERVE, "r1", 60 * UNIT)

    codes = [
        end(book, CANCEL, "c1", "r1").code,
        end(book, CANCEL, "c2", "r1").code,
        end(book, CONFIRM, "c3", "r1").code,
    ]

    assert codes == [OutcomeCode.OK, OutcomeCode.NO_EFFECT, OutcomeCode.ROLLED_BACK]
    assert (book.account.cash_micros, book.account.reserved_micros) == (100 * UNIT, 0)


def test_a_confirmed_withdrawal_cannot_be_cancelled(book: Book) -> None:
    book.one(RESERVE, "r1", 60 * UNIT)
    end(book, CONFIRM, "c1", "r1")

    assert end(book, CANCEL, "c2", "r1").code is OutcomeCode.ALREADY_SETTLED


def test_a_cancel_before_its_reservation_kills_it(book: Book) -> None:
    early = end(book, CANCEL, "c1", "r1")

    late = book.one(RESERVE, "r1", 60 * UNIT)

    assert (early.code, late.code) == (OutcomeCode.NO_EFFECT, OutcomeCode.ROLLED_BACK)
    assert end(book, CONFIRM, "c2", "r1").code is OutcomeCode.ROLLED_BACK
    assert book.account.cash_micros == 100 * UNIT


def test_a_confirmation_before_its_reservation_may_come_again(book: Book) -> None:
    early = end(book, CONFIRM, "c1", "r1")
    book.one(RESERVE, "r1", 60 * UNIT)

    assert early.code is OutcomeCode.BET_NOT_FOUND
    assert end(book, CONFIRM, "c1", "r1").code is OutcomeCode.OK


def test_ends_of_a_refused_reservation_move_nothing(book: Book) -> None:
    book.one(RESERVE, "r1", 600 * UNIT)

    assert end(book, CANCEL, "c1", "r1").code is OutcomeCode.NO_EFFECT
    assert end(book, CONFIRM, "c2", "r1").code is OutcomeCode.BET_NOT_FOUND


def test_a_receivable_is_recovered_from_what_a_cancelled_withdrawal_gives_back(book: Book) -> None:
    book.bet("b1", 100 * UNIT, round_id="r")
    book.win("w1", 80 * UNIT, round_id="r")
    book.one(RESERVE, "r1", 80 * UNIT)
    book.rollback("x1", "w1", reference_kind=ActionKind.WIN, round_id="r")
    assert book.account.receivable_micros == 80 * UNIT

    end(book, CANCEL, "c1", "r1")

    account = book.account
    assert (account.cash_micros, account.reserved_micros, account.receivable_micros) == (0, 0, 0)
    assert book.audit().ok


@pytest.mark.parametrize(("missing", "blank"), [("author", ""), ("author", "  "), ("reason", ""), ("reason", "  ")])
def test_w24_an_adjust_needs_an_author_and_a_reason(book: Book, missing: str, blank: str) -> None:
    fields = {"author": "bo", "reason": "wrong win"} | {missing: blank}

    result = book.one(ActionKind.ADJUST, "a1", UNIT, **fields)

    assert (result.code, result.field) == (OutcomeCode.INVALID, missing)


def test_w24_an_adjust_is_a_new_row_with_the_value_before_and_after(book: Book) -> None:
    book.one(ActionKind.ADJUST, "a1", -30 * UNIT, author="bo", reason="wrong win")

    row = book.rows["brand", "provider", "adjust", "a1"]

    assert (row.cash_micros - row.cash_delta_micros, row.cash_micros) == (100 * UNIT, 70 * UNIT)
    assert (row.author, row.reason, row.house_account) == ("bo", "wrong win", "house:adjustments")


def test_w13_an_adjust_cannot_take_what_is_not_there(book: Book) -> None:
    assert book.one(ActionKind.ADJUST, "a1", -101 * UNIT, author="bo", reason="x").code is (
        OutcomeCode.INSUFFICIENT_FUNDS
    )


def test_an_adjust_gives_and_takes_bonus(book: Book) -> None:
    book.one(ActionKind.ADJUST, "a1", 10 * UNIT, bonus_micros=10 * UNIT, author="bo", reason="gift")
    book.one(ActionKind.ADJUST, "a2", -4 * UNIT, bonus_micros=-4 * UNIT, author="bo", reason="less")

    assert (book.account.cash_micros, book.account.bonus_micros) == (100 * UNIT, 6 * UNIT)


@pytest.mark.parametrize("kind", [ActionKind.DEPOSIT, RESERVE, ActionKind.ADJUST])
def test_money_of_an_unknown_player_does_not_move(kind: ActionKind) -> None:
    book = Book(round_id="")

    result = book.one(kind, "t1", UNIT, author="bo", reason="x")

    assert result.code is OutcomeCode.PLAYER_NOT_FOUND
    assert book.account.cash_micros == 0


def test_nobody_ends_another_players_withdrawal(book: Book) -> None:
    book.open(UNIT, "bob")
    book.one(RESERVE, "r1", 60 * UNIT)

    result = book.one(CONFIRM, "c1", reference_transaction_id="r1", player_id="bob")

    assert (result.code, result.field) == (OutcomeCode.KEY_REUSED, "player_id")
    assert book.account.reserved_micros == 60 * UNIT
