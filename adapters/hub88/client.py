"""Our calls to the supplier: JSON, signed over its bytes."""

from adapters.contract.errors import GameNotFound, ProviderRefused
from adapters.contract.json_text import JsonObject, write_json
from adapters.http.client import HttpAnswer, HttpClient, TransportFactory
from adapters.hub88.signing import sign


class SupplierClient(HttpClient):
    """POSTs signed JSON below one base address."""

    def __init__(
        self, base_url: str, signature_header: str, timeout_ms: int, transport: TransportFactory | None = None
    ) -> None:
        super().__init__(base_url, timeout_ms, transport)
        self._signature_header = signature_header

    async def post(self, path: str, body: JsonObject, private_key: str) -> object:
        """Send ``body`` and return the answer; raises ``AdapterError`` by what the supplier may have done."""
        raw = write_json(body)
        answer = await self.post_json(path, raw, {self._signature_header: sign(private_key.encode(), raw)})
        if not answer.done:
            raise _refusal(answer)
        return answer.json()


def _refusal(answer: HttpAnswer) -> ProviderRefused | GameNotFound:
    words = answer.words()
    code = str(words.get("code") or words.get("status") or answer.status)[:64]
    message = str(words.get("message") or words.get("error") or f"the supplier answered {answer.status}")[:200]
    if code == "RS_ERROR_INVALID_GAME":
        return GameNotFound(message, field="game_id", provider_code=code)
    return ProviderRefused(message, provider_code=code)
