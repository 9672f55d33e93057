"""Wins that the ledger takes back with their bet are taken back at the operator too, before the bet is given back."""

from dataclasses import replace

import pytest

from adapters.contract.ids import TransactionId
from adapters.contract.wallet_calls import Action, ActionKind, OutcomeCode, WalletCall
from gateway.errors import WalletUnavailable
from gateway.operator_wallet.movements import MovementState
from gateway.operator_wallet.take_backs import take_back_id
from gateway.rounds.ports import RoundRef
from tests.unit.gateway.operator_wallet.operator_bench import (
    ACCOUNT,
    BET_MICROS,
    START_MICROS,
    WIN_MICROS,
    Bench,
    bet,
    rollback,
    settle,
)
from tests.unit.gateway.operator_wallet.operator_stub import kinds_of
from wallet.ledger import rollbacks
from wallet.ledger.policy import Policies, Policy, SettledBet, UnknownWin

TAKING_BACK = Policies(Policy(settled_bet=SettledBet.TAKE_BACK, unknown_win=UnknownWin.GRANT))
TAKE_BACK = take_back_id("remote", "reelgate", "win", "r1:0")


@pytest.fixture
def policies() -> Policies:
    return TAKING_BACK


def win(amount_micros: int = WIN_MICROS, kind: ActionKind = ActionKind.WIN) -> WalletCall:
    """The round's win, which leaves it open."""
    action = Action(kind, TransactionId("r1:0"), amount_micros)
    return replace(settle(), actions=(action,), close_round=False, one_unit=False)


async def undone(bench: Bench) -> None:
    """Hold what all these stories end with: the operator has the player's money as it was."""
    assert bench.operator.balance_micros == START_MICROS
    assert await bench.state(ActionKind.ROLLBACK, TAKE_BACK) is MovementState.ACKNOWLEDGED
    assert await bench.state(ActionKind.ROLLBACK, "r1:rollback") is MovementState.ACKNOWLEDGED


def test_both_sides_name_a_take_back_alike() -> None:
    key = ("remote", "reelgate", "jackpot_win", "r1:0")

    assert take_back_id(*key) == rollbacks.take_back_id(key)


async def test_a_win_that_is_taken_back_here_is_taken_back_there_before_its_bet_is_given_back(bench: Bench) -> None:
    await bench.apply(bet())
    await bench.apply(win())

    assert (await bench.apply(rollback())).code is OutcomeCode.OK

    assert kinds_of(bench.operator) == ["bet", "win", "rollback", "rollback"]
    await undone(bench)
    assert await bench.balance_here() == START_MICROS


@pytest.mark.parametrize("fault", ["500", "lost request", "lost reply", "unreachable"])
async def test_a_take_back_goes_out_until_acknowledged_and_the_bet_waits_for_it(bench: Bench, fault: str) -> None:
    await bench.apply(bet())
    await bench.apply(win())
    bench.operator.faults = [fault, fault]

    await bench.apply(rollback())
    assert await bench.state(ActionKind.ROLLBACK, TAKE_BACK) is MovementState.DUE
    assert await bench.state(ActionKind.ROLLBACK, "r1:rollback") is MovementState.DUE
    for _ in range(4):
        await bench.turn()

    await undone(bench)


async def test_the_take_back_of_a_win_that_has_not_arrived_goes_out_after_it(bench: Bench) -> None:
    await bench.apply(bet())
    bench.operator.faults = ["lost request"] * 2
    await bench.apply(win())

    await bench.apply(rollback())
    for _ in range(5):
        await bench.turn()

    assert kinds_of(bench.operator) == ["bet", "win", "rollback", "rollback"]
    await undone(bench)


async def test_repeats_take_back_once(bench: Bench) -> None:
    await bench.apply(bet())
    await bench.apply(win())

    for _ in range(3):
        assert (await bench.apply(rollback())).accepted
        await bench.turn()

    assert kinds_of(bench.operator) == ["bet", "win", "rollback", "rollback"]
    await undone(bench)


async def test_every_win_of_the_bet_is_taken_back_also_two_kinds_under_one_id(bench: Bench) -> None:
    await bench.apply(bet())
    await bench.apply(win())
    await bench.apply(win(3_000_000, ActionKind.JACKPOT_WIN))

    await bench.apply(rollback())

    jackpot = take_back_id("remote", "reelgate", "jackpot_win", "r1:0")
    assert await bench.state(ActionKind.ROLLBACK, jackpot) is MovementState.ACKNOWLEDGED
    await undone(bench)


async def test_a_process_that_dies_after_booking_takes_back_when_it_is_back(bench: Bench) -> None:
    async def dies(ref: RoundRef) -> None:
        raise ConnectionResetError("killed")

    await bench.apply(bet())
    await bench.apply(win())
    bench.ledger.get_round = dies  # type: ignore[method-assign, assignment]
    with pytest.raises(ConnectionResetError):
        await bench.apply(rollback())
    del bench.ledger.get_round
    assert bench.operator.balance_micros == START_MICROS - BET_MICROS + WIN_MICROS

    for _ in range(3):
        await bench.turn()

    await undone(bench)


async def test_while_the_ledger_cannot_say_what_it_took_back_the_bet_is_not_given_back(bench: Bench) -> None:
    async def cannot(ref: RoundRef) -> None:
        raise WalletUnavailable("not now")

    await bench.apply(bet())
    await bench.apply(win())
    bench.ledger.get_round = cannot  # type: ignore[method-assign, assignment]
    assert (await bench.apply(rollback())).code is OutcomeCode.OK
    await bench.turn()
    assert kinds_of(bench.operator) == ["bet", "win"]
    del bench.ledger.get_round

    for _ in range(3):
        await bench.turn()

    await undone(bench)


async def test_a_granted_win_that_goes_with_its_unseen_bet_is_taken_back_there(bench: Bench) -> None:
    await bench.wallet.open_account(ACCOUNT)
    named = replace(win().actions[0], reference_transaction_id=TransactionId("r1"))
    paid = await bench.apply(replace(win(), actions=(named,)))
    bench.operator.faults = ["500"]

    buried = await bench.apply(rollback())
    for _ in range(3):
        await bench.turn()

    assert (paid.code, buried.results[0].code) == (OutcomeCode.OK, OutcomeCode.NO_EFFECT)
    assert await bench.state(ActionKind.ROLLBACK, TAKE_BACK) is MovementState.ACKNOWLEDGED
    assert bench.operator.balance_micros == START_MICROS
