"""What is off for which brand, in memory; read anew by the refresher so that other processes' switches arrive."""

from typing import Protocol

from gateway.catalogue.targets import Target, TargetKind
from gateway.rounds.ports import CatalogueGame, Clock


class SwitchStore(Protocol):
    """Where switches are kept."""

    async def load(self) -> dict[Target, str]:
        """Return everything that is off, with the reason."""
        ...

    async def turn_off(self, target: Target, reason: str, now_ms: int) -> bool:
        """Switch off; false when it was off for the same reason."""
        ...

    async def turn_on(self, target: Target) -> bool:
        """Switch on; false when it was on."""
        ...


class Switches:
    """Whether a game may be played."""

    def __init__(self, store: SwitchStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._off: dict[Target, str] = {}

    async def refresh(self) -> None:
        """Read all switches anew."""
        self._off = await self._store.load()

    def why_not(self, game: CatalogueGame, brand_id: str, country_code: str) -> str | None:
        """Return why the game is off; ``None``: it is on."""
        if country_code and country_code in game.game.blocked_countries:
            return "not offered in this country"
        if not self._off:
            return None
        by_game = self._off.get(Target(brand_id, TargetKind.GAME, game.game_id))
        if by_game is not None:
            return by_game
        return self.why_not_provider(game.manifest.provider_id, brand_id)

    def why_not_provider(self, provider_id: str, brand_id: str) -> str | None:
        """Return why all games of a provider are off; ``None``: they are on."""
        return self._off.get(Target(brand_id, TargetKind.PROVIDER, provider_id))

    async def set(self, target: Target, *, enabled: bool, reason: str) -> bool:
        """Switch; says whether anything changed."""
        if enabled:
            changed = await self._store.turn_on(target)
        else:
            changed = await self._store.turn_off(target, reason, self._clock.now_ms())
        await self.refresh()
        return changed
