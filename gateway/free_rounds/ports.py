"""What free rounds need from the world, as Protocols."""

from typing import Protocol

from gateway.free_rounds.records import FreeRounds, FreeRoundsPage, GrantWin


class FreeRoundsStore(Protocol):
    """Where grants are kept; shared by all processes. Every change is committed before it returns."""

    async def add(self, free_rounds: FreeRounds) -> bool:
        """Write down a grant; false when its id is taken."""
        ...

    async def get(self, brand_id: str, grant_id: str) -> FreeRounds | None:
        """Read a grant."""
        ...

    async def of_provider(self, brand_id: str, provider_id: str, call_grant_id: str) -> FreeRounds | None:
        """Read the grant that a provider's wallet calls name like this."""
        ...

    async def open_of_player(self, brand_id: str, provider_id: str, player_id: str) -> bool:
        """Say whether a grant of a player at a provider is not confirmed yet."""
        ...

    async def page(
        self, brand_id: str, player_id: str, provider_id: str, page_size: int, page_token: str
    ) -> FreeRoundsPage:
        """List grants, newest first; raises ``InvalidRequest`` for a token of another list."""
        ...

    async def due(self, now_ms: int, limit: int) -> list[FreeRounds]:
        """Return what the worker must go on with now."""
        ...

    async def claim(self, free_rounds: FreeRounds, until_ms: int) -> FreeRounds | None:
        """Take a grant for this process until a time; ``None`` when another was faster."""
        ...

    async def change(self, before: FreeRounds, after: FreeRounds) -> bool:
        """Replace what may change; false when the provider's id belongs to another grant, or ``before`` is past."""
        ...

    async def add_win(self, win: GrantWin) -> bool:
        """Count a win, once per key; false when it was counted before."""
        ...

    async def win_micros(self, brand_id: str, grant_ids: tuple[str, ...]) -> dict[str, int]:
        """Return what was won under each of the grants."""
        ...
