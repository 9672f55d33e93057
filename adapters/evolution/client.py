"""Our calls to the provider's server, with a deadline and errors that say whether it may have acted."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import httpx
from httpx_aiohttp import AiohttpTransport

from adapters.contract.errors import (
    DeadlinePassed,
    GameNotFound,
    MalformedCall,
    OutcomeUnknown,
    ProviderRefused,
    ProviderUnavailable,
)
from adapters.contract.json_text import JsonObject, objects_of, read_object, write_json

REPLY_BYTES_MAX = 4 * 1024 * 1024
NO_TABLE = "G.9"
TransportFactory = Callable[[], httpx.AsyncBaseTransport]


class ProviderClient:
    """POSTs JSON below one base address; the secret is in the path. The pool is made at the first call."""

    def __init__(self, base_url: str, timeout_ms: int, transport: TransportFactory = AiohttpTransport) -> None:
        self._base_url = base_url.rstrip("/")
        self._timeout_s = timeout_ms / 1000
        self._transport = transport
        self._client: httpx.AsyncClient | None = None

    async def post(self, path: str, body: JsonObject) -> JsonObject:
        """Send ``body`` and return the answer; raises ``AdapterError`` by what the provider may have done."""
        status, answer = await self._exchange(path, write_json(body), {"content-type": "application/json"})
        if status >= 500:
            raise OutcomeUnknown(f"the provider answered {status}", http_status=str(status))
        if not 200 <= status < 300:
            raise _refusal(status, answer)
        source = _read_answer(answer)
        if source.get("errors"):
            raise _refusal(status, answer)
        return source

    async def aclose(self) -> None:
        """Close the pool; idempotent."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _exchange(self, path: str, raw: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        if self._client is None:
            self._client = httpx.AsyncClient(transport=self._transport(), timeout=self._timeout_s)
        try:
            async with asyncio.timeout(self._timeout_s):
                request = self._client.build_request("POST", f"{self._base_url}{path}", content=raw, headers=headers)
                reply = await self._client.send(request, stream=True)
                try:
                    return reply.status_code, await _read_capped(reply)
                finally:
                    await reply.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            raise ProviderUnavailable("the provider could not be reached") from error
        except (TimeoutError, httpx.TimeoutException) as error:
            raise DeadlinePassed("the provider did not answer in time") from error
        except httpx.HTTPError as error:
            raise OutcomeUnknown("the connection to the provider broke") from error


async def _read_capped(reply: httpx.Response) -> bytes:
    chunks = bytearray()
    async for chunk in reply.aiter_bytes():
        chunks += chunk
        if len(chunks) > REPLY_BYTES_MAX:
            raise OutcomeUnknown("the provider's answer is too long")
    return bytes(chunks)


def _read_answer(answer: bytes) -> JsonObject:
    try:
        return read_object(answer, REPLY_BYTES_MAX)
    except MalformedCall as error:
        raise OutcomeUnknown("the provider's answer is no JSON object") from error


def _refusal(status: int, answer: bytes) -> ProviderRefused | GameNotFound:
    try:
        listed = objects_of(read_object(answer, REPLY_BYTES_MAX), "errors", 100)
    except MalformedCall:
        listed = []
    first = listed[0] if listed else {}
    code = str(first.get("code", status))
    message = str(first.get("message") or f"the provider answered {status}")[:200]
    if code == NO_TABLE:
        return GameNotFound(message, field="game_id", provider_code=code)
    return ProviderRefused(message, provider_code=code)


Field = TypeVar("Field")


def answer_field(read: Callable[[], Field]) -> Field:
    """Return what ``read`` takes from an answer; what is missing there makes the outcome unknown."""
    try:
        return read()
    except MalformedCall as error:
        raise OutcomeUnknown("the provider's answer breaks the protocol", **error.facts) from error
