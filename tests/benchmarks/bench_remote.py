"""What a studio in another process costs: a spin through ``adapters/remote`` beside an in-house one, one at a time."""

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
from reelgate.gateway.v1 import (
    player_service_pb2,
    player_service_pb2_grpc,
    round_service_pb2_grpc,
    session_service_pb2,
    session_service_pb2_grpc,
)
from reelgate.gateway.v1.round_service_pb2 import SpinRequest
from reelgate.type.v1.money_pb2 import Money

from gateway.cli.demo import free_port
from gateway.cli.demo_data import DEMO_API_KEY, DEMO_BRAND_ID, DEMO_CURRENCY_CODE
from tests.benchmarks.bench_gateway import process
from tests.benchmarks.echo_server import SERVICE as ECHO
from tests.benchmarks.records import Benchmarks, Record

NAME = "remote_spin_added_latency"
SPIN_COUNT = int(os.environ.get("BENCH_SPINS", "1500"))
REPEAT_COUNT = 3
STUDIO = "adapters.scaffold.templates.sample_studio.adapter:create_adapter"
INHOUSE_GAME, REMOTE_GAME = "reelgate:orchard-five", "sample_studio:lucky-dip"
STAKES = {
    INHOUSE_GAME: Money(currency_code=DEMO_CURRENCY_CODE, micros=1_000_000),
    REMOTE_GAME: Money(currency_code=DEMO_CURRENCY_CODE, micros=1_000_000),
}
ROUND_STATUS_OPEN = 1
REPLY_BYTES = "300"
OPERATOR = (("x-api-key", DEMO_API_KEY),)


@contextmanager
def studio() -> Iterator[int]:
    """Serve the sample studio in a process of its own, its rounds in memory: its disk is not ours; yield its port."""
    port = free_port()
    arguments = ("--factory", STUDIO, "--listen", f"127.0.0.1:{port}")
    with process("adapters.scaffold.cli", "serve", *arguments):
        _wait_until_ready(port)
        yield port


@contextmanager
def gateway(folder: Path, studio_port: int) -> Iterator[int]:
    """Serve a gateway with the in-house engine and the studio; yield its port."""
    port = free_port()
    config = folder / "gateway.toml"
    config.write_text(
        '[[adapters]]\nfactory = "adapters.reels.adapter:create_adapter"\n'
        '[[adapters]]\nfactory = "adapters.remote.adapter:create_adapter"\n'
        f'config = {{ target = "127.0.0.1:{studio_port}" }}\n'
    )
    arguments = ("--database", f"sqlite:///{folder / 'gateway.db'}", "--listen", f"127.0.0.1:{port}", "--demo-data")
    with process("gateway.cli.main", "serve", *arguments, REELGATE_CONFIG=str(config)):
        _wait_until_ready(port)
        yield port


def _wait_until_ready(port: int) -> None:
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        grpc.channel_ready_future(channel).result(180)


def _session(port: int, game_id: str) -> tuple[tuple[str, str], ...]:
    player_id = f"bench-{game_id.partition(':')[0]}"
    account = {"brand_id": DEMO_BRAND_ID, "player_id": player_id}
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        players = player_service_pb2_grpc.PlayerServiceStub(channel)
        players.OpenAccount(
            player_service_pb2.OpenAccountRequest(currency_code=DEMO_CURRENCY_CODE, **account), metadata=OPERATOR
        )
        deposit = player_service_pb2.DepositRequest(
            transaction_id=f"d-{player_id}", amount=Money(currency_code=DEMO_CURRENCY_CODE, micros=10**13), **account
        )
        players.Deposit(deposit, metadata=OPERATOR)
        session = session_service_pb2_grpc.SessionServiceStub(channel).OpenSession(
            session_service_pb2.OpenSessionRequest(
                session_id=f"s-{player_id}",
                game_id=game_id,
                currency_code=DEMO_CURRENCY_CODE,
                play_mode=session_service_pb2.PLAY_MODE_REAL,
                **account,
            ),
            metadata=OPERATOR,
        )
    return (("authorization", f"Bearer {session.session_token}"),)


async def _median_us(port: int, game_id: str, metadata: tuple[tuple[str, str], ...], run: str) -> float:
    """Spin one at a time; a round that wants further steps is played to its end, outside of the measure."""
    took_us = []
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        spin: Any = round_service_pb2_grpc.RoundServiceStub(channel).Spin
        for number in range(SPIN_COUNT):
            request = SpinRequest(round_id=f"{run}-{number}", game_id=game_id, stake=STAKES[game_id])
            start_s = time.perf_counter()
            answer = await spin(request, metadata=metadata)
            took_us.append((time.perf_counter() - start_s) * 1e6)
            step = 0
            while answer.status == ROUND_STATUS_OPEN:
                step += 1
                request = SpinRequest(round_id=f"{run}-{number}", game_id=game_id, step=step)
                answer = await spin(request, metadata=metadata)
    return statistics.median(took_us)


async def _hop_us(port: int) -> float:
    """Measure one bare hop between two processes: a grpc.aio client and a grpc.aio server."""
    took_us = []
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        call: Any = channel.unary_unary(f"/{ECHO}/Unary")
        for _ in range(SPIN_COUNT):
            start_s = time.perf_counter()
            await call(b"x" * 300)
            took_us.append((time.perf_counter() - start_s) * 1e6)
    return statistics.median(took_us)


def remote_spin_added_latency() -> list[Record]:
    """Alternate both kinds of spin and the bare hop, so that all meet the same machine."""
    remote, inhouse, hops = [], [], []
    with tempfile.TemporaryDirectory(prefix="reelgate-bench-") as name:
        folder = Path(name)
        with (
            studio() as studio_port,
            gateway(folder, studio_port) as port,
            process("tests.benchmarks.echo_server", REPLY_BYTES=REPLY_BYTES) as echo,
        ):
            assert echo.stdout is not None
            echo_port = int(echo.stdout.readline())
            sessions = {game_id: _session(port, game_id) for game_id in (INHOUSE_GAME, REMOTE_GAME)}
            for repeat in range(REPEAT_COUNT):
                inhouse.append(asyncio.run(_median_us(port, INHOUSE_GAME, sessions[INHOUSE_GAME], f"i{repeat}")))
                remote.append(asyncio.run(_median_us(port, REMOTE_GAME, sessions[REMOTE_GAME], f"r{repeat}")))
                hops.append(asyncio.run(_hop_us(echo_port)))
    added_us, hop_us = min(remote) - min(inhouse), min(hops)
    detail = f"in-house {min(inhouse):.0f}, remote {min(remote):.0f}, bare hop {hop_us:.0f}"
    return [
        {
            "name": NAME,
            "value": round(added_us),
            "unit": f"us added at the median ({detail})",
            "baseline": hop_us * 2,
            "ratio": added_us / (hop_us * 2),
            "goal": "<= 1 time two bare gRPC hops",
            "command": f"make bench ONLY={NAME}",
        }
    ]


def benchmarks() -> Benchmarks:
    """Return the benchmarks of this file."""
    return {NAME: remote_spin_added_latency}
