"""The compiled window of a cascade or cluster game. Pure."""

from dataclasses import dataclass

from adapters.reels.kernel.board import GAME_BITS, BoardArrays
from adapters.reels.kernel.finals import Award


@dataclass(frozen=True, slots=True)
class Board:
    """The arrays of a window and the entries that its scatters award, in the order of their bits."""

    arrays: BoardArrays
    entries: tuple[str, ...]

    def awards(self, games: int) -> tuple[Award, ...]:
        """Read packed games as awards."""
        found = []
        for place, entry in enumerate(self.entries):
            count = (games >> (GAME_BITS * place)) & ((1 << GAME_BITS) - 1)
            if count:
                found.append((entry, count))
        return tuple(found)
