"""Traces of RPCs on opentelemetry-api: a span per call with the status that the caller saw. Off by default."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
import grpc.aio
from opentelemetry import propagate, trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from protos.wire.failures import Failure

_SERVER_FAULTS = frozenset(
    {
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DATA_LOSS,
    }
)


class RpcTracing:
    """Makes a server span around each call, as child of what the caller's metadata names."""

    def __init__(self, tracer: trace.Tracer | None = None) -> None:
        self._tracer = tracer
        self.enabled = tracer is not None

    def traced_unary(
        self, handler: Callable[[Any, Any], Awaitable[Any]], name: str, describe: Callable[[Exception], Failure]
    ) -> Callable[[Any, Any], Awaitable[Any]]:
        """Return the handler inside a span."""

        async def call(request: Any, context: Any) -> Any:
            with self._span(name, context) as span:
                try:
                    reply = await handler(request, context)
                except BaseException as error:
                    _record(span, error, context, describe)
                    raise
                _record_code(span, _code_of(context))
                return reply

        return call

    def traced_stream(
        self, handler: Callable[[Any, Any], AsyncIterator[Any]], name: str, describe: Callable[[Exception], Failure]
    ) -> Callable[[Any, Any], AsyncIterator[Any]]:
        """Return the streaming handler inside a span that ends with the stream."""

        async def call(request: Any, context: Any) -> AsyncIterator[Any]:
            with self._span(name, context) as span:
                try:
                    async for reply in handler(request, context):
                        yield reply
                except BaseException as error:
                    _record(span, error, context, describe)
                    raise
                _record_code(span, _code_of(context))

        return call

    def _span(self, name: str, context: Any) -> Any:
        carrier = {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}
        service, _, method = name.partition("/")
        assert self._tracer is not None
        return self._tracer.start_as_current_span(
            name,
            context=propagate.extract(carrier),
            kind=SpanKind.SERVER,
            attributes={"rpc.system": "grpc", "rpc.service": service, "rpc.method": method},
            record_exception=False,
            set_status_on_exception=False,
        )


def _record(span: Span, error: BaseException, context: Any, describe: Callable[[Exception], Failure]) -> None:
    if isinstance(error, grpc.aio.AbortError):
        _record_code(span, _code_of(context))
    elif isinstance(error, Exception):
        failure = describe(error)
        span.set_attribute("reelgate.reason", failure.reason)
        _record_code(span, failure.code)
    else:
        _record_code(span, grpc.StatusCode.CANCELLED)


def _record_code(span: Span, code: grpc.StatusCode) -> None:
    span.set_attribute("rpc.grpc.status_code", code.value[0])
    if code in _SERVER_FAULTS:
        span.set_status(Status(StatusCode.ERROR, code.name))


def _code_of(context: Any) -> grpc.StatusCode:
    code = context.code()
    if isinstance(code, grpc.StatusCode):
        return code
    return next((known for known in grpc.StatusCode if known.value[0] == code), grpc.StatusCode.OK)


NO_TRACING = RpcTracing()
