"""Real servers for tests: a gateway in this process on a free port, or ``reelgate serve`` as a process of its own."""

import asyncio
import contextlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc.aio
from reelgate.gateway.v1 import free_rounds_service_pb2_grpc as free_rounds_grpc
from reelgate.gateway.v1 import game_service_pb2_grpc as game_grpc
from reelgate.gateway.v1 import player_service_pb2 as player_pb
from reelgate.gateway.v1 import player_service_pb2_grpc as player_grpc
from reelgate.gateway.v1 import round_service_pb2_grpc as round_grpc
from reelgate.gateway.v1 import session_service_pb2 as session_pb
from reelgate.gateway.v1 import session_service_pb2_grpc as session_grpc
from reelgate.gateway.v1 import wallet_service_pb2_grpc as wallet_grpc
from reelgate.type.v1.money_pb2 import Money

from adapters.contract.adapter import ProviderAdapter
from adapters.loader import load_adapter
from gateway.bootstrap.compose import Gateway, Parts, open_gateway
from gateway.catalogue.registry import Registry
from gateway.cli.demo_data import DEMO_API_KEY, DEMO_BRAND_ID, ensure_demo_data
from gateway.cli.serving import running_server
from gateway.config import Settings
from protos.wire.channel import open_channel
from protos.wire.server import RpcServer

GAMES = Path(__file__).parents[2] / "adapters" / "reels" / "games"
OPERATOR_METADATA = (("x-api-key", DEMO_API_KEY),)


def bearer(token: str) -> tuple[tuple[str, str], ...]:
    """Return the metadata of a player."""
    return (("authorization", f"Bearer {token}"),)


def database_url(database: Path | str) -> str:
    """Return a URL as it is, and a path as an SQLite file."""
    return str(database) if "://" in str(database) else f"sqlite:///{database}"


@dataclass
class Client:
    """Stubs of one connection, and what tests do all the time."""

    channel: grpc.aio.Channel
    sessions: Any = field(init=False)
    games: Any = field(init=False)
    rounds: Any = field(init=False)
    wallet: Any = field(init=False)
    players: Any = field(init=False)
    free_rounds: Any = field(init=False)

    def __post_init__(self) -> None:
        self.sessions = session_grpc.SessionServiceStub(self.channel)
        self.games = game_grpc.GameServiceStub(self.channel)
        self.rounds = round_grpc.RoundServiceStub(self.channel)
        self.wallet = wallet_grpc.WalletServiceStub(self.channel)
        self.free_rounds = free_rounds_grpc.FreeRoundsServiceStub(self.channel)
        self.players = player_grpc.PlayerServiceStub(self.channel)

    async def fund(self, player_id: str, micros: int = 1_000_000_000, currency_code: str = "EUR") -> None:
        """Open an account and deposit."""
        account = player_pb.OpenAccountRequest(brand_id=DEMO_BRAND_ID, player_id=player_id, currency_code=currency_code)
        await self.players.OpenAccount(account, metadata=OPERATOR_METADATA)
        deposit = player_pb.DepositRequest(
            brand_id=DEMO_BRAND_ID,
            player_id=player_id,
            transaction_id=f"fund-{player_id}",
            amount=Money(currency_code=currency_code, micros=micros),
        )
        await self.players.Deposit(deposit, metadata=OPERATOR_METADATA)

    async def open_session(
        self, player_id: str, game_id: str, session_id: str = "", **fields: Any
    ) -> session_pb.OpenSessionResponse:
        """Open a session of the demo brand."""
        facts: dict[str, Any] = {
            "session_id": session_id or f"session-{player_id}",
            "brand_id": DEMO_BRAND_ID,
            "player_id": player_id,
            "game_id": game_id,
            "currency_code": "EUR",
            "play_mode": session_pb.PLAY_MODE_REAL,
        }
        request = session_pb.OpenSessionRequest(**(facts | fields))
        opened: session_pb.OpenSessionResponse = await self.sessions.OpenSession(request, metadata=OPERATOR_METADATA)
        return opened


@dataclass
class Served:
    """A gateway that serves in this process."""

    gateway: Gateway
    server: RpcServer
    client: Client

    @property
    def address(self) -> str:
        """HOST:PORT."""
        return f"127.0.0.1:{self.server.port}"


@asynccontextmanager
async def connected(address: str) -> AsyncIterator[Client]:
    """Open a connection of its own."""
    async with open_channel(address, retry=False, own_connection=True) as channel:
        yield Client(channel)


_LOADED: list[ProviderAdapter] = []


async def _reels() -> Registry:
    """The in-house games, compiled once for all tests: the engine keeps nothing between rounds."""
    if not _LOADED:
        _LOADED.append(load_adapter("adapters.reels.adapter:create_adapter", {}))
    return Registry([(await _LOADED[0].describe(), _LOADED[0])])


@asynccontextmanager
async def serve_here(database: Path | str, parts: Parts | None = None, **settings: Any) -> AsyncIterator[Served]:
    """Serve in this process, with demo data, and connect to it."""
    url = database_url(database)
    parts = parts or Parts()
    if parts.registry is None and "adapters" not in settings:
        parts.registry = await _reels()
    async with open_gateway(Settings(database_url=url, listen="127.0.0.1:0", **settings), parts) as gateway:
        await ensure_demo_data(gateway)
        async with running_server(gateway) as server, connected(f"127.0.0.1:{server.port}") as client:
            yield Served(gateway, server, client)


@dataclass
class ServerProcess:
    """``reelgate serve`` as a process of its own."""

    process: asyncio.subprocess.Process
    address: str


@asynccontextmanager
async def serve_process(database: Path | str, *options: str, **environment: str) -> AsyncIterator[ServerProcess]:
    """Run ``reelgate serve --demo-data`` with one game on a free port until the block ends."""
    url = database_url(database)
    games = tempfile.mkdtemp(prefix="reelgate-games-")
    shutil.copy(GAMES / "orchard-five.toml", games)
    adapters = [{"factory": "adapters.reels.adapter:create_adapter", "config": {"games": games}}]
    arguments = ("-m", "gateway.cli.main", "serve", "--database", url, "--listen", "127.0.0.1:0", "--demo-data")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        *options,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "NO_COLOR": "1", "TERM": "dumb", "REELGATE_ADAPTERS": json.dumps(adapters), **environment},
    )
    try:
        assert process.stdout is not None
        line = ""
        while "reelgate serves on " not in line:
            raw = await asyncio.wait_for(process.stdout.readline(), 50)
            assert raw, "the server ended before it served"
            line = raw.decode()
        yield ServerProcess(process, line.split("reelgate serves on ")[1].split()[0])
    finally:
        if process.returncode is None:
            process.terminate()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), 20)
        if process.returncode is None:
            process.kill()
            await process.wait()
        shutil.rmtree(games)
        process._transport.close()  # type: ignore[attr-defined]  # else its pipe warns when it is collected
