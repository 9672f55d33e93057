"""Steps of rounds on one open call: a message on it costs less than half of what a call of its own costs."""

import asyncio
import itertools
from collections.abc import Callable
from typing import TypeAlias

import grpc
import grpc.aio
from reelgate.provider.v1 import provider_service_pb2 as wire

from adapters.contract.errors import DeadlinePassed, ProviderUnavailable
from adapters.remote.error_table import error_from, unknown

OpenCall: TypeAlias = "grpc.aio.StreamStreamCall[wire.SpinStreamRequest, wire.SpinStreamResponse]"


class SpinStream:
    """Sends steps to one server, on a call that is opened when there is none."""

    def __init__(self, open_call: Callable[[], OpenCall]) -> None:
        self._open_call = open_call
        self._line: _Line | None = None

    @property
    def refused(self) -> bool:
        """Say whether the server does not implement it, whatever its manifest said."""
        return self._line is not None and self._line.refused

    async def send(self, request: wire.SpinRequest, *, timeout: float | None = None) -> wire.SpinOutcome:  # noqa: ASYNC109 - as a stub's method
        """Send a step and return its outcome; raises ``AdapterError``, or ``AioRpcError`` when the call broke."""
        line = self._line
        if line is None or line.ended:
            line = self._line = _Line(self._open_call())
        return await line.send(request, timeout)

    def close(self) -> None:
        """End the call; what has no answer yet stays in doubt."""
        line, self._line = self._line, None
        if line is not None:
            line.close()


class _Line:
    """One open call, those who wait for their answers on it, and the task that reads it."""

    def __init__(self, call: OpenCall) -> None:
        self._call = call
        self._numbers = itertools.count(1)
        self._writing = asyncio.Lock()
        self._waiting: dict[int, asyncio.Future[wire.SpinStreamResponse]] = {}
        self._reading = asyncio.get_running_loop().create_task(self._read())
        self.ended = False
        self.refused = False

    def close(self) -> None:
        self._call.cancel()

    async def send(self, step: wire.SpinRequest, timeout_s: float | None) -> wire.SpinOutcome:
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        timeout_ms = 0 if timeout_s is None else int(timeout_s * 1000)
        sent = False
        try:
            async with asyncio.timeout(timeout_s):
                async with self._writing:
                    if self.ended:
                        raise ProviderUnavailable("the open call ended; this step was not sent")
                    sent = True
                    await self._call.write(wire.SpinStreamRequest(call_id=number, timeout_ms=timeout_ms, spin=step))
                return _outcome(await answer)
        except TimeoutError as error:
            if not sent:
                raise ProviderUnavailable("the server takes no steps; this one was not sent") from error
            raise DeadlinePassed("no answer within the deadline") from error
        except asyncio.InvalidStateError as error:  # the call had ended, as its reader is about to find out
            raise ProviderUnavailable("the open call ended; this step was not sent") from error
        finally:
            del self._waiting[number]

    async def _read(self) -> None:
        failure: Exception = unknown("the open call ended without the answer")
        try:
            while isinstance(response := await self._call.read(), wire.SpinStreamResponse):
                answer = self._waiting.get(response.call_id)
                if answer is not None and not answer.done():
                    answer.set_result(response)
                    await asyncio.sleep(0)  # he goes on before the next answer is asked for
        except asyncio.CancelledError:
            pass  # closed by us
        except Exception as error:  # noqa: BLE001 - whatever it was, everybody who waits must be told
            failure = error
            self.refused = getattr(error, "code", str)() is grpc.StatusCode.UNIMPLEMENTED
        finally:
            self.ended = True
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(failure)
                    answer.exception()  # else asyncio complains when its step is given up at this very moment


def _outcome(response: wire.SpinStreamResponse) -> wire.SpinOutcome:
    if response.HasField("outcome"):
        return response.outcome
    failure = response.failure
    raise error_from(failure.reason, failure.message, failure.metadata)
