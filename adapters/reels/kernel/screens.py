"""Components beside lines: a screen full of one symbol, ways, and symbols counted anywhere. Pure NumPy."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from adapters.reels.kernel.components import Columns, Sums

Counts = Mapping[int, int]


class FullScreenComponent:
    """One column: the symbol (plus one) that has filled every reel so far, 0 when none can any more."""

    width = 1

    def __init__(self, symbols: frozenset[int], unit: int, reel_count: int) -> None:
        self._symbols = np.array(sorted(symbols), dtype=np.int32)
        self._unit = unit
        self._last = reel_count - 1

    def start(self) -> Columns:
        """Any symbol can still fill the screen."""
        return np.array([-1], dtype=np.int32)

    def step(self, reel: int, states: Columns, windows: Columns) -> tuple[Sums, Columns]:
        """Keep the symbol where the whole window shows it."""
        uniform = (windows == windows[:, :1]).all(axis=1) & np.isin(windows[:, 0], self._symbols)
        filled = np.where(uniform, windows[:, 0] + 1, 0).astype(np.int32)
        kept = (states == -1) | (states == filled[None, :])
        following = np.where(kept, filled[None, :], 0).astype(np.int32)
        if reel < self._last:
            return np.zeros(following.shape, dtype=np.int64), following[:, :, None]
        return (following > 0) * np.int64(self._unit), np.zeros((*following.shape, 1), dtype=np.int32)


def counted_cells(windows: Columns, cells: Mapping[int, int], symbol_count: int) -> NDArray[np.int64]:
    """Return for each window the sum of the weights of its cells; ``cells`` maps symbol to weight."""
    weights = np.zeros(symbol_count, dtype=np.int64)
    for symbol, weight in cells.items():
        weights[symbol] = weight
    counted: NDArray[np.int64] = weights[windows].sum(axis=1)
    return counted


class WaysComponent:
    """Ways from the first reel (or, mirrored, from the last): per symbol the product of its cells while it runs.

    ``cells`` gives for each paying symbol the weight of each symbol that counts for it; ``alone`` the wilds among
    them, whose ways without any natural symbol do not pay.
    """

    def __init__(
        self,
        pays: Sequence[Counts],
        cells: Sequence[Mapping[int, int]],
        alone: Sequence[Mapping[int, int]],
        symbol_count: int,
        reel_count: int,
    ) -> None:
        self._pays = [_or_less(table, reel_count) for table in pays]
        self._cells = cells
        self._alone = alone
        self._symbol_count = symbol_count
        self._reel_count = reel_count
        self.width = 2 * len(pays)

    def start(self) -> Columns:
        """Every symbol runs, with one empty way; so do the wilds alone."""
        return np.ones(self.width, dtype=np.int32)

    def step(self, reel: int, states: Columns, windows: Columns) -> tuple[Sums, Columns]:
        """Multiply the ways of each symbol by its cells; pay those that end."""
        shape = (len(states), len(windows))
        sums = np.zeros(shape, dtype=np.int64)
        following = np.zeros((*shape, self.width), dtype=np.int32)
        for place, table in enumerate(self._pays):
            ways = states[:, 2 * place].astype(np.int64)[:, None]
            wild_ways = states[:, 2 * place + 1].astype(np.int64)[:, None]
            cells = counted_cells(windows, self._cells[place], self._symbol_count)[None, :]
            wild_cells = counted_cells(windows, self._alone[place], self._symbol_count)[None, :]
            sums += np.where(cells == 0, (ways - wild_ways) * table[reel], 0)
            grown, wild_grown = ways * cells, wild_ways * wild_cells
            if reel == self._reel_count - 1:
                sums += (grown - wild_grown) * table[self._reel_count]
            else:
                _check_fits(grown)
                following[:, :, 2 * place] = grown
                following[:, :, 2 * place + 1] = np.where(cells == 0, 0, wild_grown)
        return sums, following


class EndWaysComponent:
    """Ways that end on the last reel: per symbol the product (with wilds, wilds alone) and length of the run so far.

    ``sizes`` is (symbols, reels, whether runs over all reels are left out because they are paid from the other side).
    """

    def __init__(
        self,
        pays: Sequence[Counts],
        cells: Sequence[Mapping[int, int]],
        alone: Sequence[Mapping[int, int]],
        sizes: tuple[int, int, bool],
    ) -> None:
        self._symbol_count, self._reel_count, self._skip_full = sizes
        self._pays = [_or_less(table, self._reel_count) for table in pays]
        self._cells = cells
        self._alone = alone
        self.width = 3 * len(pays)

    def start(self) -> Columns:
        """No run yet: one empty way of length zero."""
        return np.tile(np.array([1, 1, 0], dtype=np.int32), len(self._pays))

    def step(self, reel: int, states: Columns, windows: Columns) -> tuple[Sums, Columns]:
        """Grow each run or begin it anew; pay after the last reel."""
        shape = (len(states), len(windows))
        sums = np.zeros(shape, dtype=np.int64)
        following = np.zeros((*shape, self.width), dtype=np.int32)
        for place, table in enumerate(self._pays):
            cells = counted_cells(windows, self._cells[place], self._symbol_count)[None, :]
            wild_cells = counted_cells(windows, self._alone[place], self._symbol_count)[None, :]
            before = states[:, 3 * place : 3 * place + 3].astype(np.int64)[:, None, :]
            ways = np.where(cells == 0, 1, before[:, :, 0] * cells)
            wild_ways = np.where(cells == 0, 1, before[:, :, 1] * wild_cells)
            length = np.where(cells == 0, 0, before[:, :, 2] + 1)
            if reel < self._reel_count - 1:
                _check_fits(ways)
                following[:, :, 3 * place : 3 * place + 3] = np.stack([ways, wild_ways, length], axis=2)
            else:
                paid = (ways - wild_ways) * np.array(table, dtype=np.int64)[length]
                sums += np.where(self._skip_full & (length == self._reel_count), 0, paid)
        return sums, following


class AnywhereComponent:
    """Counts each symbol on the whole window; the last column counts the wilds.

    A symbol that can no longer reach its least pay is forgotten, so that states merge.
    """

    def __init__(
        self,
        pays: Mapping[int, Counts],
        wilds: Mapping[int, frozenset[int]],
        natural_min: int,
        layers: Sequence[Columns],
    ) -> None:
        self._pays = pays
        self._wilds = wilds
        self._natural_min = natural_min
        self._last = len(layers) - 1
        self._groups = sorted({self._fitting(symbol) for symbol in pays}, key=sorted)
        self.width = len(pays) + len(self._groups)
        self._group_of = [self._group(symbol) for symbol in pays]
        self._rest = [self._largest_rest(symbol, layers) for symbol in pays]

    def _fitting(self, symbol: int) -> frozenset[int]:
        return frozenset(wild for wild, not_for in self._wilds.items() if symbol not in not_for and wild != symbol)

    def _group(self, symbol: int) -> int:
        return len(self._pays) + self._groups.index(self._fitting(symbol))

    def _largest_rest(self, symbol: int, layers: Sequence[Columns]) -> list[int]:
        fitting = [symbol, *self._fitting(symbol)]
        most = [int(np.isin(windows, fitting).sum(axis=1).max()) for windows in layers]
        return [sum(most[reel + 1 :]) for reel in range(len(layers))]

    def start(self) -> Columns:
        """Nothing counted."""
        return np.zeros(self.width, dtype=np.int32)

    def step(self, reel: int, states: Columns, windows: Columns) -> tuple[Sums, Columns]:
        """Add the counts of the window; pay after the last reel."""
        shape = (len(states), len(windows))
        following = np.zeros((*shape, self.width), dtype=np.int32)
        for place, symbol in enumerate(self._pays):
            following[:, :, place] = states[:, place, None] + (windows == symbol).sum(axis=1)[None, :]
        for place, group in enumerate(self._groups, len(self._pays)):
            following[:, :, place] = states[:, place, None] + np.isin(windows, sorted(group)).sum(axis=1)[None, :]
        if reel == self._last:
            return self._paid(following), np.zeros_like(following)
        for place, table in enumerate(self._pays.values()):
            reachable = following[:, :, place] + following[:, :, self._group_of[place]] + self._rest[place][reel]
            following[:, :, place][reachable < min(table)] = 0
        return np.zeros(shape, dtype=np.int64), self._forget_wilds(following, reel)

    def _forget_wilds(self, following: Columns, reel: int) -> Columns:
        for place in range(len(self._pays), self.width):
            useful = np.zeros(following.shape[:2], dtype=bool)
            for symbol_place, table in enumerate(self._pays.values()):
                if self._group_of[symbol_place] == place:
                    reachable = following[:, :, symbol_place] + following[:, :, place] + self._rest[symbol_place][reel]
                    useful |= reachable >= min(table)
            following[:, :, place][~useful] = 0
        return following

    def _paid(self, counts: Columns) -> Sums:
        sums = np.zeros(counts.shape[:2], dtype=np.int64)
        for place, table in enumerate(self._pays.values()):
            total = counts[:, :, place] + counts[:, :, self._group_of[place]]
            pays = np.array(_or_less(table, int(total.max(initial=0))), dtype=np.int64)
            sums += np.where(counts[:, :, place] >= self._natural_min, pays[total], 0)
        return sums


def _or_less(table: Counts, length: int) -> list[int]:
    """Return the pay for each count from 0: that of the largest listed count that is reached."""
    pays = []
    for count in range(length + 1):
        listed = max((at for at in table if at <= count), default=0)
        pays.append(table[listed] if listed else 0)
    return pays


def _check_fits(values: NDArray[np.int64]) -> None:
    if values.max(initial=0) >= 2**31:
        raise OverflowError("more ways than a column holds")
