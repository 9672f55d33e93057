"""Our calls to the provider's server: JSON, signed over its bytes. Both versions of the protocol share it."""

from adapters.contract.errors import GameNotFound, ProviderRefused
from adapters.contract.json_text import JsonObject, write_json
from adapters.http.client import HttpAnswer, HttpClient
from adapters.softswiss.signing import SIGNATURE_HEADER, sign

_NO_GAME = ("107", "405")


class ProviderClient(HttpClient):
    """POSTs signed JSON below one base address."""

    async def post(self, path: str, body: JsonObject, secret: bytes) -> JsonObject:
        """Send ``body`` and return the answer; raises ``AdapterError`` by what the provider may have done."""
        raw = write_json(body)
        answer = await self.post_json(path, raw, {SIGNATURE_HEADER: sign(secret, raw)})
        if not answer.done:
            raise _refusal(answer)
        return answer.json_object() if answer.body.strip() else {}


def _refusal(answer: HttpAnswer) -> ProviderRefused | GameNotFound:
    words = answer.words()
    meta = words.get("meta")
    code = str(meta.get("api_code", "") if isinstance(meta, dict) else words.get("code", ""))
    message = str(words.get("message") or words.get("msg") or f"the provider answered {answer.status}")[:200]
    if code in _NO_GAME:
        return GameNotFound(message, field="game_id", provider_code=code)
    return ProviderRefused(message, provider_code=code or str(answer.status))
