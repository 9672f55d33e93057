"""Deadlines shrink along the way: client, gateway, adapter, provider, each with less time than who asked it."""

import asyncio
from contextlib import asynccontextmanager

import grpc.aio
import pytest
from reelgate.gateway.v1 import round_service_pb2 as pb
from reelgate.type.v1.money_pb2 import Money

from adapters.contract.manifest import SettlementMode
from adapters.host.server import start_host
from adapters.remote.adapter import create_adapter as create_remote
from gateway.bootstrap.compose import Parts
from gateway.catalogue.registry import Registry
from protos.wire.failures import failure_of
from tests.support.builders import a_game, a_manifest
from tests.support.fakes import FakeAdapter
from tests.support.servers import bearer, serve_here

CLIENT_S, RESERVE_MS = 4.0, 500
ROUNDED_UP_MS = 20
"""gRPC rounds a deadline up before it sends it."""


class Provider(FakeAdapter):
    """The studio's server: notes how much time it was given, and may need more."""

    left_ms = -1
    hangs: asyncio.Event | None = None

    async def spin(self, request, deadline):
        self.left_ms = deadline.left_ms()
        if self.hangs is not None:
            await self.hangs.wait()
        return await super().spin(request, deadline)


class Watched:
    """The adapter in the gateway, which notes how much time the gateway gave it."""

    def __init__(self, adapter):
        self._adapter = adapter
        self.left_ms = -1

    def __getattr__(self, name):
        return getattr(self._adapter, name)

    async def spin(self, request, deadline):
        self.left_ms = deadline.left_ms()
        return await self._adapter.spin(request, deadline)


@asynccontextmanager
async def whole_way(path, **manifest):
    """Yield client call, adapter and provider of a studio that is served over gRPC."""
    provider = Provider(a_manifest(SettlementMode.GATEWAY_DRIVEN, **manifest), (a_game(),))
    host = await start_host(provider, "127.0.0.1:0")
    watched = Watched(create_remote({"target": f"127.0.0.1:{host.port}"}))
    registry = Registry([(await watched.describe(), watched)])
    settings = {"spin_reserve_ms": RESERVE_MS, "resolver_interval_s": 3_600.0}
    try:
        async with serve_here(path, Parts(registry=registry), **settings) as served:
            await served.client.fund("ann")
            token = bearer((await served.client.open_session("ann", "acme:fruit")).session_token)
            request = pb.SpinRequest(
                round_id="r1", game_id="acme:fruit", stake=Money(currency_code="EUR", micros=1_000_000)
            )

            def spin(timeout_s):
                return served.client.rounds.Spin(request, metadata=token, timeout=timeout_s)

            yield spin, watched, provider
    finally:
        if provider.hangs is not None:
            provider.hangs.set()  # the host lets what is under way finish
        await host.stop(0)


async def test_each_has_less_time_than_who_asked_it(tmp_path):
    async with whole_way(tmp_path / "x.db", spin_timeout_ms=60_000) as (spin, adapter, provider):
        await spin(CLIENT_S)

    assert 0 < provider.left_ms <= adapter.left_ms <= CLIENT_S * 1000 - RESERVE_MS + ROUNDED_UP_MS


async def test_a_providers_own_limit_is_shorter_than_a_patient_client(tmp_path):
    async with whole_way(tmp_path / "x.db", spin_timeout_ms=1_000) as (spin, adapter, provider):
        await spin(60.0)

    assert 0 < provider.left_ms <= adapter.left_ms <= 1_000


async def test_the_client_hears_from_the_gateway_before_its_own_deadline(tmp_path):
    async with whole_way(tmp_path / "x.db", spin_timeout_ms=60_000) as (spin, _, provider):
        provider.hangs = asyncio.Event()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await spin(2.0)

    failure = failure_of(caught.value)  # a deadline of the client's own would have no reason
    assert (failure.reason, failure.certain) == ("ERROR_REASON_ROUND_IN_DOUBT", False)


async def test_a_client_without_time_for_the_way_costs_no_stake(tmp_path):
    async with whole_way(tmp_path / "x.db", spin_timeout_ms=60_000) as (spin, adapter, provider):
        with pytest.raises(grpc.aio.AioRpcError):
            await spin(RESERVE_MS / 1000 - 0.1)

    assert (adapter.left_ms, provider.left_ms) == (-1, -1)
