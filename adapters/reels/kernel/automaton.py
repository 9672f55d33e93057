"""The reel automaton: reels from left to right, equal states merged, integer sums on the transitions. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from adapters.reels.kernel.components import Columns, Component, Sums
from adapters.reels.kernel.layers import ReelLayer

CELLS_PER_CHUNK = 4_000_000
STATES_MAX = 3_000_000


class AutomatonTooLarge(ValueError):
    """The exact automaton of this spin would not fit: it must be enumerated or simulated."""


@dataclass(frozen=True, slots=True)
class Transitions:
    """Of one reel: ``following[state, class]`` and what the step ``adds`` to the 64-bit sum."""

    following: NDArray[np.int32]
    adds: NDArray[np.int64]


def build_transitions(
    layers: Sequence[ReelLayer], components: Sequence[Component], states_max: int = STATES_MAX
) -> list[Transitions]:
    """Build the tables of all reels; raises AutomatonTooLarge."""
    states = _join([component.start()[None, :] for component in components])
    transitions = []
    for reel, layer in enumerate(layers):
        if not layer.windows[0]:  # not a reel: it only counts, whatever came before
            nowhere = np.zeros((1, len(layer.counted)), dtype=np.int32)
            transitions.append(Transitions(nowhere, np.array([layer.counted], dtype=np.int64)))
            continue
        windows = np.array(layer.windows, dtype=np.int32)
        counted = np.array(layer.counted, dtype=np.int64)
        following, adds, states = _step_all(components, reel, states, windows, states_max)
        transitions.append(Transitions(following, adds + counted[None, :]))
    if len(states) != 1 or states.any():
        raise AssertionError("a component left something open after the last reel")
    return transitions


def _step_all(
    components: Sequence[Component], reel: int, states: Columns, windows: Columns, states_max: int
) -> tuple[NDArray[np.int32], Sums, Columns]:
    width = max(1, states.shape[1])
    chunk = max(1, CELLS_PER_CHUNK // (len(windows) * width))
    known = _StateNumbers(width, states_max)
    following = np.empty((len(states), len(windows)), dtype=np.int32)
    adds = np.empty((len(states), len(windows)), dtype=np.int64)
    for begin in range(0, len(states), chunk):
        part = states[begin : begin + chunk]
        sums, columns = _step_part(components, reel, part, windows)
        adds[begin : begin + chunk] = sums
        following[begin : begin + chunk] = known.number(columns).reshape(sums.shape)
    return following, adds, known.states()


def _step_part(components: Sequence[Component], reel: int, states: Columns, windows: Columns) -> tuple[Sums, Columns]:
    sums = np.zeros((len(states), len(windows)), dtype=np.int64)
    parts = []
    begin = 0
    for component in components:
        end = begin + component.width
        added, columns = component.step(reel, states[:, begin:end], windows)
        sums += added
        parts.append(columns.reshape(len(states) * len(windows), component.width))
        begin = end
    return sums, _join(parts) if parts else np.zeros((sums.size, 0), dtype=np.int32)


def _join(parts: Sequence[Columns]) -> Columns:
    if not parts:
        return np.zeros((1, 0), dtype=np.int32)
    return np.concatenate(parts, axis=1)


class _StateNumbers:
    """Numbers rows of columns in the order of their hash; equal rows get equal numbers."""

    def __init__(self, width: int, states_max: int) -> None:
        generator = np.random.Generator(np.random.PCG64(20_240_229))
        self._factors = generator.integers(1, 2**63, size=width, dtype=np.uint64) | np.uint64(1)
        self._states_max = states_max
        self._rows: list[Columns] = []
        self._hashes = np.zeros(0, dtype=np.uint64)
        self._numbers = np.zeros(0, dtype=np.int32)
        self._count = 0

    def number(self, rows: Columns) -> NDArray[np.int32]:
        """Return the number of each row, giving new ones to new rows."""
        if rows.shape[1] == 0:
            rows = np.zeros((len(rows), 1), dtype=np.int32)
        hashes = self._mixed(rows)
        unique, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
        representatives = rows[first]
        if not np.array_equal(representatives[inverse], rows):
            raise AssertionError("two states share a hash")
        numbers = np.empty(len(unique), dtype=np.int32)
        places = np.searchsorted(self._hashes, unique)
        seen = np.zeros(len(unique), dtype=bool)
        inside = places < len(self._hashes)
        seen[inside] = self._hashes[places[inside]] == unique[inside]
        numbers[seen] = self._numbers[places[seen]]
        self._learn(unique, representatives, numbers, ~seen)
        return numbers[inverse].astype(np.int32)

    def _mixed(self, rows: Columns) -> NDArray[np.uint64]:
        mixed = rows.astype(np.uint64) @ self._factors
        mixed ^= mixed >> np.uint64(31)
        return mixed

    def _learn(
        self, hashes: NDArray[np.uint64], rows: Columns, numbers: NDArray[np.int32], new: NDArray[np.bool_]
    ) -> None:
        count = int(new.sum())
        if not count:
            return
        if self._count + count > self._states_max:
            raise AutomatonTooLarge(f"more than {self._states_max} states after one reel")
        numbers[new] = np.arange(self._count, self._count + count, dtype=np.int32)
        self._count += count
        self._rows.append(rows[new])
        hashes = np.concatenate([self._hashes, hashes[new]])
        order = np.argsort(hashes)
        self._numbers = np.concatenate([self._numbers, numbers[new]])[order]
        self._hashes = hashes[order]

    def states(self) -> Columns:
        """Return the rows in the order of their numbers."""
        return np.concatenate(self._rows)
