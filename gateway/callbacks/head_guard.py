"""Closes a connection whose request head does not come to its end in time; uvicorn itself waits for ever.

A provider sends its head in one packet. Who sends it byte by byte, or connects and says nothing, holds a socket and a
parser and is told nothing. Bodies have their own limits (``app.py``), and an idle connection uvicorn's keep-alive.
"""

import asyncio
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

if TYPE_CHECKING:
    _Protocol = Any
else:
    _Protocol = AutoHTTPProtocol


def head_guarded(timeout_ms: int) -> type[asyncio.Protocol]:
    """Return uvicorn's own protocol with ``timeout_ms`` for each request's head, from its first byte on."""

    class HeadGuarded(_Protocol):  # type: ignore[misc]  # which class it is depends on what is installed
        _due: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._wait_for_head()

        def data_received(self, data: bytes) -> None:
            before = self.cycle
            super().data_received(data)
            if self.cycle is not before:
                self._stop_waiting()
            elif before is None or before.response_complete:
                self._wait_for_head()  # these bytes begin one

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_waiting()
            super().connection_lost(exc)

        def _wait_for_head(self) -> None:
            """Begin to wait; further bytes of the same head set nothing back."""
            if self._due is None:
                self._due = self.loop.call_later(timeout_ms / 1000, self.transport.close)

        def _stop_waiting(self) -> None:
            if self._due is not None:
                self._due.cancel()
                self._due = None

    return HeadGuarded
