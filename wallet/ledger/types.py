"""What goes into the ledger and what comes out: commands, results, journal rows. Everyone in ``wallet`` may import it.

All are named tuples: immutable, cheap to make, and a row is at once the parameter tuple of its INSERT.
The names mirror ``adapters.contract.wallet_calls`` one to one.
"""

from typing import NamedTuple

from wallet.ledger.ids import AccountKey, RoundKey, TransactionKey
from wallet.ledger.kinds import ActionKind, Certainty, OutcomeCode


class Action(NamedTuple):
    """One action under the caller's ``transaction_id``; see ``adapters.contract.wallet_calls.Action``.

    A rollback without ``reference_kind`` means the bet with that id, else the win of any kind; if none was seen, all
    die.
    A bet with ``bonus_micros`` 0 takes cash first and bonus for the rest; otherwise exactly that split.
    """

    kind: ActionKind
    transaction_id: str
    amount_micros: int = 0
    reference_transaction_id: str = ""
    reference_kind: ActionKind | None = None
    grant_id: str = ""
    bonus_micros: int = 0
    jackpot_contribution_micros: int = 0
    jackpot_id: str = ""
    author: str = ""
    reason: str = ""
    detail: bytes = b""


class Command(NamedTuple):
    """Ordered actions on one account, all or nothing, at a time that the caller of ``decide`` injects (``now_ms``)."""

    brand_id: str
    player_id: str
    currency_code: str
    provider_id: str
    now_ms: int
    actions: tuple[Action, ...] = ()
    game_id: str = ""
    round_id: str = ""
    session_id: str = ""
    close_round: bool = False
    one_unit: bool = False
    exclusive_game: bool = False
    round_state: bytes | None = None
    game_version: str = ""
    with_receipt: bool = False
    demo: bool = False
    refuse_new_bets: OutcomeCode | None = None
    """The caller will have no new bet: such a one is stored as refused with this code, a known one answered as ever."""


class ActionResult(NamedTuple):
    """The answer to one action; ``balance_micros`` is cash and bonus right after it, as stored with it."""

    code: OutcomeCode
    transaction_id: str
    wallet_transaction_id: str = ""
    amount_micros: int = 0
    bonus_micros: int = 0
    balance_micros: int | None = None
    replayed: bool = False
    processed_time_ms: int = 0
    field: str = ""
    reason: str = ""
    detail: bytes = b""
    kind: str = ""
    """The kind of the action (a replayed unit may answer other actions than were asked)."""

    @property
    def accepted(self) -> bool:
        """Say whether the caller may treat the action as done."""
        return self.code == OutcomeCode.OK or self.code == OutcomeCode.NO_EFFECT


class Reply(NamedTuple):
    """The answer to a command. ``balance_micros`` is ``None`` where it is not known, never 0."""

    certainty: Certainty
    results: tuple[ActionResult, ...] = ()
    code: OutcomeCode = OutcomeCode.OK
    balance_micros: int | None = None
    bonus_micros: int | None = None
    currency_code: str = ""
    field: str = ""
    reason: str = ""
    receipt: bytes = b""

    @property
    def accepted(self) -> bool:
        """Say whether every action was accepted."""
        return self.code == OutcomeCode.OK


class JournalRow(NamedTuple):
    """One insert-only row: key, fingerprint, stored reply, posting, balance after, sequence, chain link, outbox event.

    Primary key (brand_id, player_id, currency_code, sequence); unique (brand_id, provider_id, kind, transaction_id);
    unique (brand_id, provider_id, reference_kind, reference_transaction_id) where ``flags & FLAG_RESOLVES``.
    The posting sums to zero: cash + bonus + reserved - receivable (deltas) is what the house account gave.
    """

    brand_id: str
    player_id: str
    currency_code: str
    sequence: int
    provider_id: str
    kind: str
    transaction_id: str
    round_id: str
    game_id: str
    code: str
    amount_micros: int
    """As asked (a stake, a win, signed for adjust); for a rollback and the end of a withdrawal the stored amount."""
    asked_bonus_micros: int
    reference_kind: str
    reference_transaction_id: str
    grant_id: str
    jackpot_contribution_micros: int
    jackpot_id: str
    cash_delta_micros: int
    bonus_delta_micros: int
    reserved_delta_micros: int
    receivable_delta_micros: int
    house_account: str
    """Named house account on the other side; empty when nothing moved between player and house."""
    cash_micros: int
    """Cash right after the row."""
    bonus_micros: int
    """Bonus right after the row."""
    flags: int
    unit_size: int
    """On the first row of a ``one_unit`` call: how many rows it has (they follow by sequence); else 0."""
    field: str
    reason: str
    author: str
    time_ms: int
    detail: bytes
    fingerprint: bytes
    """16 bytes over the money-bearing fields of the request; behind them 16 bytes each that seal what a round keeps:
    its game version (on the row that opens it) and its state (on rows whose call replaced it)."""
    chain_head: bytes
    """sha256(previous head + canonical bytes of the row), 32 bytes."""

    @property
    def key(self) -> TransactionKey:
        """The transaction's key."""
        return (self.brand_id, self.provider_id, self.kind, self.transaction_id)

    @property
    def account_key(self) -> AccountKey:
        """The account that it moved."""
        return (self.brand_id, self.player_id, self.currency_code)

    @property
    def round_key(self) -> RoundKey:
        """The round that it belongs to (meaningless when ``round_id`` is empty)."""
        return (self.brand_id, self.player_id, self.provider_id, self.round_id)

    @property
    def wallet_transaction_id(self) -> str:
        """Our id of the row: the first half of its chain link, in hex."""
        return self.chain_head[:16].hex()


class NoteRow(NamedTuple):
    """What left no journal row but belongs to a round's story: a replay, a conflict, a refusal that may be retried.

    Insert-only, no key of its own, never read by ``decide``.
    """

    brand_id: str
    player_id: str
    currency_code: str
    provider_id: str
    round_id: str
    kind: str
    transaction_id: str
    code: str
    replayed: bool
    field: str
    reason: str
    time_ms: int
