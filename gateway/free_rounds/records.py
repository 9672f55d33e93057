"""A grant of free rounds as it is written down here, and the life that it leads."""

from dataclasses import dataclass
from enum import StrEnum

from adapters.contract.free_rounds import GrantStatus


class FreeRoundsStatus(StrEnum):
    """Where a grant stands.

    ::

        PENDING -> ACTIVE -> FINISHED | EXPIRED
           |          └----> CANCELLING -> CANCELLED
           └-> REFUSED
    """

    PENDING = "pending"
    """Written down; the provider has not confirmed it yet."""
    ACTIVE = "active"
    CANCELLING = "cancelling"
    """Its cancel is written down; the provider has not confirmed it yet."""
    CANCELLED = "cancelled"
    FINISHED = "finished"
    EXPIRED = "expired"
    REFUSED = "refused"
    """The provider certainly does not have it; its answer is the answer for ever."""


STATUS_OF_REPORT = {
    GrantStatus.ACTIVE: FreeRoundsStatus.ACTIVE,
    GrantStatus.FINISHED: FreeRoundsStatus.FINISHED,
    GrantStatus.CANCELLED: FreeRoundsStatus.CANCELLED,
    GrantStatus.EXPIRED: FreeRoundsStatus.EXPIRED,
}
OPEN_STATUSES = frozenset({FreeRoundsStatus.PENDING, FreeRoundsStatus.CANCELLING})
"""What the worker has to bring to an end."""


@dataclass(frozen=True, slots=True)
class FreeRounds:
    """One grant; ``game_ids`` are public ids ("provider:game"), times are milliseconds since the epoch."""

    brand_id: str
    grant_id: str
    player_id: str
    provider_id: str
    currency_code: str
    game_ids: tuple[str, ...]
    stake_micros: int
    count: int
    valid_from_ms: int
    valid_until_ms: int
    status: FreeRoundsStatus = FreeRoundsStatus.PENDING
    provider_grant_id: str = ""
    reported_played_count: int = 0
    cause: str = ""
    attempt_count: int = 0
    next_time_ms: int = 0
    create_time_ms: int = 0


@dataclass(frozen=True, slots=True)
class FreeRoundsView:
    """A grant with what came of it: free bets placed at the wallet, and what was won under it."""

    free_rounds: FreeRounds
    played_count: int
    win_micros: int


@dataclass(frozen=True, slots=True)
class GrantWin:
    """A win under a grant, under the key that it has in the ledger."""

    brand_id: str
    provider_id: str
    kind: str
    transaction_id: str
    grant_id: str
    amount_micros: int
    time_ms: int


@dataclass(frozen=True, slots=True)
class FreeRoundsPage:
    """Some grants, newest first."""

    items: tuple[FreeRounds, ...]
    next_page_token: str = ""


@dataclass(frozen=True, slots=True)
class GrantFreeRounds:
    """A validated request to grant."""

    brand_id: str
    grant_id: str
    player_id: str
    currency_code: str
    game_ids: tuple[str, ...]
    stake_micros: int
    count: int
    valid_from_ms: int | None
    valid_until_ms: int
