"""A bare grpc.aio server that answers SpinResponse-sized messages: the baseline of every gRPC figure.

Run it as a process: it prints its port, and serves until its standard input closes. ``REPLY_BYTES`` in the
environment says how large the answers are.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator

import grpc

SERVICE = "reelgate.benchmark.Echo"


async def serve() -> None:
    """Serve Unary and Stream until standard input closes."""
    reply = bytes(int(os.environ.get("REPLY_BYTES", "400")))

    async def unary(_request: bytes, _context: grpc.aio.ServicerContext) -> bytes:
        return reply

    async def stream(requests: AsyncIterator[bytes], _context: grpc.aio.ServicerContext) -> AsyncIterator[bytes]:
        async for _ in requests:
            yield reply

    server = grpc.aio.server()
    handlers = {
        "Unary": grpc.unary_unary_rpc_method_handler(unary),
        "Stream": grpc.stream_stream_rpc_method_handler(stream),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    await server.stop(0)


if __name__ == "__main__":
    asyncio.run(serve())
