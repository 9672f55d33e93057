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

    def grouped(self, groups_max: int) -> "Column":
        """The column with neighbouring values put together, at most ``groups_max`` groups."""
        size = len(self.weights)
        if size <= groups_max:
            return self
        group_of = np.arange(size, dtype=np.int64) * groups_max // size
        weights = np.bincount(group_of, weights=np.array(self.weights), minlength=groups_max)
        return Column(self.name, group_of[self.values], tuple(int(weight) for weight in weights))


def stop_columns(stops: Integers, lengths: Sequence[int]) -> list[Column]:
    """One column per reel of the stops themselves, each equally likely."""
    return [
        Column(f"reel {reel + 1} stop", np.ascontiguousarray(stops[:, reel]), (1,) * length)
        for reel, length in enumerate(lengths)
    ]


def symbol_columns(stops: Integers, strips: Sequence[Sequence[str]], row: int = 0) -> list[Column]:
    """One column per reel of the symbol shown in ``row``: what the player sees."""
    columns = []
    for reel, strip in enumerate(strips):
        names = sorted(set(strip))
        shown = np.array([names.index(symbol) for symbol in strip], dtype=np.int64)
        values = shown[(stops[:, reel] + row) % len(strip)]
        columns.append(Column(f"reel {reel + 1} symbol", values, tuple(strip.count(name) for name in names)))
    return columns
