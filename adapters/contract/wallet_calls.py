"""The one wallet core as every dialect sees it: a ``WalletCall`` of ordered actions, answered by a ``WalletReply``.

Adapters of provider-driven protocols are pure renderings of these types: ``decode(RawCall) -> WalletCall`` and
``encode(WalletReply) -> RawReply``. The gateway uses the same types towards the wallet.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from adapters.contract.ids import (
    BrandId,
    GameId,
    GrantId,
    PlayerId,
    ProviderId,
    RoundId,
    SessionId,
    TransactionId,
)
from adapters.contract.value import value


class ActionKind(StrEnum):
    """The kinds of money movement. The kind is part of a transaction's key."""

    BET = "bet"
    WIN = "win"
    JACKPOT_WIN = "jackpot_win"
    PROMO_WIN = "promo_win"
    ROLLBACK = "rollback"
    CLOSE = "close"
    DEPOSIT = "deposit"
    WITHDRAW_RESERVE = "withdraw_reserve"
    WITHDRAW_CONFIRM = "withdraw_confirm"
    WITHDRAW_CANCEL = "withdraw_cancel"
    ADJUST = "adjust"


@value(frozen=True, slots=True)
class Action:
    """One action under the caller's ``transaction_id``.

    ``amount_micros`` is what a bet takes, a win gives, a deposit adds (never negative; an adjust is signed).
    A rollback names its target in ``reference_transaction_id`` and ``reference_kind`` (unless said: the bet, else the
    win); an amount that it carries does not count, the stored one does. A win may name its bet in
    ``reference_transaction_id``.
    ``detail`` is opaque and stored with the transaction; it never takes part in the fingerprint.
    """

    kind: ActionKind
    transaction_id: TransactionId
    amount_micros: int = 0
    reference_transaction_id: TransactionId | None = None
    reference_kind: ActionKind | None = None
    grant_id: GrantId | None = None
    """The grant of free rounds, as its provider names it. A bet with one is a free bet: cost zero, counted against the
    grant; of anything else it says under which grant it was won, and is no part of the fingerprint."""
    bonus_micros: int = 0
    """The part of ``amount_micros`` that is bonus money: a bet takes it from the bonus balance, a win puts it there."""
    jackpot_contribution_micros: int = 0
    jackpot_id: str = ""
    author: str = ""
    reason: str = ""
    detail: bytes = b""


@value(frozen=True, slots=True)
class WalletCall:
    """Ordered actions on one player's account, all or nothing, in one round or in none.

    ``one_unit`` makes the first action the key of the whole call: when it is a replay, all stored answers of the call
    are returned and the rest of the request is not looked at (an in-house spin: the repeat has drawn other reels).
    ``exclusive_game`` refuses a bet that opens a round while another round of the same game is open.
    No actions: ask for the balance.
    """

    brand_id: BrandId
    player_id: PlayerId
    currency_code: str
    provider_id: ProviderId
    actions: tuple[Action, ...] = ()
    game_id: GameId | None = None
    round_id: RoundId | None = None
    session_id: SessionId | None = None
    close_round: bool = False
    """Close the round with the last action, under its key (Hub88 ``round_closed``, SOFTSWISS ``finished``)."""
    one_unit: bool = False
    exclusive_game: bool = False
    round_state: bytes | None = None
    """Replaces the opaque state of the round in the same commit; ``None`` leaves it."""
    game_version: str = ""
    with_receipt: bool = False
    demo: bool = False
    token: str = ""
    """The session token as the provider sent it; checked by the gateway for bets only. Never part of a fingerprint."""
    session_required: bool = False
    """Refuse the call when its token is not live though it holds no bet (a provider that opens a game asks this)."""
    refuse_new_bets: "OutcomeCode | None" = None
    """Set by the gateway alone: it will not have a bet that is new, for this reason. Such a bet is stored as refused,
    one that is known answered as ever. Never part of a fingerprint."""
    facts: dict[str, str] = field(default_factory=dict)
    """Protocol fields that ``encode`` needs again (request ids to echo). Never part of a fingerprint."""


class Certainty(StrEnum):
    """May the answer be relied on? Only an uncertain answer may follow a possible commit."""

    CERTAIN = "certain"
    UNCERTAIN = "uncertain"


class OutcomeCode(StrEnum):
    """Every outcome of an action, in the words of the wallet's ordering matrix."""

    OK = "ok"
    NO_EFFECT = "no_effect"
    """Accepted, nothing moved: rollback of an unseen transaction (now dead), second rollback, repeated close."""
    INSUFFICIENT_FUNDS = "insufficient_funds"
    KEY_REUSED = "key_reused"
    """Same key, other content; ``field`` names the first difference."""
    BET_NOT_FOUND = "bet_not_found"
    ROLLED_BACK = "rolled_back"
    """The bet was rolled back, or met its tombstone: it is dead for ever."""
    ALREADY_SETTLED = "already_settled"
    ROUND_CLOSED = "round_closed"
    ROUND_IN_PROGRESS = "round_in_progress"
    ROUND_MISMATCH = "round_mismatch"
    CURRENCY_MISMATCH = "currency_mismatch"
    CURRENCY_UNKNOWN = "currency_unknown"
    PLAYER_NOT_FOUND = "player_not_found"
    PLAYER_BLOCKED = "player_blocked"
    LIMIT_REACHED = "limit_reached"
    LIMIT_WARNING = "limit_warning"
    GRANT_NOT_FOUND = "grant_not_found"
    GRANT_EXHAUSTED = "grant_exhausted"
    INVALID = "invalid"
    SESSION_NOT_FOUND = "session_not_found"
    SESSION_EXPIRED = "session_expired"
    GAME_NOT_ENABLED = "game_not_enabled"
    UNAVAILABLE = "unavailable"
    """Uncertain: the wallet could not say whether it committed."""
    BATCH_REFUSED = "batch_refused"
    """This action was sound, but another of its batch was refused, so nothing moved."""


@value(frozen=True, slots=True)
class ActionResult:
    """The answer to one action; ``balance_micros`` is the balance right after it, as stored with it."""

    code: OutcomeCode
    transaction_id: TransactionId
    wallet_transaction_id: str = ""
    """Our id of the journal row; the same for every replay. Empty when nothing was recorded."""
    amount_micros: int = 0
    """What really moved (a rollback: what the stored bet took)."""
    bonus_micros: int = 0
    balance_micros: int | None = None
    replayed: bool = False
    processed_time_ms: int = 0
    field: str = ""
    reason: str = ""
    detail: bytes = b""

    @property
    def accepted(self) -> bool:
        """Say whether the caller may treat the action as done."""
        return self.code in (OutcomeCode.OK, OutcomeCode.NO_EFFECT)


@value(frozen=True, slots=True)
class WalletReply:
    """One result per action, in order, and the true balance where it is known (``None`` says: not known, never 0)."""

    certainty: Certainty
    results: tuple[ActionResult, ...] = ()
    code: OutcomeCode = OutcomeCode.OK
    """OK, or the code of the first refused action, or the reason why the call as a whole was refused."""
    balance_micros: int | None = None
    """Total of cash and bonus that the player can bet now."""
    bonus_micros: int | None = None
    currency_code: str = ""
    field: str = ""
    reason: str = ""
    receipt: bytes = b""
    country_code: str = ""
    """The player's, as the session says; in answers to calls with ``session_required`` alone, where it is known."""

    @property
    def accepted(self) -> bool:
        """Say whether every action was accepted."""
        return self.code is OutcomeCode.OK


@value(frozen=True, slots=True)
class RawCall:
    """One HTTP request as it came: the path below the adapter's mount, lower-case header names, the untouched body."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    received_time_ms: int = 0

    def header(self, name: str) -> str | None:
        """Return the first header called ``name`` (lower case), or ``None``."""
        return next((value for key, value in self.headers if key == name), None)


@value(frozen=True, slots=True)
class RawReply:
    """One HTTP answer, byte for byte."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


@value(frozen=True, slots=True)
class CallIdentity:
    """Whose call it is, read without secrets: enough to find the credential that must check it."""

    brand_ref: str
    """What the provider calls the brand (a casino id, an operator id, a path part)."""
    credential_ref: str = ""


@dataclass(frozen=True, slots=True)
class Credential:
    """A brand's live keys at a provider, newest first; two of them during a rotation."""

    brand_id: BrandId
    secrets: tuple[bytes, ...]
    provider_public_keys: tuple[bytes, ...] = ()
    facts: dict[str, str] = field(default_factory=dict)
