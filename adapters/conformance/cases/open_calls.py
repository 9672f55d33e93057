"""Must 9 for servers that take steps on one open call: they are Spin's, side by side."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio
from reelgate.provider.v1 import provider_service_pb2 as wire
from reelgate.provider.v1.provider_service_pb2_grpc import ProviderServiceStub

from adapters.conformance.bench import Bench
from adapters.conformance.case import Case, Tier, require
from adapters.conformance.integrity import check_outcome
from adapters.contract.ids import GameId
from adapters.contract.manifest import Capability
from adapters.contract.rounds import SpinRequest
from adapters.remote import from_proto, to_proto

STREAM = frozenset({Capability.SPIN, Capability.SPIN_STREAM})
STEP_COUNT = 8
TIMEOUT_S = 15


class _OpenCall:
    """The call as the wire has it."""

    def __init__(self, call: Any) -> None:
        self._call = call

    async def send(self, call_id: int, request: SpinRequest, timeout_ms: int) -> None:
        step = wire.SpinStreamRequest(call_id=call_id, timeout_ms=timeout_ms, spin=to_proto.spin_request(request))
        await self._call.write(step)

    async def answers(self, count: int) -> dict[int, wire.SpinStreamResponse]:
        """Return the next answers by their call_id."""
        found: dict[int, wire.SpinStreamResponse] = {}
        for _ in range(count):
            answer = await self._call.read()
            require(isinstance(answer, wire.SpinStreamResponse), f"the call ended, {count - len(found)} answers short")
            require(answer.call_id not in found, f"call_id {answer.call_id} was answered twice")
            found[answer.call_id] = answer
        return found

    async def ends(self) -> None:
        """Say that nothing more comes, and require that the server ends the call well."""
        await self._call.done_writing()
        require(await self._call.read() is grpc.aio.EOF, "an answer that nobody asked for")
        code = await self._call.code()
        require(code is grpc.StatusCode.OK, f"the call ended with {code.name}, expected OK")


@asynccontextmanager
async def _open(bench: Bench) -> AsyncIterator[_OpenCall]:
    require(bool(bench.subject.target), "spin_stream is of servers: an adapter must not declare it")
    async with grpc.aio.insecure_channel(bench.subject.target) as channel:
        stub: Any = ProviderServiceStub(channel)
        try:
            async with asyncio.timeout(TIMEOUT_S):
                yield _OpenCall(stub.SpinStream())
        except TimeoutError:
            require(False, f"no answer on the open call within {TIMEOUT_S} s")
        except grpc.aio.AioRpcError as error:
            require(False, f"the open call broke: {error.code().name} {error.details()}")


async def _steps_are_spins(bench: Bench) -> None:
    requests = {number: bench.request() for number in range(1, STEP_COUNT + 1)}
    async with _open(bench) as call:
        for number, request in requests.items():
            await call.send(number, request, bench.manifest.spin_timeout_ms)
        answers = await call.answers(STEP_COUNT)
        await call.ends()
    require(set(answers) == set(requests), f"answers to {sorted(answers)}, expected {sorted(requests)}")
    for number, answer in answers.items():
        require(answer.HasField("outcome"), f"a sound step failed: {answer.failure.reason} {answer.failure.message}")
        outcome = from_proto.outcome(answer.outcome)
        check_outcome(requests[number], outcome, bench.manifest)
        again = await bench.spin(requests[number])
        require(bench.is_atomic or again == outcome, "the step repeated has another outcome than on the open call")


async def _refusals_end_no_call(bench: Bench) -> None:
    async with _open(bench) as call:
        await call.send(1, bench.request(game_id=GameId("no-such-game")), bench.manifest.spin_timeout_ms)
        refused = (await call.answers(1)).get(1)
        require(refused is not None and refused.HasField("failure"), "an unknown game was played, or call_id is wrong")
        reason = refused.failure.reason if refused is not None else ""
        require(reason == "ERROR_REASON_GAME_NOT_FOUND", f"an unknown game is {reason!r}, expected its reason")
        await call.send(2, bench.request(), bench.manifest.spin_timeout_ms)
        require((await call.answers(1))[2].HasField("outcome"), "after a refused step a sound one fails")
        await call.ends()


async def _undeclared(bench: Bench) -> None:
    if not bench.subject.target:
        return
    async with grpc.aio.insecure_channel(bench.subject.target) as channel:
        stub: Any = ProviderServiceStub(channel)
        call = stub.SpinStream(timeout=TIMEOUT_S)
        await call.done_writing()
        code = await call.code()
        require(code is grpc.StatusCode.UNIMPLEMENTED, f"SpinStream answers {code.name}, expected UNIMPLEMENTED")


CASES = (
    Case(
        "steps-on-an-open-call-are-spins",
        9,
        Tier.RESILIENT,
        "steps sent together on one SpinStream call are each answered once, with the outcome that Spin gives",
        _steps_are_spins,
        STREAM,
        rpcs=("SpinStream", "Spin"),
    ),
    Case(
        "a-refused-step-ends-no-open-call",
        9,
        Tier.RESILIENT,
        "a refused step on a SpinStream call is answered with its reason, and the next one is played",
        _refusals_end_no_call,
        STREAM,
        rpcs=("SpinStream",),
    ),
    Case(
        "undeclared-spin-stream-is-refused",
        9,
        Tier.PLAYABLE,
        "without spin_stream in the manifest SpinStream is UNIMPLEMENTED",
        _undeclared,
        without=Capability.SPIN_STREAM,
        rpcs=("SpinStream",),
    ),
)
