"""The use case behind ``OpenSession``: one session per id, a fresh token each time, real or demo money."""

import re
from dataclasses import dataclass, replace
from hashlib import sha256

from adapters.contract.adapter import SupportsLaunch
from adapters.contract.errors import AdapterError
from adapters.contract.ids import BrandId, GameId, OperatorId, PlayerId, ProviderId, RoundId, SessionId, TransactionId
from adapters.contract.manifest import Capability
from adapters.contract.wallet_calls import Action, ActionKind, OutcomeCode, WalletCall
from gateway.errors import (
    CapabilityNotSupported,
    CurrencyMismatch,
    GameNotEnabled,
    GameUnknown,
    IdempotencyKeyReused,
    ProviderUnavailable,
)
from gateway.rounds.play_steps import adapter_session
from gateway.rounds.ports import (
    Balance,
    CatalogueGame,
    Clock,
    GameCatalogue,
    IdSource,
    PlayerSession,
    SessionStore,
    WalletPort,
)
from gateway.rounds.refusals import refusal_of_adapter, refusal_of_reply
from gateway.sessions.fair_seeds import FairSeeds, SeedsInUse, fair_adapter
from gateway.sessions.session_cache import SessionCache
from gateway.sessions.tokens import hash_of

DEMO_CASHIER = ProviderId("reelgate-demo")


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A validated request to open a session."""

    operator_id: str
    session_id: str
    brand_id: str
    player_id: str
    game_id: str
    currency_code: str
    demo: bool
    country_code: str = ""
    language_code: str = "en"
    lobby_url: str = ""
    deposit_url: str = ""
    ip_address: str = ""
    platform: str = "desktop"
    provably_fair: bool = False
    client_seed: str = ""


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """The session with what its device needs."""

    session: PlayerSession
    token: str
    balance: Balance
    launch_url: str = ""
    open_round_id: str = ""
    seeds: SeedsInUse | None = None
    """What a provably fair session plays under."""


@dataclass(frozen=True, slots=True)
class SessionTerms:
    """How long sessions last, and what a demo account begins with."""

    lifetime_s: int
    demo_balance_micros: int


class SessionOpener:
    """Opens sessions and mints their tokens."""

    def __init__(
        self,
        catalogue: GameCatalogue,
        wallet: WalletPort,
        store: SessionStore,
        cache: SessionCache,
        clock: Clock,
        ids: IdSource,
        terms: SessionTerms,
        fair: FairSeeds | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._wallet = wallet
        self._store = store
        self._cache = cache
        self._clock = clock
        self._ids = ids
        self._terms = terms
        self._fair = fair

    async def __call__(self, request: OpenSession) -> OpenedSession:
        """Open the session, or answer the one with this id with a fresh token."""
        game = self._game_of(request)
        before = await self._store.get(request.operator_id, request.session_id)
        if before is None:
            self._refuse_disabled(request, game)
        session, token = self._minted(request, before)
        balance = await self._funded(session)
        seeds = await self._seeds(session, request.client_seed)
        await self._store.save(session)
        if before is not None:
            self._cache.forget(before.token_hash)
        launch_url = await _launch_url(session, game, token)
        open_round_id = await self._open_round_id(session, game, balance)
        return OpenedSession(session, token, balance, launch_url, open_round_id, seeds)

    async def _seeds(self, session: PlayerSession, client_seed: str) -> SeedsInUse | None:
        """Commit to the seeds of a provably fair session before anybody can bet under it."""
        if not session.provably_fair or self._fair is None:
            return None
        return await self._fair.open(session, client_seed)

    def _game_of(self, request: OpenSession) -> CatalogueGame:
        game = self._catalogue.find(request.game_id)
        if game is None:
            raise GameUnknown("no such game", field="game_id")
        return game

    def _refuse_disabled(self, request: OpenSession, game: CatalogueGame) -> None:
        cause = self._catalogue.why_not(game, request.brand_id, request.country_code)
        if cause is not None:
            raise GameNotEnabled("the game is switched off", cause=cause)
        if request.demo and not game.game.demo:
            raise GameNotEnabled("the game has no demo mode", cause="no demo mode")
        if request.provably_fair and (self._fair is None or fair_adapter(game.adapter) is None):
            raise CapabilityNotSupported("the game offers no provably fair rounds")
        if not game.offers_currency(request.currency_code):
            raise CurrencyMismatch("the game is not played in this currency", field="currency_code")

    def _minted(self, request: OpenSession, before: PlayerSession | None) -> tuple[PlayerSession, str]:
        token = self._ids.token()
        if before is not None:
            _refuse_other_facts(request, before)
            return replace(before, token_hash=hash_of(token)), token
        now_ms = self._clock.now_ms()
        session = PlayerSession(
            SessionId(request.session_id),
            OperatorId(request.operator_id),
            BrandId(request.brand_id),
            PlayerId(_player_id(request)),
            request.game_id,
            request.currency_code,
            request.demo,
            now_ms,
            now_ms + self._terms.lifetime_s * 1000,
            False,
            request.country_code,
            request.language_code,
            request.lobby_url,
            request.deposit_url,
            request.ip_address,
            request.platform,
            hash_of(token),
            request.provably_fair,
        )
        return session, token

    async def _funded(self, session: PlayerSession) -> Balance:
        """Make sure of the account; a demo account gets its play money, once."""
        balance, _ = await self._wallet.open_account(session.account, demo=session.demo)
        if not session.demo:
            return balance
        deposit_id = TransactionId(f"{session.player_id}:{session.currency_code}")
        deposit = Action(ActionKind.DEPOSIT, deposit_id, self._terms.demo_balance_micros)
        reply = await self._wallet.apply(
            WalletCall(session.brand_id, session.player_id, session.currency_code, DEMO_CASHIER, (deposit,), demo=True)
        )
        if not reply.accepted and reply.code is not OutcomeCode.KEY_REUSED:  # reused: funded under older terms
            raise refusal_of_reply(reply)
        return await self._wallet.get_balance(session.account) or balance

    async def _open_round_id(self, session: PlayerSession, game: CatalogueGame, balance: Balance) -> str:
        if not balance.open_round_count:
            return ""
        rounds = await self._wallet.list_open_rounds(
            session.brand_id, 100, "", player_id=session.player_id, provider_id=game.manifest.provider_id
        )
        mine = (item for item in rounds.items if item.currency_code == session.currency_code)
        return next((RoundId(item.ref.round_id) for item in mine if item.game_id == session.game_id), RoundId(""))


_OF_DEMO_SESSIONS = re.compile(r"demo-[0-9a-f]{32}")


def is_of_demo_session(player_id: str) -> bool:
    """Say whether demo sessions make ids of this form for their accounts: no real player may have one."""
    return _OF_DEMO_SESSIONS.fullmatch(player_id) is not None


def _player_id(request: OpenSession) -> str:
    """A demo session plays on an account of its own, whose id follows from the session's."""
    if not request.demo:
        return request.player_id
    return "demo-" + sha256(f"{request.operator_id} {request.session_id}".encode()).hexdigest()[:32]


def _refuse_other_facts(request: OpenSession, before: PlayerSession) -> None:
    facts = {
        "brand_id": request.brand_id != before.brand_id,
        "player_id": _player_id(request) != before.player_id,
        "game_id": request.game_id != before.game_id,
        "currency_code": request.currency_code != before.currency_code,
        "play_mode": request.demo != before.demo,
        "provably_fair": request.provably_fair != before.provably_fair,
    }
    for field, differs in facts.items():
        if differs:
            raise IdempotencyKeyReused(f"the session id was used before with another {field}", field=field)


async def _launch_url(session: PlayerSession, game: CatalogueGame, token: str) -> str:
    if not game.manifest.supports(Capability.LAUNCH):
        return ""
    adapter: SupportsLaunch = game.adapter  # type: ignore[assignment]  # the manifest, not the type, declares capabilities
    known = replace(adapter_session(session), token=token)
    try:
        return await adapter.launch_url(known, GameId(game.game.game_id))
    except AdapterError as error:
        if error.outcome_known:
            raise refusal_of_adapter(error) from error
        raise ProviderUnavailable("the provider did not answer in time") from error
