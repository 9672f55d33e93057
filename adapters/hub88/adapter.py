"""Hub88's generic protocol as an adapter: the supplier calls our wallet, we launch its games and give its free bets."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache

from adapters.contract.errors import InvalidCall, MalformedCall, SignatureRefused
from adapters.contract.free_rounds import FreeRoundsGrant, GrantReport, GrantStatus
from adapters.contract.game_shelf import GameShelf
from adapters.contract.games import Game, Page, PageRequest
from adapters.contract.granting import GrantMemory
from adapters.contract.ids import AdapterId, BrandId, GameId, GrantId, PlayerId, ProviderId, RoundId
from adapters.contract.json_text import JsonObject
from adapters.contract.manifest import Capability, Manifest, Readiness, SettlementMode
from adapters.contract.references import account_ref, session_ref, split_mount_path
from adapters.contract.rounds import RoundDetails, RoundDetailsRequest, Session
from adapters.contract.units import HUNDRED_THOUSANDTHS, AmountRefused
from adapters.contract.wallet_calls import (
    ActionKind,
    CallIdentity,
    Credential,
    RawCall,
    RawReply,
    WalletCall,
    WalletReply,
)
from adapters.http.client import TransportFactory
from adapters.hub88.answers import read_games, read_objects, read_reward, read_url
from adapters.hub88.client import SupplierClient
from adapters.hub88.codes import status_of_error
from adapters.hub88.config import BrandConfig, Hub88Config
from adapters.hub88.signing import check_signature
from adapters.hub88.translate import SENT_TIME_FACT, answer_of, wallet_call_of
from adapters.hub88.wire import (
    TIMESTAMP_HEADER,
    Method,
    WalletAnswer,
    method_of,
    read_request,
    request_uuid_in,
    write_answer,
)

ADAPTER_VERSION = "1.0.0"
_mounted = lru_cache(maxsize=1_024)(split_mount_path)
"""A brand's suppliers call the same few paths all day."""
CAPABILITIES = frozenset(
    {Capability.LAUNCH, Capability.DEMO, Capability.WALLET_CALLS, Capability.FREE_ROUNDS, Capability.ROUND_DETAILS}
)


class Hub88Adapter:
    """One mount; stateless but for its connection pool and the game list of the last minute."""

    def __init__(
        self,
        config: Hub88Config,
        client: SupplierClient,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config = config
        self._client = client
        self._monotonic = monotonic
        self._games: tuple[Game, ...] = ()
        self._shelf = GameShelf()
        self._games_until_s = float("-inf")
        self._grants = GrantMemory()

    async def describe(self) -> Manifest:
        """Return the manifest."""
        return Manifest(
            adapter_id=AdapterId(self._config.adapter_id),
            provider_id=ProviderId(self._config.provider_id),
            display_name=self._config.display_name,
            adapter_version=ADAPTER_VERSION,
            capabilities=CAPABILITIES,
            settlement_mode=SettlementMode.PROVIDER_DRIVEN,
            callback_timeout_ms=self._config.callback_timeout_ms,
        )

    async def probe(self) -> Readiness:
        """Say READY: the protocol has no call that asks for health without cost."""
        return Readiness.READY

    async def aclose(self) -> None:
        """Close connections."""
        await self._client.aclose()

    # operator side

    async def list_games(self, page: PageRequest) -> Page[Game]:
        """Return one page of the supplier's list, asked for at most once a minute."""
        return self._shelf.page(await self._all_games(), page)

    async def launch_url(self, session: Session, game_id: GameId) -> str:
        """Return the address of the game client; a demo session has no player, no token and no wallet calls."""
        brand = self._config.brand(session.brand_id)
        body: JsonObject = {
            "operator_id": brand.operator_id,
            "sub_partner_id": brand.sub_partner_id,
            "game_code": game_id,
            "country": session.country_code or self._config.country_default,
            "currency": self._config.demo_currency if session.demo else session.currency_code,
            "lang": session.language_code,
            "platform": "GPL_MOBILE" if session.platform == "mobile" else "GPL_DESKTOP",
            "lobby_url": session.lobby_url,
            "deposit_url": session.deposit_url,
            "ip": session.ip_address,
        }
        if not session.demo:
            body["user"] = session.player_id
            body["token"] = session_ref(session.token, account_ref(session.player_id, session.currency_code))
        filled: JsonObject = {name: value for name, value in body.items() if value != ""}
        return read_url(await self._post("/game/url", filled | {"lobby_url": session.lobby_url}, brand))

    async def round_details(self, request: RoundDetailsRequest) -> RoundDetails:
        """Return the provider's page about a round."""
        player_id = request.player_id
        return RoundDetails(await self.round_details_url(request.brand_id, player_id, request.round_id))

    async def round_details_url(self, brand_id: BrandId, player_id: PlayerId, round_id: RoundId) -> str:
        """Return the supplier's page about a round, by its own id; raises ``ProviderRefused`` for an unknown one."""
        brand = self._config.brand(brand_id)
        body = _partner(brand) | {"user": player_id, "round": round_id}
        return read_url(await self._post("/game/round", body, brand))

    async def grant_free_rounds(self, grant: FreeRoundsGrant) -> GrantReport:
        """Give a reward of a matching prepaid; an equal reward that is nobody else's is the same grant."""
        brand = self._config.brand(grant.brand_id)
        bet_value = _bet_value(grant.stake_micros)
        self._grants.accept(grant)
        prepaid = await self._prepaid_for(grant, brand)
        wanted: JsonObject = {
            "user": grant.player_id,
            "prepaid_uuid": prepaid,
            "bet_value": bet_value,
            "bet_count": grant.count,
            "start_time": _date_time(grant.valid_from_ms),
            "end_time": _date_time(grant.valid_until_ms),
        }
        equal = [kept for kept in await self._rewards_of(brand) if _same(kept, wanted)]
        known = self._grants.provider_id(grant.brand_id, grant.grant_id)
        entry = next((kept for kept in equal if kept.get("reward_uuid") == known), None) or next(
            (kept for kept in equal if not self._grants.belongs_to_another(grant, str(kept.get("reward_uuid")))), None
        )
        if entry is None:
            answer = await self._post("/freebet/rewards/create", _partner(brand) | wanted, brand)
            entry = answer if isinstance(answer, dict) else {}
        return self._grants.keep(grant, read_reward(grant.grant_id, entry))

    async def cancel_free_rounds(self, brand_id: BrandId, grant_id: GrantId) -> GrantReport:
        """Cancel a reward by our id of it (while we remember it) or by the supplier's."""
        report = await self.get_free_rounds(brand_id, grant_id)
        if report.status is not GrantStatus.ACTIVE:
            return report
        brand = self._config.brand(brand_id)
        await self._post("/freebet/rewards/cancel", _partner(brand) | {"reward_uuid": report.provider_grant_id}, brand)
        return await self.get_free_rounds(brand_id, grant_id)

    async def get_free_rounds(self, brand_id: BrandId, grant_id: GrantId) -> GrantReport:
        """Report a reward by our id of it (while we remember it) or by the supplier's."""
        brand = self._config.brand(brand_id)
        reward_uuid = self._grants.provider_id(brand_id, grant_id)
        entries = await self._rewards_of(brand)
        entry = next((kept for kept in entries if kept.get("reward_uuid") == reward_uuid), None)
        return GrantReport(grant_id, GrantStatus.NOT_FOUND) if entry is None else read_reward(grant_id, entry)

    # wallet side

    def identify(self, call: RawCall) -> CallIdentity:
        """Read the brand from the path."""
        return CallIdentity(_mounted(call.path)[0])

    def decode(self, call: RawCall, credential: Credential) -> WalletCall:
        """Check the signature over the raw body, then read it."""
        check_signature(call, credential)
        method = method_of(_mounted(call.path)[1])
        decoded = wallet_call_of(read_request(method, call.body), self._config.provider_id, credential)
        if self._config.check_timestamp and decoded.actions and decoded.actions[0].kind is ActionKind.BET:
            sent_time_ms = _sent_time_ms(call.header(TIMESTAMP_HEADER) or "")
            if sent_time_ms:
                decoded.facts[SENT_TIME_FACT] = sent_time_ms
        return decoded

    def encode(self, call: WalletCall, reply: WalletReply) -> RawReply:
        """Render the answer: HTTP 200 for every answer of the wallet."""
        brand = self._config.brands.get(call.brand_id)
        return RawReply(200, write_answer(answer_of(call, reply, brand.jurisdiction if brand else "")))

    def encode_error(self, call: RawCall, error: Exception) -> RawReply:
        """Render a failure; a broken signature is the only one that is not HTTP 200."""
        http_status = 401 if isinstance(error, SignatureRefused) else 200
        status = status_of_error(_asked_by(call), error)
        return RawReply(http_status, write_answer(WalletAnswer(request_uuid_in(call.body), status)))

    async def _all_games(self) -> tuple[Game, ...]:
        if self._monotonic() >= self._games_until_s:
            brand = next(iter(self._config.brands.values()), None)
            if brand is None:
                return ()
            self._games = read_games(await self._post("/game/list", {"operator_id": brand.operator_id}, brand))
            self._games_until_s = self._monotonic() + self._config.game_list_ttl_s
        return self._games

    async def _prepaid_for(self, grant: FreeRoundsGrant, brand: BrandConfig) -> str:
        entries = read_objects(await self._post("/freebet/prepaids/list", _partner(brand), brand))
        for entry in entries:
            fits = entry.get("currency") == grant.currency_code and entry.get("game_code") in grant.game_ids
            if fits and isinstance(entry.get("prepaid_uuid"), str):
                return str(entry["prepaid_uuid"])
        raise InvalidCall("the supplier has no prepaid for this game and currency", field="game_ids")

    async def _rewards_of(self, brand: BrandConfig) -> list[Mapping[str, object]]:
        return read_objects(await self._post("/freebet/rewards/list", _partner(brand), brand))

    async def _post(self, path: str, body: JsonObject, brand: BrandConfig) -> object:
        return await self._client.post(path, body, brand.private_key)


def create_adapter(config: Mapping[str, object], transport: TransportFactory | None = None) -> Hub88Adapter:
    """Make the adapter from its configuration."""
    checked = Hub88Config.model_validate(config)
    client = SupplierClient(checked.base_url, checked.signature_header, checked.timeout_ms, transport)
    return Hub88Adapter(checked, client)


def _bet_value(stake_micros: int) -> int:
    try:
        return HUNDRED_THOUSANDTHS.amount_out(stake_micros, "")
    except AmountRefused as error:
        raise InvalidCall("the stake is finer than the protocol's unit", field="stake_micros") from error


def _partner(brand: BrandConfig) -> JsonObject:
    return {"operator_id": brand.operator_id, "sub_partner_id": brand.sub_partner_id}


def _same(entry: Mapping[str, object], wanted: JsonObject) -> bool:
    return all(entry.get(name) == value for name, value in wanted.items())


def _date_time(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _sent_time_ms(text: str) -> str:
    """Read X-Msg-Timestamp: ISO 8601, or milliseconds since the epoch; anything else says nothing."""
    if text.isascii() and text.isdigit():
        return text if len(text) == 13 else ""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return ""
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return str(int(moment.timestamp() * 1000)) if moment.year > 1970 else ""


def _asked_by(call: RawCall) -> Method:
    """Return what a call asks by its path; what has no path of the protocol moves nothing."""
    try:
        return method_of(_mounted(call.path)[1])
    except MalformedCall:
        return Method.BALANCE
