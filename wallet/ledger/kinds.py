"""The closed lists of the ledger: kinds of action, outcome codes, statuses, row flags, house accounts.

The values equal those of the wallet's proto and of the adapters' contract, so a border converts by value.
Rows hold the plain strings (``ActionKind.BET.value``): they go to and from a database without conversion.
"""

from enum import StrEnum


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


KIND_NAMES: dict[ActionKind, str] = {kind: kind.value for kind in ActionKind}
"""The plain strings: ``.value`` costs a Python call, a dictionary does not."""


OPEN_ACCOUNT = "open_account"
SET_STATUS = "set_status"
SET_LIMITS = "set_limits"
ISSUE_GRANT = "issue_grant"
CANCEL_GRANT = "cancel_grant"
STANDING_KINDS = frozenset({OPEN_ACCOUNT, SET_STATUS, SET_LIMITS})
"""Rows that say what an account may do from then on."""
ADMIN_KINDS = STANDING_KINDS | {ISSUE_GRANT, CANCEL_GRANT}
"""Rows that record what was decided about an account; they move nothing, and no caller can send them."""


class Certainty(StrEnum):
    """May the answer be relied on? Only an uncertain answer may follow a possible commit."""

    CERTAIN = "certain"
    UNCERTAIN = "uncertain"


class OutcomeCode(StrEnum):
    """Every outcome of an action, in the words of the ordering matrix."""

    OK = "ok"
    NO_EFFECT = "no_effect"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    KEY_REUSED = "key_reused"
    BET_NOT_FOUND = "bet_not_found"
    ROLLED_BACK = "rolled_back"
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
    BATCH_REFUSED = "batch_refused"


class AccountStatus(StrEnum):
    """What a player's account allows. Wins, rollbacks and withdrawals are allowed in every one but ``unknown``."""

    OPEN = "open"
    BLOCKED = "blocked"
    """Closed by the operator: no bets, no deposits."""
    EXCLUDED = "excluded"
    """Closed by the player's own exclusion: no bets, no deposits."""
    UNKNOWN = "unknown"
    """Nobody opened the account; the row only carries the chain of its tombstones and refusals."""


class RoundStatus(StrEnum):
    """Whether a round still takes bets."""

    OPEN = "open"
    CLOSED = "closed"


FLAG_OPENS_ROUND = 1
FLAG_CLOSES_ROUND = 2
FLAG_RESOLVES = 4
"""The row undid or ended its reference: at most one such row exists for a reference (unique partial index)."""
FLAG_TOMBSTONE = 8
"""The row stands under the key of a transaction that was rolled back before it came."""

HOUSE_GAMING = "house:gaming"
HOUSE_JACKPOT = "house:jackpot"
HOUSE_PROMOTIONS = "house:promotions"
HOUSE_FREE_ROUNDS = "house:free_rounds"
HOUSE_ADJUSTMENTS = "house:adjustments"
CASH_DEPOSITS = "cash:deposits"
CASH_WITHDRAWALS = "cash:withdrawals"
DEMO_PREFIX = "demo:"
"""Demo accounts post to ``demo:`` + the name above, so that no report of real money ever sums them."""
