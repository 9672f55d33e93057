"""Switches traces on when the config names an exporter: batched, sampled, flushed at the end."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager

from protos.wire.tracing import NO_TRACING, RpcTracing

SERVICE_NAME = "reelgate-gateway"


@contextmanager
def open_tracing(exporter: str, ratio: float) -> Iterator[RpcTracing]:
    """Yield the tracing that ``"package.module:ExporterClass"`` asks for; an empty text asks for none."""
    if not exporter:
        yield NO_TRACING
        return
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio

    module_name, _, class_name = exporter.partition(":")
    make = getattr(importlib.import_module(module_name), class_name)
    provider = TracerProvider(
        sampler=ParentBasedTraceIdRatio(ratio), resource=Resource.create({"service.name": SERVICE_NAME})
    )
    provider.add_span_processor(BatchSpanProcessor(make()))
    try:
        yield RpcTracing(provider.get_tracer("reelgate"))
    finally:
        provider.shutdown()
