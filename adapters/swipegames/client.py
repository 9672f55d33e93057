"""Our calls to the provider's core API: signed canonically, with a deadline and errors that say whether it acted."""

import asyncio
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

import httpx
from httpx_aiohttp import AiohttpTransport

from adapters.contract.errors import (
    DeadlinePassed,
    GameNotFound,
    MalformedCall,
    OutcomeUnknown,
    ProviderRefused,
    ProviderUnavailable,
    RoundConflict,
)
from adapters.contract.json_text import JsonObject
from adapters.swipegames.answers import read_json
from adapters.swipegames.signing import SIGNATURE_HEADER, canonical, sign, sign_query
from adapters.swipegames.wire import read_error

REPLY_BYTES_MAX = 16 * 1024 * 1024
TransportFactory = Callable[[], httpx.AsyncBaseTransport]


class CoreClient:
    """Calls below one base address. The connection pool is made at the first call."""

    def __init__(self, base_url: str, timeout_ms: int, transport: TransportFactory = AiohttpTransport) -> None:
        self._base_url = base_url.rstrip("/")
        self._timeout_ms = timeout_ms
        self._transport = transport
        self._client: httpx.AsyncClient | None = None

    async def send(self, verb: str, path: str, body: JsonObject, api_key: str) -> object:
        """Send a signed body and return the answer; raises ``AdapterError``."""
        raw = canonical(body)
        headers = {"content-type": "application/json", SIGNATURE_HEADER: sign(api_key.encode(), raw)}
        return await self._answer(verb, path, raw, headers, self._timeout_ms)

    async def get(self, path: str, query: Mapping[str, str], api_key: str, timeout_ms: int) -> object:
        """Send a signed question and return the answer; raises ``AdapterError``."""
        headers = {SIGNATURE_HEADER: sign_query(api_key.encode(), query)}
        return await self._answer("GET", f"{path}?{urlencode(query)}", b"", headers, timeout_ms)

    async def aclose(self) -> None:
        """Close the pool; idempotent."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _answer(self, verb: str, path: str, raw: bytes, headers: dict[str, str], timeout_ms: int) -> object:
        status, answer = await self._exchange(verb, path, raw, headers, timeout_ms / 1000)
        if 200 <= status < 300:
            try:
                return read_json(answer) if answer.strip() else {}
            except MalformedCall as error:
                raise OutcomeUnknown("the provider's answer is not JSON") from error
        if status == 429:
            raise ProviderUnavailable("the provider wants fewer calls", http_status="429")
        if status >= 500:
            raise OutcomeUnknown(f"the provider answered {status}", http_status=str(status))
        raise _refusal(status, answer)

    async def _exchange(
        self, verb: str, path: str, raw: bytes, headers: dict[str, str], timeout_s: float
    ) -> tuple[int, bytes]:
        if self._client is None:
            self._client = httpx.AsyncClient(transport=self._transport())
        try:
            async with asyncio.timeout(timeout_s):
                url = f"{self._base_url}{path}"
                request = self._client.build_request(verb, url, content=raw, headers=headers, timeout=timeout_s)
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


def _refusal(status: int, answer: bytes) -> ProviderRefused | GameNotFound | RoundConflict:
    try:
        error = read_error(answer)
    except MalformedCall:
        return ProviderRefused(f"the provider answered {status}", provider_code=str(status))
    if error.code == "game_not_found":
        return GameNotFound(error.message[:200], field="game_id", provider_code=error.code)
    if status == 409:
        return RoundConflict(error.message[:200], provider_code=error.code or "409")
    return ProviderRefused(error.message[:200], provider_code=error.code or str(status))
