"""Free rounds: rounds whose stake the operator pays, granted at the provider."""

from dataclasses import dataclass
from enum import StrEnum

from adapters.contract.ids import BrandId, GameId, GrantId, PlayerId


@dataclass(frozen=True, slots=True)
class FreeRoundsGrant:
    """``count`` rounds at ``stake_micros`` each for one player, valid in a window of milliseconds since the epoch."""

    grant_id: GrantId
    brand_id: BrandId
    player_id: PlayerId
    game_ids: tuple[GameId, ...]
    currency_code: str
    stake_micros: int
    count: int
    valid_from_ms: int
    valid_until_ms: int


class GrantStatus(StrEnum):
    """The life of a grant at the provider."""

    ACTIVE = "active"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True)
class GrantReport:
    """What the provider says about a grant."""

    grant_id: GrantId
    status: GrantStatus
    played_count: int = 0
    win_micros: int = 0
    provider_grant_id: str = ""
