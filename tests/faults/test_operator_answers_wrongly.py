"""An operator's own wallet that answers late, not at all, in pieces, to another request or with errors, while gateways
die and come back: in the end both sides hold the same money, nothing is left open, and every attempt is on record.
"""

import os
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.contract.ids import BrandId, GameId, PlayerId, ProviderId, RoundId, TransactionId
from adapters.contract.references import session_ref, split_mount_path
from adapters.contract.wallet_calls import Action, ActionKind, Certainty, Credential, RawCall, WalletCall, WalletReply
from adapters.hub88.adapter import create_adapter as create_hub88
from adapters.hub88.signing import check_signature
from adapters.hub88.translate import wallet_call_of
from adapters.hub88.wire import method_of, read_request
from adapters.mocks.clock import VirtualClock
from adapters.mocks.faults import Fault, FaultKind
from adapters.mocks.operator import OperatorMock, WalletDialect
from adapters.mocks.play_wallet import PlayWallet
from adapters.softswiss.adapter import create_adapter as create_softswiss
from gateway.bootstrap.embedded_wallet import EmbeddedWallet
from gateway.operator_wallet.link import HttpLink
from gateway.operator_wallet.movements import OPEN_STATES
from gateway.operator_wallet.sender import BrandWallet
from gateway.operator_wallet.settings import OperatorWalletSettings
from gateway.operator_wallet.store import MovementStore
from gateway.operator_wallet.tables import ATTEMPTS, MOVEMENTS
from gateway.operator_wallet.wallet import OperatorWallets
from gateway.rounds.ports import AccountRef
from gateway.storage.database import migrate, open_engine
from tests.unit.gateway.callbacks.paper import ManualClock
from tests.unit.gateway.operator_wallet.operator_stub import PLAYER, PUBLIC_KEY, SECRET, dialect_of
from wallet.bootstrap import open_wallet

SEEDS = range(int(os.environ.get("REELGATE_OPERATOR_SEEDS", "3")))
ROUNDS = 14
START_MICROS = 100_000_000
ACCOUNT = AccountRef("remote", PLAYER, "EUR")
ECHO = {"hub88": {"request_uuid": "11111111-2222-3333-4444-555555555555"}, "softswiss": {"transactions": []}}
UNCERTAIN = {"hub88": {"status": "RS_ERROR_UNKNOWN"}, "softswiss": {"balance": "lots"}}


class Killed(BaseException):
    """The process ends here."""


class Wire(httpx.AsyncBaseTransport):
    """The way to the operator's mock in this process; an answer that breaks off is an error of the line."""

    def __init__(self, mock: OperatorMock) -> None:
        self._inner = httpx.ASGITransport(mock)
        self.sent_count = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Carry one request."""
        if b'"actions":[]' not in request.content and not request.url.path.endswith("balance"):
            self.sent_count += 1
        try:
            return await self._inner.handle_async_request(request)
        except AssertionError as error:
            raise httpx.ReadError("broken off", request=request) from error


class Hub88Operator:
    """An operator who knows whose a token is: here it is the player's id, and everybody plays in EUR."""

    def __init__(self) -> None:
        self._adapter = create_hub88({})
        self.encode, self.encode_error = self._adapter.encode, self._adapter.encode_error

    def decode(self, call: RawCall, credential: Credential) -> WalletCall:
        """Check and parse."""
        check_signature(call, credential)
        request = read_request(method_of(split_mount_path(call.path)[1]), call.body)
        return wallet_call_of(replace(request, token=session_ref("t", f"{request.user}_EUR")), "hub88", credential)


class Line:
    """One operator, one brand, and gateways that come and go on one database."""

    def __init__(self, dialect: str, engine: AsyncEngine, ledger: EmbeddedWallet, seed: int) -> None:
        self.dialect, self.engine, self.ledger = dialect, engine, ledger
        self.draw, self.clock = random.Random(seed), ManualClock()
        adapter: WalletDialect = Hub88Operator() if dialect == "hub88" else create_softswiss({})
        credential = Credential(BrandId("b"), (SECRET.encode(),), (PUBLIC_KEY.encode(),))
        self.mock = OperatorMock(adapter, credential, PlayWallet(), clock=VirtualClock())
        self.mock.wallet.check_tokens = False
        self.mock.wallet.open_player(PLAYER, "EUR", START_MICROS)
        self.mock.faults.draw = random.Random(seed)
        self.wire = Wire(self.mock)
        self.restart()

    def restart(self) -> None:
        """Begin anew: what was in memory is gone."""
        settings = OperatorWalletSettings(url="http://operator.test/b", dialect="unused:unused", timeout_ms=2_000)
        brand = BrandWallet(settings, dialect_of(self.dialect), HttpLink(settings.url, self.wire))
        self.wallet = OperatorWallets(self.ledger, {"remote": brand}, MovementStore(self.engine), self.clock)

    def spoil(self) -> None:
        """Let some of the coming answers be wrong."""
        some = {"probability_ppm": 150_000}
        for kind in (FaultKind.LOST_REPLY, FaultKind.TRUNCATED_REPLY, FaultKind.NON_JSON_REPLY, FaultKind.STATUS):
            self.mock.faults.add(Fault(kind=kind, **some))
        for fields in (ECHO[self.dialect], UNCERTAIN[self.dialect]):
            self.mock.faults.add(Fault(kind=FaultKind.CHANGE_REPLY, fields=fields, **some))

    async def apply(self, call: WalletCall) -> WalletReply | None:
        """Apply a call, and sometimes die in the middle of it."""
        step = self.draw.randrange(12)
        store = self.wallet._store
        name = {0: "move", 1: "note", 2: "postpone"}.get(step, "")
        if name:
            setattr(store, name, _dies)
        try:
            return await self.wallet.apply(call)
        except Killed:
            self.restart()
            return None
        finally:
            if name:
                vars(store).pop(name)

    async def turn(self) -> None:
        """Let time pass and the worker do its work."""
        self.clock.seconds += 400
        await self.wallet.deliverer.deliver_due()

    async def play(self, number: int) -> None:
        """Play one round: bet and win at once, or one after the other, or undone; repeated while it is uncertain."""
        stake, won = 1_000_000 * (1 + self.draw.randrange(3)), 500_000 * self.draw.randrange(5)
        bet = Action(ActionKind.BET, TransactionId(f"r{number}"), stake)
        win = Action(ActionKind.WIN, TransactionId(f"r{number}:0"), won)
        undo = Action(
            ActionKind.ROLLBACK,
            TransactionId(f"r{number}:r"),
            reference_transaction_id=bet.transaction_id,
            reference_kind=ActionKind.BET,
        )
        calls = {0: [(bet, win)], 1: [(bet,), (win,)], 2: [(bet,), (undo,)]}[number % 3]
        for actions in calls:
            for _ in range(3):
                reply = await self.apply(_call(number, actions, closes=actions is calls[-1]))
                if reply is not None and reply.certainty is Certainty.CERTAIN:
                    break
                if self.draw.random() < 0.5:
                    await self.turn()

    async def come_to_rest(self) -> None:
        """The operator is well again."""
        self.mock.faults.clear()
        for _ in range(12):
            await self.turn()


async def _dies(*_: object, **__: object) -> None:
    raise Killed


def _call(number: int, actions: tuple[Action, ...], *, closes: bool) -> WalletCall:
    return WalletCall(
        BrandId("remote"),
        PlayerId(PLAYER),
        "EUR",
        ProviderId("reelgate"),
        actions,
        GameId("reelgate:ember-crown"),
        RoundId(f"r{number}"),
        close_round=closes,
        one_unit=True,
    )


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[tuple[AsyncEngine, EmbeddedWallet]]:
    url = f"sqlite:///{tmp_path / 'wallet.db'}"
    engine = open_engine(url)
    await migrate(engine)
    ledger = EmbeddedWallet(await open_wallet(url))
    await ledger.open_account(ACCOUNT)
    yield engine, ledger
    await ledger.aclose()
    await engine.dispose()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("dialect", ["hub88", "softswiss"])
async def test_both_sides_end_with_the_same_money(
    dialect: str, seed: int, database: tuple[AsyncEngine, EmbeddedWallet]
) -> None:
    engine, ledger = database
    line = Line(dialect, engine, ledger, seed)
    line.spoil()

    for number in range(ROUNDS):
        await line.play(number)
    await line.come_to_rest()

    rows = (await ledger.list_transactions(ACCOUNT, 500, "")).items
    moved = sum(row.delta_micros for row in rows if row.kind is not ActionKind.ADJUST)
    assert line.mock.wallet.player(PLAYER).balance_micros == START_MICROS + moved
    assert any(row.kind is ActionKind.WIN and row.delta_micros for row in rows)
    async with engine.connect() as connection:
        listed = await connection.execute(select(MOVEMENTS.c.transaction_id, MOVEMENTS.c.state))
        states = {row.transaction_id: row.state for row in listed}
        recorded = (await connection.execute(select(func.count()).select_from(ATTEMPTS))).scalar_one()
    assert not {state.value for state in OPEN_STATES} & set(states.values())
    assert "rejected" not in states.values()
    # A process that dies while it writes an attempt down has sent it; no other attempt is missing.
    assert recorded <= line.wire.sent_count <= recorded + ROUNDS


@pytest.mark.parametrize("dialect", ["hub88", "softswiss"])
async def test_an_answer_to_another_request_is_no_answer(
    dialect: str, database: tuple[AsyncEngine, EmbeddedWallet]
) -> None:
    engine, ledger = database
    line = Line(dialect, engine, ledger, 1)
    line.mock.faults.add(Fault(kind=FaultKind.CHANGE_REPLY, fields=ECHO[dialect], times=1, match={"path": "/b/*"}))
    bet = Action(ActionKind.BET, TransactionId("r1"), 1_000_000)

    reply = await line.wallet.apply(_call(1, (bet,), closes=False))
    await line.come_to_rest()

    assert reply.certainty is Certainty.UNCERTAIN
    assert line.mock.wallet.player(PLAYER).balance_micros == START_MICROS
