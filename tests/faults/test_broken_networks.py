"""A chaos proxy on each way on which money is asked for: client to wallet, player to gateway, gateway to wallet."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from reelgate.gateway.v1 import round_service_pb2 as pb
from reelgate.gateway.v1 import wallet_service_pb2 as wallet_pb

from gateway.cli.demo_data import DEMO_BRAND_ID
from tests.integration.gateway.conftest import Seat, a_seat, a_spin
from tests.support.chaos_proxy import ChaosProxy, chaos_proxy
from tests.support.servers import Served, connected, serve_here
from tests.support.wallet_load import Play, check, open_players, report
from tests.support.wallet_over_grpc import grpc_wallet
from wallet.bootstrap import open_wallet
from wallet.rpc.serve import serving_wallet

FAULTS_OF_EACH_KIND = int(os.environ.get("FAULT_NETWORK", "2"))
FAULT_RATE = 0.08
TURNS = 64
PATIENCE_S = 0.4
"""Less than a black hole lasts."""
PLAYERS = 4
FUNDS_MICROS = 1_000_000_000


def to(port: int) -> Any:
    """Return what connects to a port of this machine."""
    return lambda: asyncio.open_connection("127.0.0.1", port)


@asynccontextmanager
async def wallet_process(database_url: str) -> AsyncIterator[int]:
    """Run ``reelgate wallet serve``; yield its port."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway.cli.main", "wallet", "serve", "--database", database_url),
        *("--listen", "127.0.0.1:0"),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"NO_COLOR": "1", "TERM": "dumb"},
    )
    try:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), 60)).decode()
        assert "wallet serves on" in line, line
        yield int(line.rpartition(":")[2])
    finally:
        process.terminate()
        await process.wait()
        process._transport.close()  # type: ignore[attr-defined]  # else its pipe warns when it is collected


@pytest.mark.slow
@pytest.mark.parametrize("store", ["sqlite", "postgres"])
async def test_w15_a_broken_network_between_client_and_wallet_loses_and_doubles_nothing(
    store: str, tmp_path: Path, postgres_url: str
) -> None:
    url = postgres_url if store == "postgres" else f"sqlite:///{tmp_path}/wallet.db"
    direct = await open_wallet(url)
    await open_players(direct, PLAYERS)
    await direct.aclose()
    history, seed = [], 0
    async with wallet_process(url) as port, chaos_proxy(to(port), 7, FAULT_RATE) as proxy:
        while not proxy.has_met_all(FAULTS_OF_EACH_KIND):
            seed += 1
            play = Play(seed=seed, client_count=8, player_count=PLAYERS, pause_s=0.005)
            async with grpc_wallet(f"127.0.0.1:{proxy.port}", PATIENCE_S) as apply:
                await play.run(apply, TURNS)
            history += play.sent

    checked = await check(url, history)

    tries = sum(sent.try_count for sent in history)
    report(f"{store}: {dict(proxy.faults)}, {len(history)} commands in {tries} tries, {checked} acknowledged")
    assert checked == len(history)


@dataclass
class Told:
    """What a player was told, round by round."""

    seat: Seat
    answers: dict[str, pb.SpinResponse] = field(default_factory=dict)
    tries: int = 0

    async def spin(self, round_id: str) -> pb.SpinResponse:
        """Spin, with the same round id until an answer comes."""
        while True:
            self.tries += 1
            try:
                request = a_spin(round_id)
                reply: pb.SpinResponse = await self.seat.client.rounds.Spin(
                    request, metadata=self.seat.metadata, timeout=PATIENCE_S
                )
            except grpc.aio.AioRpcError:
                await asyncio.sleep(0.005)
                continue
            return reply

    async def play(self, name: str, rounds: int) -> None:
        """Play rounds and remember the answers."""
        for number in range(rounds):
            round_id = f"{self.seat.player_id}-{name}-{number}"
            self.answers[round_id] = await self.spin(round_id)

    async def holds(self) -> None:
        """Every repeat is answered as before, and the balance is what the answers add up to."""
        balance_micros = FUNDS_MICROS
        for round_id, first in self.answers.items():
            again = await self.spin(round_id)
            assert again.replayed
            again.replayed = first.replayed
            assert again.SerializeToString(deterministic=True) == first.SerializeToString(deterministic=True)
            balance_micros += first.total_win.micros - first.bet.micros
        request = wallet_pb.GetBalanceRequest()
        reply = await self.seat.client.wallet.GetBalance(request, metadata=self.seat.metadata)
        assert reply.balance.micros == balance_micros


async def play_through(served: Served, faulty: list[ChaosProxy], address: str) -> list[Told]:
    """Play over ``address`` until every proxy has met every fault; then check without faults."""
    tables = []
    async with AsyncExitStack() as stack:
        for number in range(PLAYERS):
            seat = await a_seat(served.client, f"player-{number}")
            seat.client = await stack.enter_async_context(connected(address))
            tables.append(Told(seat))
        for proxy in faulty:
            proxy.fault_rate = FAULT_RATE
        name = 0
        while not all(proxy.has_met_all(FAULTS_OF_EACH_KIND) for proxy in faulty):
            name += 1
            await asyncio.gather(*(table.play(str(name), 8) for table in tables))
        for proxy in faulty:
            proxy.fault_rate = 0.0
        await asyncio.gather(*(table.holds() for table in tables))
    return tables


async def check_rounds(url: str, tables: list[Told]) -> int:
    """Audit, and look up every acknowledged round."""
    await check(url, [])
    wallet = await open_wallet(url)
    try:
        for table in tables:
            for round_id, told in table.answers.items():
                round_ = await wallet.round((DEMO_BRAND_ID, table.seat.player_id, "reelgate", round_id))
                assert round_ is not None, f"{round_id} was acknowledged and is lost"
                assert (round_.bet_micros, round_.win_micros) == (told.bet.micros, told.total_win.micros)
                assert round_.status == "closed"
    finally:
        await wallet.aclose()
    return sum(len(table.answers) for table in tables)


@pytest.mark.slow
async def test_w15_a_broken_network_between_player_and_gateway_loses_and_doubles_nothing(tmp_path: Path) -> None:
    database = tmp_path / "reelgate.db"
    async with serve_here(database) as served, chaos_proxy(to(served.server.port), 8, 0.0) as proxy:
        tables = await play_through(served, [proxy], f"127.0.0.1:{proxy.port}")

    checked = await check_rounds(f"sqlite:///{database}", tables)

    report(f"player and gateway: {dict(proxy.faults)}, {checked} rounds in {sum(t.tries for t in tables)} tries")


@pytest.mark.slow
async def test_w15_two_broken_networks_around_the_gateway_lose_and_double_nothing(
    tmp_path: Path, postgres_url: str
) -> None:
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        wallet = await enter(serving_wallet(postgres_url, "127.0.0.1:0"))
        behind = await enter(chaos_proxy(to(wallet.port), 9, 0.0))
        here: dict[str, Any] = {"wallet_address": f"127.0.0.1:{behind.port}", "wallet_timeout_s": PATIENCE_S}
        served = await enter(serve_here(tmp_path / "gateway.db", **here))
        before = await enter(chaos_proxy(to(served.server.port), 10, 0.0))
        tables = await play_through(served, [before, behind], f"127.0.0.1:{before.port}")

    checked = await check_rounds(postgres_url, tables)

    met = f"{dict(before.faults)} and {dict(behind.faults)}"
    report(f"around the gateway: {met}, {checked} rounds in {sum(t.tries for t in tables)} tries")
