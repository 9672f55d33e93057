"""Stands between generated registration code and a server: every method gets a reader that never raises.

gRPC itself answers UNKNOWN, with the parser's own words, when the bytes of a request are no message of its type. Here
the handler gets ``UNREADABLE`` in place of the request, and the edge answers INVALID_ARGUMENT.
"""

from typing import Any

import grpc
from google.protobuf.message import DecodeError

UNREADABLE = object()
"""Stands for a request that cannot be read."""


class UnreadableMessage(Exception):
    """The bytes of a request are no message of its type."""


class Registrar:
    """What generated ``add_XServicer_to_server`` functions take for a server."""

    def __init__(self, server: Any) -> None:
        self._server = server

    def add_generic_rpc_handlers(self, _handlers: Any) -> None:
        """Leave it: the same methods come again by name."""

    def add_registered_method_handlers(self, service: str, handlers: dict[str, Any]) -> None:
        """Register the methods of a service."""
        safe = {name: _with_safe_reader(handler) for name, handler in handlers.items()}
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, safe),))


def _with_safe_reader(handler: Any) -> Any:
    read = handler.request_deserializer

    def safe_read(data: bytes) -> Any:
        try:
            return read(data)
        except DecodeError:
            return UNREADABLE

    make, behaviour = {
        (False, False): (grpc.unary_unary_rpc_method_handler, handler.unary_unary),
        (False, True): (grpc.unary_stream_rpc_method_handler, handler.unary_stream),
        (True, False): (grpc.stream_unary_rpc_method_handler, handler.stream_unary),
        (True, True): (grpc.stream_stream_rpc_method_handler, handler.stream_stream),
    }[handler.request_streaming, handler.response_streaming]
    return make(behaviour, safe_read, handler.response_serializer)
