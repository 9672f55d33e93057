"""A random source that fails stops dealing: NOT_DEALING for spins, NOT_SERVING for health; what was dealt stays."""

import asyncio
import os

import grpc.aio
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from reelgate.gateway.v1 import fair_service_pb2 as fair_pb
from reelgate.gateway.v1 import fair_service_pb2_grpc as fair_grpc

from adapters.reels.adapter import ReelsAdapter
from adapters.reels.library import SHIPPED_GAMES, GameLibrary
from adapters.reels.random.source import RandomSource, ReseedPolicy, System
from gateway.bootstrap.compose import Parts
from gateway.catalogue.registry import Registry
from gateway.cli.serving import ROUND_SERVICE
from protos.wire.failures import failure_of
from tests.integration.gateway.conftest import GAME_ID, a_seat
from tests.support.servers import serve_here

NOT_DEALING = (grpc.StatusCode.UNAVAILABLE, "ERROR_REASON_NOT_DEALING")


class Entropy:
    """The operating system's, until it is broken."""

    def __init__(self) -> None:
        self.is_stuck = False

    def __call__(self, size_bytes: int) -> bytes:
        return bytes(size_bytes) if self.is_stuck else os.urandom(size_bytes)


@pytest.fixture
async def table(tmp_path):
    library, entropy = GameLibrary(), Entropy()
    library.offer_file(SHIPPED_GAMES / "orchard-five.toml")
    source = RandomSource(System(entropy=entropy), ReseedPolicy(rounds=2))
    adapter = ReelsAdapter(library, source)
    parts = Parts(registry=Registry([(await adapter.describe(), adapter)]))
    async with serve_here(tmp_path / "x.db", parts, probe_interval_s=0.05) as served:
        served.entropy = entropy
        yield served


async def refusal(call):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value.code(), failure_of(caught.value).reason


async def until_not_serving(served) -> None:
    request = health_pb2.HealthCheckRequest(service=ROUND_SERVICE)
    async with asyncio.timeout(20):
        async for reply in health_pb2_grpc.HealthStub(served.client.channel).Watch(request):
            if reply.status == health_pb2.HealthCheckResponse.NOT_SERVING:
                return


async def break_the_source(table) -> None:
    """Let the operating system's entropy get stuck, and deal until a reseed notices."""
    table.entropy.is_stuck = True
    witness = await a_seat(table.client, "witness")
    for number in range(4):
        try:
            await witness.spin(f"w{number}")
        except grpc.aio.AioRpcError:
            return
    raise AssertionError("the source goes on without entropy")


@pytest.mark.parametrize("provably_fair", [False, True])
async def test_a_source_that_fails_its_health_test_while_running_stops_dealing_for_good(table, provably_fair):
    seat = await a_seat(table.client, "player-1", provably_fair=provably_fair)
    first = await seat.spin("r0")

    await break_the_source(table)

    assert await refusal(seat.spin("r1")) == NOT_DEALING
    await until_not_serving(table)
    table.entropy.is_stuck = False
    assert await refusal(seat.spin("r2")) == NOT_DEALING
    again = await seat.spin("r0")
    assert (again.replayed, again.presentation) == (True, first.presentation)


async def test_no_new_seed_is_committed_to_when_the_source_has_failed(table):
    seat = await a_seat(table.client, "player-1", provably_fair=True)
    fair = fair_grpc.FairServiceStub(table.client.channel)
    seeds = await fair.GetFairSeed(fair_pb.GetFairSeedRequest(), metadata=seat.metadata)

    await break_the_source(table)

    request = fair_pb.RevealFairSeedRequest(commitment=seeds.seed.commitment)
    assert await refusal(fair.RevealFairSeed(request, metadata=seat.metadata)) == NOT_DEALING
    assert await refusal(table.client.open_session("p2", GAME_ID, provably_fair=True)) == NOT_DEALING
