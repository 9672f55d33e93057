"""What the automaton follows from reel to reel, each as columns of small integers. Pure NumPy."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from adapters.reels.kernel.line_machine import LineMachine

Columns = NDArray[np.int32]
Sums = NDArray[np.int64]


class Component(Protocol):
    """One part of the evaluation. After the last reel its columns must be zero: everything is in the sums."""

    @property
    def width(self) -> int:
        """How many columns the component needs."""
        ...

    def start(self) -> Columns:
        """Return the columns before the first reel."""
        ...

    def step(self, reel: int, states: Columns, windows: Columns) -> tuple[Sums, Columns]:
        """Follow every state over every window: (what is added [S, C], new columns [S, C, width])."""
        ...


class LinesComponent:
    """All lines at once: one column per line holds the state of its machine; settled lines fall to zero."""

    def __init__(self, machine: LineMachine, paths: Sequence[Sequence[int]], game_unit: int) -> None:
        self.paths = np.array(paths, dtype=np.int64)
        self.width = len(paths)
        self._steps = []
        self._sums = []
        for position, layer in enumerate(machine.step):
            settled = [wins is not None for wins in machine.wins[position + 1]]
            # State zero stands for settled: open states move up by one.
            renamed = np.cumsum([not flag for flag in settled], dtype=np.int32) * (~np.array(settled))
            sums = np.array([_sum_of(wins, game_unit) for wins in machine.wins[position + 1]], dtype=np.int64)
            table = np.array(layer, dtype=np.int32)
            before = [wins is None for wins in machine.wins[position]]
            open_rows = table[np.array(before)] if position else table
            nothing = np.zeros((1, table.shape[1]), dtype=np.int32)
            self._steps.append(np.concatenate([nothing, renamed[open_rows].astype(np.int32)]))
            self._sums.append(np.concatenate([nothing.astype(np.int64), sums[open_rows]]))
        self._groups = [self._alike(position + 1) for position in range(self.paths.shape[1])]

    def _alike(self, position: int) -> list[NDArray[np.int64]]:
        """Lines with the same rest of path are interchangeable: their states may be sorted."""
        groups: dict[tuple[int, ...], list[int]] = {}
        for line, path in enumerate(self.paths):
            groups.setdefault(tuple(int(row) for row in path[position:]), []).append(line)
        return [np.array(lines) for lines in groups.values() if len(lines) > 1]

    def start(self) -> Columns:
        """Every line is in its first open state."""
        return np.ones(self.width, dtype=np.int32)

    def step(self, reel: int, states: Columns, windows: Columns) -> tuple[Sums, Columns]:
        """Move each line by the symbol in its row."""
        symbols = windows[:, self.paths[:, reel]]
        at = states[:, None, :], symbols[None, :, :]
        sums = self._sums[reel][at].sum(axis=2)
        following = self._steps[reel][at]
        for lines in self._groups[reel]:
            following[:, :, lines] = np.sort(following[:, :, lines], axis=2)
        return sums, following


def _sum_of(wins: object, game_unit: int) -> int:
    if not isinstance(wins, tuple):
        return 0
    return sum(win.pay + win.games * game_unit for win in wins)
