"""Steps of rounds on one open call: a message on it costs less than half of what a call of its own costs.

A step that was sent on a call that ends, however it ends, is in doubt: the server may have played it. The one exception
is a server that has no such method, which says so before it has answered anything.
"""

import asyncio
import itertools
from collections.abc import Callable
from typing import TypeAlias

import grpc
import grpc.aio
from reelgate.provider.v1 import provider_service_pb2 as wire

from adapters.contract.errors import CapabilityNotSupported, DeadlinePassed, ProviderUnavailable
from adapters.remote.error_table import error_from, unknown

OpenCall: TypeAlias = "grpc.aio.StreamStreamCall[wire.SpinStreamRequest, wire.SpinStreamResponse]"
TIMEOUT_MS_MAX = 2**31 - 1
TRIES_MAX = 2
"""So many calls are opened for a step that was not sent on the one before."""


class SpinStream:
    """Sends steps to one server, on a call that is opened when there is none."""

    def __init__(self, open_call: Callable[[], OpenCall]) -> None:
        self._open_call = open_call
        self._line: _Line | None = None

    @property
    def refused(self) -> bool:
        """Say whether the server does not implement it, whatever its manifest said (as the last call told)."""
        return self._line is not None and self._line.refused

    async def send(self, request: wire.SpinRequest, *, timeout: float | None = None) -> wire.SpinOutcome:  # noqa: ASYNC109 - as a stub's method
        """Send a step and return its outcome; raises ``AdapterError``."""
        clock = asyncio.get_running_loop().time
        end_s = None if timeout is None else clock() + timeout
        for _ in range(TRIES_MAX):
            left_s = None if end_s is None else end_s - clock()
            if left_s is not None and left_s <= 0:
                break
            try:
                return await self._open_line().send(request, left_s)
            except _Ended:
                pass  # it was not sent there
        raise ProviderUnavailable("open calls end as they begin; the step was not sent")

    def _open_line(self) -> "_Line":
        if self._line is None or self._line.is_over:
            self._line = _Line(self._open_call())
        return self._line

    def close(self) -> None:
        """End the call; what has no answer yet stays in doubt."""
        line, self._line = self._line, None
        if line is not None:
            line.close()


class _Ended(Exception):
    """The call had ended before this step was sent."""


class _Step:
    """One step on its way."""

    __slots__ = ("answer", "sent")

    def __init__(self) -> None:
        self.answer: asyncio.Future[wire.SpinStreamResponse] = asyncio.get_running_loop().create_future()
        self.sent = False

    def fail(self, error: Exception) -> None:
        """Tell the one who waits, if there is one."""
        if not self.answer.done():
            self.answer.set_exception(error)
            self.answer.exception()  # else asyncio complains when its step is given up at this very moment


class _Line:
    """One open call, those who wait for their answers on it, and the tasks that write and read it.

    Nobody who waits ever writes or reads himself: gRPC ends the whole call when the one who does so is cancelled.
    """

    def __init__(self, call: OpenCall) -> None:
        self._call = call
        self._numbers = itertools.count(1)
        self._writing = asyncio.Lock()
        self._waiting: dict[int, _Step] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._reading = asyncio.get_running_loop().create_task(self._read())
        self._answered = False
        self.ended = False
        self.refused = False

    @property
    def is_over(self) -> bool:
        """Say whether nothing can be sent on it any more; its reader may not know yet."""
        return self.ended or self._call.done()

    def close(self) -> None:
        self._call.cancel()

    async def send(self, request: wire.SpinRequest, timeout_s: float | None) -> wire.SpinOutcome:
        number, step = next(self._numbers), _Step()
        self._waiting[number] = step
        timeout_ms = TIMEOUT_MS_MAX if timeout_s is None else max(1, int(timeout_s * 1000))
        message = wire.SpinStreamRequest(call_id=number, timeout_ms=timeout_ms, spin=request)
        task = asyncio.get_running_loop().create_task(self._write(step, message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            async with asyncio.timeout(timeout_s):
                return _outcome(await step.answer)
        except TimeoutError as error:
            if step.sent:
                raise DeadlinePassed("no answer within the deadline") from error
            raise ProviderUnavailable("the server takes no steps; this one was not sent") from error
        finally:
            del self._waiting[number]

    async def _write(self, step: _Step, message: wire.SpinStreamRequest) -> None:
        async with self._writing:
            if step.answer.done():  # nobody waits for it any more
                return
            if self.is_over:
                step.fail(_Ended())
                return
            step.sent = True
            try:
                await self._call.write(message)
            except (asyncio.CancelledError, Exception) as error:  # noqa: BLE001 - it may have been sent all the same
                step.fail(unknown(f"the open call broke: {type(error).__name__}"))

    async def _read(self) -> None:
        failure: Exception = unknown("the open call ended without the answer")
        try:
            while isinstance(response := await self._call.read(), wire.SpinStreamResponse):
                self._answered = True
                step = self._waiting.get(response.call_id)
                if step is not None and not step.answer.done():
                    step.answer.set_result(response)
                    await asyncio.sleep(0)  # he goes on before the next answer is asked for
        except grpc.aio.AioRpcError as error:
            self.refused = error.code() is grpc.StatusCode.UNIMPLEMENTED and not self._answered
            failure = unknown(f"the open call ended: {error.code().name}")
            if self.refused:
                failure = CapabilityNotSupported("the server does not implement this method")
        except asyncio.CancelledError:
            pass  # closed by us
        except Exception as error:  # noqa: BLE001 - whatever it was, everybody who waits must be told
            failure = unknown(f"the open call cannot be read: {type(error).__name__}")
        finally:
            self.ended = True
            for step in self._waiting.values():
                step.fail(failure if step.sent else _Ended())
            self._call.cancel()


def _outcome(response: wire.SpinStreamResponse) -> wire.SpinOutcome:
    if response.HasField("outcome"):
        return response.outcome
    failure = response.failure
    raise error_from(failure.reason, failure.message, failure.metadata)
