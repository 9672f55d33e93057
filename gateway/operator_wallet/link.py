"""The line to an operator's wallet: HTTP, and what may go wrong on it."""

from dataclasses import dataclass
from typing import Protocol

import httpx

from adapters.contract.operator_wallet import OperatorCall
from adapters.http.transport import CertainTransport

BODY_BYTES_MAX = 256 * 1024


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
        self._client = httpx.AsyncClient(transport=transport or CertainTransport())

    async def send(self, call: OperatorCall, timeout_ms: int) -> LinkReply:
        """Send once, within ``timeout_ms``."""
        try:
            async with self._client.stream(
                call.method,
                self._base_url + call.path,
                content=call.body,
                headers=list(call.headers),
                timeout=timeout_ms / 1000,
            ) as answer:
                return LinkReply(answer.status_code, await _body(answer))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            raise LinkFailed(type(error).__name__, sent=False) from error
        except httpx.HTTPError as error:
            raise LinkFailed(type(error).__name__, sent=True) from error

    async def aclose(self) -> None:
        """Close connections."""
        await self._client.aclose()


async def _body(answer: httpx.Response) -> bytes:
    """Read an answer's body; raises ``LinkFailed`` as soon as it is larger than any answer."""
    body = bytearray()
    async for chunk in answer.aiter_bytes():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise LinkFailed("AnswerTooLarge", sent=True)
    return bytes(body)
