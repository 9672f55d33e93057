"""Our calls to the provider's server: JSON; the secret is in the path."""

from adapters.contract.errors import GameNotFound, MalformedCall, ProviderRefused
from adapters.contract.json_text import JsonObject, objects_of, write_json
from adapters.http.client import HttpAnswer, HttpClient

NO_TABLE = "G.9"


class ProviderClient(HttpClient):
    """POSTs JSON below one base address."""

    async def post(self, path: str, body: JsonObject) -> JsonObject:
        """Send ``body`` and return the answer; raises ``AdapterError`` by what the provider may have done."""
        answer = await self.post_json(path, write_json(body))
        if not answer.done:
            raise _refusal(answer)
        source = answer.json_object()
        if source.get("errors"):
            raise _refusal(answer)
        return source


def _refusal(answer: HttpAnswer) -> ProviderRefused | GameNotFound:
    try:
        listed = objects_of(answer.words(), "errors", 100)
    except MalformedCall:
        listed = []
    first = listed[0] if listed else {}
    code = str(first.get("code", answer.status))
    message = str(first.get("message") or f"the provider answered {answer.status}")[:200]
    if code == NO_TABLE:
        return GameNotFound(message, field="game_id", provider_code=code)
    return ProviderRefused(message, provider_code=code)
