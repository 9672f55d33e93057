"""Samplers: many plays of one stage at once. What a play gives is its pay and the number of what it awards."""

from typing import NamedTuple, Protocol

import numpy as np

from adapters.reels.kernel.finals import Award
from adapters.reels.simulate.jit import has_numba
from adapters.reels.simulate.kernel_numba import NumbaKernel
from adapters.reels.simulate.kernel_numpy import Numbers, NumpyKernel
from adapters.reels.simulate.sampling_tables import Integers, SamplingTables
from adapters.reels.simulate.stream import WORDS_MAX, Lanes, WordStream

Kernel = NumpyKernel | NumbaKernel
Awards = tuple[tuple[Award, ...], ...]


def make_kernel(name: str = "auto") -> Kernel:
    """Return the named kernel; ``auto`` takes Numba where it is installed."""
    if name == "numpy" or (name == "auto" and not has_numba()):
        return NumpyKernel()
    return NumbaKernel()


class Played(NamedTuple):
    """Plays one by one: the pay of each and the number of its awards in ``awards``; below ``first_awarded``: none."""

    pays: Integers
    numbers: Numbers
    awards: Awards
    first_awarded: int


class Counted(NamedTuple):
    """A summary of many plays: those without awards by pay, those with awards one by one."""

    pays: Integers
    times: Integers
    awarded: Played


class Sampler(Protocol):
    """One stage, ready to be played many times at once."""

    def play(self, lanes: Lanes, plays: int) -> Played:
        """Play so often, one by one."""

    def count(self, lanes: Lanes, plays: int) -> Counted:
        """Play so often, summed up."""


class TableSampler:
    """A stage whose outcome is one walk through composed tables."""

    def __init__(self, tables: SamplingTables, kernel: Kernel) -> None:
        self._tables = tables
        self._kernel = kernel

    def play(self, lanes: Lanes, plays: int) -> Played:
        """Play so often, one by one."""
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
        return Played(self._tables.pays[rows], rows, self._tables.awards, self._tables.first_awarded)

    def count(self, lanes: Lanes, plays: int) -> Counted:
        """Play so often, summed up."""
        if len(self._tables.batches) > 1:
            return summed(self.play(lanes, plays))
        counts = np.zeros(self._tables.outcomes, dtype=np.int64)
        numbers = self._count_all(lanes.open(), plays, counts)
        first = self._tables.first_awarded
        awarded = Played(self._tables.pays[numbers], numbers, self._tables.awards, first)
        return Counted(self._tables.pays[:first], counts[:first], awarded)

    def _count_all(self, stream: WordStream, plays: int, counts: Integers) -> Numbers:
        batch, first = self._tables.batches[0], self._tables.first_awarded
        awarded, done = [np.zeros(0, dtype=np.int32)], 0
        while done < plays:
            words = stream.next_words(min(WORDS_MAX, plays - done))
            accepted, numbers = self._kernel.count(batch, words, first, counts)
            awarded.append(numbers.copy())
            done += accepted
        return np.concatenate(awarded)


def summed(played: Played) -> Counted:
    """Sum up plays given one by one."""
    has_awards = played.numbers >= played.first_awarded
    values, times = np.unique(played.pays[~has_awards], return_counts=True)
    awarded = played._replace(pays=played.pays[has_awards], numbers=played.numbers[has_awards])
    return Counted(values, times.astype(np.int64), awarded)
