"""What the mock's games give: forced results first, then a seeded sequence that repeats itself after a reset."""

import random
from collections import deque
from collections.abc import Callable

from adapters.mocks.types import Outcome

WEIGHTED_MULTIPLIERS_PERCENT = ((0, 700), (50, 100), (100, 80), (200, 80), (500, 30), (2_000, 9), (50_000, 1))
"""(multiplier of the bet in percent, weight in thousandths): a slot of about 96 %."""


class OutcomeSource:
    """Outcomes of one tenant: a queue of forced ones, then draws from a seeded generator."""

    def __init__(self, seed: int = 1) -> None:
        self._seed = seed
        self._forced: deque[Callable[[int], Outcome]] = deque()
        self._draw = random.Random(seed)  # noqa: S311 a test tool must repeat itself

    def force(self, outcome_at: Callable[[int], Outcome]) -> None:
        """Queue the result of a coming round, as a function of its stake: a win may be said in bets."""
        self._forced.append(outcome_at)

    def reset(self, seed: int | None = None) -> None:
        """Drop what was forced and start the sequence anew."""
        self._seed = self._seed if seed is None else seed
        self._forced.clear()
        self._draw = random.Random(self._seed)  # noqa: S311 a test tool must repeat itself

    def next(self, bet_micros: int) -> Outcome:
        """Return the result of the next round at this bet."""
        if self._forced:
            return self._forced.popleft()(bet_micros)
        multipliers = [percent for percent, _ in WEIGHTED_MULTIPLIERS_PERCENT]
        weights = [weight for _, weight in WEIGHTED_MULTIPLIERS_PERCENT]
        percent = self._draw.choices(multipliers, weights)[0]
        return Outcome(wins_micros=(bet_micros * percent // 100,))
