"""A refused call that repeats what is booked and stands: told "nothing moved", its provider would leave it so."""

from dataclasses import replace

import pytest

from adapters.contract.ids import TransactionId
from adapters.contract.wallet_calls import Action, ActionKind, Certainty, OutcomeCode, WalletCall, WalletReply
from gateway.errors import WalletUnavailable
from gateway.operator_wallet.movements import MovementState
from gateway.rounds.wallet_replies import held
from tests.unit.gateway.operator_wallet.operator_bench import (
    BET_MICROS,
    START_MICROS,
    WIN_MICROS,
    Bench,
    bet,
    rollback,
)
from tests.unit.gateway.operator_wallet.operator_stub import kinds_of

BATCH = replace(bet(), one_unit=False, exclusive_game=False)
DEAR = Action(ActionKind.BET, TransactionId("dear"), 2 * START_MICROS)
HELD = (Certainty.UNCERTAIN, OutcomeCode.BATCH_REFUSED, ())


def batch(*more: Action, first: Action = BATCH.actions[0]) -> WalletCall:
    """The booked bet again, and others."""
    return replace(BATCH, actions=(first, *more))


def told(reply: WalletReply) -> tuple[Certainty, OutcomeCode, object]:
    return reply.certainty, reply.code, reply.results


async def test_a_batch_whose_new_bet_the_operator_refuses_is_uncertain_while_it_repeats_one_that_stands(
    bench: Bench,
) -> None:
    await bench.apply(BATCH)

    replies = [await bench.apply(batch(DEAR)) for _ in range(2)]

    assert [told(reply) for reply in replies] == [HELD] * 2
    assert await bench.state(ActionKind.BET, "r1") is MovementState.BOOKED
    assert bench.operator.balance_micros == START_MICROS - BET_MICROS
    await bench.apply(rollback())
    assert (await bench.apply(batch(DEAR))).code is OutcomeCode.INSUFFICIENT_FUNDS
    assert bench.operator.balance_micros == START_MICROS


@pytest.mark.parametrize(
    "refused",
    [
        Action(ActionKind.BET, DEAR.transaction_id, BET_MICROS),
        Action(ActionKind.BET, TransactionId("fine"), BET_MICROS + 1),
        Action(ActionKind.DEPOSIT, TransactionId("foreign"), BET_MICROS),
    ],
    ids=["key reused", "an amount that cannot be said", "a kind that is not ours"],
)
async def test_whatever_refuses_the_rest_of_the_call_is_uncertain(bench: Bench, refused: Action) -> None:
    await bench.apply(BATCH)
    await bench.apply(replace(BATCH, actions=(DEAR,)))

    assert told(await bench.apply(batch(refused))) == HELD

    await bench.apply(rollback())
    assert (await bench.apply(batch(refused))).certainty is Certainty.CERTAIN


async def test_a_bet_that_was_not_sent_beside_one_that_stands_is_uncertain(bench: Bench) -> None:
    await bench.apply(BATCH)
    bench.operator.faults = ["unreachable"]

    assert told(await bench.apply(batch(Action(ActionKind.BET, TransactionId("b2"), BET_MICROS)))) == HELD


async def test_the_key_of_another_bet_is_a_conflict_for_certain(bench: Bench) -> None:
    await bench.apply(BATCH)
    other = replace(BATCH.actions[0], amount_micros=2 * BET_MICROS)

    reply = await bench.apply(batch(DEAR, first=other))

    assert (reply.certainty, reply.code) == (Certainty.CERTAIN, OutcomeCode.KEY_REUSED)


async def test_a_win_that_stands_makes_its_refused_call_uncertain_until_it_is_taken_back(bench: Bench) -> None:
    win = Action(ActionKind.WIN, TransactionId("w1"), WIN_MICROS)
    call = replace(BATCH, actions=(DEAR, win))
    taken_back = replace(rollback().actions[0], reference_transaction_id=win.transaction_id, reference_kind=win.kind)
    await bench.apply(BATCH)
    await bench.apply(replace(BATCH, actions=(win,)))

    assert told(await bench.apply(call)) == HELD

    assert (await bench.apply(replace(rollback(), actions=(taken_back,)))).accepted
    assert (await bench.apply(call)).code is OutcomeCode.INSUFFICIENT_FUNDS


async def test_a_unit_that_meets_what_is_of_another_call_is_a_conflict_for_certain(bench: Bench) -> None:
    await bench.apply(BATCH)
    await bench.apply(replace(BATCH, actions=(DEAR,)))
    other = Action(ActionKind.BET, DEAR.transaction_id, BET_MICROS)

    reply = await bench.apply(replace(batch(other), one_unit=True))

    assert (reply.certainty, reply.code) == (Certainty.CERTAIN, OutcomeCode.KEY_REUSED)


async def test_while_the_ledger_cannot_say_what_stands_no_refusal_is_certain(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.apply(BATCH)
    await bench.apply(replace(BATCH, actions=(DEAR,)))

    async def away(*_: object) -> None:
        raise WalletUnavailable("away")

    monkeypatch.setattr(bench.ledger, "get_transaction", away)

    assert (await bench.apply(batch(DEAR))).certainty is Certainty.UNCERTAIN


async def test_a_new_bet_that_the_ledger_refuses_beside_one_that_stands_is_undone_at_the_operator_at_once(
    bench: Bench,
) -> None:
    await bench.apply(BATCH)
    await bench.apply(replace(BATCH, actions=(Action(ActionKind.CLOSE, TransactionId("c1")),)))

    reply = await bench.apply(batch(Action(ActionKind.BET, TransactionId("b2"), BET_MICROS)))

    assert told(reply) == HELD
    assert await bench.state(ActionKind.BET, "b2") is MovementState.UNDONE
    assert await bench.state(ActionKind.BET, "r1") is MovementState.BOOKED
    assert kinds_of(bench.operator) == ["bet", "bet", "rollback"]
    assert bench.operator.balance_micros == START_MICROS - BET_MICROS


async def test_a_win_that_the_ledger_refuses_beside_a_bet_that_stands_may_be_tried_again_and_is_paid(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.apply(BATCH)
    again = batch(Action(ActionKind.WIN, TransactionId("w1"), WIN_MICROS))

    async def refuses(call: WalletCall) -> WalletReply:
        return held(call, OutcomeCode.ROUND_CLOSED)

    with monkeypatch.context() as patch:
        patch.setattr(bench.ledger, "apply", refuses)
        assert told(await bench.apply(again)) == HELD
    await bench.turn()

    assert (await bench.apply(again)).accepted
    assert bench.operator.balance_micros == START_MICROS - BET_MICROS + WIN_MICROS
