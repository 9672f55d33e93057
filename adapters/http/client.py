"""Our calls to a provider's server over HTTP: a deadline in all, a capped answer, errors that say whether it acted.

What a protocol adds stays in its own ``client.py``: how a call is signed, and how a refusal reads.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import httpx

from adapters.contract.errors import DeadlinePassed, MalformedCall, OutcomeUnknown, ProviderUnavailable
from adapters.contract.json_text import JsonObject, read_any, read_object
from adapters.http.transport import CertainTransport

ANSWER_BYTES_MAX = 16 * 1024 * 1024
"""A full game list is more than one megabyte."""
TOO_MANY_REQUESTS = 429
JSON_TYPE = "application/json"
TransportFactory = Callable[[], httpx.AsyncBaseTransport]
Field = TypeVar("Field")


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer whose status says that the provider has understood the call: done, or refused."""

    status: int
    body: bytes

    @property
    def done(self) -> bool:
        """Say whether the status is one of success."""
        return 200 <= self.status < 300

    def json(self) -> object:
        """Return the body as any JSON; nonsense makes the outcome unknown."""
        return answer_field(lambda: read_any(self.body, ANSWER_BYTES_MAX))

    def json_object(self) -> JsonObject:
        """Return the body as a JSON object; anything else makes the outcome unknown."""
        return answer_field(lambda: read_object(self.body, ANSWER_BYTES_MAX))

    def words(self) -> JsonObject:
        """Return what a refusal says, as far as it is a JSON object: a refusal without words is still one."""
        try:
            return read_object(self.body, ANSWER_BYTES_MAX)
        except MalformedCall:
            return {}


class HttpClient:
    """Calls below one base address. The connection pool is made at the first call."""

    def __init__(self, base_url: str, timeout_ms: int, transport: TransportFactory | None = None) -> None:
        self._base_url = base_url.rstrip("/")
        self._timeout_ms = timeout_ms
        self._transport = transport or CertainTransport
        self._client: httpx.AsyncClient | None = None

    async def send(
        self, verb: str, path: str, body: bytes, headers: Mapping[str, str], timeout_ms: int = 0
    ) -> HttpAnswer:
        """Send once and return the answer; raises ``AdapterError`` by what the provider may have done."""
        answer = await self._exchange(verb, path, body, headers, (timeout_ms or self._timeout_ms) / 1000)
        if answer.status == TOO_MANY_REQUESTS:
            raise ProviderUnavailable("the provider wants fewer calls", http_status=str(answer.status))
        if answer.status >= 500:
            raise OutcomeUnknown(f"the provider answered {answer.status}", http_status=str(answer.status))
        return answer

    async def post_json(self, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> HttpAnswer:
        """Send a JSON body; see ``send``."""
        return await self.send("POST", path, body, {"content-type": JSON_TYPE, **(headers or {})})

    async def aclose(self) -> None:
        """Close the pool; idempotent."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _exchange(
        self, verb: str, path: str, body: bytes, headers: Mapping[str, str], timeout_s: float
    ) -> HttpAnswer:
        if self._client is None:
            self._client = httpx.AsyncClient(transport=self._transport())
        url = f"{self._base_url}{path}"
        try:
            async with asyncio.timeout(timeout_s):
                request = self._client.build_request(verb, url, content=body, headers=headers, timeout=timeout_s)
                reply = await self._client.send(request, stream=True)
                try:
                    return HttpAnswer(reply.status_code, await _read_capped(reply))
                finally:
                    await reply.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            raise ProviderUnavailable("the provider could not be reached") from error
        except (TimeoutError, httpx.TimeoutException) as error:
            raise DeadlinePassed("the provider did not answer in time") from error
        except httpx.HTTPError as error:
            raise OutcomeUnknown("the connection to the provider broke") from error


def answer_field(read: Callable[[], Field]) -> Field:
    """Return what ``read`` takes from an answer; what is missing there makes the outcome unknown."""
    try:
        return read()
    except MalformedCall as error:
        raise OutcomeUnknown("the provider's answer breaks the protocol", **error.facts) from error


async def _read_capped(reply: httpx.Response) -> bytes:
    chunks = bytearray()
    async for chunk in reply.aiter_bytes():
        chunks += chunk
        if len(chunks) > ANSWER_BYTES_MAX:
            raise OutcomeUnknown("the provider's answer is too long")
    return bytes(chunks)
