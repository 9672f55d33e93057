"""The bets that this process has brought to the wallet and of which it knows no certain outcome (yet).

Who refuses a bet without the wallet must know that no other try of it is on its way there: that one may be booked yet.
"""

from collections import Counter
from collections.abc import Iterable

BetKey = tuple[str, str, str]
"""Brand, provider, transaction id."""
COUNT_MAX = 10_000
"""So many bets are remembered whose tries all ended uncertain; the oldest go first."""


class BetsInDoubt:
    """Bets under way, and bets whose last try ended uncertain."""

    def __init__(self, count_max: int = COUNT_MAX) -> None:
        self._count_max = count_max
        self._under_way: Counter[BetKey] = Counter()
        self._uncertain: dict[BetKey, None] = {}

    def holds(self, keys: Iterable[BetKey]) -> bool:
        """Say whether one of the bets may be booked at any moment, or may have been."""
        return any(key in self._under_way or key in self._uncertain for key in keys)

    def enter(self, keys: Iterable[BetKey]) -> None:
        """Note a try that goes to the wallet now."""
        self._under_way.update(keys)

    def leave(self, keys: Iterable[BetKey], *, certain: bool) -> None:
        """Note its end; what the wallet says for certain ends the doubts that earlier tries left."""
        for key in keys:
            self._under_way[key] -= 1
            if not self._under_way[key]:
                del self._under_way[key]
            self._uncertain.pop(key, None)
            if not certain:
                self._uncertain[key] = None
        while len(self._uncertain) > self._count_max:
            del self._uncertain[next(iter(self._uncertain))]
