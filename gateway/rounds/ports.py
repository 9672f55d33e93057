"""What the use cases need from the world, as Protocols; ``gateway/bootstrap`` plugs in the real things, tests fakes."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol

from adapters.contract.adapter import ProviderAdapter
from adapters.contract.fair import FairTerms
from adapters.contract.games import Game
from adapters.contract.ids import AdapterId, BrandId, OperatorId, PlayerId, SessionId
from adapters.contract.manifest import Capability, Manifest, SettlementMode
from adapters.contract.rounds import Session, SpinOutcome, SpinRequest
from adapters.contract.value import value
from adapters.contract.wallet_calls import ActionKind, OutcomeCode, WalletCall, WalletReply


@dataclass(frozen=True, slots=True)
class AccountRef:
    """One account: a player of a brand, in one currency."""

    brand_id: str
    player_id: str
    currency_code: str


@value(frozen=True, slots=True)
class RoundRef:
    """One round: unique per player and provider."""

    brand_id: str
    player_id: str
    provider_id: str
    round_id: str


@dataclass(frozen=True, slots=True)
class Balance:
    """What a player has; ``balance_micros`` is cash and bonus."""

    balance_micros: int
    bonus_micros: int = 0
    open_round_count: int = 0


@dataclass(frozen=True, slots=True)
class WalletTransaction:
    """A transaction as the wallet stored it."""

    kind: ActionKind
    transaction_id: str
    code: OutcomeCode
    amount_micros: int
    balance_micros: int
    processed_time_ms: int
    provider_id: str = ""
    player_id: str = ""
    currency_code: str = ""
    round_id: str = ""
    game_id: str = ""
    reference_transaction_id: str = ""
    detail: bytes = b""
    delta_micros: int = 0
    """By how much it changed the balance (signed)."""


@dataclass(frozen=True, slots=True)
class WalletRound:
    """A round as the ledger knows it; ``state`` is what ``WalletCall.round_state`` put there last."""

    ref: RoundRef
    currency_code: str
    game_id: str
    game_version: str
    closed: bool
    bet_micros: int
    win_micros: int
    rolled_back_micros: int
    open_time_ms: int
    close_time_ms: int = 0
    state: bytes = b""
    transactions: tuple[WalletTransaction, ...] = ()
    """Oldest first; filled by ``get_round`` alone."""
    update_time_ms: int = 0  # when something last happened in it
    undone: bool = False  # every bet and win of it was rolled back, those of nothing and free ones too


@dataclass(frozen=True, slots=True)
class RoundEvent:
    """One thing that happened in a round, in words."""

    time_ms: int
    text: str
    author: str = ""
    """Who left it as a note, where somebody did."""
    transaction: WalletTransaction | None = None


@dataclass(frozen=True, slots=True)
class TransactionPage:
    """Some transactions, newest first."""

    items: tuple[WalletTransaction, ...]
    next_page_token: str = ""


@dataclass(frozen=True, slots=True)
class RoundPage:
    """Some rounds."""

    items: tuple[WalletRound, ...]
    next_page_token: str = ""


class WalletPort(Protocol):
    """The wallet, embedded or over gRPC.

    ``apply`` answers business refusals in its reply. Reads return ``None`` for what does not exist.
    Everything raises ``gateway.errors.WalletUnavailable`` when the wallet cannot be asked, and ``InvalidRequest`` for
    a page token that is not the wallet's.
    """

    async def apply(self, call: WalletCall) -> WalletReply:
        """Move money, once per key."""
        ...

    async def open_account(self, account: AccountRef, *, demo: bool = False) -> tuple[Balance, bool]:
        """Make sure that the account exists; says whether this call made it. Raises ``CurrencyUnknown``."""
        ...

    async def get_balance(self, account: AccountRef) -> Balance | None:
        """Read a balance."""
        ...

    def watch_balance(self, account: AccountRef) -> AsyncIterator[Balance]:
        """Yield the balance now and after every change, until closed."""
        ...

    async def get_round(self, ref: RoundRef) -> WalletRound | None:
        """Read a round with its transactions, both as of one moment: a step is asked for from what the two say."""
        ...

    async def round_timeline(self, ref: RoundRef) -> tuple[RoundEvent, ...]:
        """Tell everything that happened in a round, in order; empty when nothing names it."""
        ...

    async def note_round(self, ref: RoundRef, author: str, text: str) -> bool:
        """Leave a note in a round's story; false: there is no such round. Moves nothing."""
        ...

    async def get_transaction(
        self, brand_id: str, provider_id: str, kind: ActionKind, transaction_id: str
    ) -> WalletTransaction | None:
        """Read the stored answer under a key."""
        ...

    async def list_transactions(self, account: AccountRef, page_size: int, page_token: str) -> TransactionPage:
        """List an account's transactions, newest first."""
        ...

    async def list_rounds(self, account: AccountRef, page_size: int, page_token: str, game_id: str = "") -> RoundPage:
        """List an account's rounds, newest first."""
        ...

    async def list_open_rounds(
        self,
        brand_id: str,
        page_size: int,
        page_token: str,
        *,
        player_id: str = "",
        provider_id: str = "",
        opened_before_ms: int = 0,
    ) -> RoundPage:
        """List open rounds of a brand, oldest first."""
        ...

    async def aclose(self) -> None:
        """Finish what has entered and let go."""
        ...


class Clock(Protocol):
    """Time, injected."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        ...

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class IdSource(Protocol):
    """Secrets and ids, injected."""

    def token(self) -> str:
        """Return a fresh session token: 32 random bytes as text."""
        ...

    def unique_id(self) -> str:
        """Return a fresh time-ordered id."""
        ...


@dataclass(frozen=True, slots=True)
class PlayerSession:
    """A session as the use cases see it: bound to operator, brand, player, game and currency."""

    session_id: SessionId
    operator_id: OperatorId
    brand_id: BrandId
    player_id: PlayerId
    game_id: str
    """The public id, "provider:game"."""
    currency_code: str
    demo: bool
    open_time_ms: int
    expire_time_ms: int
    closed: bool = False
    country_code: str = ""
    language_code: str = "en"
    lobby_url: str = ""
    deposit_url: str = ""
    ip_address: str = ""
    platform: str = "desktop"
    token_hash: bytes = b""
    provably_fair: bool = False
    """Its rounds are dealt from seeds that the house has committed to."""
    adapter_session: Session | None = field(default=None, compare=False, repr=False)
    """The same facts as adapters may know them; made once per session, not once per spin."""

    @property
    def account(self) -> AccountRef:
        """The account that it plays on."""
        return AccountRef(self.brand_id, self.player_id, self.currency_code)


class SessionStore(Protocol):
    """Where sessions are kept; shared by all processes."""

    async def save(self, session: PlayerSession) -> None:
        """Insert the session, or replace the one with the same id."""
        ...

    async def get(self, operator_id: str, session_id: str) -> PlayerSession | None:
        """Read a session by its id; ids are the operator's own."""
        ...

    async def find_by_token_hash(self, token_hash: bytes) -> PlayerSession | None:
        """Read a session by the hash of its token."""
        ...

    async def find_in_brand(self, brand_id: str, session_id: str) -> PlayerSession | None:
        """Read a session by its id, as a provider knows it."""
        ...

    async def find_open_of_player(
        self, brand_id: str, player_id: str, provider_id: str, now_ms: int
    ) -> PlayerSession | None:
        """Return the newest open session of a player in any game of a provider."""
        ...

    async def close(self, operator_id: str, session_id: str) -> None:
        """Mark the session as closed; idempotent."""
        ...


class SessionLookup(Protocol):
    """Finds sessions, open or over, by what a provider's call says of them."""

    async def by_token(self, token: str) -> PlayerSession | None:
        """Return the session with this token."""
        ...

    async def by_id(self, brand_id: str, session_id: str) -> PlayerSession | None:
        """Return the session with this id in a brand."""
        ...

    async def open_of_player(self, brand_id: str, player_id: str, provider_id: str) -> PlayerSession | None:
        """Return the newest open session of a player in any game of a provider."""
        ...


@dataclass(frozen=True, slots=True)
class CatalogueGame:
    """A game with all that a spin needs to know about it, looked up once per refresh and not per spin."""

    game_id: str
    """The public id, "provider:game"."""
    game: Game
    manifest: Manifest
    adapter: ProviderAdapter
    stakes_by_currency: dict[str, frozenset[int]] = field(default_factory=dict)
    bet_modes: frozenset[str] = frozenset()
    told_of_booked: Callable[[SpinRequest, SpinOutcome], None] | None = None
    """The adapter's ``booked``, where it has one (``SupportsBookings``)."""

    @property
    def gateway_played(self) -> bool:
        """Say whether it is played through RoundService; else through the launch_url of its session."""
        driven_by_provider = self.manifest.settlement_mode is SettlementMode.PROVIDER_DRIVEN
        return self.manifest.supports(Capability.SPIN) and not driven_by_provider

    def offers_currency(self, currency_code: str) -> bool:
        """Say whether the game can be played in a currency."""
        games, adapters = self.game.currency_codes, self.manifest.currency_codes
        return (not games or currency_code in games) and (not adapters or currency_code in adapters)

    def offers_stake(self, currency_code: str, stake_micros: int) -> bool:
        """Say whether the game offers a total stake."""
        stakes = self.stakes_by_currency.get(currency_code)
        if stakes is None:
            stakes = frozenset(self.game.stakes_for(currency_code))
            self.stakes_by_currency[currency_code] = stakes
        return not stakes or stake_micros in stakes


class GameCatalogue(Protocol):
    """The merged catalogue, in memory."""

    def find(self, game_id: str) -> CatalogueGame | None:
        """Return the game with a public id."""
        ...

    def why_not(self, game: CatalogueGame, brand_id: str, country_code: str) -> str | None:
        """Return why the game is off for a brand and country; ``None``: it is on."""
        ...

    def why_not_provider(self, provider_id: str, brand_id: str) -> str | None:
        """Return why all games of a provider are off for a brand; ``None``: they are on."""
        ...


class AdapterRegistry(Protocol):
    """All adapters of this process with their manifests."""

    def manifest_of(self, adapter_id: str) -> Manifest | None:
        """Return the manifest of an adapter."""
        ...

    def adapter_of_provider(self, provider_id: str) -> tuple[Manifest, ProviderAdapter] | None:
        """Return the adapter that serves a provider."""
        ...

    def all(self) -> tuple[tuple[AdapterId, Manifest, ProviderAdapter], ...]:
        """Return every adapter."""
        ...


class StepStatus(IntEnum):
    """Where a round stands after a step; the numbers are those of the proto."""

    OPEN = 1
    CLOSED = 2
    IN_DOUBT = 3
    ROLLED_BACK = 4


@value(frozen=True, slots=True)
class SpinCommand:
    """A validated request to play one step."""

    session: PlayerSession
    round_id: str
    game_id: str
    stake_micros: int | None
    currency_code: str
    step: int = 0
    choice: str = ""
    bet_mode: str = ""
    line_count: int = 0
    time_left_ms: int | None = None
    """What is left of the caller's deadline."""


@value(frozen=True, slots=True)
class SpinAnswer:
    """What one step came to, as stored; a replay differs in ``replayed`` alone."""

    round_id: str
    step: int
    currency_code: str
    bet_micros: int
    win_micros: int
    total_win_micros: int
    balance_micros: int
    status: StepStatus
    choices: tuple[str, ...]
    presentation: bytes
    game_version: str
    settle_time_ms: int
    replayed: bool = False
    fair: FairTerms | None = None
    """The terms of a provably fair round."""
