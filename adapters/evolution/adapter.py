"""Evolution OneWallet: ``create_adapter`` makes the adapter of one mount."""

from collections.abc import Mapping
from urllib.parse import quote

from adapters.contract.errors import CapabilityNotSupported
from adapters.contract.games import Game, Page, PageRequest
from adapters.contract.ids import AdapterId, GameId, ProviderId
from adapters.contract.json_text import JsonObject, text_of
from adapters.contract.manifest import Capability, Manifest, Readiness, SettlementMode
from adapters.contract.references import session_ref
from adapters.contract.rounds import Session
from adapters.evolution.callbacks import OneWalletCallbacks
from adapters.evolution.client import ProviderClient
from adapters.evolution.config import BrandConfig, EvolutionConfig, TableConfig
from adapters.http.client import TransportFactory, answer_field

ADAPTER_VERSION = "1.0"
CAPABILITIES = frozenset({Capability.LAUNCH, Capability.WALLET_CALLS})


def create_adapter(config: Mapping[str, object], transport: TransportFactory | None = None) -> "EvolutionAdapter":
    """Make the adapter of one mount from its part of the configuration; opens no connection."""
    return EvolutionAdapter(EvolutionConfig.model_validate(config), transport)


class EvolutionAdapter(OneWalletCallbacks):
    """Both sides: our calls to the provider here, its calls to us in ``OneWalletCallbacks``."""

    def __init__(self, config: EvolutionConfig, transport: TransportFactory | None = None) -> None:
        super().__init__(config)
        self._client = ProviderClient(config.base_url, config.timeout_ms, transport)

    async def describe(self) -> Manifest:
        """Return the manifest."""
        config = self._config
        return Manifest(
            adapter_id=AdapterId(config.adapter_id),
            provider_id=ProviderId(config.provider_id),
            display_name="Evolution OneWallet",
            adapter_version=ADAPTER_VERSION,
            capabilities=CAPABILITIES,
            settlement_mode=SettlementMode.PROVIDER_DRIVEN,
            callback_timeout_ms=config.callback_timeout_ms,
        )

    async def probe(self) -> Readiness:
        """Say READY: the protocol has no question for the provider's health."""
        return Readiness.READY

    async def list_games(self, page: PageRequest) -> Page[Game]:
        """Return one page of the configured tables: the protocol has no call for them."""
        return self._config.page(page)

    async def aclose(self) -> None:
        """Close connections."""
        await self._client.aclose()

    async def launch_url(self, session: Session, game_id: GameId) -> str:
        """Authenticate the player for a table (``/ua/v1``) and return the entry."""
        if session.demo:
            raise CapabilityNotSupported("live tables have no demo")
        brand, table = self._config.brand(session.brand_id), self._config.table(game_id)
        path = f"/ua/v1/{quote(brand.casino_key, safe='')}/{quote(brand.api_token, safe='')}"
        answer = await self._client.post(path, _launch_body(brand, table, session))
        entry = answer_field(lambda: text_of(answer, "entry"))
        return entry if "://" in entry else f"{self._config.base_url.rstrip('/')}/{entry.lstrip('/')}"


def _launch_body(brand: BrandConfig, table: TableConfig, session: Session) -> JsonObject:
    sid = session_ref(session.token, session.currency_code)
    urls = {"cashier": session.deposit_url, "lobby": session.lobby_url}
    return {
        "uuid": session.session_id,
        "player": {
            "id": session.player_id,
            "update": True,
            "nickname": session.player_id,
            "country": session.country_code,
            "language": session.language_code,
            "currency": session.currency_code,
            "session": {"id": sid, "ip": session.ip_address},
            **({"group": {"id": brand.group_id, "action": "assign"}} if brand.group_id else {}),
        },
        "config": {
            "brand": {"id": session.brand_id, "skin": brand.skin},
            "game": {"category": table.category, "playMode": "real_money", "table": {"id": table.table_id}},
            "channel": {"wrapped": False, "mobile": session.platform == "mobile"},
            "urls": {name: url for name, url in urls.items() if url},
        },
    }
