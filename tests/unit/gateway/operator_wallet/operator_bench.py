"""A brand whose money is at a stub operator, for the tests of this folder; its calls and their amounts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.contract.ids import BrandId, GameId, PlayerId, ProviderId, RoundId, TransactionId
from adapters.contract.wallet_calls import Action, ActionKind, WalletCall, WalletReply
from gateway.bootstrap.embedded_wallet import EmbeddedWallet
from gateway.operator_wallet.movements import MovementKey, MovementState
from gateway.operator_wallet.sender import BrandWallet
from gateway.operator_wallet.settings import OperatorWalletSettings
from gateway.operator_wallet.store import MovementStore
from gateway.operator_wallet.wallet import OperatorWallets
from gateway.rounds.ports import AccountRef, WalletPort
from gateway.storage.database import migrate, open_engine
from tests.unit.gateway.callbacks.paper import ManualClock
from tests.unit.gateway.operator_wallet.operator_stub import PLAYER, OperatorStub, dialect_of
from wallet.bootstrap import open_wallet
from wallet.ledger.policy import DEFAULT_POLICIES, Policies

START_MICROS = 100_000_000
BET_MICROS, WIN_MICROS = 1_000_000, 2_500_000
ACCOUNT = AccountRef("remote", PLAYER, "EUR")
DIALECTS = ("hub88", "softswiss")


def spin(round_id: str = "r1", bet_micros: int = BET_MICROS, win_micros: int = WIN_MICROS) -> WalletCall:
    """An in-house spin: bet, win and close in one call."""
    return WalletCall(
        BrandId("remote"),
        PlayerId(PLAYER),
        "EUR",
        ProviderId("reelgate"),
        (
            Action(ActionKind.BET, TransactionId(round_id), bet_micros),
            Action(ActionKind.WIN, TransactionId(f"{round_id}:0"), win_micros, detail=b"outcome"),
        ),
        GameId("reelgate:ember-crown"),
        RoundId(round_id),
        close_round=True,
        one_unit=True,
        exclusive_game=True,
    )


def bet(round_id: str = "r1") -> WalletCall:
    """The bet of a gateway-driven round."""
    call = spin(round_id)
    return replace(call, actions=call.actions[:1], close_round=False)


def settle(round_id: str = "r1") -> WalletCall:
    """Its win."""
    call = spin(round_id)
    return replace(call, actions=call.actions[1:], exclusive_game=False)


def rollback(round_id: str = "r1") -> WalletCall:
    """Its rollback."""
    action = Action(
        ActionKind.ROLLBACK,
        TransactionId(f"{round_id}:rollback"),
        reference_transaction_id=TransactionId(round_id),
        reference_kind=ActionKind.BET,
    )
    return replace(spin(round_id), actions=(action,), exclusive_game=False, one_unit=False)


class Bench:
    """Ledger on SQLite, a stub operator, time by hand."""

    def __init__(self, ledger: WalletPort, engine: AsyncEngine, dialect: str) -> None:
        self.ledger = ledger
        self.clock = ManualClock()
        self.operator = OperatorStub(dialect)
        self.store = MovementStore(engine)
        settings = OperatorWalletSettings(url="http://operator.test", dialect="unused:unused", timeout_ms=200)
        brand = BrandWallet(settings, dialect_of(dialect), self.operator)
        self.brands = {"remote": brand, "sister": brand}
        self.wallet = OperatorWallets(ledger, self.brands, self.store, self.clock)

    async def apply(self, call: WalletCall) -> WalletReply:
        return await self.wallet.apply(call)

    async def state(self, kind: ActionKind, transaction_id: str) -> MovementState | None:
        found = await self.store.find([MovementKey("remote", "reelgate", kind, transaction_id)])
        return found[0].state if found else None

    async def turn(self, seconds: float = 400) -> None:
        """Let time pass and the worker do one turn."""
        self.clock.seconds += seconds
        await self.wallet.deliverer.deliver_due()

    async def balance_here(self) -> int:
        balance = await self.ledger.get_balance(ACCOUNT)
        return balance.balance_micros if balance else -1


@asynccontextmanager
async def open_bench(folder: Path, dialect: str, policies: Policies = DEFAULT_POLICIES) -> AsyncIterator[Bench]:
    """Yield a bench on a database of its own, under these rules of the ledger."""
    url = f"sqlite:///{folder / 'wallet.db'}"
    engine = open_engine(url)
    bench = Bench(EmbeddedWallet(await open_wallet(url, policies=policies)), engine, dialect)
    await migrate(engine)
    yield bench
    await bench.wallet.aclose()
    await engine.dispose()
