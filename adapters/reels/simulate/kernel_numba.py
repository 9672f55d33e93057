"""The look-ups compiled by Numba (extra ``[sim]``): the same words give the same outcomes as in ``kernel_numpy``."""

import numpy as np
from numpy.typing import NDArray

from adapters.reels.simulate.jit import compiled
from adapters.reels.simulate.kernel_numpy import Numbers
from adapters.reels.simulate.sampling_tables import Batch
from adapters.reels.simulate.stream import WORDS_MAX, Words

GROUP_ENTRIES_MAX = 1 << 18
# A tuple, so that Numba unrolls the loop over the groups: a third faster than an array.
Sizes = tuple[np.uint64, ...]

_NO_ROWS = np.zeros(0, dtype=np.int32)


class NumbaKernel:
    """Scratch space for one worker; compiles at the first call."""

    group_entries_max = GROUP_ENTRIES_MAX

    def __init__(self) -> None:
        self._row = np.empty(WORDS_MAX, dtype=np.int32)

    def walk(self, batch: Batch, words: Words, rows: Numbers | None) -> Numbers:
        """Follow the accepted words, from ``rows`` or from the beginning; valid until the next call."""
        rejected_below = np.uint64(batch.rejected_below)
        begun = _NO_ROWS if rows is None else rows
        count = compiled(_walk)(words, batch.table, tuple(batch.sizes), rejected_below, begun, self._row)
        return self._row[:count]

    def count(self, batch: Batch, words: Words, first_awarded: int, counts: NDArray[np.int64]) -> tuple[int, Numbers]:
        """Count the outcomes; returns how many, and the numbers of those with awards in their order."""
        rejected_below = np.uint64(batch.rejected_below)
        total, awarded = compiled(_count)(
            words, batch.table, tuple(batch.sizes), rejected_below, first_awarded, counts, self._row
        )
        return total, self._row[:awarded]


def _walk(words: Words, table: Numbers, sizes: Sizes, rejected_below: np.uint64, rows: Numbers, out: Numbers) -> int:
    low_half = np.uint64(0xFFFFFFFF)
    half = np.uint64(32)
    count = 0
    for given in words:
        word = given
        row = np.uint64(rows[count]) if len(rows) > count else np.uint64(0)
        for size in sizes:
            digit = ((word >> half) * size + (((word & low_half) * size) >> half)) >> half
            word = word * size
            row = np.uint64(table[row + digit])
        if word >= rejected_below:
            out[count] = row
            count += 1
    return count


def _count(
    words: Words,
    table: Numbers,
    sizes: Sizes,
    rejected_below: np.uint64,
    first_awarded: int,
    counts: NDArray[np.int64],
    awarded_numbers: Numbers,
) -> tuple[int, int]:
    low_half = np.uint64(0xFFFFFFFF)
    half = np.uint64(32)
    count = 0
    awarded = 0
    for given in words:
        word = given
        row = np.uint64(0)
        for size in sizes:
            digit = ((word >> half) * size + (((word & low_half) * size) >> half)) >> half
            word = word * size
            row = np.uint64(table[row + digit])
        if word >= rejected_below:
            counts[row] += 1
            if row >= first_awarded:
                awarded_numbers[awarded] = row
                awarded += 1
            count += 1
    return count, awarded
