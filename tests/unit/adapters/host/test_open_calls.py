"""Steps on one open call: none holds up another, a call that ends leaves doubt, and a server can always stop."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

import grpc
import grpc.aio
import pytest
from reelgate.provider.v1 import provider_service_pb2 as wire
from reelgate.provider.v1.provider_service_pb2_grpc import (
    ProviderServiceServicer,
    ProviderServiceStub,
    add_ProviderServiceServicer_to_server,
)

from adapters.contract import errors
from adapters.contract.deadline import Deadline
from adapters.contract.manifest import Capability
from adapters.contract.money import Money
from adapters.contract.rounds import SpinOutcome, SpinRequest
from adapters.remote import to_proto
from adapters.remote.adapter import RemoteAdapter, create_adapter
from adapters.remote.error_table import DETAILS_KEY, status_bytes
from adapters.remote.spin_stream import TRIES_MAX, SpinStream, _Ended
from adapters.scaffold.templates.sample_studio.adapter import MANIFEST
from tests.unit.adapters.host.test_served import request, served, within


class Studio:
    """Plays a round when it is released; counts what came in."""

    def __init__(self) -> None:
        self.came: list[str] = []
        self.release: dict[str, asyncio.Event] = {}
        self.arrived = asyncio.Event()

    def hold(self, *round_ids: str) -> None:
        """Let these hang."""
        self.release |= {round_id: asyncio.Event() for round_id in round_ids}

    async def spin(self, asked: SpinRequest, deadline: Deadline) -> SpinOutcome:
        """Answer, perhaps later."""
        self.came.append(asked.round_id)
        if len(self.came) >= len(self.release):
            self.arrived.set()
        if asked.round_id in self.release:
            await self.release[asked.round_id].wait()
        return SpinOutcome(asked.round_id, 0, Money("EUR", 5))


async def test_a_step_that_hangs_holds_up_no_other_and_its_late_answer_is_nobodys() -> None:
    studio = Studio()
    studio.hold("slow")
    async with served(studio.spin) as (_, remote):
        await remote.describe()
        slow = asyncio.ensure_future(remote.spin(request("slow"), within(150)))
        assert (await remote.spin(request("quick"), within())).round_id == "quick"
        with pytest.raises(errors.DeadlinePassed):
            await slow
        studio.release["slow"].set()
        assert [(await remote.spin(request(f"r{n}"), within())).round_id for n in range(3)] == ["r0", "r1", "r2"]


async def test_steps_go_side_by_side_on_one_call() -> None:
    studio = Studio()
    names = [f"r{number}" for number in range(20)]
    studio.hold(*names)
    async with served(studio.spin) as (host, remote):
        await remote.describe()
        spins = [asyncio.ensure_future(remote.spin(request(name), within())) for name in names]
        await asyncio.wait_for(studio.arrived.wait(), 5)
        assert len(host.servicer._open_calls) == 1
        for name in reversed(names):
            studio.release[name].set()
        assert [(await spin).round_id for spin in spins] == names


async def test_a_server_that_stops_does_not_wait_for_an_idle_open_call() -> None:
    studio = Studio()
    async with served(studio.spin) as (host, remote):
        await remote.describe()
        await remote.spin(request(), within())
        await asyncio.wait_for(host.stop(grace_s=60), 10)


async def test_after_the_server_has_ended_the_call_the_next_step_opens_another() -> None:
    studio = Studio()
    async with served(studio.spin) as (host, remote):
        await remote.describe()
        await remote.spin(request("r1"), within())
        (call,) = host.servicer._open_calls
        call.stop()
        assert remote._stream._line is not None
        await asyncio.wait([remote._stream._line._reading])
        assert (await remote.spin(request("r2"), within())).round_id == "r2"
    assert studio.came == ["r1", "r2"]


async def test_what_a_closed_call_leaves_without_answer_is_in_doubt() -> None:
    studio = Studio()
    studio.hold("r1", "r2")
    async with served(studio.spin) as (_, remote):
        await remote.describe()
        spins = [asyncio.ensure_future(remote.spin(request(name), within())) for name in ("r1", "r2")]
        await asyncio.wait_for(studio.arrived.wait(), 5)
        await remote.aclose()
        for spin in spins:
            with pytest.raises(errors.OutcomeUnknown):
                await spin
        for name in studio.release:
            studio.release[name].set()


async def test_a_caller_that_leaves_takes_no_other_step_with_him() -> None:
    studio = Studio()
    studio.hold("left", "stays")
    async with served(studio.spin) as (_, remote):
        await remote.describe()
        left, stays = (asyncio.ensure_future(remote.spin(request(name), within())) for name in ("left", "stays"))
        await asyncio.wait_for(studio.arrived.wait(), 5)
        left.cancel()
        studio.release["left"].set()
        studio.release["stays"].set()
        assert (await stays).round_id == "stays"


async def test_a_server_that_was_replaced_by_one_without_open_calls_is_asked_the_other_way() -> None:
    class Older(ProviderServiceServicer):
        async def Describe(self, *_: Any) -> wire.DescribeResponse:  # noqa: N802
            both = MANIFEST.capabilities | {Capability.SPIN_STREAM}
            return wire.DescribeResponse(manifest=to_proto.manifest(replace(MANIFEST, capabilities=both)))

        async def Spin(self, asked: wire.SpinRequest, _: Any) -> wire.SpinResponse:  # noqa: N802
            outcome = wire.SpinOutcome(round_id=asked.round_id, round_complete=True)
            outcome.win.currency_code = "EUR"
            return wire.SpinResponse(outcome=outcome)

    server = grpc.aio.server()
    add_ProviderServiceServicer_to_server(Older(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    remote = create_adapter({"target": f"127.0.0.1:{port}"})
    await remote.describe()

    assert [(await remote.spin(request(name), within())).round_id for name in ("r1", "r2")] == ["r1", "r2"]
    await remote.aclose()
    await server.stop(0)


async def test_more_steps_than_the_manifest_allows_are_refused_one_by_one() -> None:
    studio = Studio()
    studio.hold("r1")
    async with served(studio.spin) as (host, remote):
        allowed = replace(MANIFEST, in_flight_max=1)

        async def describe() -> Any:
            return allowed

        host.adapter.describe = describe  # type: ignore[method-assign]
        await remote.describe()
        remote._caller.in_flight_max = 10  # a client that does not keep to it
        first = asyncio.ensure_future(remote.spin(request("r1"), within()))
        await studio.arrived.wait()
        with pytest.raises(errors.ProviderUnavailable, match="nothing was done"):
            await remote.spin(request("r2"), within())
        studio.release["r1"].set()
        assert (await first).round_id == "r1"


async def test_a_step_whose_time_was_over_before_it_could_be_sent_was_certainly_not_sent() -> None:
    studio = Studio()
    async with served(studio.spin) as (_, remote):
        await remote.describe()
        await remote.spin(request("r0"), within())
        line = remote._stream._line
        assert line is not None
        async with line._writing:  # another one's message does not go out
            started_s = time.monotonic()
            with pytest.raises(errors.ProviderUnavailable, match="not sent"):
                await remote.spin(request("r1"), within(100))
            assert time.monotonic() - started_s < 5
    assert studio.came == ["r0"]


@pytest.mark.parametrize("ticks", range(1, 9))
async def test_a_step_that_is_given_up_while_it_is_written_takes_no_other_with_it(ticks: int) -> None:
    studio = Studio()
    names = ["r1", "r2", "r3"]
    studio.hold(*names)
    async with served(studio.spin) as (_, remote):
        await remote.describe()
        others = [asyncio.ensure_future(remote.spin(request(name), within())) for name in names]
        await asyncio.wait_for(studio.arrived.wait(), 5)
        left = asyncio.ensure_future(remote.spin(request("left"), within()))
        for _ in range(ticks):
            await asyncio.sleep(0)
        left.cancel()
        for name in names:
            studio.release[name].set()
        assert [(await other).round_id for other in others] == names
        assert (await remote.spin(request("next"), within())).round_id == "next"


@asynccontextmanager
async def a_server(servicer: ProviderServiceServicer) -> AsyncIterator[RemoteAdapter]:
    """Serve whatever this is; yield an adapter that knows its manifest."""
    server = grpc.aio.server()
    add_ProviderServiceServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    remote = create_adapter({"target": f"127.0.0.1:{port}"})
    await remote.describe()
    try:
        yield remote
    finally:
        await remote.aclose()
        await server.stop(0)


class Declares(ProviderServiceServicer):
    """Says that it takes open calls."""

    async def Describe(self, *_: Any) -> wire.DescribeResponse:  # noqa: N802
        """Describe it."""
        both = MANIFEST.capabilities | {Capability.SPIN_STREAM}
        return wire.DescribeResponse(manifest=to_proto.manifest(replace(MANIFEST, capabilities=both)))


@pytest.mark.parametrize(
    "error", [errors.ProviderRefused("no"), errors.RoundConflict("no"), errors.ProviderUnavailable("no")]
)
async def test_a_call_that_ends_with_a_certain_error_leaves_its_steps_in_doubt_all_the_same(
    error: errors.AdapterError,
) -> None:
    class EndsIt(Declares):
        async def SpinStream(self, _: Any, context: Any) -> None:  # type: ignore[override]  # noqa: N802
            for _number in range(3):  # which it may have played
                await context.read()
            code, message, details = status_bytes(error)
            await context.abort(code, message, ((DETAILS_KEY, details),))

    async with a_server(EndsIt()) as remote:
        spins = [asyncio.ensure_future(remote.spin(request(f"r{number}"), within())) for number in range(3)]
        for ended in await asyncio.gather(*spins, return_exceptions=True):
            assert isinstance(ended, errors.OutcomeUnknown)
            assert not ended.outcome_known


async def test_a_server_that_answers_and_then_knows_no_such_method_leaves_doubt_too() -> None:
    class Forgets(Declares):
        async def SpinStream(self, _: Any, context: Any) -> None:  # type: ignore[override]  # noqa: N802
            first = await context.read()
            outcome = wire.SpinOutcome(round_id=first.spin.round_id, round_complete=True)
            outcome.win.currency_code = "EUR"
            await context.write(wire.SpinStreamResponse(call_id=first.call_id, outcome=outcome))
            await context.read()
            await context.abort(grpc.StatusCode.UNIMPLEMENTED, "")

    async with a_server(Forgets()) as remote:
        assert (await remote.spin(request("r1"), within())).round_id == "r1"
        with pytest.raises(errors.OutcomeUnknown):
            await remote.spin(request("r2"), within())


@pytest.mark.parametrize("fault", [RuntimeError("password"), SystemExit("password")], ids=["raises", "exits"])
async def test_a_manifest_that_cannot_be_had_ends_the_call_and_not_the_host(fault: BaseException) -> None:
    studio = Studio()
    async with served(studio.spin) as (host, remote):
        await remote.describe()
        honest = host.adapter.describe

        async def describe() -> Any:
            raise fault

        host.adapter.describe = describe  # type: ignore[method-assign]
        with pytest.raises(errors.OutcomeUnknown) as caught:
            await remote.spin(request("r1"), within())
        assert "password" not in str(caught.value)
        host.adapter.describe = honest  # type: ignore[method-assign]
        assert (await remote.spin(request("r2"), within())).round_id == "r2"


@pytest.mark.parametrize("timeout_ms", [0, -5])
async def test_a_step_without_time_is_refused_and_not_played(timeout_ms: int) -> None:
    studio = Studio()
    async with served(studio.spin) as (host, _), grpc.aio.insecure_channel(f"127.0.0.1:{host.port}") as channel:
        call: Any = ProviderServiceStub(channel).SpinStream()
        asked = to_proto.spin_request(request("r1"))
        await call.write(wire.SpinStreamRequest(call_id=7, timeout_ms=timeout_ms, spin=asked))
        answer = await call.read()
        call.cancel()

    assert (answer.call_id, answer.failure.reason) == (7, "ERROR_REASON_INVALID_CALL")
    assert studio.came == []


async def test_a_step_that_meets_a_call_that_has_just_ended_goes_on_another_one() -> None:
    class EndsAfterTwo(Declares):
        calls = 0

        async def SpinStream(self, _: Any, context: Any) -> None:  # type: ignore[override]  # noqa: N802
            self.calls += 1
            for _number in range(2):
                asked = await context.read()
                if not isinstance(asked, wire.SpinStreamRequest):
                    return
                outcome = wire.SpinOutcome(round_id=asked.spin.round_id, round_complete=True)
                outcome.win.currency_code = "EUR"
                await context.write(wire.SpinStreamResponse(call_id=asked.call_id, outcome=outcome))

    servicer = EndsAfterTwo()
    async with a_server(servicer) as remote:
        for number in range(10):
            with suppress(errors.OutcomeUnknown):  # on its way when the call ended: in doubt, never refused
                assert (await remote.spin(request(f"r{number}"), within())).round_id == f"r{number}"
        assert servicer.calls >= 2


async def test_the_second_try_of_a_step_has_what_time_the_first_one_left() -> None:
    class Line:
        is_over = True

        async def send(self, _: wire.SpinRequest, timeout_s: float | None) -> wire.SpinOutcome:
            left_s.append(timeout_s or 0)
            await asyncio.sleep(0)
            raise _Ended

    left_s: list[float] = []
    stream = SpinStream(lambda: None)  # type: ignore[arg-type,return-value]
    stream._open_line = Line  # type: ignore[method-assign,assignment]

    with pytest.raises(errors.ProviderUnavailable, match="not sent"):
        await stream.send(wire.SpinRequest(), timeout=60)

    assert len(left_s) == TRIES_MAX
    assert 60 >= left_s[0] > left_s[1]
