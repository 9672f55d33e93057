"""The games of all adapters, merged and kept in memory; a provider that does not answer keeps the games it had."""

import asyncio
import logging
from collections.abc import Callable, Iterable

from adapters.contract.adapter import ProviderAdapter
from adapters.contract.errors import AdapterError
from adapters.contract.games import Game, PageRequest
from adapters.contract.ids import is_valid_id
from adapters.contract.manifest import Manifest
from adapters.contract.rounds import SpinOutcome, SpinRequest
from gateway.catalogue.switches import Switches
from gateway.rounds.ports import AdapterRegistry, CatalogueGame

_log = logging.getLogger("reelgate.catalogue")
PAGES_MAX = 1000
PAGE_SIZE = 500


class Catalogue:
    """Finds games by their public id, "provider:game"."""

    def __init__(self, registry: AdapterRegistry, switches: Switches, timeout_s: float) -> None:
        self._registry = registry
        self._switches = switches
        self._timeout_s = timeout_s
        self._games: dict[str, CatalogueGame] = {}
        self._by_adapter: dict[str, dict[str, CatalogueGame]] = {}
        self._sorted: tuple[CatalogueGame, ...] = ()

    async def refresh(self) -> None:
        """Ask every adapter for its games, all at once."""
        await self._switches.refresh()
        adapters = self._registry.all()
        listings = await asyncio.gather(*(self._listing(manifest, adapter) for _, manifest, adapter in adapters))
        for (adapter_id, _, _), games in zip(adapters, listings, strict=True):
            if games is not None:
                self._by_adapter[adapter_id] = games
        merged = {game_id: game for games in self._by_adapter.values() for game_id, game in games.items()}
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

    async def _listing(self, manifest: Manifest, adapter: ProviderAdapter) -> dict[str, CatalogueGame] | None:
        try:
            async with asyncio.timeout(self._timeout_s):
                games = await _all_games(adapter)
        except (AdapterError, TimeoutError) as error:
            _log.warning("adapter %s does not list its games: %s", manifest.adapter_id, error)
            return None
        except Exception:  # noqa: BLE001  # the adapter border: one broken adapter must not take the others down
            _log.exception("adapter %s broke while it listed its games", manifest.adapter_id)
            return None
        return dict(_public(manifest, adapter, games))


async def _all_games(adapter: ProviderAdapter) -> list[Game]:
    games: list[Game] = []
    token = ""
    for _ in range(PAGES_MAX):
        page = await adapter.list_games(PageRequest(PAGE_SIZE, token))
        games += page.items
        token = page.next_page_token
        if not token:
            return games
    raise AdapterError(f"more than {PAGES_MAX} pages of games")


def _public(manifest: Manifest, adapter: ProviderAdapter, games: Iterable[Game]) -> Iterable[tuple[str, CatalogueGame]]:
    for game in games:
        game_id = f"{manifest.provider_id}:{game.game_id}"
        if not is_valid_id(game_id):
            _log.warning("adapter %s lists a game with the unusable id %r", manifest.adapter_id, game.game_id)
            continue
        modes = frozenset(mode.bet_mode for mode in game.bet_modes)
        told: Callable[[SpinRequest, SpinOutcome], None] | None = getattr(adapter, "booked", None)
        yield game_id, CatalogueGame(game_id, game, manifest, adapter, {}, modes, told)
