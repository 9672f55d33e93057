"""Cascades and clusters: the automaton says which first windows pay nothing, the board kernel plays the others."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from adapters.reels.kernel.arrays import Board
from adapters.reels.kernel.layers import ReelLayer
from adapters.reels.random.mapping import WORD_VALUES, plan
from adapters.reels.simulate import board_kernel
from adapters.reels.simulate.board_kernel import WORDS_PER_FALL_MAX, FastBoard
from adapters.reels.simulate.fast_boards import fast_board, places_of_values
from adapters.reels.simulate.jit import compiled_together
from adapters.reels.simulate.kernel_numpy import NumpyKernel
from adapters.reels.simulate.samplers import Awards, Counted, Kernel, Played, summed
from adapters.reels.simulate.sampling_tables import Integers, SamplingTables
from adapters.reels.simulate.stream import WORDS_MAX, Lanes, Words, WordStream

REFILL_WORDS = 4096
_LOW_HALF = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


@dataclass(frozen=True, slots=True)
class BoardPlan:
    """What a worker needs for one board: its rules, the draw of its stops, the first window's tables if they help."""

    board: Board
    bounds: tuple[int, ...]
    place_of_value: Integers
    first_window: SamplingTables | None


def board_plan(board: Board, layers: tuple[ReelLayer, ...], first_window: SamplingTables | None) -> BoardPlan:
    """Put the plan together; clusters are unknown to the automaton, so their first window says nothing."""
    knows_all = not len(board.arrays.cluster_pays)
    bounds = tuple(layer.bound for layer in layers)
    return BoardPlan(board, bounds, places_of_values(layers), first_window if knows_all else None)


class BoardSampler:
    """A stage whose window changes after its stops are drawn."""

    def __init__(self, plan_: BoardPlan, kernel: Kernel) -> None:
        self._plan = plan_
        self._kernel = kernel
        self._fast: FastBoard = fast_board(plan_.board.arrays)
        self._resolve = _interpreted() if isinstance(kernel, NumpyKernel) else _compiled()
        self._known_awards: dict[tuple[int, ...], Awards] = {}
        tables = plan_.first_window
        self._is_silent = (
            None if tables is None else (tables.pays == 0) & (np.arange(tables.outcomes) < tables.first_awarded)
        )

    def play(self, lanes: Lanes, plays: int) -> Played:
        """Play so often, one by one."""
        places, loud = self._play_loud(lanes, plays)
        pays, numbers = np.zeros(plays, dtype=np.int64), np.zeros(plays, dtype=np.int32)
        pays[places], numbers[places] = loud.pays, loud.numbers
        return loud._replace(pays=pays, numbers=numbers)

    def count(self, lanes: Lanes, plays: int) -> Counted:
        """Play so often, summed up."""
        places, loud = self._play_loud(lanes, plays)
        counted = summed(loud)
        silent = plays - len(places)
        return counted._replace(pays=np.append(counted.pays, 0), times=np.append(counted.times, silent))

    def _play_loud(self, lanes: Lanes, plays: int) -> tuple[Integers, Played]:
        """Play so often: the places of the rounds that are not silent at once, and what they brought."""
        sources = [_AcceptedWords(lanes.open(), bounds) for bounds in _batches(self._plan.bounds)]
        refill = _Refill(lanes.open() if self._fast.random_refill else None)
        nothing = np.zeros(0, dtype=np.int64)
        places, pays, games = [nothing], [nothing], [nothing]
        for begin in range(0, plays, WORDS_MAX):
            count = min(WORDS_MAX, plays - begin)
            words = [source.take(count) for source in sources]
            loud = self._loud(words, count)
            won, awarded = self._play_stops(self._stops(words, loud), refill)
            places.append(loud + begin)
            pays.append(won)
            games.append(awarded)
        packed = np.concatenate(games)
        numbers = np.zeros(len(packed), dtype=np.int32)
        known, of_awarded = np.unique(packed[packed > 0], return_inverse=True)
        numbers[packed > 0] = of_awarded + 1
        return np.concatenate(places), Played(np.concatenate(pays), numbers, self._awards(tuple(known.tolist())), 1)

    def _awards(self, packed: tuple[int, ...]) -> Awards:
        awards = self._known_awards.get(packed)
        if awards is None:
            awards = self._known_awards[packed] = ((), *(self._plan.board.awards(value) for value in packed))
        return awards

    def _loud(self, words: list[Words], count: int) -> Integers:
        """Return the places of the rounds whose first window pays or starts something."""
        tables = self._plan.first_window
        if tables is None or self._is_silent is None:
            return np.arange(count, dtype=np.int64)
        rows = None
        for batch, of_batch in zip(tables.batches, words, strict=True):
            rows = self._kernel.walk(batch, of_batch, rows)
            rows = rows.copy() if len(words) > 1 else rows
        return np.flatnonzero(~self._is_silent[rows])

    def _stops(self, words: list[Words], loud: Integers) -> Integers:
        stops = np.empty((len(loud), len(self._plan.bounds)), dtype=np.int64)
        reel = 0
        for bounds, of_batch in zip(_batches(self._plan.bounds), words, strict=True):
            left = of_batch[loud]
            for bound in bounds:
                size = np.uint64(bound)
                stops[:, reel] = ((left >> _HALF) * size + (((left & _LOW_HALF) * size) >> _HALF)) >> _HALF
                left = left * size
                if self._plan.place_of_value.shape[1]:
                    stops[:, reel] = self._plan.place_of_value[reel, stops[:, reel]]
                reel += 1
        return stops

    def _play_stops(self, stops: Integers, refill: "_Refill") -> tuple[Integers, Integers]:
        pays, games, falls = (np.zeros(len(stops), dtype=np.int64) for _ in range(3))
        done = 0
        while done < len(stops):
            done, used = self._resolve(self._fast, stops, done, refill.words, pays, games, falls)
            refill.drop(used)
            if done < len(stops):
                refill.more()
        return pays, games


class _AcceptedWords:
    """The words of one lane without those that would bias the draw of these bounds."""

    def __init__(self, stream: WordStream, bounds: tuple[int, ...]) -> None:
        product = 1
        for bound in bounds:
            product *= bound
        self._stream = stream
        self._product = np.uint64(product)
        self._rejected_below = np.uint64(WORD_VALUES % product)

    def take(self, count: int) -> Words:
        words, done = np.empty(count, dtype=np.uint64), 0
        while done < count:
            drawn = self._stream.next_words(count - done)
            drawn = drawn[drawn * self._product >= self._rejected_below]
            words[done : done + len(drawn)] = drawn
            done += len(drawn)
        return words


class _Refill:
    """The words of random refill, in order, as many ahead as a round may need."""

    def __init__(self, stream: WordStream | None) -> None:
        self._stream = stream
        self._ahead = REFILL_WORDS
        self.words: Words = np.zeros(0 if stream else WORDS_PER_FALL_MAX, dtype=np.uint64)

    def drop(self, used: int) -> None:
        """Forget the words that were used; a long round that used none wants a longer look ahead."""
        self._ahead = REFILL_WORDS if used else self._ahead * 2
        self.words = self.words[used:]

    def more(self) -> None:
        """Append fresh words until there are enough ahead."""
        assert self._stream is not None, "strip refill needs no words"
        parts, length = [self.words], len(self.words)
        while length < self._ahead:
            parts.append(self._stream.next_words(min(WORDS_MAX, self._ahead - length)).copy())
            length += len(parts[-1])
        self.words = np.concatenate(parts)


def _batches(bounds: tuple[int, ...]) -> list[tuple[int, ...]]:
    return [batch.bounds for batch in plan(bounds)]


@cache
def _compiled() -> Callable[..., Any]:
    return compiled_together(board_kernel.FUNCTIONS, vars(board_kernel))["play_boards"]


def _interpreted() -> Callable[..., Any]:
    def play(*arguments: Any) -> Any:
        # The wrap-around of 64-bit words is meant.
        with np.errstate(over="ignore"):
            return board_kernel.play_boards(*arguments)

    return play
