"""``SpinStream`` and ``Spin`` as the wire has them: no client between the kit and the server."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio
from reelgate.provider.v1 import provider_service_pb2 as wire
from reelgate.provider.v1.provider_service_pb2_grpc import ProviderServiceStub

from adapters.conformance.bench import Bench
from adapters.conformance.promise import require
from adapters.contract.rounds import SpinOutcome, SpinRequest
from adapters.remote import from_proto, to_proto

TIMEOUT_S = 15


class OpenCall:
    """One open call, and the connection that it goes over."""

    def __init__(self, stub: Any, spin_timeout_ms: int) -> None:
        self._stub = stub
        self._spin_timeout_ms = spin_timeout_ms
        self._call = stub.SpinStream()
        self.answered_s: dict[int, float] = {}
        """When each answer came, on the monotonic clock."""

    async def send(self, call_id: int, request: SpinRequest, timeout_ms: int = 0) -> None:
        """Send a step; 0: with the time that the manifest allows."""
        await self.send_raw(call_id, request, timeout_ms or self._spin_timeout_ms)

    async def send_raw(self, call_id: int, request: SpinRequest, timeout_ms: int) -> None:
        """Send a step with just this ``timeout_ms``."""
        step = wire.SpinStreamRequest(call_id=call_id, timeout_ms=timeout_ms, spin=to_proto.spin_request(request))
        await self._call.write(step)

    async def answers(self, call_ids: Iterable[int]) -> dict[int, wire.SpinStreamResponse]:
        """Return the next answers by their call_id, each of ``call_ids`` once and nothing else."""
        wanted = set(call_ids)
        found: dict[int, wire.SpinStreamResponse] = {}
        while len(found) < len(wanted):
            answer = await self._call.read()
            missing = len(wanted) - len(found)
            require(isinstance(answer, wire.SpinStreamResponse), f"the call ended, {missing} answers short")
            require(answer.call_id not in found, f"call_id {answer.call_id} was answered twice")
            require(answer.call_id in wanted, f"call_id {answer.call_id} was answered, and never sent")
            found[answer.call_id] = answer
            self.answered_s[answer.call_id] = time.monotonic()
        return found

    async def spin(self, request: SpinRequest) -> SpinOutcome:
        """Play by the method ``Spin`` itself."""
        message = to_proto.spin_request(request)
        answer = await self._stub.Spin(message, timeout=self._spin_timeout_ms / 1000)
        return from_proto.outcome(answer.outcome)

    async def ends(self) -> None:
        """Say that nothing more comes, and require that the server ends the call well."""
        await self._call.done_writing()
        require(await self._call.read() is grpc.aio.EOF, "an answer that nobody asked for")
        code = await self._call.code()
        require(code is grpc.StatusCode.OK, f"the call ended with {code.name}, expected OK")


@asynccontextmanager
async def opened(bench: Bench) -> AsyncIterator[OpenCall]:
    """Open a call to the server under test; what breaks it fails the case."""
    async with grpc.aio.insecure_channel(bench.subject.target) as channel:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                yield OpenCall(ProviderServiceStub(channel), bench.deadline().left_ms())
        except TimeoutError:
            require(False, f"no answer on the open call within {TIMEOUT_S} s")
        except grpc.aio.AioRpcError as error:
            require(False, f"the server broke a call: {error.code().name} {error.details()}")
