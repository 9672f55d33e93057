"""HTTP over aiohttp for all who move money by it: an error says whether the request may have left.

The library's own table calls whatever ends a connection a ``ConnectTimeout``, also a server that has read the request
and hung up: to a caller that would mean that nothing was sent, and a bet that was taken would count as refused. What
is no HTTP leaves the library as an error of aiohttp's, which no caller expects.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

_NOT_CONNECTED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
"""There was no connection to send anything on."""


class CertainTransport(AiohttpTransport):
    """Raises ``ConnectError`` or ``ConnectTimeout`` only where nothing was sent, and never what is not ``httpx``'s."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send once."""
        with _told_apart():
            response = await super().handle_async_request(request)
        response.stream = _Body(response.stream)
        return response


class _Body(httpx.AsyncByteStream):
    """The body of an answer: by then the request has left."""

    def __init__(self, inner: object) -> None:
        assert isinstance(inner, httpx.AsyncByteStream)
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _told_apart():
            async for chunk in self._inner:
                yield chunk

    async def aclose(self) -> None:
        """Let the connection go."""
        with _told_apart():
            await self._inner.aclose()


@contextmanager
def _told_apart() -> Iterator[None]:
    try:
        yield
    except httpx.TransportError as error:
        cause = error.__cause__
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout) and not isinstance(cause, _NOT_CONNECTED):
            raise httpx.ReadError(f"the connection ended: {error}") from cause
        raise
    except (aiohttp.ClientError, ConnectionError) as error:
        raise httpx.RemoteProtocolError(f"no HTTP: {error}") from error
