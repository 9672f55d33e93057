"""Stopping: health says so, what is in flight finishes, endless streams end with a reason, nothing is lost."""

import asyncio
import signal

import grpc.aio
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from reelgate.gateway.v1 import round_service_pb2 as pb
from reelgate.gateway.v1 import wallet_service_pb2 as wallet_pb
from reelgate.type.v1.money_pb2 import Money

from adapters.contract.manifest import SettlementMode
from gateway.bootstrap.compose import Parts
from gateway.catalogue.registry import Registry
from protos.wire.failures import failure_of
from tests.integration.gateway.conftest import Seat, a_seat, a_spin
from tests.support.builders import a_game, a_manifest
from tests.support.fakes import FakeAdapter, pays
from tests.support.servers import bearer, connected, serve_here, serve_process

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


async def health(channel, service=""):
    stub = health_pb2_grpc.HealthStub(channel)
    return (await stub.Check(health_pb2.HealthCheckRequest(service=service))).status


async def test_every_service_is_serving(served):
    for service in ("", "reelgate.gateway.v1.RoundService", "reelgate.gateway.v1.SessionService"):
        assert await health(served.client.channel, service) == SERVING


async def test_a_spin_in_flight_finishes_before_the_server_ends(tmp_path):
    adapter = FakeAdapter(a_manifest(SettlementMode.GATEWAY_DRIVEN), (a_game(),), pays(5_000_000))
    adapter.release = asyncio.Event()
    parts = Parts(registry=Registry([(adapter.manifest, adapter)]))
    async with serve_here(tmp_path / "x.db", parts) as served:
        await served.client.fund("p")
        token = (await served.client.open_session("p", "acme:fruit")).session_token
        spin = pb.SpinRequest(round_id="r1", game_id="acme:fruit", stake=Money(currency_code="EUR", micros=1_000_000))
        running = asyncio.ensure_future(served.client.rounds.Spin(spin, metadata=bearer(token)))
        await adapter.asked.wait()

        stopping = asyncio.create_task(served.server.stop())
        await served.server.stopping.wait()
        adapter.release.set()

        assert (await running).win.micros == 5_000_000
        await stopping
    assert adapter.closed


async def test_health_says_not_serving_while_load_balancers_look_away(tmp_path):
    async with serve_here(tmp_path / "x.db", stop_drain_s=0.5) as served, connected(served.address) as probe:
        assert await health(probe.channel) == SERVING
        stopping = asyncio.create_task(served.server.stop())
        await asyncio.sleep(0)

        assert await health(probe.channel) == NOT_SERVING
        await stopping


async def drained(stream):
    while await stream.read():
        pass


async def test_endless_streams_end_with_a_reason(tmp_path):
    async with serve_here(tmp_path / "x.db") as served:
        seat = await a_seat(served.client, "p")
        watch = served.client.wallet.WatchBalance(wallet_pb.WatchBalanceRequest(), metadata=seat.metadata)
        await watch.read()
        play = served.client.rounds.Play(metadata=seat.metadata)
        await play.write(pb.PlayRequest(spin=a_spin("r1")))
        await play.read()

        stopping = asyncio.create_task(served.server.stop())

        for stream in (watch, play):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await drained(stream)
            assert failure_of(caught.value).reason == "ERROR_REASON_STOPPING"
            assert failure_of(caught.value).certain is (stream is watch)  # of spins, some may have been sent twice
        await stopping


async def test_a_sick_engine_does_not_deal_and_health_says_so(tmp_path):
    adapter = FakeAdapter(a_manifest(SettlementMode.ATOMIC), (a_game(),))
    parts = Parts(registry=Registry([(adapter.manifest, adapter)]))
    async with serve_here(tmp_path / "x.db", parts, probe_interval_s=0.02) as served:
        watch = health_pb2_grpc.HealthStub(served.client.channel).Watch(
            health_pb2.HealthCheckRequest(service="reelgate.gateway.v1.RoundService")
        )
        assert (await watch.read()).status == SERVING
        adapter.sick = "the random source failed its tests"
        assert (await watch.read()).status == NOT_SERVING
        adapter.sick = ""
        assert (await watch.read()).status == SERVING
        watch.cancel()


async def test_sigterm_ends_a_server_cleanly_and_its_rounds_are_there_afterwards(tmp_path):
    async with serve_process(tmp_path / "x.db") as server:
        async with connected(server.address) as client:
            seat = await a_seat(client, "p")
            spins = [asyncio.ensure_future(seat.spin(f"r{number}")) for number in range(50)]
            await asyncio.wait(spins, return_when=asyncio.FIRST_COMPLETED)
            server.process.send_signal(signal.SIGTERM)
            answers = await asyncio.gather(*spins, return_exceptions=True)
        assert await asyncio.wait_for(server.process.wait(), 30) == 0

    async with serve_here(tmp_path / "x.db") as served:
        again = Seat(served.client, seat.token, "p")
        for number, answer in enumerate(answers):
            if not isinstance(answer, Exception):
                assert (await again.spin(f"r{number}")).settle_time == answer.settle_time
