"""The look-ups in NumPy alone: the same words give the same outcomes as in ``kernel_numba``."""

import numpy as np
from numpy.typing import NDArray

from adapters.reels.simulate.sampling_tables import Batch
from adapters.reels.simulate.stream import WORDS_MAX, Words

GROUP_ENTRIES_MAX = 1 << 21
_LOW_HALF = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)

Numbers = NDArray[np.int32]


class NumpyKernel:
    """Scratch space for one worker; every call walks up to 8,192 words through one batch."""

    group_entries_max = GROUP_ENTRIES_MAX

    def __init__(self) -> None:
        self._low = np.empty(WORDS_MAX, dtype=np.uint64)
        self._digit = np.empty(WORDS_MAX, dtype=np.uint64)
        self._part = np.empty(WORDS_MAX, dtype=np.uint64)
        self._place = np.empty(WORDS_MAX, dtype=np.int64)
        self._row = np.empty(WORDS_MAX, dtype=np.int32)

    def walk(self, batch: Batch, words: Words, rows: Numbers | None) -> Numbers:
        """Follow the accepted words, from ``rows`` (as many as are accepted) or from the beginning.

        Returns a row or outcome for every accepted word; valid until the next call.
        """
        words = self.accepted(batch, words)
        count = len(words)
        low, digit, row = self._low[:count], self._digit[:count], self._row[:count]
        place = self._place[:count]
        for group, size in enumerate(batch.sizes):
            _multiply_high(words, size, digit, self._part[:count])
            if group + 1 < len(batch.sizes):
                words = np.multiply(words, size, out=low)
            digits = digit.view(np.int64)
            if group:
                digits = np.add(digits, row, out=place)
            elif rows is not None:
                digits = np.add(digits, rows[:count], out=place)
            batch.table.take(digits, out=row, mode="clip")
        return row

    def accepted(self, batch: Batch, words: Words) -> Words:
        """Drop the words that would bias the draw: those whose product ends below 2**64 mod product."""
        low = np.multiply(words, np.uint64(batch.product), out=self._part[: len(words)])
        rejected_below = np.uint64(batch.rejected_below)
        if int(low.min()) >= batch.rejected_below:
            return words
        return words[low >= rejected_below]

    def count(self, batch: Batch, words: Words, first_awarded: int, counts: NDArray[np.int64]) -> tuple[int, Numbers]:
        """Count the outcomes; returns how many, and the numbers of those with awards in their order."""
        numbers = self.walk(batch, words, None)
        counts += np.bincount(numbers, minlength=len(counts))
        return len(numbers), numbers[numbers >= first_awarded]


def _multiply_high(words: Words, size: np.uint64, out: Words, part: Words) -> None:
    """The upper 64 bits of words times size (below 2**32), by halves: no step overflows."""
    np.bitwise_and(words, _LOW_HALF, out=part)
    np.multiply(part, size, out=part)
    np.right_shift(part, _HALF, out=part)
    np.right_shift(words, _HALF, out=out)
    np.multiply(out, size, out=out)
    np.add(out, part, out=out)
    np.right_shift(out, _HALF, out=out)
