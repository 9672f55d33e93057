"""Which games a caller asks for, and the page tokens bound to the question."""

import base64
from dataclasses import astuple, dataclass
from hashlib import sha256

from adapters.contract.games import GameType, Volatility
from gateway.catalogue.catalogue import Catalogue
from gateway.errors import InvalidRequest
from gateway.rounds.ports import CatalogueGame

_BOUND_BYTES = 8


@dataclass(frozen=True, slots=True)
class GameFilter:
    """What a game must be; empty fields do not ask."""

    brand_id: str
    query: str = ""
    provider_id: str = ""
    game_type: GameType | None = None
    volatility: Volatility | None = None
    rtp_ppm_min: int = 0
    rtp_ppm_max: int = 0
    features: frozenset[str] = frozenset()
    currency_code: str = ""
    country_code: str = ""
    include_disabled: bool = False

    def admits(self, item: CatalogueGame) -> bool:
        """Say whether the game is what was asked for, leaving aside whether it is switched on."""
        game = item.game
        return (
            (not self.provider_id or item.manifest.provider_id == self.provider_id)
            and (self.game_type is None or game.game_type is self.game_type)
            and (self.volatility is None or game.volatility is self.volatility)
            and game.rtp_ppm >= self.rtp_ppm_min
            and (not self.rtp_ppm_max or game.rtp_ppm <= self.rtp_ppm_max)
            and self.features <= game.features
            and (not self.currency_code or item.offers_currency(self.currency_code))
            and self.query.casefold() in game.display_name.casefold()
        )

    def mark(self) -> bytes:
        """Return what binds a page token to this filter."""
        parts = (sorted(part) if isinstance(part, frozenset) else part for part in astuple(self))
        return sha256(repr(tuple(parts)).encode()).digest()[:_BOUND_BYTES]


@dataclass(frozen=True, slots=True)
class ListedGame:
    """A game with whether the brand can play it."""

    item: CatalogueGame
    disabled_reason: str | None
    stale: bool = False


@dataclass(frozen=True, slots=True)
class GamePage:
    """Some games in order of their ids."""

    games: tuple[ListedGame, ...]
    next_page_token: str = ""


def list_games(catalogue: Catalogue, wanted: GameFilter, page_size: int, page_token: str) -> GamePage:
    """Return one page; raises ``InvalidRequest`` for a token of another filter."""
    after = _after(wanted, page_token)
    found: list[ListedGame] = []
    for item in catalogue.all():
        if item.game_id <= after or not wanted.admits(item):
            continue
        reason = catalogue.why_not(item, wanted.brand_id, wanted.country_code)
        if reason is not None and not wanted.include_disabled:
            continue
        if len(found) == page_size:
            return GamePage(tuple(found), _token(wanted, found[-1].item.game_id))
        found.append(ListedGame(item, reason, catalogue.is_stale(item)))
    return GamePage(tuple(found))


def _token(wanted: GameFilter, last_game_id: str) -> str:
    return base64.urlsafe_b64encode(wanted.mark() + last_game_id.encode()).decode()


def _after(wanted: GameFilter, page_token: str) -> str:
    if not page_token:
        return ""
    try:
        raw = base64.b64decode(page_token, altchars=b"-_", validate=True)
        mark, last = raw[:_BOUND_BYTES], raw[_BOUND_BYTES:].decode()
    except ValueError as error:
        raise InvalidRequest("page_token", "is not a token of this list") from error
    if mark != wanted.mark():
        raise InvalidRequest("page_token", "belongs to another filter")
    return last
