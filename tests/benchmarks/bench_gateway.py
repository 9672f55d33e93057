"""A whole in-house spin, settled with full durability, against a bare grpc.aio echo in the same run."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

import grpc
from reelgate.gateway.v1 import (
    game_service_pb2,
    game_service_pb2_grpc,
    player_service_pb2,
    player_service_pb2_grpc,
    round_service_pb2,
    round_service_pb2_grpc,
    session_service_pb2,
    session_service_pb2_grpc,
)
from reelgate.type.v1.money_pb2 import Money

from gateway.cli.demo import free_port
from gateway.cli.demo_data import DEMO_API_KEY, DEMO_BRAND_ID, DEMO_CURRENCY_CODE
from tests.benchmarks.echo_server import SERVICE as ECHO
from tests.benchmarks.load import Load, Result, generate_apart
from tests.benchmarks.records import Benchmarks, Record
from tests.support.postgres import postgres_server

CONNECTION_COUNT = 8
IN_FLIGHT = 64
CALL_COUNT = int(os.environ.get("BENCH_CALLS", "16000"))
REPEAT_COUNT = 3
SPIN_PATH = "/reelgate.gateway.v1.RoundService/Spin"
PLAY_PATH = "/reelgate.gateway.v1.RoundService/Play"


@contextmanager
def process(*command: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Run a server of ours until the block ends."""
    child = subprocess.Popen(
        [sys.executable, "-m", *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **environment},
    )
    try:
        yield child
    finally:
        child.terminate()
        child.communicate(timeout=30)


@contextmanager
def gateway(database_url: str) -> Iterator[int]:
    """Serve the whole of Reelgate in one process on ``database_url``; yield the port."""
    port = free_port()
    arguments = ("--database", database_url, "--listen", f"127.0.0.1:{port}", "--demo-data")
    with process("gateway.cli.main", "serve", *arguments) as child:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            grpc.channel_ready_future(channel).result(60)
        assert child.poll() is None
        yield port


class Players:
    """Players with money and a session each, and the spins that they send."""

    def __init__(self, port: int, run: str) -> None:
        self.run = run
        self.metadata: list[tuple[tuple[str, str], ...]] = []
        operator = (("x-api-key", DEMO_API_KEY),)
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            self.game = self._largest_game(channel, operator)
            for index in range(CONNECTION_COUNT):
                self.metadata.append(self._open(channel, operator, f"bench-{run}-{index}"))
            self.answer = round_service_pb2_grpc.RoundServiceStub(channel).Spin(
                self.spin("first", 0), metadata=self.metadata[0]
            )

    def _largest_game(self, channel: grpc.Channel, operator: tuple[tuple[str, str], ...]) -> game_service_pb2.Game:
        request = game_service_pb2.ListGamesRequest(brand_id=DEMO_BRAND_ID, currency_code=DEMO_CURRENCY_CODE)
        games = game_service_pb2_grpc.GameServiceStub(channel).ListGames(request, metadata=operator).games
        # A round of several steps would keep its player from the next one; the load plays one step a round.
        return max((game for game in games if not game.features), key=lambda game: game.line_count)

    def _open(
        self, channel: grpc.Channel, operator: tuple[tuple[str, str], ...], player_id: str
    ) -> tuple[tuple[str, str], ...]:
        account = {"brand_id": DEMO_BRAND_ID, "player_id": player_id}
        players = player_service_pb2_grpc.PlayerServiceStub(channel)
        players.OpenAccount(
            player_service_pb2.OpenAccountRequest(currency_code=DEMO_CURRENCY_CODE, **account), metadata=operator
        )
        amount = Money(currency_code=DEMO_CURRENCY_CODE, micros=10**14)
        players.Deposit(
            player_service_pb2.DepositRequest(transaction_id=f"deposit-{player_id}", amount=amount, **account),
            metadata=operator,
        )
        session = session_service_pb2_grpc.SessionServiceStub(channel).OpenSession(
            session_service_pb2.OpenSessionRequest(
                session_id=f"session-{player_id}",
                game_id=self.game.game_id,
                currency_code=DEMO_CURRENCY_CODE,
                play_mode=session_service_pb2.PLAY_MODE_REAL,
                **account,
            ),
            metadata=operator,
        )
        return (("authorization", f"Bearer {session.session_token}"),)

    def spin(self, name: str, number: int) -> round_service_pb2.SpinRequest:
        """Make one spin."""
        stake = Money(currency_code=DEMO_CURRENCY_CODE, micros=self.game.stakes_micros[0])
        return round_service_pb2.SpinRequest(
            round_id=f"{self.run}-{name}-{number}", game_id=self.game.game_id, stake=stake
        )

    def load(self, port: int, name: str, *, streaming: bool) -> Load:
        """Make ``CALL_COUNT`` spins of fresh rounds over all connections."""

        def body(connection: int, number: int) -> bytes:
            spin = self.spin(f"{name}-{connection}", number)
            return (round_service_pb2.PlayRequest(spin=spin) if streaming else spin).SerializeToString()

        bodies = tuple(
            tuple(body(connection, number) for number in range(CALL_COUNT // CONNECTION_COUNT))
            for connection in range(CONNECTION_COUNT)
        )
        path = PLAY_PATH if streaming else SPIN_PATH
        return Load(port, path, tuple(self.metadata), bodies, IN_FLIGHT, streaming, timeout_s=120)


def echo_load(port: int, like: Load) -> Load:
    """Make the same load for the echo server."""
    path = f"/{ECHO}/{'Stream' if like.streaming else 'Unary'}"
    return Load(port, path, like.metadata, like.bodies, like.in_flight, like.streaming, like.timeout_s)


def best(results: list[Result]) -> Result:
    """Return the run that was disturbed least; a refused call spoils the figure."""
    assert not any(result.refused for result in results), [result.refused for result in results]
    return max(results, key=lambda result: result.rate)


def spin_against_echo(name: str, database_url: str, goal: str) -> list[Record]:
    """Alternate the gateway and the echo, so that both meet the same machine."""
    with gateway(database_url) as port:
        players = Players(port, f"{name}{time.time_ns()}"[-24:])
        reply_bytes = str(len(players.answer.SerializeToString()))
        with process("tests.benchmarks.echo_server", REPLY_BYTES=reply_bytes) as echo:
            assert echo.stdout is not None
            echo_port = int(echo.stdout.readline())
            spins, echoes = [], []
            for repeat in range(REPEAT_COUNT):
                load = players.load(port, f"u{repeat}", streaming=False)
                spins.append(generate_apart(load))
                echoes.append(generate_apart(echo_load(echo_port, load)))
    spin, echo_result = best(spins), best(echoes)
    return [
        {
            "name": name,
            "value": spin.rate,
            "unit": f"rounds/s, p50 {spin.percentile_us(50) // 1000} ms, p99 {spin.percentile_us(99) // 1000} ms",
            "baseline": echo_result.rate,
            "ratio": spin.rate / echo_result.rate,
            "goal": goal,
            "command": f"make bench ONLY={name}",
        }
    ]


def spin_sqlite_vs_echo() -> list[Record]:
    """In-house Spin, settled on SQLite with synchronous=FULL."""
    with tempfile.TemporaryDirectory(prefix="reelgate-bench-") as folder:
        url = f"sqlite+aiosqlite:///{folder}/bench.db"
        return spin_against_echo("spin_sqlite_vs_echo", url, ">= 0.5 of the echo")


def spin_postgres_vs_echo() -> list[Record]:
    """In-house Spin, settled on PostgreSQL with fsync and synchronous_commit on."""
    with postgres_server(durable=True) as server:
        url = server.dsn(server.create_database())
        return spin_against_echo("spin_postgres_vs_echo", url, ">= 0.4 of the echo")


def play_stream_vs_unary() -> list[Record]:
    """Spins over Play streams against spins one call each, both on SQLite."""
    name = "play_stream_vs_unary"
    streams, unaries = [], []
    with (
        tempfile.TemporaryDirectory(prefix="reelgate-bench-") as folder,
        gateway(f"sqlite+aiosqlite:///{folder}/bench.db") as port,
    ):
        players = Players(port, f"p{time.time_ns()}"[-24:])
        for repeat in range(REPEAT_COUNT):
            unaries.append(generate_apart(players.load(port, f"u{repeat}", streaming=False)))
            streams.append(generate_apart(players.load(port, f"s{repeat}", streaming=True)))
    stream, unary = best(streams), best(unaries)
    return [
        {
            "name": name,
            "value": stream.rate,
            "unit": "rounds/s",
            "baseline": unary.rate,
            "ratio": stream.rate / unary.rate,
            "goal": ">= 2 times unary",
            "command": f"make bench ONLY={name}",
        }
    ]


def benchmarks() -> Benchmarks:
    """Return the benchmarks of this file."""
    return {
        "spin_sqlite_vs_echo": spin_sqlite_vs_echo,
        "spin_postgres_vs_echo": spin_postgres_vs_echo,
        "play_stream_vs_unary": play_stream_vs_unary,
    }
