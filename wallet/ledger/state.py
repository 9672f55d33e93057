"""What ``decide`` reads (``State``) and what it says must be written (``Decision``)."""

from dataclasses import dataclass, field

from wallet.ledger.ids import AccountKey, GameKey, GrantKey, PlayerKey, RoundKey, TransactionKey
from wallet.ledger.kinds import AccountStatus, RoundStatus
from wallet.ledger.types import JournalRow, NoteRow, Reply

CHAIN_START = bytes(32)


@dataclass(slots=True)
class Account:
    """One player's money in one currency, and the head of its journal. Treated as frozen outside ``decide``.

    ``limits`` and ``counters`` are compact JSON, empty for most players. ``receivable_micros`` is what the player owes.
    """

    brand_id: str
    player_id: str
    currency_code: str
    status: str = AccountStatus.OPEN.value
    demo: bool = False
    cash_micros: int = 0
    bonus_micros: int = 0
    reserved_micros: int = 0
    receivable_micros: int = 0
    sequence: int = 0
    chain_head: bytes = CHAIN_START
    open_round_count: int = 0
    limits: str = ""
    counters: str = ""
    created_time_ms: int = 0
    updated_time_ms: int = 0

    @property
    def key(self) -> AccountKey:
        """The key of the account."""
        return (self.brand_id, self.player_id, self.currency_code)

    def copy(self) -> "Account":
        """Return a working copy."""
        return Account(
            self.brand_id,
            self.player_id,
            self.currency_code,
            self.status,
            self.demo,
            self.cash_micros,
            self.bonus_micros,
            self.reserved_micros,
            self.receivable_micros,
            self.sequence,
            self.chain_head,
            self.open_round_count,
            self.limits,
            self.counters,
            self.created_time_ms,
            self.updated_time_ms,
        )


@dataclass(slots=True)
class Round:
    """One round: totals of what really moved, and its legs in order. Treated as frozen outside ``decide``.

    ``legs`` lists the round's bets and wins, each ``;`` + a letter + the transaction id (``legs.py`` reads it).
    """

    brand_id: str
    player_id: str
    provider_id: str
    round_id: str
    currency_code: str
    game_id: str
    game_version: str = ""
    status: str = RoundStatus.OPEN.value
    bet_micros: int = 0
    win_micros: int = 0
    rolled_back_micros: int = 0
    """Bets given back."""
    reversed_win_micros: int = 0
    """Wins taken back."""
    jackpot_contribution_micros: int = 0
    free_bet_micros: int = 0
    """Nominal stakes of free bets, less those rolled back; nothing moved for them."""
    opened_time_ms: int = 0
    closed_time_ms: int = 0
    updated_time_ms: int = 0
    state: bytes = b""
    legs: str = ""

    @property
    def key(self) -> RoundKey:
        """The key of the round."""
        return (self.brand_id, self.player_id, self.provider_id, self.round_id)

    @property
    def held_micros(self) -> int:
        """Stakes that an open round still holds."""
        return 0 if self.status == RoundStatus.CLOSED else self.bet_micros - self.rolled_back_micros

    def copy(self) -> "Round":
        """Return a working copy."""
        return Round(
            self.brand_id,
            self.player_id,
            self.provider_id,
            self.round_id,
            self.currency_code,
            self.game_id,
            self.game_version,
            self.status,
            self.bet_micros,
            self.win_micros,
            self.rolled_back_micros,
            self.reversed_win_micros,
            self.jackpot_contribution_micros,
            self.free_bet_micros,
            self.opened_time_ms,
            self.closed_time_ms,
            self.updated_time_ms,
            self.state,
            self.legs,
        )


@dataclass(slots=True)
class Grant:
    """Free bets of a player: ``bet_count`` of them, ``used_count`` are spent. Treated as frozen outside ``decide``."""

    brand_id: str
    player_id: str
    currency_code: str
    grant_id: str
    bet_count: int
    bet_micros: int = 0
    """The stake of each free bet; 0: any."""
    used_count: int = 0
    provider_id: str = ""
    """Empty: any provider."""
    game_ids: str = ""
    """Comma-separated; empty: any game."""
    expires_time_ms: int = 0
    """0: never."""
    cancelled: bool = False
    created_time_ms: int = 0
    updated_time_ms: int = 0

    @property
    def key(self) -> GrantKey:
        """The key of the grant."""
        return (self.brand_id, self.player_id, self.currency_code, self.grant_id)

    def copy(self) -> "Grant":
        """Return a working copy."""
        return Grant(
            self.brand_id,
            self.player_id,
            self.currency_code,
            self.grant_id,
            self.bet_count,
            self.bet_micros,
            self.used_count,
            self.provider_id,
            self.game_ids,
            self.expires_time_ms,
            self.cancelled,
            self.created_time_ms,
            self.updated_time_ms,
        )


@dataclass(slots=True)
class LoadPlan:
    """Which rows must be in ``State`` before a command is decided. A key that was asked for and is missing: no row."""

    accounts: set[AccountKey] = field(default_factory=set)
    transactions: set[TransactionKey] = field(default_factory=set)
    rounds: set[RoundKey] = field(default_factory=set)
    grants: set[GrantKey] = field(default_factory=set)
    resolutions: set[TransactionKey] = field(default_factory=set)
    """Targets: load the row with FLAG_RESOLVES whose reference they are."""
    units: set[TransactionKey] = field(default_factory=set)
    """Stored rows with ``unit_size`` > 1: load the rows ``sequence .. sequence + unit_size - 1`` of their account."""
    open_games: set[GameKey] = field(default_factory=set)
    """Load the ids of the open rounds of this player in this game."""
    currencies: set[PlayerKey] = field(default_factory=set)
    """Load the currency codes of all accounts of this player whose status is not ``unknown``."""
    players: set[PlayerKey] = field(default_factory=set)
    """Load every account of these players, before all other rows. No other transaction that asks for the players may
    begin before this one has ended, nor have begun: so that no account is opened while all are blocked."""

    def __bool__(self) -> bool:
        return bool(
            self.accounts
            or self.transactions
            or self.rounds
            or self.grants
            or self.resolutions
            or self.units
            or self.open_games
            or self.currencies
            or self.players
        )


@dataclass(slots=True)
class State:
    """The rows that were loaded, as they stand after the commands decided so far in this group."""

    accounts: dict[AccountKey, Account] = field(default_factory=dict)
    transactions: dict[TransactionKey, JournalRow] = field(default_factory=dict)
    rounds: dict[RoundKey, Round] = field(default_factory=dict)
    grants: dict[GrantKey, Grant] = field(default_factory=dict)
    resolutions: dict[TransactionKey, JournalRow] = field(default_factory=dict)
    units: dict[TransactionKey, tuple[JournalRow, ...]] = field(default_factory=dict)
    open_games: dict[GameKey, set[str]] = field(default_factory=dict)
    currencies: dict[PlayerKey, set[str]] = field(default_factory=dict)


@dataclass(slots=True)
class Decision:
    """The reply, and every row that must be written in the same transaction before it may be sent.

    ``account``, ``rounds``, ``grants``: whole rows to insert or replace by key; ``rows``, ``notes``: inserts.
    """

    reply: Reply
    rows: list[JournalRow] = field(default_factory=list)
    account: Account | None = None
    rounds: list[Round] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    notes: list[NoteRow] = field(default_factory=list)

    @property
    def writes(self) -> bool:
        """Say whether anything must be written."""
        return bool(self.rows or self.notes or self.account or self.rounds or self.grants)
