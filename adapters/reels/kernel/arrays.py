"""The compiled window of a cascade or cluster game. Pure."""

from dataclasses import dataclass
from math import gcd

import numpy as np

from adapters.reels.kernel.board import GAME_BITS, BoardArrays
from adapters.reels.kernel.finals import Award


@dataclass(frozen=True, slots=True)
class Board:
    """The arrays of a window and the entries that its scatters award, in the order of their bits."""

    arrays: BoardArrays
    entries: tuple[str, ...]

    def pay_step(self) -> int:
        """Return the greatest number of pay units that every pay of a window is a multiple of."""
        parts = (
            self.arrays.settled_pay,
            self.arrays.way_pays,
            self.arrays.any_pays,
            self.arrays.cluster_pays,
            self.arrays.scatter_pays,
        )
        return gcd(*(int(pay) for part in parts for pay in np.unique(part) if pay > 0))

    def awards(self, games: int) -> tuple[Award, ...]:
        """Read packed games as awards."""
        found = []
        for place, entry in enumerate(self.entries):
            count = (games >> (GAME_BITS * place)) & ((1 << GAME_BITS) - 1)
            if count:
                found.append((entry, count))
        return tuple(found)
