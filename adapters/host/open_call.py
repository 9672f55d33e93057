"""One ``SpinStream`` call: its steps are played side by side, each answered as it ends."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import grpc.aio
from reelgate.provider.v1 import provider_service_pb2 as wire

from adapters.contract.errors import ProviderUnavailable
from adapters.remote.error_table import spin_failure

Play = Callable[[wire.SpinRequest, int], Awaitable["wire.SpinOutcome | BaseException"]]


class OpenCall:
    """Reads steps until the caller or ``stop`` ends it; what was read is played to its end, caller or not."""

    def __init__(
        self, context: "grpc.aio.ServicerContext[Any, Any]", play: Play, in_flight_max: int, running: set[Any]
    ) -> None:
        self._context = context
        self._play = play
        self._in_flight_max = in_flight_max
        self._running = running
        self._steps: set[asyncio.Task[None]] = set()
        self._writing = asyncio.Lock()
        self._reading: asyncio.Task[None] | None = None

    async def serve(self) -> None:
        """Serve until there is nothing more to read and everything read is answered."""
        self._reading = asyncio.get_running_loop().create_task(self._read())
        with suppress(asyncio.CancelledError):
            await asyncio.shield(self._reading)
        self._reading.cancel()
        while self._steps:
            await asyncio.wait(self._steps)

    def stop(self) -> None:
        """Read no more."""
        if self._reading is not None:
            self._reading.cancel()

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        while isinstance(request := await self._context.read(), wire.SpinStreamRequest):
            task = loop.create_task(self._step(request))
            for group in (self._steps, self._running):
                group.add(task)
                task.add_done_callback(group.discard)
            await asyncio.sleep(0)  # it is played before the next one is asked for

    async def _step(self, request: wire.SpinStreamRequest) -> None:
        if len(self._steps) > self._in_flight_max:
            answer: wire.SpinOutcome | BaseException = ProviderUnavailable("too many steps at once; nothing was done")
        else:
            answer = await self._play(request.spin, request.timeout_ms)
        if isinstance(answer, BaseException):
            response = wire.SpinStreamResponse(call_id=request.call_id, failure=spin_failure(answer))
        else:
            response = wire.SpinStreamResponse(call_id=request.call_id, outcome=answer)
        async with self._writing:
            with suppress(Exception):  # the caller has gone: he asks for the round
                await self._context.write(response)
