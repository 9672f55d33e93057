"""The engine's only door to chance, and a scripted one for tests and replays. Pure."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Protocol

Draw = tuple[str, tuple[int, ...], tuple[int, ...]]
"""(purpose, ranges, values): each value is uniform in 0..range-1."""


class DrawSource(Protocol):
    """Uniform integers for one step of a round, each logged as (purpose, ranges, values)."""

    @property
    def log(self) -> list[Draw]:
        """Every draw so far, in order."""
        ...

    def draw(self, purpose: str, bound: int) -> int:
        """Return one number, uniform in 0..bound-1 (bound below 2**63)."""
        ...

    def draw_stops(self, purpose: str, lengths: tuple[int, ...]) -> tuple[int, ...]:
        """Return one number for each length, independent and uniform in 0..length-1."""
        ...

    def draw_weighted(self, purpose: str, cumulative: tuple[int, ...]) -> int:
        """Return an index, drawn in proportion to the steps of the rising integers ``cumulative``."""
        ...


class ScriptedDraws:
    """Gives prepared values instead of chance: for tests and for looking at one outcome."""

    def __init__(self, values: Iterable[int]) -> None:
        self._values = iter(values)
        self.log: list[Draw] = []

    def draw(self, purpose: str, bound: int) -> int:
        """Return the next prepared value; raises ValueError when it is outside 0..bound-1."""
        return self.draw_stops(purpose, (bound,))[0]

    def draw_stops(self, purpose: str, lengths: tuple[int, ...]) -> tuple[int, ...]:
        """Return the next prepared values, one for each length."""
        values = tuple(next(self._values) for _ in lengths)
        _check_within(purpose, lengths, values)
        self.log.append((purpose, lengths, values))
        return values

    def draw_weighted(self, purpose: str, cumulative: tuple[int, ...]) -> int:
        """Return the index that the next prepared value falls into."""
        return bisect_right(cumulative, self.draw(purpose, cumulative[-1]))


def _check_within(purpose: str, lengths: Sequence[int], values: Sequence[int]) -> None:
    for length, value in zip(lengths, values, strict=True):
        if not 0 <= value < length:
            raise ValueError(f"scripted value {value} for {purpose!r} is outside 0..{length - 1}")
