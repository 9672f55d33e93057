"""An adapter behind a server, seen by the remote adapter: deadlines, caps, lost connections, faults."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from adapters.contract import errors
from adapters.contract.deadline import Deadline
from adapters.contract.games import PageRequest
from adapters.contract.ids import BrandId, GameId, OperatorId, PlayerId, RoundId, SessionId
from adapters.contract.manifest import Capability, Manifest
from adapters.contract.money import Money
from adapters.contract.rounds import Session, SpinOutcome, SpinRequest
from adapters.host.server import RunningHost, start_host
from adapters.remote.adapter import RemoteAdapter, create_adapter
from adapters.remote.options import RemoteOptions
from adapters.scaffold.templates.sample_studio.adapter import create_adapter as create_sample

SESSION = Session(SessionId("s"), OperatorId("o"), BrandId("b"), PlayerId("p"), "EUR")
WAY = ""
Spin = Callable[[SpinRequest, Deadline], Any]


def request(round_id: str = "r1") -> SpinRequest:
    return SpinRequest(SESSION, GameId("lucky-dip"), RoundId(round_id), Money("EUR", 1_000_000))


def within(timeout_ms: int = 5_000) -> Deadline:
    return Deadline.after_ms(timeout_ms, time.monotonic)


@pytest.fixture(autouse=True, params=["a call each", "an open call"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let every test see its spins go both ways: an adapter that has read the manifest uses an open call."""
    monkeypatch.setattr(sys.modules[__name__], "WAY", request.param)
    return str(request.param)


@asynccontextmanager
async def served(spin: Spin | None = None, **options: Any) -> AsyncIterator[tuple[RunningHost, RemoteAdapter]]:
    """Serve the sample adapter, with another ``spin`` where given."""
    adapter: Any = create_sample({})
    if spin is not None:
        adapter.spin = spin
    host = await start_host(adapter, "127.0.0.1:0")
    remote = create_adapter({"target": f"127.0.0.1:{host.port}", **options})
    try:
        await ready(remote)
        yield host, remote
    finally:
        await remote.aclose()
        await host.stop(grace_s=0)


async def ready(remote: RemoteAdapter) -> None:
    if WAY == "an open call":
        await remote.describe()


async def test_what_is_served_is_what_the_adapter_says_and_the_server_takes_open_calls() -> None:
    local = create_sample({})
    async with served() as (_, remote):
        manifest = await remote.describe()
        assert manifest.capabilities - {Capability.SPIN_STREAM} == (await local.describe()).capabilities
        assert replace(manifest, capabilities=(await local.describe()).capabilities) == await local.describe()
        assert manifest.supports(Capability.SPIN_STREAM)
        assert await remote.list_games(PageRequest()) == await local.list_games(PageRequest())
        assert await remote.spin(request(), within()) == await local.spin(request(), within())


async def test_the_deadline_travels() -> None:
    left: list[int] = []

    async def spin(request: SpinRequest, deadline: Deadline) -> SpinOutcome:
        left.append(deadline.left_ms())
        raise errors.ProviderRefused("no", provider_code="42")

    async with served(spin) as (_, remote):
        for timeout_ms in (700, 60_000):
            with pytest.raises(errors.ProviderRefused) as caught:
                await remote.spin(request(), within(timeout_ms))

    assert caught.value.facts == {"provider_code": "42"}
    assert left[0] <= 700
    assert left[1] <= 5_000, "the manifest's spin_timeout_ms caps it"


async def test_an_answer_that_does_not_come_in_time_is_deadline_passed_and_the_work_goes_on() -> None:
    finished = asyncio.Event()
    release = asyncio.Event()

    async def spin(request: SpinRequest, deadline: Deadline) -> SpinOutcome:
        await release.wait()
        finished.set()
        return SpinOutcome(request.round_id, 0, Money("EUR", 0))

    async with served(spin) as (_, remote):
        with pytest.raises(errors.DeadlinePassed):
            await remote.spin(request(), within(100))
        release.set()
        await asyncio.wait_for(finished.wait(), 5)


async def test_a_deadline_that_has_passed_sends_nothing() -> None:
    async def spin(request: SpinRequest, deadline: Deadline) -> SpinOutcome:
        raise AssertionError("it was sent")

    async with served(spin) as (_, remote):
        await remote.describe()
        with pytest.raises(errors.ProviderUnavailable, match="nothing was sent"):
            await remote.spin(request(), within(0))


async def test_without_a_server_nothing_was_sent() -> None:
    remote = create_adapter({"target": "127.0.0.1:1"})

    with pytest.raises(errors.ProviderUnavailable, match="nothing was sent") as caught:
        await remote.spin(request(), within())

    assert caught.value.outcome_known
    await remote.aclose()


async def test_a_connection_lost_after_sending_is_an_unknown_outcome() -> None:
    entered = asyncio.Event()

    async def spin(request: SpinRequest, deadline: Deadline) -> SpinOutcome:
        entered.set()
        await asyncio.Event().wait()
        raise AssertionError

    async with served(spin) as (host, _):
        proxy = await asyncio.start_server(_cut_after(host.port, entered), "127.0.0.1", 0)
        remote = create_adapter({"target": f"127.0.0.1:{proxy.sockets[0].getsockname()[1]}"})
        await ready(remote)
        with pytest.raises(errors.OutcomeUnknown) as caught:
            await remote.spin(request(), within())
        assert not caught.value.outcome_known
        await remote.aclose()
        proxy.close()
        for task in host.servicer._running:
            task.cancel()


def _cut_after(port: int, event: asyncio.Event) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]:
    """Return a TCP proxy that resets its connections once ``event`` is set."""

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", port)
        pumps = [asyncio.ensure_future(pump(reader, server_writer)), asyncio.ensure_future(pump(server_reader, writer))]
        await event.wait()
        for task in pumps:
            task.cancel()
        await asyncio.wait(pumps)
        writer.transport.abort()
        server_writer.transport.abort()

    return handle


async def test_an_exception_that_is_none_of_the_contracts_is_an_unknown_outcome_without_its_text(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def spin(request: SpinRequest, deadline: Deadline) -> SpinOutcome:
        raise KeyError("a secret of the studio")

    async with served(spin) as (_, remote):
        with pytest.raises(errors.OutcomeUnknown) as caught:
            await remote.spin(request(), within())

    assert "secret" not in str(caught.value)
    assert "secret" in caplog.text


async def test_an_adapter_that_exits_does_not_end_the_host() -> None:
    async def spin(request: SpinRequest, deadline: Deadline) -> SpinOutcome:
        sys.exit("the studio's script gave up")

    async with served(spin) as (_, remote):
        with pytest.raises(errors.OutcomeUnknown) as caught:
            await remote.spin(request(), within())
        assert "gave up" not in str(caught.value)
        assert (await remote.describe()).adapter_id


async def reconnected(remote: RemoteAdapter) -> None:
    """Ask until the channel, which pauses after a failure, has found its server again."""
    async with asyncio.timeout(10):
        while True:
            try:
                await remote.probe()
                return
            except errors.ProviderUnavailable:
                await asyncio.sleep(0)


async def test_the_remote_adapter_finds_a_studio_that_has_restarted(tmp_path: Path) -> None:
    config = {"database": str(tmp_path / "rounds.db")}
    first = await start_host(create_sample(config), "127.0.0.1:0")
    listen = f"127.0.0.1:{first.port}"
    remote = create_adapter({"target": listen})
    await ready(remote)
    before = await remote.spin(request(), within())
    await first.stop(grace_s=0)

    with pytest.raises(errors.ProviderUnavailable, match="nothing was sent"):
        await remote.spin(request("r2"), within())
    second = await start_host(create_sample(config), listen)
    await reconnected(remote)

    assert await remote.spin(request(), within()) == before
    assert (await remote.get_round(RoundId("r1"))).outcome == before
    assert (await remote.spin(request("r2"), within())).round_id == "r2"
    await remote.aclose()
    await second.stop(grace_s=0)


async def test_calls_above_the_cap_are_not_sent() -> None:
    entered = asyncio.Event()
    release = asyncio.Event()

    async def spin(request: SpinRequest, deadline: Deadline) -> SpinOutcome:
        entered.set()
        await release.wait()
        return SpinOutcome(request.round_id, 0, Money("EUR", 0))

    async with served(spin, in_flight_max=1) as (_, remote):
        first = asyncio.ensure_future(remote.spin(request(), within()))
        await entered.wait()
        with pytest.raises(errors.ProviderUnavailable, match="1 calls are under way"):
            await remote.spin(request("r2"), within())
        release.set()
        assert (await first).round_id == "r1"
        assert (await remote.spin(request("r3"), within())).round_id == "r3"


async def test_an_answer_that_cannot_be_read_is_an_unknown_outcome() -> None:
    async def spin(request: SpinRequest, deadline: Deadline) -> SpinOutcome:
        return SpinOutcome(RoundId("not an id"), 0, Money("EUR", 0))

    async with served(spin) as (_, remote):
        with pytest.raises(errors.OutcomeUnknown, match="cannot be read"):
            await remote.spin(request(), within())


async def test_a_request_that_cannot_be_written_is_refused_here() -> None:
    async with served() as (_, remote):
        with pytest.raises(errors.InvalidCall, match="cannot be written"):
            await remote.spin(replace(request(), step=2**40), within())


@pytest.mark.parametrize("size", [-1, -500])
async def test_a_negative_page_size_is_refused(size: int) -> None:
    async with served() as (_, remote):
        with pytest.raises(errors.InvalidCall) as caught:
            await remote.list_games(PageRequest(size))

    assert caught.value.facts["field"] == "page_size"


async def test_a_capability_that_is_not_declared_is_refused_at_the_door() -> None:
    async with served() as (host, remote):
        manifest = await host.adapter.describe()

        async def describe() -> Manifest:
            return replace(manifest, capabilities=frozenset({Capability.SPIN}))

        host.adapter.describe = describe  # type: ignore[method-assign]
        with pytest.raises(errors.CapabilityNotSupported):
            await remote.get_round(RoundId("r"))
        with pytest.raises(errors.CapabilityNotSupported):
            await remote.spin(replace(request(), session=replace(SESSION, demo=True)), within())


async def test_a_method_that_the_server_does_not_have_is_not_supported() -> None:
    server = grpc.aio.server()
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    remote = create_adapter({"target": f"127.0.0.1:{port}"})

    with pytest.raises(errors.CapabilityNotSupported):
        await remote.describe()
    await remote.aclose()
    await server.stop(0)


async def test_health_says_serving_and_stopping_lets_the_spin_finish() -> None:
    entered, release = asyncio.Event(), asyncio.Event()

    async def spin(request: SpinRequest, deadline: Deadline) -> SpinOutcome:
        entered.set()
        await release.wait()
        return SpinOutcome(request.round_id, 0, Money("EUR", 0))

    async with served(spin) as (host, remote):
        async with grpc.aio.insecure_channel(f"127.0.0.1:{host.port}") as channel:
            health = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest())
            assert health.status == health_pb2.HealthCheckResponse.SERVING
        running = asyncio.ensure_future(remote.spin(request(), within()))
        await entered.wait()
        stopping = asyncio.ensure_future(host.stop(grace_s=5))
        await asyncio.sleep(0)
        release.set()
        assert (await running).round_id == "r1"
        await stopping


def test_an_option_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match="colour"):
        create_adapter({"target": "127.0.0.1:1", "colour": "red"})
    with pytest.raises(ValueError, match="target is required"):
        RemoteOptions.from_config({})
