"""Everything that belongs to one answer is in one decision, so that a store can only commit all of it or nothing."""

from dataclasses import fields, replace
from typing import Any

import pytest

from tests.support.ledger_book import UNIT, Book
from wallet.ledger.audit import audit
from wallet.ledger.dead_rounds import mark_key
from wallet.ledger.kinds import ActionKind, OutcomeCode
from wallet.ledger.limit_settings import change_limits
from wallet.ledger.state import Account, Decision, Grant, Round
from wallet.ledger.types import Action


@pytest.fixture
def book() -> Book:
    book = Book()
    book.open(100 * UNIT, limits=change_limits("", {"wager.day": 90 * UNIT}, 0))
    return book


def test_w04_money_reply_round_counters_and_outbox_are_one_decision(book: Book) -> None:
    command = book.command(Action(ActionKind.BET, "b1", UNIT), round_state=b"step")

    decision = book.decide(book.load(command), command, book.policy)

    (row,), (round_,), account = decision.rows, decision.rounds, decision.account
    assert account is not None
    assert (row.cash_delta_micros, row.cash_micros) == (-UNIT, account.cash_micros)
    assert (row.sequence, row.chain_head) == (account.sequence, account.chain_head)
    assert (round_.bet_micros, round_.state) == (UNIT, b"step")
    assert '"day":[0,1000000,1000000,0]' in account.counters
    assert decision.reply.results[0].wallet_transaction_id == row.wallet_transaction_id


def test_w04_answer_and_tombstone_are_one_decision(book: Book) -> None:
    command = book.command(Action(ActionKind.ROLLBACK, "x1", reference_transaction_id="b1"))

    decision = book.decide(book.load(command), command, book.policy)

    marks = {(kind, "b1") for kind in ("bet", "win", "jackpot_win", "promo_win")} | {mark_key(command)[2:]}
    assert {row.key[2:] for row in decision.rows} == {("rollback", "x1"), *marks}


@pytest.mark.parametrize("lost", ["rows", "account", "rounds", "grants"])
def test_w04_a_store_that_loses_a_part_of_a_decision_is_found_out(book: Book, lost: str) -> None:
    grant = Grant("brand", "ann", "EUR", "g1", 2)
    book.grants[grant.key] = grant
    command = book.command(Action(ActionKind.BET, "b1", UNIT), Action(ActionKind.BET, "b2", UNIT, grant_id="g1"))
    decision = book.decide(book.load(command), command, book.policy)
    empty: dict[str, Any] = {"rows": [], "account": None, "rounds": [], "grants": []}

    book.keep(replace(decision, **{lost: empty[lost]}))

    assert not book.audit().ok


def test_w04_a_refused_call_writes_its_refusal_and_nothing_else(book: Book) -> None:
    command = book.command(
        Action(ActionKind.BET, "b1", UNIT), Action(ActionKind.BET, "b2", 500 * UNIT), round_state=b"new"
    )

    decision = book.decide(book.load(command), command, book.policy)

    assert [row.code for row in decision.rows] == ["batch_refused", "limit_reached"]
    assert (decision.rounds, decision.grants) == ([], [])
    assert decision.account is not None
    assert decision.account.cash_micros == 100 * UNIT


def test_w29_wins_and_rollbacks_pass_when_a_limit_stops_bets(book: Book) -> None:
    book.bet("b1", 40 * UNIT)
    book.bet("b2", 50 * UNIT)
    assert book.bet("b3", UNIT).code is OutcomeCode.LIMIT_REACHED

    assert book.win("w1", UNIT, reference_transaction_id="b1").accepted
    assert book.rollback("x1", "b2").accepted


@pytest.mark.parametrize("kind", [Account, Round, Grant])
def test_a_working_copy_has_every_field(kind: type[Any]) -> None:
    values = {field.name: f"value of {field.name}" for field in fields(kind)}
    original = kind(**values)

    assert original.copy() == original
    assert original.copy() is not original


def test_a_decision_says_whether_it_must_be_written(book: Book) -> None:
    balance = book.command()

    assert not book.decide(book.load(balance), balance, book.policy).writes
    assert Decision(book.act(), rows=book.journal()).writes
    assert audit([], [], []).ok
