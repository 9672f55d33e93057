"""Our calls to the supplier: signed, with a deadline, and with errors that say whether it may have acted."""

import asyncio
from collections.abc import Callable

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
from adapters.contract.json_text import JsonObject, write_json
from adapters.hub88.answers import read_json
from adapters.hub88.signing import sign

REPLY_BYTES_MAX = 16 * 1024 * 1024
"""A full game list is more than one megabyte."""
TransportFactory = Callable[[], httpx.AsyncBaseTransport]


class SupplierClient:
    """POSTs signed JSON below one base address. The connection pool is made at the first call."""

    def __init__(
        self, base_url: str, signature_header: str, timeout_ms: int, transport: TransportFactory = AiohttpTransport
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._signature_header = signature_header
        self._timeout_s = timeout_ms / 1000
        self._transport = transport
        self._client: httpx.AsyncClient | None = None

    async def post(self, path: str, body: JsonObject, private_key: str) -> object:
        """Send ``body`` and return the answer; raises ``AdapterError`` by what the supplier may have done."""
        raw = write_json(body)
        headers = {"content-type": "application/json", self._signature_header: sign(private_key.encode(), raw)}
        status, answer = await self._exchange(path, raw, headers)
        if status == 200:
            return _answer(answer)
        if status == 429:
            raise ProviderUnavailable("the supplier wants fewer calls", http_status="429")
        if status >= 500:
            raise OutcomeUnknown(f"the supplier answered {status}", http_status=str(status))
        raise _refusal(status, answer)

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
            raise ProviderUnavailable("the supplier could not be reached") from error
        except (TimeoutError, httpx.TimeoutException) as error:
            raise DeadlinePassed("the supplier did not answer in time") from error
        except httpx.HTTPError as error:
            raise OutcomeUnknown("the connection to the supplier broke") from error


async def _read_capped(reply: httpx.Response) -> bytes:
    chunks = bytearray()
    async for chunk in reply.aiter_bytes():
        chunks += chunk
        if len(chunks) > REPLY_BYTES_MAX:
            raise OutcomeUnknown("the supplier's answer is too long")
    return bytes(chunks)


def _answer(answer: bytes) -> object:
    try:
        return read_json(answer)
    except MalformedCall as error:
        raise OutcomeUnknown("the supplier's answer is not JSON") from error


def _refusal(status: int, answer: bytes) -> ProviderRefused | GameNotFound:
    try:
        source = read_json(answer)
    except MalformedCall:
        source = {}
    fields = source if isinstance(source, dict) else {}
    code = str(fields.get("code") or fields.get("status") or status)[:64]
    message = str(fields.get("message") or fields.get("error") or f"the supplier answered {status}")[:200]
    if code == "RS_ERROR_INVALID_GAME":
        return GameNotFound(message, field="game_id", provider_code=code)
    return ProviderRefused(message, provider_code=code)
