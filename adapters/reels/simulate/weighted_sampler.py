"""Stages that are no spins: one draw from a table of pays and awards with integer weights of any size."""

from bisect import bisect_right
from collections.abc import Mapping
from itertools import accumulate

import numpy as np

from adapters.reels.kernel.finals import Award
from adapters.reels.simulate.kernel_numpy import Numbers
from adapters.reels.simulate.samplers import Counted, Played, summed
from adapters.reels.simulate.stream import WORDS_MAX, Lanes, WordStream

WORD_VALUES = 2**64
WORD_BITS = 64


class WeightedSampler:
    """Draws outcomes in proportion to their weights: words beyond a whole multiple of the total are dropped."""

    def __init__(self, outcomes: Mapping[tuple[int, tuple[Award, ...]], int]) -> None:
        ordered = sorted(outcomes, key=lambda outcome: (bool(outcome[1]), outcome))
        self._pays = np.array([pay for pay, _ in ordered], dtype=np.int64)
        self._awards = tuple(awards for _, awards in ordered)
        self._first_awarded = sum(not awards for awards in self._awards)
        self._sums = list(accumulate(outcomes[outcome] for outcome in ordered))

    def play(self, lanes: Lanes, plays: int) -> Played:
        """Play so often, one by one."""
        if self._sums[-1] <= WORD_VALUES // 2:
            numbers = self._draw_words(lanes.open(), plays)
        else:
            numbers = self._draw_large(lanes.open(), plays)
        return Played(self._pays[numbers], numbers, self._awards, self._first_awarded)

    def count(self, lanes: Lanes, plays: int) -> Counted:
        """Play so often, summed up."""
        return summed(self.play(lanes, plays))

    def _draw_words(self, stream: WordStream, plays: int) -> Numbers:
        share = WORD_VALUES // self._sums[-1]
        # The last limit may be 2**64 itself; as "last word that counts" it always fits.
        limits = np.array([total * share - 1 for total in self._sums], dtype=np.uint64)
        numbers, done = np.empty(plays, dtype=np.int32), 0
        while done < plays:
            words = stream.next_words(min(WORDS_MAX, plays - done))
            words = words[words <= limits[-1]]
            numbers[done : done + len(words)] = np.searchsorted(limits, words, side="left")
            done += len(words)
        return numbers

    def _draw_large(self, stream: WordStream, plays: int) -> Numbers:
        total = self._sums[-1]
        size = total.bit_length() // WORD_BITS + 1
        whole = 2 ** (WORD_BITS * size) // total * total
        numbers, done = np.empty(plays, dtype=np.int32), 0
        while done < plays:
            value = 0
            for word in stream.next_words(size).tolist():
                value = value << WORD_BITS | word
            if value < whole:
                numbers[done] = bisect_right(self._sums, value % total)
                done += 1
        return numbers
