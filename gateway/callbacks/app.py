"""The ASGI application: one mount per adapter, the body capped in size and time, the answer byte for byte."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from adapters.contract.errors import MalformedCall
from adapters.contract.wallet_calls import RawCall, RawReply
from gateway.callbacks.desk import CallbackDesk
from gateway.callbacks.ports import CallbackMount, CallbackPorts
from gateway.rounds.ports import Clock

PREFIX = "/callbacks/"
NO_SUCH_PROVIDER = RawReply(404, b'{"error":"no such provider"}')
CLOSE = ("connection", "close")
"""Goes with an answer to a body that has not come to its end: the rest of it is nobody's business."""


class CallerGone(Exception):
    """The caller left before its request had arrived: there is no call, and nobody to answer."""


def create_callback_app(mounts: Mapping[str, CallbackMount], ports: CallbackPorts) -> "CallbackApp":
    """Serve ``/callbacks/{adapter_id}/...`` for every mount; its shutdown waits for what has entered the wallet."""
    return CallbackApp(CallbackEndpoint(mounts, ports))


class CallbackApp:
    """The whole application: start, stop and unknown paths are Starlette's, wallet calls go straight to their endpoint.

    On a call the router and the layers around it would take as long as our own work.
    """

    def __init__(self, endpoint: "CallbackEndpoint") -> None:
        self.endpoint = endpoint
        self._rest = Starlette(lifespan=self._lifespan)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            await self.endpoint(scope, receive, send)
        else:
            await self._rest(scope, receive, send)

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        yield
        await self.endpoint.drained()


class CallbackEndpoint:
    """The plain ASGI application below ``/callbacks``."""

    def __init__(self, mounts: Mapping[str, CallbackMount], ports: CallbackPorts) -> None:
        self.desks = {adapter_id: CallbackDesk(mount, ports) for adapter_id, mount in mounts.items()}
        self._body_bytes_max = {adapter_id: mount.limits.body_bytes_max for adapter_id, mount in mounts.items()}
        self._ports = ports

    async def drained(self) -> None:
        """Wait until no wallet call is under way."""
        for desk in self.desks.values():
            await desk.drained()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        adapter_id, _, path = scope["path"][len(PREFIX) :].partition("/")
        desk = self.desks.get(adapter_id)
        if desk is None:
            await _send(send, NO_SUCH_PROVIDER)
            return
        due = desk.due()
        try:
            async with asyncio.timeout(due.left_ms() / 1000):
                body = await _body(receive, self._body_bytes_max[adapter_id])
        except CallerGone:
            return
        except (TimeoutError, MalformedCall) as error:
            raw = _raw_call(scope, f"/{path}", b"", self._ports.clock)
            reply = await desk.refuse_body(raw, error)
            await _send(send, replace(reply, headers=(*reply.headers, CLOSE)))
            return
        await _send(send, await desk.answer(_raw_call(scope, f"/{path}", body, self._ports.clock), due))


async def _body(receive: Receive, bytes_max: int) -> bytes:
    """Read the body; raises ``MalformedCall`` as soon as it is too large, ``CallerGone`` when it breaks off."""
    chunks: list[bytes] = []
    length, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise CallerGone
        chunk: bytes = message.get("body", b"")
        length += len(chunk)
        if length > bytes_max:
            raise MalformedCall("the body is too large", field="body")
        chunks.append(chunk)
        more = message.get("more_body", False)
    return b"".join(chunks)


def _raw_call(scope: Scope, path: str, body: bytes, clock: Clock) -> RawCall:
    return RawCall(
        method=scope["method"],
        path=path,
        query=scope["query_string"].decode("latin-1"),
        headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]),
        body=body,
        received_time_ms=clock.now_ms(),
    )


async def _send(send: Send, reply: RawReply) -> None:
    headers = [
        (b"content-type", reply.content_type.encode("latin-1")),
        (b"content-length", str(len(reply.body)).encode("ascii")),
        *((name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers),
    ]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
