"""What is refused before anything is looked up: nothing is written, and the field is named."""

from typing import Any

import pytest

from tests.support.ledger_book import UNIT, Book
from wallet.ledger.ids import MICROS_MAX
from wallet.ledger.kinds import FLAG_TOMBSTONE, ActionKind, OutcomeCode
from wallet.ledger.types import Action

BET, WIN, ROLLBACK, ADJUST = ActionKind.BET, ActionKind.WIN, ActionKind.ROLLBACK, ActionKind.ADJUST
BAD_ACTIONS: list[tuple[str, Action]] = [
    ("transaction_id", Action(BET, "", UNIT)),
    ("transaction_id", Action(BET, "x" * 65, UNIT)),
    ("transaction_id", Action(BET, "a b", UNIT)),
    ("transaction_id", Action(BET, "a\n", UNIT)),
    ("amount_micros", Action(BET, "b", -1)),
    ("amount_micros", Action(BET, "b", MICROS_MAX + 1)),
    ("amount_micros", Action(BET, "b", 1.0)),  # type: ignore[arg-type]  # the point of the test
    ("amount_micros", Action(BET, "b", True)),
    ("amount_micros", Action(BET, "b", "1")),  # type: ignore[arg-type]  # the point of the test
    ("amount_micros", Action(ADJUST, "b", -MICROS_MAX - 1, author="a", reason="r")),
    ("bonus_micros", Action(BET, "b", UNIT, bonus_micros=UNIT + 1)),
    ("bonus_micros", Action(BET, "b", UNIT, bonus_micros=-1)),
    ("bonus_micros", Action(ADJUST, "b", -UNIT, bonus_micros=1, author="a", reason="r")),
    ("reference_transaction_id", Action(ROLLBACK, "x")),
    ("reference_transaction_id", Action(ROLLBACK, "x", reference_transaction_id="a b")),
    ("reference_transaction_id", Action(ActionKind.WITHDRAW_CONFIRM, "x")),
    ("reference_transaction_id", Action(ActionKind.WITHDRAW_CANCEL, "x")),
    ("reference_kind", Action(ROLLBACK, "x", reference_transaction_id="d", reference_kind=ActionKind.DEPOSIT)),
    ("grant_id", Action(BET, "b", UNIT, grant_id="g g")),
    ("grant_id", Action(WIN, "w", UNIT, grant_id="g")),
    ("grant_id", Action(BET, "b", UNIT, grant_id="g", bonus_micros=1)),
    ("jackpot_contribution_micros", Action(BET, "b", UNIT, jackpot_contribution_micros=UNIT + 1)),
    ("jackpot_contribution_micros", Action(BET, "b", UNIT, jackpot_contribution_micros=-1)),
    ("jackpot_contribution_micros", Action(WIN, "w", UNIT, jackpot_contribution_micros=1)),
    ("jackpot_id", Action(WIN, "w", UNIT, jackpot_id="a|b")),
    ("author", Action(ADJUST, "a", UNIT, author="a\x1fb", reason="r")),
    ("reason", Action(ADJUST, "a", UNIT, author="a", reason="r" * 513)),
    ("reason", Action(BET, "b", UNIT, reason="a\x1eb")),
    ("detail", Action(BET, "b", UNIT, detail=bytes(1024 * 1024 + 1))),
]
BAD_CALLS: list[tuple[str, dict[str, Any]]] = [
    ("player_id", {"player_id": "a b"}),
    ("player_id", {"player_id": ""}),
    ("provider_id", {"provider_id": "p\x1f"}),
    ("round_id", {"round_id": "r|"}),
    ("round_id", {"round_id": ""}),
    ("game_id", {"game_id": "g g"}),
    ("game_version", {"game_version": "1\n"}),
    ("round_state", {"round_state": bytes(64 * 1024 + 1)}),
]


@pytest.fixture
def book() -> Book:
    book = Book()
    book.open(100 * UNIT)
    return book


@pytest.mark.parametrize(("field", "action"), BAD_ACTIONS)
def test_w19_a_malformed_action_is_refused_before_any_effect(book: Book, field: str, action: Action) -> None:
    rows, notes = dict(book.rows), len(book.notes)

    reply = book.act(Action(BET, "fine", UNIT), action)

    assert (reply.code, reply.field) == (OutcomeCode.INVALID, field)
    assert [result.code for result in reply.results] == [OutcomeCode.BATCH_REFUSED, OutcomeCode.INVALID]
    assert (book.rows, len(book.notes), book.account.cash_micros) == (rows, notes, 100 * UNIT)


@pytest.mark.parametrize(("field", "call"), BAD_CALLS)
def test_w19_a_malformed_call_is_refused_before_any_effect(book: Book, field: str, call: dict[str, Any]) -> None:
    rows, accounts = dict(book.rows), dict(book.accounts)

    reply = book.act(Action(BET, "b", UNIT), **call)

    assert (reply.code, reply.field) == (OutcomeCode.INVALID, field)
    assert (book.rows, book.accounts) == (rows, accounts)


@pytest.mark.parametrize("code", ["", "eur", "EURO", "XXX", "XAU", "BTC", "€"])
def test_w19_an_unknown_currency_is_refused(book: Book, code: str) -> None:
    reply = book.act(Action(BET, "b", UNIT), currency_code=code)

    assert reply.code is OutcomeCode.CURRENCY_UNKNOWN
    assert len(book.accounts) == 1


def test_too_many_actions_are_refused(book: Book) -> None:
    assert book.act(*(Action(BET, f"b{n}", 0) for n in range(65))).field == "actions"


def test_w19_no_balance_leaves_64_bits(book: Book) -> None:
    assert book.one(ActionKind.DEPOSIT, "d1", MICROS_MAX - 100 * UNIT, round_id="").accepted
    book.bet("b1", 0)

    for kind in (ActionKind.WIN, ActionKind.JACKPOT_WIN, ActionKind.PROMO_WIN, ActionKind.DEPOSIT):
        result = book.one(kind, "t1", 1)
        assert (result.code, result.field) == (OutcomeCode.INVALID, "amount_micros")
    assert book.one(ADJUST, "a1", 1, author="a", reason="r").code is OutcomeCode.INVALID
    assert book.account.cash_micros == MICROS_MAX


def test_w19_no_round_total_leaves_64_bits(book: Book) -> None:
    book.one(ActionKind.DEPOSIT, "d1", MICROS_MAX - 100 * UNIT, round_id="")
    for number in range(2):
        book.bet(f"b{number}", MICROS_MAX)
        book.rollback(f"x{number}", f"b{number}")

    assert book.round.bet_micros == MICROS_MAX
    assert book.rows["brand", "provider", "bet", "b1"].flags & FLAG_TOMBSTONE
    assert book.audit().ok


def test_a_receivable_does_not_leave_64_bits(book: Book) -> None:
    book.bet("b1", 0)
    book.win("w1", UNIT)
    book.account.receivable_micros, book.account.cash_micros = MICROS_MAX, 0

    assert book.rollback("x1", "w1", reference_kind=WIN).code is OutcomeCode.INVALID


def test_a_round_of_endless_bets_is_stopped(book: Book) -> None:
    book.bet("b1", 0)
    book.round.legs = ";" + "bx;" * 30_000

    assert (book.bet("b2", 0).code, book.bet("b2", 0).field) == (OutcomeCode.INVALID, "round_id")
