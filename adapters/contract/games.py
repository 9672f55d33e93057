"""Games as an adapter lists them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from adapters.contract.errors import InvalidCall
from adapters.contract.ids import GameId


class GameType(StrEnum):
    """The family of a game."""

    SLOT = "slot"
    TABLE = "table"
    LIVE = "live"
    INSTANT = "instant"
    OTHER = "other"


class Volatility(StrEnum):
    """How widely the results of a game spread, in the words of the trade."""

    LOW = "low"
    MEDIUM_LOW = "medium_low"
    MEDIUM = "medium"
    MEDIUM_HIGH = "medium_high"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class BetMode:
    """One way to bet on a game (base, ante, feature buy); ``cost_ppm`` is its price in millionths of the stake."""

    bet_mode: str
    display_name: str
    cost_ppm: int = 1_000_000
    rtp_ppm: int = 0


@dataclass(frozen=True, slots=True)
class Game:
    """One title as the catalogue shows it. Shares are in parts per million (``rtp_ppm=960_000`` is 96 %)."""

    game_id: GameId
    display_name: str
    studio: str
    game_type: GameType = GameType.SLOT
    game_version: str = ""
    """Changes whenever an outcome could change; for the reel engine the hash of the game."""
    rtp_ppm: int = 0
    hit_frequency_ppm: int = 0
    volatility: Volatility = Volatility.MEDIUM
    sigma_ppm: int = 0
    """Standard deviation of one whole round in stakes; 0 when not known."""
    win_multiplier_max: int = 0
    features: frozenset[str] = frozenset()
    currency_codes: frozenset[str] = frozenset()
    """Empty: every currency of the adapter."""
    stakes_micros: tuple[int, ...] = ()
    """The total stakes on offer, ascending; empty: the provider decides."""
    stakes_micros_by_currency: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """Stakes for the currencies whose scale differs from the default ladder."""
    bet_modes: tuple[BetMode, ...] = ()
    line_count: int = 0
    demo: bool = True
    free_rounds: bool = False
    blocked_countries: frozenset[str] = frozenset()
    facts: dict[str, str] = field(default_factory=dict)

    def stakes_for(self, currency_code: str) -> tuple[int, ...]:
        """Return the total stakes on offer in ``currency_code``, ascending."""
        return self.stakes_micros_by_currency.get(currency_code, self.stakes_micros)


@dataclass(frozen=True, slots=True)
class GameIntegrity:
    """Whether one version of a game is what it was certified as; ``reason`` says why not."""

    game_id: GameId
    game_version: str
    ok: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Ask for at most ``page_size`` items after ``page_token`` (empty: from the start).

    ``known_version`` names a list that the caller has: who remembers it may answer with the changes alone.
    """

    page_size: int = 100
    page_token: str = ""
    known_version: str = ""


Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items, and the token of the next page (empty: that was the last)."""

    items: tuple[Item, ...]
    next_page_token: str = ""
    version: str = ""
    """Names the whole list as it is now; empty: the list has no versions."""
    changes_only: bool = False
    """These are the items that are new or other than in ``known_version``; the rest is as it was."""
    removed_ids: tuple[str, ...] = ()
    """What was in ``known_version`` and is no more."""


def page_of(items: Sequence[Item], request: PageRequest) -> Page[Item]:
    """Return one page of a list in memory; the token is the place where the page begins. Raises ``InvalidCall``."""
    token = request.page_token or "0"
    if not (token.isascii() and token.isdecimal()) or len(token) > 10:
        raise InvalidCall("the page token is not one of ours", field="page_token")
    start = int(token)
    end = start + max(1, request.page_size)
    return Page(tuple(items[start:end]), str(end) if end < len(items) else "")
