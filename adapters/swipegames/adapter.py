"""SwipeGames as an adapter: the provider calls our wallet, we launch its games and give its free rounds."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from adapters.contract.errors import (
    CapabilityNotSupported,
    GameNotFound,
    InvalidCall,
    MalformedCall,
    ProviderRefused,
    SignatureRefused,
)
from adapters.contract.free_rounds import FreeRoundsGrant, GrantReport, GrantStatus
from adapters.contract.game_shelf import GameShelf
from adapters.contract.games import Game, Page, PageRequest
from adapters.contract.granting import GrantMemory
from adapters.contract.ids import AdapterId, BrandId, GameId, GrantId, ProviderId
from adapters.contract.json_text import JsonObject, write_json
from adapters.contract.manifest import Capability, Manifest, Readiness, SettlementMode
from adapters.contract.references import split_mount_path
from adapters.contract.rounds import Session
from adapters.contract.wallet_calls import (
    CallIdentity,
    Credential,
    OutcomeCode,
    RawCall,
    RawReply,
    WalletCall,
    WalletReply,
)
from adapters.http.client import TransportFactory
from adapters.swipegames.answers import ListedGame, read_games, read_text, read_url
from adapters.swipegames.client import CoreClient
from adapters.swipegames.codes import BAD_REQUEST, BAD_SIGNATURE, REFUSALS, UNCERTAIN, Refusal, refusal_of
from adapters.swipegames.config import BrandConfig, SwipeGamesConfig
from adapters.swipegames.signing import check_signature, query_of
from adapters.swipegames.translate import METHOD_FACT, session_id_of, wallet_call_of
from adapters.swipegames.wire import (
    Answer,
    ErrorAnswer,
    Method,
    method_of,
    read_body,
    read_query,
    write_answer,
    write_error,
)

ADAPTER_VERSION = "1.0.0"
CAPABILITIES = frozenset({Capability.LAUNCH, Capability.DEMO, Capability.WALLET_CALLS, Capability.FREE_ROUNDS})
FREE_ROUNDS_MAX = 99
NOTHING_LEFT_TO_REFUND = (OutcomeCode.ALREADY_SETTLED, OutcomeCode.ROLLED_BACK)


class SwipeGamesAdapter:
    """One mount; stateless but for its connection pool, the game list and the grants of this process."""

    def __init__(
        self, config: SwipeGamesConfig, client: CoreClient, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._config = config
        self._client = client
        self._monotonic = monotonic
        self._games: tuple[ListedGame, ...] = ()
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
        """Return one page of the provider's list, kept for a while because it is large and slow."""
        return self._shelf.page([listed.game for listed in await self._all_games()], page)

    async def launch_url(self, session: Session, game_id: GameId) -> str:
        """Return the address of the game client; a demo session has no session id and no wallet calls."""
        brand = self._config.brand(session.brand_id)
        body: JsonObject = _partner(brand) | {
            "gameID": game_id,
            "demo": session.demo,
            "platform": "mobile" if session.platform == "mobile" else "desktop",
            "currency": session.currency_code,
            "locale": session.language_code,
            "returnURL": session.lobby_url,
            "depositURL": session.deposit_url,
        }
        if session.demo:
            body["initDemoBalance"] = self._config.demo_balance
        else:
            body["sessionID"] = session_id_of(session.token, session.player_id, session.currency_code, game_id)
            body["user"] = {"id": session.player_id, "country": session.country_code}
        filled: JsonObject = {name: value for name, value in body.items() if value != ""}
        return read_url(await self._client.send_json("POST", "/create-new-game", filled, brand.api_key))

    async def grant_free_rounds(self, grant: FreeRoundsGrant) -> GrantReport:
        """Grant; the provider knows our grant id (``extID``) and repeats its answer."""
        brand = self._config.brand(grant.brand_id)
        self._grants.accept(grant)
        if grant.count > FREE_ROUNDS_MAX:
            raise InvalidCall(f"the provider grants 1 to {FREE_ROUNDS_MAX} rounds", field="count")
        body: JsonObject = _partner(brand) | {
            "extID": grant.grant_id,
            "currency": grant.currency_code,
            "quantity": grant.count,
            "betLine": await self._bet_line(grant),
            "validFrom": _date_time(grant.valid_from_ms),
            "validUntil": _date_time(grant.valid_until_ms),
            "gameIDs": list(grant.game_ids),
            "userIDs": [grant.player_id],
        }
        answer = await self._client.send_json("POST", "/free-rounds", body, brand.api_key)
        report = GrantReport(grant.grant_id, GrantStatus.ACTIVE, provider_grant_id=read_text(answer, "id"))
        return self._grants.keep(grant, self._grants.report(grant.brand_id, grant.grant_id) or report)

    async def cancel_free_rounds(self, brand_id: BrandId, grant_id: GrantId) -> GrantReport:
        """Cancel by our grant id; what is already cancelled stays so."""
        brand = self._config.brand(brand_id)
        try:
            await self._client.send_json("DELETE", "/free-rounds", _partner(brand) | {"extID": grant_id}, brand.api_key)
        except ProviderRefused as refused:
            if refused.facts.get("provider_code") not in ("404", "free_rounds_not_found"):
                raise
            return GrantReport(grant_id, GrantStatus.NOT_FOUND)
        known = self._grants.report(brand_id, grant_id) or GrantReport(grant_id, GrantStatus.CANCELLED)
        return self._grants.keep_report(brand_id, replace(known, status=GrantStatus.CANCELLED))

    async def get_free_rounds(self, brand_id: BrandId, grant_id: GrantId) -> GrantReport:
        """Report a grant of this process; the protocol has no question for the state of one."""
        known = self._grants.report(brand_id, grant_id)
        if known is None:
            raise CapabilityNotSupported("the protocol cannot be asked for the state of free rounds")
        return known

    # wallet side

    def identify(self, call: RawCall) -> CallIdentity:
        """Read the brand from the path."""
        return CallIdentity(split_mount_path(call.path)[0])

    def decode(self, call: RawCall, credential: Credential) -> WalletCall:
        """Check the signature over the raw body (of a GET: over its query), then read it."""
        check_signature(call, credential.secrets)
        method = method_of(split_mount_path(call.path)[1], call.method)
        reverse = read_query(query_of(call)) if method is Method.BALANCE else read_body(method, call.body)
        return wallet_call_of(reverse, self._config.provider_id, credential)

    def encode(self, call: WalletCall, reply: WalletReply) -> RawReply:
        """Render the answer. A refund that can no longer move anything is answered 200: only that stops it."""
        is_refund = call.facts.get(METHOD_FACT) == Method.REFUND
        settled = is_refund and reply.code in NOTHING_LEFT_TO_REFUND
        if (not reply.accepted and not settled) or reply.balance_micros is None:
            return _refused(UNCERTAIN if reply.accepted or settled else refusal_of(reply), reply)
        transaction_id = reply.results[0].wallet_transaction_id if reply.results and reply.accepted else ""
        return RawReply(200, write_json(write_answer(Answer(reply.balance_micros, transaction_id))))

    def encode_error(self, call: RawCall, error: Exception) -> RawReply:
        """Render a failure before or around ``decode``."""
        if isinstance(error, SignatureRefused):
            return _refused(BAD_SIGNATURE)
        if isinstance(error, MalformedCall) and error.facts.get("field") == "sessionID":
            return _refused(REFUSALS[OutcomeCode.SESSION_NOT_FOUND])
        if isinstance(error, MalformedCall | InvalidCall):
            return _refused(BAD_REQUEST)
        return _refused(UNCERTAIN)

    async def _all_games(self) -> tuple[ListedGame, ...]:
        if self._monotonic() >= self._games_until_s:
            brand = next(iter(self._config.brands.values()), None)
            if brand is None:
                return ()
            query = {"cID": brand.c_id, "extCID": brand.ext_c_id}
            answer = await self._client.get("/games", query, brand.api_key, self._config.game_list_timeout_ms)
            self._games = read_games(answer)
            self._games_until_s = self._monotonic() + self._config.game_list_ttl_s
        return self._games

    async def _bet_line(self, grant: FreeRoundsGrant) -> int:
        games = {listed.game.game_id: listed for listed in await self._all_games()}
        lines = set()
        for game_id in grant.game_ids:
            if game_id not in games:
                raise GameNotFound("the provider has no such game", field="game_ids")
            lines.add(games[game_id].bet_line(grant.currency_code, grant.stake_micros))
        if len(lines) != 1 or None in lines:
            raise InvalidCall("the games have no common bet line with this stake", field="stake_micros")
        return int(lines.pop() or 0)


def create_adapter(config: Mapping[str, object], transport: TransportFactory | None = None) -> SwipeGamesAdapter:
    """Make the adapter from its configuration."""
    checked = SwipeGamesConfig.model_validate(config)
    return SwipeGamesAdapter(checked, CoreClient(checked.base_url, checked.timeout_ms, transport))


def _partner(brand: BrandConfig) -> JsonObject:
    return {"cID": brand.c_id, "extCID": brand.ext_c_id}


def _refused(refusal: Refusal, reply: WalletReply | None = None) -> RawReply:
    low = reply is not None and reply.code is OutcomeCode.INSUFFICIENT_FUNDS and reply.balance_micros is not None
    details = f"balance {write_answer(Answer(reply.balance_micros or 0))['balance']}" if low and reply else ""
    error = ErrorAnswer(refusal.message, refusal.code, details, refusal.action)
    return RawReply(refusal.http_status, write_json(write_error(error)))


def _date_time(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
