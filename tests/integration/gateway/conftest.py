"""A gateway that serves in this process on SQLite, and a player with money and a session."""

import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from reelgate.gateway.v1 import round_service_pb2 as pb
from reelgate.type.v1.money_pb2 import Money

from adapters.reels.library import SHIPPED_GAMES
from tests.support.servers import Client, Served, bearer, serve_here

GAME_ID = "reelgate:orchard-five"
STAKE_MICROS = 50_000


def a_spin(round_id: str, **fields: Any) -> pb.SpinRequest:
    """A spin of the game of these tests."""
    facts = {"round_id": round_id, "game_id": GAME_ID, "stake": Money(currency_code="EUR", micros=STAKE_MICROS)}
    return pb.SpinRequest(**(facts | fields))


@dataclass
class Seat:
    """A player at a game."""

    client: Client
    token: str
    player_id: str

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What the player's device sends along."""
        return bearer(self.token)

    async def spin(self, round_id: str, **fields: Any) -> pb.SpinResponse:
        """Spin."""
        reply: pb.SpinResponse = await self.client.rounds.Spin(a_spin(round_id, **fields), metadata=self.metadata)
        return reply


async def a_seat(client: Client, player_id: str, game_id: str = GAME_ID, **fields: Any) -> Seat:
    """Fund a player and open a session."""
    await client.fund(player_id)
    opened = await client.open_session(player_id, game_id, **fields)
    return Seat(client, opened.session_token, player_id)


def one_game_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands that read the settings load the game of these tests and no other: compiling all takes its time."""
    folder.mkdir()
    shutil.copy(SHIPPED_GAMES / "orchard-five.toml", folder)
    adapter = {"factory": "adapters.reels.adapter:create_adapter", "config": {"games": str(folder)}}
    monkeypatch.setenv("REELGATE_ADAPTERS", json.dumps([adapter]))


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    """A gateway in this process."""
    async with serve_here(tmp_path / "reelgate.db") as running:
        yield running


@pytest.fixture
async def seat(served: Served) -> Seat:
    """A player in a session."""
    return await a_seat(served.client, "player-1")
