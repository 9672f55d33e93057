"""A bet that the operator refused, or that is undone there, is refused in the ledger here too."""

from dataclasses import replace

import pytest

from adapters.contract.ids import TransactionId
from adapters.contract.wallet_calls import Action, ActionKind, Certainty, OutcomeCode, WalletCall, WalletReply
from gateway.operator_wallet.movements import MovementState, RecordedMovement
from gateway.operator_wallet.take_backs import take_back_id
from gateway.operator_wallet.translate import key_of, movements_of
from tests.unit.gateway.operator_wallet.operator_bench import (
    ACCOUNT,
    START_MICROS,
    WIN_MICROS,
    Bench,
    bet,
    rollback,
    settle,
)
from wallet.ledger.policy import Policies, Policy, SettledBet, UnknownWin

GRANTING = Policies(Policy(settled_bet=SettledBet.REFUSE, unknown_win=UnknownWin.GRANT))
TAKE_BACK = take_back_id("remote", "reelgate", "win", "r1:0")
REFUSED, LOST = "refused", "lost request"


@pytest.fixture
def policies() -> Policies:
    return GRANTING


@pytest.fixture(autouse=True)
async def account(bench: Bench) -> None:
    await bench.wallet.open_account(ACCOUNT)


def win() -> WalletCall:
    """A win that names its bet and leaves the round open."""
    action = Action(ActionKind.WIN, TransactionId("r1:0"), WIN_MICROS, TransactionId("r1"), ActionKind.BET)
    return replace(settle(), actions=(action,), close_round=False, one_unit=False)


async def lose_the_bet(bench: Bench, how: str) -> WalletReply:
    """Send the bet, which the operator refuses or never answers."""
    if how == REFUSED:
        bench.operator.wallet.refuse_with = OutcomeCode.INSUFFICIENT_FUNDS
    else:
        bench.operator.faults = [how]
    reply = await bench.apply(bet())
    bench.operator.wallet.refuse_with = None
    return reply


@pytest.mark.parametrize("how", [REFUSED, LOST])
async def test_the_rollback_of_a_bet_that_does_not_stand_takes_back_the_granted_win_that_names_it(
    bench: Bench, how: str
) -> None:
    before_micros = await bench.balance_here()
    assert (await bench.apply(win())).accepted
    lost = await lose_the_bet(bench, how)

    undone = await bench.apply(rollback())
    for _ in range(3):
        await bench.turn()

    assert lost.certainty is (Certainty.CERTAIN if how == REFUSED else Certainty.UNCERTAIN)
    assert undone.results[0].code is OutcomeCode.NO_EFFECT
    assert (bench.operator.balance_micros, await bench.balance_here()) == (START_MICROS, before_micros)
    assert await bench.state(ActionKind.ROLLBACK, TAKE_BACK) is MovementState.ACKNOWLEDGED


@pytest.mark.parametrize("how", [REFUSED, LOST])
async def test_a_win_that_names_a_bet_that_does_not_stand_is_not_granted(bench: Bench, how: str) -> None:
    await lose_the_bet(bench, how)

    assert not (await bench.apply(win())).accepted

    stored = await bench.ledger.get_transaction("remote", "reelgate", ActionKind.BET, "r1")
    assert stored is not None
    assert stored.code is (OutcomeCode.INSUFFICIENT_FUNDS if how == REFUSED else OutcomeCode.ROLLED_BACK)
    assert bench.operator.balance_micros == START_MICROS


async def test_a_bet_that_a_dead_process_was_placing_goes_with_its_granted_win(bench: Bench) -> None:
    before_micros = await bench.balance_here()
    await bench.apply(win())
    (placed,) = await movements_of(bet(), bench.store)
    await bench.store.add([RecordedMovement(key_of(bet(), placed), placed, MovementState.SENDING)])
    await bench.turn()

    undone = await bench.apply(rollback())
    await bench.turn()

    assert undone.results[0].code is OutcomeCode.NO_EFFECT
    assert (bench.operator.balance_micros, await bench.balance_here()) == (START_MICROS, before_micros)
