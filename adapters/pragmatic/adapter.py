"""Pragmatic Play seamless: ``create_adapter`` makes the adapter of one mount."""

from collections.abc import Mapping

from adapters.contract.amounts import decimal_from_micros
from adapters.contract.errors import InvalidCall, MalformedCall, OutcomeUnknown, ProviderRefused
from adapters.contract.free_rounds import FreeRoundsGrant, GrantReport, GrantStatus
from adapters.contract.game_shelf import GameShelf
from adapters.contract.games import Game, GameType, Page, PageRequest
from adapters.contract.granting import GrantMemory
from adapters.contract.ids import AdapterId, BrandId, GameId, GrantId, PlayerId, ProviderId, RoundId
from adapters.contract.json_text import JsonObject, objects_of, optional_text_of, text_of
from adapters.contract.manifest import Capability, Manifest, Readiness, SettlementMode
from adapters.contract.references import account_ref, grant_ref, read_grant_ref, session_ref
from adapters.contract.rounds import RoundDetails, RoundDetailsRequest, Session
from adapters.http.client import TransportFactory, answer_field
from adapters.pragmatic.callbacks import PragmaticCallbacks
from adapters.pragmatic.client import ProviderClient
from adapters.pragmatic.config import PragmaticConfig

ADAPTER_VERSION = "1.0"
CAPABILITIES = frozenset(
    {Capability.LAUNCH, Capability.DEMO, Capability.WALLET_CALLS, Capability.FREE_ROUNDS, Capability.ROUND_DETAILS}
)  # fmt: skip
GAMES_MAX = 20_000
_GAME_API = "/IntegrationService/v3/http/CasinoGameAPI"
_BONUS_API = "/IntegrationService/v3/http/FreeRoundsBonusAPI/v2"
_HISTORY_API = "/IntegrationService/v3/http/HistoryAPI"
_OPTIONS = "GetFrbDetails,GetLines,GetDataTypes,GetFeatures,GetFcDetails,GetStudio"
_TYPES = {"vs": GameType.SLOT, "lg": GameType.LIVE, "rgs-vsb": GameType.TABLE, "cs": GameType.SLOT}
_NO_BONUS = frozenset({"17", "21"})


def create_adapter(config: Mapping[str, object], transport: TransportFactory | None = None) -> "PragmaticAdapter":
    """Make the adapter of one mount from its part of the configuration; opens no connection."""
    return PragmaticAdapter(PragmaticConfig.model_validate(config), transport)


class PragmaticAdapter(PragmaticCallbacks):
    """Both sides: our calls to the provider here, its calls to us in ``PragmaticCallbacks``."""

    def __init__(self, config: PragmaticConfig, transport: TransportFactory | None = None) -> None:
        super().__init__(config)
        self._client = ProviderClient(config.base_url, config.timeout_ms, config.hash_variant, transport)
        self._grants = GrantMemory()
        self._shelf = GameShelf()

    async def describe(self) -> Manifest:
        """Return the manifest."""
        config = self._config
        return Manifest(
            adapter_id=AdapterId(config.adapter_id),
            provider_id=ProviderId(config.provider_id),
            display_name="Pragmatic Play",
            adapter_version=ADAPTER_VERSION,
            capabilities=CAPABILITIES,
            settlement_mode=SettlementMode.PROVIDER_DRIVEN,
            callback_timeout_ms=config.callback_timeout_ms,
        )

    async def probe(self) -> Readiness:
        """Say READY: the protocol has no question for the provider's health."""
        return Readiness.READY

    async def list_games(self, page: PageRequest) -> Page[Game]:
        """Return one page of ``getCasinoGames``, by id; the first brand's list stands for all."""
        if not self._config.brands:
            return Page(())
        brand = next(iter(self._config.brands.values()))
        form = {"secureLogin": brand.secure_login, "options": _OPTIONS}
        answer = await self._client.post(f"{_GAME_API}/getCasinoGames/", form, brand.secret.encode())
        listed = answer_field(lambda: [_game(item) for item in objects_of(answer, "gameList", GAMES_MAX)])
        listed.sort(key=lambda game: game.game_id)
        return self._shelf.page(listed, page)

    async def aclose(self) -> None:
        """Close connections."""
        await self._client.aclose()

    async def launch_url(self, session: Session, game_id: GameId) -> str:
        """Ask for the game's address (``game/url``), real or demo."""
        if not game_id:
            raise InvalidCall("a game is needed", field="game_id")
        brand = self._config.brand(session.brand_id)
        form = {
            "secureLogin": brand.secure_login,
            "symbol": game_id,
            "language": session.language_code,
            "currency": session.currency_code,
            "platform": "MOBILE" if session.platform == "mobile" else "WEB",
            "playMode": "DEMO" if session.demo else "REAL",
            "lobbyUrl": session.lobby_url,
            "cashierUrl": session.deposit_url,
            **({} if session.demo else _player_fields(session)),
        }
        sent = {name: text for name, text in form.items() if text}
        answer = await self._client.post(f"{_GAME_API}/game/url/", sent, brand.secret.encode())
        return answer_field(lambda: text_of(answer, "gameURL"))

    async def grant_free_rounds(self, grant: FreeRoundsGrant) -> GrantReport:
        """Make a bonus for one player (``bonus/player/create``), idempotent by its code."""
        brand = self._config.brand(grant.brand_id)
        self._grants.accept(grant)
        bonus_code = grant_ref(grant.player_id, grant.currency_code, grant.grant_id)
        query = {
            "secureLogin": brand.secure_login,
            "bonusCode": bonus_code,
            "playerId": account_ref(grant.player_id, grant.currency_code),
            "currency": grant.currency_code,
            "rounds": str(grant.count),
            "startDate": str(grant.valid_from_ms // 1000),
            "expirationDate": str(grant.valid_until_ms // 1000),
        }
        stake = {"currency": grant.currency_code, "totalBet": decimal_from_micros(grant.stake_micros)}
        body: JsonObject = {"gameList": [{"gameId": game_id, "betValues": [stake]} for game_id in grant.game_ids]}
        await self._client.post_with_query(f"{_BONUS_API}/bonus/player/create", query, body, brand.secret.encode())
        report = GrantReport(grant.grant_id, GrantStatus.ACTIVE, provider_grant_id=bonus_code)
        return self._grants.keep(grant, report)

    async def cancel_free_rounds(self, brand_id: BrandId, grant_id: GrantId) -> GrantReport:
        """Cancel a bonus by our id of it (while we remember it) or by its ``provider_grant_id``; idempotent."""
        brand = self._config.brand(brand_id)
        bonus_code = self._grants.provider_id(brand_id, grant_id)
        form = {"secureLogin": brand.secure_login, "bonusCode": bonus_code}
        try:
            await self._client.post(f"{_BONUS_API}/bonus/cancel/", form, brand.secret.encode())
        except ProviderRefused as refusal:
            if refusal.facts.get("provider_code") not in _NO_BONUS:
                raise
            return GrantReport(grant_id, GrantStatus.NOT_FOUND)
        return GrantReport(grant_id, GrantStatus.CANCELLED, provider_grant_id=bonus_code)

    async def get_free_rounds(self, brand_id: BrandId, grant_id: GrantId) -> GrantReport:
        """Find a bonus among its player's (``getPlayersFRB``), whom its code names."""
        brand = self._config.brand(brand_id)
        bonus_code = self._grants.provider_id(brand_id, grant_id)
        try:
            player_id, currency_code, _ = read_grant_ref(bonus_code, "grant_id")
        except MalformedCall:
            return GrantReport(grant_id, GrantStatus.NOT_FOUND)
        form = {"secureLogin": brand.secure_login, "playerId": account_ref(player_id, currency_code)}
        answer = await self._client.post(f"{_BONUS_API}/getPlayersFRB/", form, brand.secret.encode())
        bonuses = answer_field(lambda: objects_of(answer, "bonuses", GAMES_MAX))
        found = next((item for item in bonuses if item.get("bonusCode") == bonus_code), None)
        if found is None:
            return GrantReport(grant_id, GrantStatus.NOT_FOUND)
        return GrantReport(grant_id, *_progress(found), provider_grant_id=bonus_code)

    async def round_details(self, request: RoundDetailsRequest) -> RoundDetails:
        """Return the provider's page about a round."""
        player_id = PlayerId(account_ref(request.player_id, request.currency_code))
        return RoundDetails(await self.round_details_url(request.brand_id, player_id, request.round_id))

    async def round_details_url(self, brand_id: BrandId, player_id: PlayerId, round_id: RoundId) -> str:
        """Return the page on which the provider shows a round (``OpenHistory``); the player is an account of ours."""
        brand = self._config.brand(brand_id)
        form = {"secureLogin": brand.secure_login, "playerId": player_id, "roundId": round_id}
        answer = await self._client.post(f"{_HISTORY_API}/OpenHistory/", form, brand.secret.encode())
        return answer_field(lambda: text_of(answer, "url"))


def _player_fields(session: Session) -> dict[str, str]:
    account = account_ref(session.player_id, session.currency_code)
    return {"token": session_ref(session.token, account), "externalPlayerId": account}


def _progress(item: JsonObject) -> tuple[GrantStatus, int]:
    count, played = item.get("rounds"), item.get("roundsPlayed")
    if type(count) is not int or type(played) is not int:
        raise OutcomeUnknown("the provider's answer breaks the protocol", field="rounds")
    return (GrantStatus.FINISHED if played >= count else GrantStatus.ACTIVE), played


def _game(item: JsonObject) -> Game:
    lines = item.get("lines")
    return Game(
        game_id=GameId(text_of(item, "gameID")),
        display_name=text_of(item, "gameName"),
        studio=optional_text_of(item, "studio") or "Pragmatic Play",
        game_type=_TYPES.get(optional_text_of(item, "gameTypeID"), GameType.OTHER),
        line_count=lines if isinstance(lines, int) and not isinstance(lines, bool) else 0,
        demo=item.get("demoGameAvailable") is True,
        free_rounds=item.get("frbAvailable") is True,
        features=frozenset(map(str, features)) if isinstance(features := item.get("features"), list) else frozenset(),
    )
