"""The edge around every RPC handler, put there once at registration: errors become statuses, every end is counted and
traced.

``wrap_servicer(servicer, ...)`` returns an object to hand to the generated ``add_XServicer_to_server``. The edge is
the only place that catches everything: what is not a known error becomes INTERNAL with an id, and its trace goes to
the log alone.
"""

import asyncio
import inspect
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from time import perf_counter
from types import SimpleNamespace
from typing import Any, Protocol, TypeAlias

import grpc
import grpc.aio
from google.protobuf.descriptor import ServiceDescriptor

from protos.wire.failures import CERTAINTY_KEY, Failure, abort
from protos.wire.metrics import MethodMetrics, RpcMetrics
from protos.wire.registrar import UNREADABLE, UnreadableMessage
from protos.wire.tracing import NO_TRACING, RpcTracing

Describe: TypeAlias = Callable[[Exception], Failure | None]
"""Turns a known error into a failure; ``None``: not known."""
Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]
UnaryHandler: TypeAlias = Callable[[Any, Context], Awaitable[Any]]
StreamHandler: TypeAlias = Callable[[Any, Context], AsyncIterator[Any]]

_UNREADABLE_FAILURE = Failure(
    grpc.StatusCode.INVALID_ARGUMENT,
    "ERROR_REASON_INVALID_REQUEST",
    "reelgate",
    "the request is no message of this method",
    {CERTAINTY_KEY: "certain", "field": "request"},
    "request",
)
_log = logging.getLogger("reelgate.edge")


class NewFaultId(Protocol):
    """Makes the id under which a fault of ours is logged and reported."""

    def __call__(self) -> str:
        """Return a fresh id."""
        ...


class Edge:
    """What stands around handlers: how errors are described, counted, traced."""

    def __init__(
        self,
        describe: Describe,
        internal: Callable[[str], Failure],
        new_fault_id: NewFaultId,
        metrics: RpcMetrics | None = None,
        tracing: RpcTracing = NO_TRACING,
    ) -> None:
        self._describe = describe
        self._internal = internal
        self._new_fault_id = new_fault_id
        self._metrics = metrics or RpcMetrics()
        self._tracing = tracing

    @property
    def metrics(self) -> RpcMetrics:
        """Return the metrics that the edge counts into."""
        return self._metrics

    def wrap_servicer(self, servicer: object, service: ServiceDescriptor) -> Any:
        """Return the servicer with every method of the service wrapped."""
        wrapped = SimpleNamespace()
        for method in service.methods:
            handler = getattr(servicer, method.name)
            metrics = self._metrics.of_method(service.name, method.name)
            name = f"{service.full_name}/{method.name}"
            is_generator = inspect.isasyncgenfunction(handler)
            wrap = self._stream if is_generator else self._unary
            setattr(wrapped, method.name, wrap(handler, name, metrics))
        return wrapped

    def failure_for(self, error: Exception) -> Failure:
        """Describe an error; an unknown one is logged with an id and becomes an internal failure."""
        if isinstance(error, UnreadableMessage):
            return _UNREADABLE_FAILURE
        failure = self._describe(error)
        if failure is not None:
            return failure
        fault_id = self._new_fault_id()
        _log.error("fault %s", fault_id, exc_info=error)
        return self._internal(fault_id)

    def _unary(self, handler: UnaryHandler, name: str, metrics: MethodMetrics) -> UnaryHandler:
        tracing, ok = self._tracing, metrics.ok
        if tracing.enabled:
            handler = tracing.traced_unary(handler, name, self.failure_for)

        async def call(request: Any, context: Context) -> Any:
            started_s = perf_counter()
            try:
                if request is UNREADABLE:
                    raise UnreadableMessage
                reply = await handler(request, context)
            except Exception as error:  # noqa: BLE001  # the edge: nothing leaves it but statuses
                await self._refuse(error, context, metrics, started_s)
            except asyncio.CancelledError:
                metrics.failed("CANCELLED", "", perf_counter() - started_s)
                raise
            ok(perf_counter() - started_s)
            return reply

        return call

    def _stream(self, handler: StreamHandler, name: str, metrics: MethodMetrics) -> StreamHandler:
        tracing = self._tracing
        if tracing.enabled:
            handler = tracing.traced_stream(handler, name, self.failure_for)

        async def call(request: Any, context: Context) -> AsyncIterator[Any]:
            started_s = perf_counter()
            try:
                if request is UNREADABLE:
                    raise UnreadableMessage
                async for reply in handler(request, context):
                    yield reply
            except Exception as error:  # noqa: BLE001  # the edge: nothing leaves it but statuses
                await self._refuse(error, context, metrics, started_s)
            except (asyncio.CancelledError, GeneratorExit):
                metrics.failed("CANCELLED", "", perf_counter() - started_s)
                raise
            metrics.ok(perf_counter() - started_s)

        return call

    async def _refuse(self, error: Exception, context: Context, metrics: MethodMetrics, started_s: float) -> None:
        if isinstance(error, grpc.aio.AbortError):
            metrics.failed(_code_name(context), "", perf_counter() - started_s)
            raise error
        failure = self.failure_for(error)
        metrics.failed(failure.code.name, failure.reason, perf_counter() - started_s)
        await abort(context, failure)


def _code_name(context: Context) -> str:
    code = context.code()
    return code.name if isinstance(code, grpc.StatusCode) else str(code)
