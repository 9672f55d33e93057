"""Samplers: many plays of one stage at once. What a stage gives is its pay and the number of what it awards."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from adapters.reels.kernel.finals import Award
from adapters.reels.simulate.jit import has_numba
from adapters.reels.simulate.kernel_numba import NumbaKernel
from adapters.reels.simulate.kernel_numpy import Numbers, NumpyKernel
from adapters.reels.simulate.sampling_tables import Integers, SamplingTables
from adapters.reels.simulate.stream import WORDS_MAX, Lanes, WordStream

Kernel = NumpyKernel | NumbaKernel
KERNELS = ("auto", "numba", "numpy")


def make_kernel(name: str = "auto") -> Kernel:
    """Return the named kernel; ``auto`` takes Numba where it is installed."""
    if name == "numpy" or (name == "auto" and not has_numba()):
        return NumpyKernel()
    return NumbaKernel()


class Sampler(Protocol):
    """One stage, ready to be played many times at once."""

    awards: tuple[tuple[Award, ...], ...]
    """What the award numbers mean."""
    first_awarded: int
    """From this number on something is awarded."""

    def play(self, lanes: Lanes, plays: int) -> tuple[Integers, Numbers]:
        """Play so often; returns the pay of each play and its award number."""

    def count(self, lanes: Lanes, plays: int) -> "Counted":
        """Play so often; returns how often each pay came, and the plays with awards one by one."""


class Counted:
    """A summary of many plays: plain ones by pay, those with awards by place, pay and award number."""

    __slots__ = ("award_numbers", "award_pays", "pays", "times")

    def __init__(self, pays: Integers, times: Integers, award_pays: Integers, award_numbers: Numbers) -> None:
        self.pays = pays
        self.times = times
        self.award_pays = award_pays
        self.award_numbers = award_numbers


class TableSampler:
    """A stage whose outcome is one walk through composed tables."""

    def __init__(self, tables: SamplingTables, kernel: Kernel) -> None:
        self._tables = tables
        self._kernel = kernel
        self.awards = tables.awards
        self.first_awarded = tables.first_awarded

    def play(self, lanes: Lanes, plays: int) -> tuple[Integers, Numbers]:
        """Play so often; returns the pay of each play and its award number."""
        rows: Numbers | None = None
        for batch in self._tables.batches:
            stream, reached, done = lanes.open(), np.empty(plays, dtype=np.int32), 0
            while done < plays:
                words = stream.next_words(min(WORDS_MAX, plays - done))
                walked = self._kernel.walk(batch, words, None if rows is None else rows[done:])
                reached[done : done + len(walked)] = walked
                done += len(walked)
            rows = reached
        assert rows is not None, "a spin draws something"
        return self._tables.pays[rows], rows

    def count(self, lanes: Lanes, plays: int) -> Counted:
        """Play so often; returns how often each pay came, and the plays with awards one by one."""
        if len(self._tables.batches) > 1:
            pays, numbers = self.play(lanes, plays)
            return summed(pays, numbers, numbers >= self.first_awarded)
        counts = np.zeros(self._tables.outcomes, dtype=np.int64)
        awarded = self._count_all(lanes.open(), plays, counts)
        first = self.first_awarded
        return Counted(self._tables.pays[:first], counts[:first], self._tables.pays[awarded], awarded)

    def _count_all(self, stream: WordStream, plays: int, counts: NDArray[np.int64]) -> Numbers:
        batch, first = self._tables.batches[0], self.first_awarded
        awarded, done = [np.zeros(0, dtype=np.int32)], 0
        while done < plays:
            words = stream.next_words(min(WORDS_MAX, plays - done))
            accepted, numbers = self._kernel.count(batch, words, first, counts)
            awarded.append(numbers.copy())
            done += accepted
        return np.concatenate(awarded)


def summed(pays: Integers, numbers: Numbers, has_awards: NDArray[np.bool_]) -> Counted:
    """Sum up plays given one by one."""
    values, times = np.unique(pays[~has_awards], return_counts=True)
    return Counted(values, times.astype(np.int64), pays[has_awards], numbers[has_awards])
