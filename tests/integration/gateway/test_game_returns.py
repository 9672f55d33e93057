"""What live games returned: counted as booked, kept over restarts and processes, shown by RPC, metric and command."""

import asyncio
import json
from pathlib import Path

import grpc.aio
import pytest
from prometheus_client import CollectorRegistry
from reelgate.gateway.v1 import game_service_pb2 as pb
from structlog.testing import capture_logs
from typer.testing import CliRunner

from adapters.reels.adapter import ReelsAdapter
from adapters.reels.library import GameLibrary
from adapters.reels.random.source import RandomSource
from adapters.reels.watch import RtpWatch
from gateway.bootstrap.compose import Parts
from gateway.catalogue.registry import Registry
from gateway.cli.main import app
from gateway.storage.kept_state import SqlKeptState
from gateway.workers.state_keeper import ReturnMetrics, StateKeeper
from protos.wire.failures import failure_of
from tests.integration.gateway.conftest import Seat, a_seat, one_game_alone
from tests.support.servers import OPERATOR_METADATA, serve_here

EVEN = """
format = 1
id = "even"
name = "Even"
grid = { reels = 3, rows = 1 }
bet = { stakes = ["0.05"] }
lines = { paths = [[0, 0, 0]], pays = { a = { 1 = 2.7 } } }
strips.main.reels = ["a b c", "a b c", "a b c"]
"""
GAME_ID = "reelgate:even"


@pytest.fixture(autouse=True)
def few_games(tmp_path, monkeypatch):
    """The command need not compile all shipped games for a test."""
    one_game_alone(tmp_path / "games", monkeypatch)


async def a_table(*, theory_factor: float = 1.0) -> Parts:
    """An engine with one game, whose monitor believes in another return when told so."""
    library = GameLibrary()
    library.publish(EVEN.encode(), "even.toml")
    watch = RtpWatch(library.versions)
    theory_of = watch.monitor._theory_of
    watch.monitor._theory_of = lambda key: _scaled(theory_of(key), theory_factor)
    adapter = ReelsAdapter(library, RandomSource(), watch)
    return Parts(registry=Registry([(await adapter.describe(), adapter)]))


def _scaled(theory, factor):
    return type(theory)(theory.rtp * factor, theory.sigma)


async def returns(served, metadata=OPERATOR_METADATA, **fields):
    """Ask by RPC, after the engine has looked at what was booked."""
    for _, _, adapter in served.gateway.registry.all():
        await adapter.probe()
    reply = await served.client.games.ListGameReturns(pb.ListGameReturnsRequest(**fields), metadata=metadata)
    return list(reply.returns)


async def monitor(database: Path, *options: str):
    """Run ``reelgate game monitor``, which has a loop of its own."""
    return await asyncio.to_thread(
        CliRunner().invoke, app, ["game", "monitor", "--database", f"sqlite:///{database}", *options]
    )


def store_of(served):
    return lambda adapter_id: SqlKeptState(served.gateway.engine, adapter_id, served.gateway.clock)


async def play(seat: Seat, rounds: int, prefix: str = "r") -> None:
    for number in range(rounds):
        await seat.spin(f"{prefix}{number}", game_id=GAME_ID)


async def test_rounds_count_once_when_they_are_booked(tmp_path):
    async with serve_here(tmp_path / "x.db", await a_table()) as served:
        seat = await a_seat(served.client, "player-1", GAME_ID)
        opened = await served.client.open_session("poor", GAME_ID)
        poor = Seat(served.client, opened.session_token, "poor")
        await play(seat, 5)
        await play(seat, 5)
        with pytest.raises(grpc.aio.AioRpcError):
            await poor.spin("p0", game_id=GAME_ID)

        (seen,) = await returns(served)

        assert (seen.game_id, seen.rounds, seen.bet_mode, seen.stake_micros) == (GAME_ID, 5, "base", 50_000)
        assert seen.theoretical_rtp_ppm == 900_000
        assert (seen.low_ppm < 900_000, seen.alarm) == (True, "")


async def test_what_was_seen_goes_on_after_a_restart(tmp_path):
    async with serve_here(tmp_path / "x.db", await a_table()) as served:
        seat = await a_seat(served.client, "player-1", GAME_ID)
        await play(seat, 7)
        token = seat.token
    async with serve_here(tmp_path / "x.db", await a_table()) as served:
        await play(Seat(served.client, token, "player-1"), 4, "s")

        (seen,) = await returns(served)

        assert seen.rounds == 11


async def test_two_processes_add_up(tmp_path):
    async with (
        serve_here(tmp_path / "x.db", await a_table()) as one,
        serve_here(tmp_path / "x.db", await a_table()) as other,
    ):
        seat = await a_seat(one.client, "player-1", GAME_ID)
        await play(seat, 6)
        await play(Seat(other.client, seat.token, "player-1"), 3, "s")
        for served in (one, other, one):
            ((adapter_id, _, adapter),) = served.gateway.registry.all()
            await adapter.keep_state(store_of(served)(adapter_id))

        assert [each.rounds for served in (one, other) for each in await returns(served)] == [9, 9]


async def test_a_return_that_leaves_its_theory_is_an_event_a_metric_and_a_line_of_the_command(tmp_path):
    database = tmp_path / "x.db"
    with capture_logs() as events:
        async with serve_here(tmp_path / "x.db", await a_table(theory_factor=0.02)) as served:
            seat = await a_seat(served.client, "player-1", GAME_ID)
            await play(seat, 150)
            (seen,) = await returns(served)
            metrics = CollectorRegistry()
            await StateKeeper(served.gateway.registry, store_of(served), ReturnMetrics(metrics)).turn()
            rounds = metrics.get_sample_value("reelgate_rtp_watched_rounds", {"game_id": GAME_ID})
            alarmed = metrics.get_sample_value("reelgate_rtp_alarmed_streams", {"game_id": GAME_ID, "side": "high"})
            served_names = {metric.name for metric in served.gateway.edge.metrics.registry.collect()}
    (event,) = (event for event in events if event["event"] == "rtp_alarm")
    assert (seen.alarm, event["side"], event["game_id"]) == ("high", "high", "even")
    assert (rounds, alarmed) == (150, 1)
    assert {"reelgate_rtp_watched_rounds", "reelgate_rtp_alarmed_streams"} <= served_names
    shown = await monitor(database, "--json")
    (kept,) = json.loads(shown.stdout)["returns"]
    assert (shown.exit_code, kept["alarm"], kept["rounds"], kept["game_id"]) == (1, "high", 150, GAME_ID)


async def test_a_stream_is_begun_anew_by_hand_once_its_alarm_was_looked_into(tmp_path):
    database = tmp_path / "x.db"
    async with serve_here(tmp_path / "x.db", await a_table(theory_factor=0.02)) as served:
        await play(await a_seat(served.client, "player-1", GAME_ID), 150)
    shown = await monitor(database, "--json")
    (kept,) = json.loads(shown.stdout)["returns"]

    unknown = await monitor(database, "--restart", "nothing")
    restarted = await monitor(database, "--restart", kept["state_key"])

    assert unknown.exit_code == 2
    assert (restarted.exit_code, restarted.stdout.strip()) == (0, "nothing was watched yet")


async def test_only_operators_see_returns(tmp_path):
    async with serve_here(tmp_path / "x.db", await a_table()) as served:
        seat = await a_seat(served.client, "player-1", GAME_ID)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await returns(served, seat.metadata)

        assert failure_of(caught.value).reason == "ERROR_REASON_UNAUTHENTICATED"
        assert await returns(served, game_id="reelgate:nothing") == []
