"""How a mock's server answers when a fault lies on the answer: late, broken, cut off."""

import random

from starlette.types import Send

from adapters.mocks.clock import Clock
from adapters.mocks.faults import Fault, FaultKind
from adapters.mocks.spoil import delay_of, first_of, spoiled_reply
from adapters.mocks.types import HttpReply

BROKEN_LENGTH = 1_000_000
"""A content length that is never fulfilled: the server closes the connection in the middle of the answer."""


async def answer_with(reply: HttpReply, faults: list[Fault], clock: Clock, draw: random.Random, send: Send) -> None:
    """Send the answer as the faults leave it."""
    delay_ms = delay_of(faults, draw)
    if delay_ms:
        await clock.sleep_ms(delay_ms)
    if first_of(faults, FaultKind.RESET, FaultKind.LOST_REPLY):
        await _start(HttpReply(200, b"", reply.content_type), BROKEN_LENGTH, send)
        return
    reply = spoiled_reply(reply, faults)
    await _start(reply, len(reply.body), send)
    await send({"type": "http.response.body", "body": reply.body})


async def _start(reply: HttpReply, length: int, send: Send) -> None:
    headers = [(b"content-type", reply.content_type.encode()), (b"content-length", str(length).encode())]
    headers += [(name.encode(), value.encode()) for name, value in reply.headers]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
