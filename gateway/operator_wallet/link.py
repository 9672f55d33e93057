"""The line to an operator's wallet: HTTP, and what may go wrong on it."""

from dataclasses import dataclass
from typing import Protocol

import httpx
from httpx_aiohttp import AiohttpTransport

from adapters.contract.operator_wallet import OperatorCall


class LinkFailed(Exception):
    """No answer came. ``sent`` is false when the request certainly did not leave."""

    def __init__(self, problem: str, *, sent: bool) -> None:
        super().__init__(problem)
        self.problem = problem
        self.sent = sent


@dataclass(frozen=True, slots=True)
class LinkReply:
    """One HTTP answer."""

    status: int
    body: bytes


class OperatorLink(Protocol):
    """Carries one request to the operator; raises ``LinkFailed``."""

    async def send(self, call: OperatorCall, timeout_ms: int) -> LinkReply:
        """Send once."""
        ...

    async def aclose(self) -> None:
        """Close connections."""
        ...


class HttpLink:
    """Over HTTP, with the connections kept open."""

    def __init__(self, base_url: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._base_url = base_url.rstrip("/")
        self._client = httpx.AsyncClient(transport=transport or AiohttpTransport())

    async def send(self, call: OperatorCall, timeout_ms: int) -> LinkReply:
        """Send once, within ``timeout_ms``."""
        try:
            answer = await self._client.request(
                call.method,
                self._base_url + call.path,
                content=call.body,
                headers=list(call.headers),
                timeout=timeout_ms / 1000,
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            raise LinkFailed(type(error).__name__, sent=False) from error
        except httpx.HTTPError as error:
            raise LinkFailed(type(error).__name__, sent=True) from error
        return LinkReply(answer.status_code, answer.content)

    async def aclose(self) -> None:
        """Close connections."""
        await self._client.aclose()
