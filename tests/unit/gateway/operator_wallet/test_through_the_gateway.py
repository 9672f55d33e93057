"""A whole gateway whose brand keeps its money at the operator: in-house and studio rounds over real gRPC."""

import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from reelgate.gateway.v1.round_service_pb2 import GetRoundRequest, SpinRequest
from reelgate.type.v1.money_pb2 import Money

from adapters.scaffold.templates.sample_studio.adapter import MANIFEST
from adapters.scaffold.templates.sample_studio.adapter import create_adapter as create_studio
from gateway.bootstrap.compose import Parts
from gateway.bootstrap.embedded_wallet import EmbeddedWallet
from gateway.catalogue.registry import Registry
from gateway.cli.demo_data import DEMO_OPERATOR_ID
from gateway.clock import SystemClock
from gateway.operator_wallet.sender import BrandWallet
from gateway.operator_wallet.settings import OperatorWalletSettings
from gateway.operator_wallet.store import MovementStore
from gateway.operator_wallet.wallet import OperatorWallets
from gateway.storage.database import migrate, open_engine
from gateway.storage.operator_store import Brand
from tests.support.servers import Served, bearer, serve_here
from tests.unit.gateway.operator_wallet.operator_stub import PLAYER, OperatorStub, dialect_of, kinds_of
from wallet.bootstrap import open_wallet

STAKE = Money(currency_code="EUR", micros=1_000_000)
GAME = "sample_studio:lucky-dip"


@asynccontextmanager
async def remote_brand(tmp_path: Path, operator: OperatorStub) -> AsyncIterator[tuple[Served, OperatorWallets, Any]]:
    """Serve the sample studio for a brand at the operator; yields the metadata of its player too."""
    url = f"sqlite:///{tmp_path / 'gateway.db'}"
    engine = open_engine(url)
    store = MovementStore(engine)
    await migrate(engine)
    settings = OperatorWalletSettings(url="http://operator.test", dialect="unused:unused")
    brand = BrandWallet(settings, dialect_of(operator.dialect), operator)
    ledger = EmbeddedWallet(await open_wallet(url))
    wallet = OperatorWallets(ledger, {"remote": brand}, store, SystemClock())
    registry = Registry([(MANIFEST, create_studio({"database": str(tmp_path / "studio.db")}))])
    async with serve_here(url, Parts(wallet=wallet, registry=registry)) as served:
        await served.gateway.operators.add_brand(
            Brand("remote", DEMO_OPERATOR_ID, "Remote casino"), time.time_ns() // 1_000_000
        )
        opened = await served.client.open_session(PLAYER, GAME, brand_id="remote")
        assert opened.balance.micros == operator.balance_micros
        yield served, wallet, bearer(opened.session_token)
    await engine.dispose()


async def play(served: Served, metadata: Any, count: int) -> dict[str, int]:
    """Play rounds to their ends; returns what each won."""
    won = {}
    for number in range(count):
        round_id, step, total = f"r{number}", 0, 0
        while True:
            request = SpinRequest(round_id=round_id, game_id=GAME, stake=None if step else STAKE, step=step)
            answer = await served.client.rounds.Spin(request, metadata=metadata)
            total += answer.win.micros
            step += 1
            if answer.status == 2:
                break
        won[round_id] = total
    return won


@pytest.mark.parametrize("dialect", ["hub88", "softswiss"])
async def test_rounds_of_a_studio_are_paid_at_the_operator(tmp_path: Path, dialect: str) -> None:
    operator = OperatorStub(dialect)
    before = operator.balance_micros
    async with remote_brand(tmp_path, operator) as (served, _, metadata):
        won = await play(served, metadata, 25)
        again = await served.client.rounds.GetRound(GetRoundRequest(round_id="r3"), metadata=metadata)

    assert operator.balance_micros == before - 25 * STAKE.micros + sum(won.values())
    assert kinds_of(operator).count("bet") == 25
    assert again.round.round_id == "r3"


async def test_lost_answers_of_the_operator_lose_no_money(tmp_path: Path) -> None:
    operator = OperatorStub("softswiss")
    before = operator.balance_micros
    async with remote_brand(tmp_path, operator) as (served, wallet, metadata):
        operator.faults = ["", "lost reply", "", "500", "", "lost request"]
        won = await play(served, metadata, 6)
        operator.faults = ["lost reply"]
        with pytest.raises(grpc.aio.AioRpcError):
            await served.client.rounds.Spin(SpinRequest(round_id="lost", game_id=GAME, stake=STAKE), metadata=metadata)
        with sqlite3.connect(tmp_path / "gateway.db") as database:
            database.execute("UPDATE gateway_operator_movements SET next_time_ms = 0")
        database.close()
        await wallet.deliverer.deliver_due()

    assert operator.balance_micros == before - 6 * STAKE.micros + sum(won.values())
