"""The line from a mock to the party it calls: HTTP, and what may go wrong on it."""

import asyncio
from typing import Protocol
from urllib.parse import urlsplit

import httpx

from adapters.http.transport import CertainTransport
from adapters.mocks.types import HttpCall, HttpReply

REPLY_BYTES_MAX = 1_000_000


def is_http_address(url: str) -> bool:
    """Say whether a base address names a host that can be called over HTTP."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


class LinkFailed(Exception):
    """No answer came: refused, reset or late. Whether the other side acted is not known."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Link(Protocol):
    """Whatever carries a call to a base address and brings the answer."""

    async def send(self, base_url: str, call: HttpCall, timeout_ms: int) -> HttpReply:
        """Send once; raises ``LinkFailed``."""
        ...


class HttpLink:
    """Calls over HTTP."""

    def __init__(self, client: httpx.AsyncClient | None = None) -> None:
        self._client = client or httpx.AsyncClient(transport=CertainTransport())

    async def send(self, base_url: str, call: HttpCall, timeout_ms: int) -> HttpReply:
        """Send once, within ``timeout_ms`` in all."""
        url = base_url.rstrip("/") + call.path + (f"?{call.query}" if call.query else "")
        try:
            async with asyncio.timeout(timeout_ms / 1000):
                answer = await self._client.request(
                    call.method, url, content=call.body, headers=list(call.headers), timeout=timeout_ms / 1000
                )
        except (httpx.ConnectError, httpx.ConnectTimeout) as refused:  # the transport calls a refusal ConnectTimeout
            raise LinkFailed("network: not connected") from refused
        except (TimeoutError, httpx.TimeoutException) as late:
            raise LinkFailed("timeout") from late
        except httpx.InvalidURL as wrong:
            raise LinkFailed(f"no address: {wrong}") from wrong
        except httpx.HTTPError as broken:
            raise LinkFailed(f"network: {type(broken).__name__}") from broken
        content_type = answer.headers.get("content-type", "")
        return HttpReply(answer.status_code, answer.content[:REPLY_BYTES_MAX], content_type)

    async def aclose(self) -> None:
        """Close connections."""
        await self._client.aclose()
