"""``VerifyIntegrity``: an operator asks whether the games are what was certified; one that is not is not dealt."""

import grpc.aio
import pytest
from reelgate.gateway.v1 import game_service_pb2 as pb

from adapters.reels.adapter import ReelsAdapter
from adapters.reels.library import SHIPPED_GAMES, GameLibrary
from adapters.reels.random.source import RandomSource
from gateway.bootstrap.compose import Parts
from gateway.catalogue.registry import Registry
from protos.wire.failures import failure_of
from tests.integration.gateway.conftest import GAME_ID, a_seat
from tests.support.servers import OPERATOR_METADATA, serve_here


@pytest.fixture
async def table(tmp_path):
    library = GameLibrary()
    for name in ("orchard-five.toml", "bar-royale.toml"):
        library.offer_file(SHIPPED_GAMES / name)
    adapter = ReelsAdapter(library, RandomSource())
    parts = Parts(registry=Registry([(await adapter.describe(), adapter)]))
    async with serve_here(tmp_path / "reelgate.db", parts) as served:
        served.library = library
        yield served


async def verify(table, metadata=OPERATOR_METADATA, **fields):
    reply = await table.client.games.VerifyIntegrity(pb.VerifyIntegrityRequest(**fields), metadata=metadata)
    return {game.game_id: (game.ok, game.reason) for game in reply.games}


async def test_games_that_are_what_was_certified_pass(table):
    assert await verify(table) == {GAME_ID: (True, ""), "reelgate:bar-royale": (True, "")}
    assert await verify(table, game_id=GAME_ID) == {GAME_ID: (True, "")}


async def test_a_game_that_was_altered_fails_and_is_not_dealt_any_more(table):
    seat = await a_seat(table.client, "player-1")
    await seat.spin("r1")
    tables = table.library.current["orchard-five"].tables
    tables.play().stages["base"].spin.transitions[0].adds[0, 0] += 1

    verdicts = await verify(table)

    assert verdicts[GAME_ID] == (False, "the declaration or its tables are not what they were")
    assert verdicts["reelgate:bar-royale"] == (True, "")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await seat.spin("r2")
    assert "integrity" in str(caught.value.details())


async def test_only_operators_may_ask_and_only_for_games_that_are_here(table):
    for metadata, fields, reason in (
        ((), {}, "ERROR_REASON_UNAUTHENTICATED"),
        (OPERATOR_METADATA, {"game_id": "reelgate:nothing"}, "ERROR_REASON_GAME_NOT_FOUND"),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await verify(table, metadata, **fields)
        assert failure_of(caught.value).reason == reason
