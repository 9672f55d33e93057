"""Our calls to the provider's core API: canonical JSON or a query, each signed."""

from collections.abc import Mapping
from urllib.parse import urlencode

from adapters.contract.errors import GameNotFound, MalformedCall, ProviderRefused, RoundConflict
from adapters.contract.json_text import JsonObject
from adapters.http.client import JSON_TYPE, HttpAnswer, HttpClient
from adapters.swipegames.signing import SIGNATURE_HEADER, canonical, sign, sign_query
from adapters.swipegames.wire import read_error


class CoreClient(HttpClient):
    """Calls below one base address."""

    async def send_json(self, verb: str, path: str, body: JsonObject, api_key: str) -> object:
        """Send a signed body and return the answer; raises ``AdapterError``."""
        raw = canonical(body)
        headers = {"content-type": JSON_TYPE, SIGNATURE_HEADER: sign(api_key.encode(), raw)}
        return _read(await self.send(verb, path, raw, headers))

    async def get(self, path: str, query: Mapping[str, str], api_key: str, timeout_ms: int) -> object:
        """Send a signed question and return the answer; raises ``AdapterError``."""
        headers = {SIGNATURE_HEADER: sign_query(api_key.encode(), query)}
        return _read(await self.send("GET", f"{path}?{urlencode(query)}", b"", headers, timeout_ms))


def _read(answer: HttpAnswer) -> object:
    if not answer.done:
        raise _refusal(answer)
    return answer.json() if answer.body.strip() else {}


def _refusal(answer: HttpAnswer) -> ProviderRefused | GameNotFound | RoundConflict:
    status = answer.status
    try:
        error = read_error(answer.body)
    except MalformedCall:
        return ProviderRefused(f"the provider answered {status}", provider_code=str(status))
    if error.code == "game_not_found":
        return GameNotFound(error.message[:200], field="game_id", provider_code=error.code)
    if status == 409:
        return RoundConflict(error.message[:200], provider_code=error.code or "409")
    return ProviderRefused(error.message[:200], provider_code=error.code or str(status))
