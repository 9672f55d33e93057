"""The exact distribution of the 64-bit sum over the full cycle, by one pass over the tables. Pure."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adapters.reels.kernel.automaton import Transitions

WEIGHT_BITS_MAX = 62


def exact_sums(
    transitions: Sequence[Transitions], class_weights: Sequence[Sequence[int]]
) -> tuple[NDArray[np.int64], list[int]]:
    """Return the distinct sums, ascending, with how many of the full cycle's outcomes have each."""
    cycle = 1
    for weights in class_weights:
        cycle *= sum(weights)
    kind: type = np.int64 if cycle.bit_length() <= WEIGHT_BITS_MAX else object
    states = np.zeros(1, dtype=np.int64)
    sums = np.zeros(1, dtype=np.int64)
    counts: NDArray[Any] = np.ones(1, dtype=kind)
    for table, weights in zip(transitions, class_weights, strict=True):
        by_class: NDArray[Any] = np.array(weights, dtype=kind)
        reached = table.following[states].astype(np.int64).ravel()
        summed = (sums[:, None] + table.adds[states]).ravel()
        weighed = (counts[:, None] * by_class[None, :]).ravel()
        states, sums, counts = _merge(reached, summed, weighed)
    return sums, [int(count) for count in counts]


def _merge(
    states: NDArray[np.int64], sums: NDArray[np.int64], counts: NDArray[Any]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    order = np.lexsort((sums, states))
    states, sums, counts = states[order], sums[order], counts[order]
    begins = np.flatnonzero(np.concatenate([[True], (np.diff(states) != 0) | (np.diff(sums) != 0)]))
    return states[begins], sums[begins], np.add.reduceat(counts, begins)
