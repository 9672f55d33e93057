"""What live games return, held against their theory; and what an adapter keeps between processes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class GameReturn:
    """What one stream of rounds (a game at one version, bet, stake and channel) has returned so far.

    Shares are in parts per million of the stake. ``low_ppm`` and ``high_ppm`` bound the true return at all times at
    once; ``high_ppm`` is 0 while nothing bounds it.
    """

    state_key: str
    game_id: str
    game_version: str
    bet_mode: str
    line_count: int
    stake_micros: int
    currency_code: str
    channel: str
    rounds: int
    rtp_ppm: int
    theoretical_rtp_ppm: int
    low_ppm: int
    high_ppm: int
    alarm: str = ""
    """"high" (pays too much) or "low" once the return has left the theoretical one."""


class StateStore(Protocol):
    """Small values by key, which all processes of an adapter share and which outlive them."""

    async def read(self) -> dict[str, bytes]:
        """Return everything that is kept."""
        ...

    async def change(self, key: str, merge: Callable[[bytes], bytes]) -> bytes:
        """Put ``merge`` of what is kept (empty: nothing) in its place, and return it; one process at a time."""
        ...


class SupportsKeptState(Protocol):
    """Keeping something between processes (adapters that deal here; others have no such method)."""

    async def keep_state(self, store: StateStore) -> None:
        """Bring this process and what is kept together: at start, now and then, and at the end."""
        ...


class SupportsReturns(Protocol):
    """Watching what games return (adapters that deal here; others have no such method)."""

    def game_returns(self, *, bounds: bool = True) -> tuple[GameReturn, ...]:
        """Say what every watched stream has returned so far; without ``bounds`` (0 then) it takes no time."""
        ...

    def kept_returns(self, kept: dict[str, bytes]) -> tuple[GameReturn, ...]:
        """Read what streams have returned from what is kept alone, also of versions that are not here any more."""
        ...
