"""What each symbol and count contributes on lines: exact, from the marginal symbols of each cell of a line. Pure."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from adapters.reels.kernel.layers import ReelLayer
from adapters.reels.kernel.line_machine import LineMachine
from adapters.reels.kernel.spin_tables import SpinTables


@dataclass(frozen=True, slots=True)
class SymbolRow:
    """One kind of line win: how often all lines together win it per spin, and its mean pay, in pay units."""

    symbol: str
    count: int
    hits: Fraction
    pay: Fraction


def symbol_table(spin: SpinTables, paths: Sequence[Sequence[int]], names: Sequence[str]) -> list[SymbolRow]:
    """Return the rows of all symbols and counts that win on lines."""
    machine = spin.machine
    if machine is None:
        return []
    reels = spin.layers[: spin.reel_count]
    hits: dict[tuple[str, int], Fraction] = defaultdict(Fraction)
    pays: dict[tuple[str, int], Fraction] = defaultdict(Fraction)
    known: dict[tuple[int, ...], list[dict[int, Fraction]]] = {}
    for path in paths:
        key = tuple(path)
        cells = known.setdefault(key, [_cell(layer, row) for layer, row in zip(reels, key, strict=True)])
        for (symbol, count), (chance, pay) in _line(machine, cells, names).items():
            hits[symbol, count] += chance
            pays[symbol, count] += pay
    return [SymbolRow(symbol, count, hits[symbol, count], pays[symbol, count]) for symbol, count in hits]


def _cell(layer: ReelLayer, row: int) -> dict[int, Fraction]:
    weights: dict[int, int] = defaultdict(int)
    for window, weight in zip(layer.windows, layer.class_weights, strict=True):
        weights[window[row]] += weight
    return {symbol: Fraction(weight, layer.bound) for symbol, weight in weights.items()}


def _line(
    machine: LineMachine, cells: Sequence[dict[int, Fraction]], names: Sequence[str]
) -> dict[tuple[str, int], tuple[Fraction, Fraction]]:
    found: dict[tuple[str, int], tuple[Fraction, Fraction]] = {}
    states = {0: Fraction(1)}
    for reel, cell in enumerate(cells):
        following: dict[int, Fraction] = defaultdict(Fraction)
        for state, chance in states.items():
            for symbol, share in cell.items():
                following[machine.step[reel][state][symbol]] += chance * share
        states = {}
        for state, chance in following.items():
            wins = machine.wins[reel + 1][state]
            if wins is None:
                states[state] = chance
            for win in wins or ():
                key = (win.name or names[win.symbol], win.count)
                hits, pay = found.get(key, (Fraction(0), Fraction(0)))
                found[key] = (hits + chance, pay + chance * win.pay)
    return found
