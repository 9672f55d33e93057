"""Closes a connection whose request does not keep to its bounds: uvicorn's fast parser waits and takes in for ever.

A provider sends its head in one packet. Who sends it byte by byte, or connects and says nothing, holds a socket and a
parser and is told nothing; who sends head upon head, or trailers and chunks' frames without end, would fill the memory.
Bodies have their own limits (``app.py``), and an idle connection uvicorn's keep-alive.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

FRAMES_PER_BODY_MAX = 8
"""A body in chunks of one byte is six times as long as what it carries."""


def head_guarded(timeout_ms: int, head_bytes_max: int, body_bytes_max: int) -> type[asyncio.Protocol]:
    """Return uvicorn's own protocol with bounds for each request.

    ``timeout_ms`` and ``head_bytes_max`` are for its head, from its first byte on. The rest of it may have
    ``FRAMES_PER_BODY_MAX`` times ``body_bytes_max``, and as much as a head for its trailers.
    """
    rest_bytes_max = FRAMES_PER_BODY_MAX * body_bytes_max + head_bytes_max

    class HeadGuarded(HttpToolsProtocol):
        _due: asyncio.TimerHandle | None = None
        _bytes = 0
        """Came since the last head was complete, or this one began."""

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._wait_for_head()

        def data_received(self, data: bytes) -> None:
            before = self.cycle
            self._bytes += len(data)
            super().data_received(data)
            if self.cycle is not before:
                self._stop_waiting()
                self._bytes = 0
            elif (before is None or before.response_complete) and self._due is None:
                self._wait_for_head()  # these bytes begin one; further ones set nothing back
                self._bytes = len(data)
            if self._bytes > (rest_bytes_max if self._due is None else head_bytes_max):
                self.transport.close()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_waiting()
            super().connection_lost(exc)

        def _wait_for_head(self) -> None:
            self._due = self.loop.call_later(timeout_ms / 1000, self.transport.close)

        def _stop_waiting(self) -> None:
            if self._due is not None:
                self._due.cancel()
                self._due = None

    return HeadGuarded
