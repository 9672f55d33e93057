"""The games of all adapters, merged and kept in memory; a provider that does not answer keeps the games it had."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from adapters.contract.adapter import ProviderAdapter
from adapters.contract.errors import AdapterError
from adapters.contract.games import Game, Page, PageRequest
from adapters.contract.ids import is_valid_id
from adapters.contract.manifest import Manifest
from adapters.contract.rounds import SpinOutcome, SpinRequest
from gateway.catalogue.switches import Switches
from gateway.rounds.ports import AdapterRegistry, CatalogueGame

_log = logging.getLogger("reelgate.catalogue")
PAGES_MAX = 1000
PAGE_SIZE = 500
LISTING_TRIES_MAX = 3


@dataclass(slots=True)
class _Shelf:
    """What one adapter offers, as it said last."""

    games: dict[str, CatalogueGame] = field(default_factory=dict)
    version: str = ""
    stale: bool = False


class Catalogue:
    """Finds games by their public id, "provider:game"."""

    def __init__(self, registry: AdapterRegistry, switches: Switches, timeout_s: float) -> None:
        self._registry = registry
        self._switches = switches
        self._timeout_s = timeout_s
        self._games: dict[str, CatalogueGame] = {}
        self._shelves: dict[str, _Shelf] = {}
        self._sorted: tuple[CatalogueGame, ...] = ()

    async def refresh(self) -> None:
        """Ask every adapter what changed, all at once; a provider that does not answer keeps the games it had."""
        await self._switches.refresh()
        adapters = self._registry.all()
        for adapter_id, _, _ in adapters:
            self._shelves.setdefault(adapter_id, _Shelf())
        changed = await asyncio.gather(
            *(
                self._refreshed(self._shelves[adapter_id], manifest, adapter)
                for adapter_id, manifest, adapter in adapters
            )
        )
        if any(changed):
            merged = {game_id: game for shelf in self._shelves.values() for game_id, game in shelf.games.items()}
            self._games = merged
            self._sorted = tuple(merged[game_id] for game_id in sorted(merged))

    def find(self, game_id: str) -> CatalogueGame | None:
        """Return the game with a public id."""
        return self._games.get(game_id)

    def why_not(self, game: CatalogueGame, brand_id: str, country_code: str) -> str | None:
        """Return why the game is off for a brand and country; ``None``: it is on."""
        return self._switches.why_not(game, brand_id, country_code)

    def why_not_provider(self, provider_id: str, brand_id: str) -> str | None:
        """Return why all games of a provider are off for a brand; ``None``: they are on."""
        return self._switches.why_not_provider(provider_id, brand_id)

    def all(self) -> tuple[CatalogueGame, ...]:
        """Return all games, sorted by id."""
        return self._sorted

    def knows_provider(self, provider_id: str) -> bool:
        """Say whether an adapter serves the provider."""
        return self._registry.adapter_of_provider(provider_id) is not None

    def is_stale(self, game: CatalogueGame) -> bool:
        """Say whether the game's provider does not answer, so that this is what it said last."""
        shelf = self._shelves.get(game.manifest.adapter_id)
        return shelf is not None and shelf.stale

    async def _refreshed(self, shelf: _Shelf, manifest: Manifest, adapter: ProviderAdapter) -> bool:
        """Bring a shelf up to date; says whether anything on it changed."""
        try:
            async with asyncio.timeout(self._timeout_s):
                listing = await _listing(adapter, shelf.version)
        except (AdapterError, TimeoutError) as error:
            _log.warning("adapter %s does not list its games: %s", manifest.adapter_id, error)
            shelf.stale = True
            return False
        except Exception:  # noqa: BLE001  # the adapter border: one broken adapter must not take the others down
            _log.exception("adapter %s broke while it listed its games", manifest.adapter_id)
            shelf.stale = True
            return False
        shelf.stale, shelf.version = False, listing.version
        return _apply(shelf, listing, manifest, adapter)


async def _listing(adapter: ProviderAdapter, known_version: str) -> Page[Game]:
    """Return all that changed since a version, or the whole list: every page of one version."""
    for _ in range(LISTING_TRIES_MAX):
        first = await adapter.list_games(PageRequest(PAGE_SIZE, "", known_version))
        if first.changes_only and not (known_version and first.version):
            raise AdapterError("changes of an unknown version")
        games, page = list(first.items), first
        for _ in range(PAGES_MAX):
            if not page.next_page_token or page.version != first.version:
                break
            page = await adapter.list_games(PageRequest(PAGE_SIZE, page.next_page_token))
            games += page.items
        if page.version != first.version:
            continue  # the list changed between two of its pages
        if page.next_page_token:
            raise AdapterError(f"more than {PAGES_MAX} pages of games")
        return replace(first, items=tuple(games))
    raise AdapterError("the list changes while it is read")


def _apply(shelf: _Shelf, listing: Page[Game], manifest: Manifest, adapter: ProviderAdapter) -> bool:
    """Put what is new or other on the shelf and take off what is gone; what is the same stays the same object."""
    prefix = f"{manifest.provider_id}:"
    other = [
        game
        for game in listing.items
        if (known := shelf.games.get(f"{prefix}{game.game_id}")) is None or known.game != game
    ]
    if listing.changes_only:
        gone = {f"{prefix}{game_id}" for game_id in listing.removed_ids}
    else:
        gone = shelf.games.keys() - {f"{prefix}{game.game_id}" for game in listing.items}
    gone &= shelf.games.keys()
    if not other and not gone:
        return False
    games = {game_id: game for game_id, game in shelf.games.items() if game_id not in gone}
    shelf.games = games | dict(_public(manifest, adapter, other))
    return True


def _public(manifest: Manifest, adapter: ProviderAdapter, games: Iterable[Game]) -> Iterable[tuple[str, CatalogueGame]]:
    for game in games:
        game_id = f"{manifest.provider_id}:{game.game_id}"
        if not is_valid_id(game_id):
            _log.warning("adapter %s lists a game with the unusable id %r", manifest.adapter_id, game.game_id)
            continue
        modes = frozenset(mode.bet_mode for mode in game.bet_modes)
        told: Callable[[SpinRequest, SpinOutcome], None] | None = getattr(adapter, "booked", None)
        yield game_id, CatalogueGame(game_id, game, manifest, adapter, {}, modes, told)
