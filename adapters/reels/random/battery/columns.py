"""What the tests look at: one column of final outcomes, with the exact probability of every value. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Column:
    """The same quantity of every round in order: values 0..k-1 and the k weights that they must follow."""

    name: str
    values: Integers
    weights: tuple[int, ...]

    @property
    def probabilities(self) -> Reals:
        """The probability of each value."""
        total = sum(self.weights)
        return np.array([weight / total for weight in self.weights])

    def pooled(self, probability_min: float) -> "Column":
        """The column with neighbouring values put together until each group is at least so likely."""
        group_of, weights, wanted = [], [0], probability_min * sum(self.weights)
        for weight in self.weights:
            if weights[-1] >= wanted:
                weights.append(0)
            weights[-1] += weight
            group_of.append(len(weights) - 1)
        if weights[-1] < wanted and len(weights) > 1:
            left_over = weights.pop()
            weights[-1] += left_over
        groups = np.minimum(np.array(group_of, dtype=np.int64), len(weights) - 1)
        return Column(self.name, groups[self.values], tuple(weights))

    def grouped(self, groups_max: int) -> "Column":
        """The column with neighbouring values put together, at most ``groups_max`` groups."""
        size = len(self.weights)
        if size <= groups_max:
            return self
        group_of = np.arange(size, dtype=np.int64) * groups_max // size
        weights = np.bincount(group_of, weights=np.array(self.weights), minlength=groups_max)
        return Column(self.name, group_of[self.values], tuple(int(weight) for weight in weights))


@dataclass(frozen=True, slots=True)
class Reel:
    """One reel as it is dealt: the symbol shown in one row for each stop, and how often each stop comes."""

    symbols: tuple[str, ...]
    weights: tuple[int, ...]

    @property
    def bound(self) -> int:
        """The number of equally likely values of the draw."""
        return sum(self.weights)


def plain_reel(symbols: Sequence[str]) -> Reel:
    """A reel whose stops are equally likely."""
    return Reel(tuple(symbols), (1,) * len(symbols))


def stop_columns(stops: Integers, reels: Sequence[Reel]) -> list[Column]:
    """One column per reel of the stops themselves."""
    return [
        Column(f"reel {number + 1} stop", np.ascontiguousarray(stops[:, number]), reel.weights)
        for number, reel in enumerate(reels)
    ]


def symbol_columns(stops: Integers, reels: Sequence[Reel]) -> list[Column]:
    """One column per reel of the symbol shown: what the player sees."""
    columns = []
    for number, reel in enumerate(reels):
        names = sorted(set(reel.symbols))
        shown = np.array([names.index(symbol) for symbol in reel.symbols], dtype=np.int64)
        weights = np.bincount(shown, weights=np.array(reel.weights, dtype=np.float64))
        columns.append(Column(f"reel {number + 1} symbol", shown[stops[:, number]], tuple(int(w) for w in weights)))
    return columns
