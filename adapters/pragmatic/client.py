"""Our calls to the provider's server: hashed forms, answered by JSON whose ``error`` says what happened."""

from collections.abc import Mapping

from adapters.contract.errors import GameNotFound, OutcomeUnknown, ProviderRefused
from adapters.contract.json_text import JsonObject, write_json
from adapters.http.client import HttpAnswer, HttpClient, TransportFactory
from adapters.pragmatic.hashing import FORM_TYPE, HashVariant, write_form

_INTERNAL = ("", "1", "100")
_NO_GAME = "8"


class ProviderClient(HttpClient):
    """POSTs below one base address."""

    def __init__(
        self, base_url: str, timeout_ms: int, variant: HashVariant, transport: TransportFactory | None = None
    ) -> None:
        super().__init__(base_url, timeout_ms, transport)
        self._variant = variant

    async def post(self, path: str, form: Mapping[str, str], secret: bytes) -> JsonObject:
        """Send a hashed form and return the answer; raises ``AdapterError`` by what the provider may have done."""
        raw = write_form(form, secret, self._variant)
        return _read(await self.send("POST", path, raw, {"content-type": FORM_TYPE}))

    async def post_with_query(self, path: str, query: Mapping[str, str], body: JsonObject, secret: bytes) -> JsonObject:
        """Send a JSON body under a hashed query, as the free rounds API wants it."""
        hashed = write_form(query, secret, self._variant).decode()
        return _read(await self.post_json(f"{path}?{hashed}", write_json(body)))


def _read(answer: HttpAnswer) -> JsonObject:
    if not answer.done:
        raise ProviderRefused(f"the provider answered {answer.status}", provider_code=str(answer.status))
    source = answer.json_object()
    code = str(source.get("error", ""))
    description = str(source.get("description", ""))[:200] or f"the provider answered {code}"
    if code in _INTERNAL:
        raise OutcomeUnknown(description, provider_code=code)
    if code == _NO_GAME:
        raise GameNotFound(description, field="game_id", provider_code=code)
    if code != "0":
        raise ProviderRefused(description, provider_code=code)
    return source
