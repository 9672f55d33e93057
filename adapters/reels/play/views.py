"""The texts that a spin's presentation is put together from, prepared once per set of tables."""

import json
from collections.abc import Sequence
from typing import NamedTuple

from adapters.reels.compiling.counters import MULTIPLIER
from adapters.reels.kernel.layers import ReelLayer
from adapters.reels.kernel.spin_tables import SpinTables


class Look(NamedTuple):
    """What the drawn atoms come to: the 64-bit sum, and grid and stops as JSON."""

    total: int
    grid: str
    stops: str


class SpinView:
    """For each reel and atom the JSON of what shows, and the stop: a spin's grid is joined, not rendered."""

    def __init__(self, spin: SpinTables, feature: str, names: Sequence[str]) -> None:
        self.spin = spin
        self.feature = feature
        self.book, self.wild_multiplier = _drawn_for(spin.name)
        self.shows_multiplier = MULTIPLIER in spin.registers.fields
        reels = spin.layers[: spin.reel_count]
        self.grids = tuple(tuple(_grid(layer, number, names) for number in range(len(layer.atoms))) for layer in reels)
        self.paying = tuple(tuple(atom.paying for atom in layer.atoms) for layer in reels)
        self.stops = tuple(tuple(str(atom.stop) for atom in layer.atoms) for layer in reels)
        self.draws = tuple((layer.drawn, None if layer.uniform else layer.cumulative()) for layer in spin.layers)
        """For each layer whether it is drawn, and the rising sums that a value falls into, unless it is the atom."""
        self.plain = all(layer.uniform and layer.drawn for layer in spin.layers)
        self.bounds = spin.bounds
        rows = zip(spin.layers, self.grids, self.stops, strict=False)
        self._reels = tuple(
            (*walk, tuple(zip(layer.class_of_atom, grids, stops, strict=True)))
            for walk, (layer, grids, stops) in zip(spin.walk, rows, strict=False)
        )
        others = zip(spin.walk, spin.layers, strict=True)
        self._others = tuple((*walk, layer.class_of_atom) for walk, layer in others)[spin.reel_count :]

    def look(self, atoms: Sequence[int]) -> Look:
        """Walk the automaton over the atoms, reel by reel, and put together what shows."""
        row = total = 0
        grids, stops = [], []
        for (following, adds, cells), atom in zip(self._reels, atoms, strict=False):
            number, grid, stop = cells[atom]
            grids.append(grid)
            stops.append(stop)
            row += number
            total += adds[row]
            row = following[row]
        if self._others:
            for (following, adds, classes), atom in zip(self._others, atoms[len(grids) :], strict=True):
                row += classes[atom]
                total += adds[row]
                row = following[row]
        return Look(total, ",".join(grids), ",".join(stops))


def _drawn_for(stage: str) -> tuple[str, str]:
    """Return what was drawn for the series or the spin, as fields of JSON: a stage is called ``free/king~x5+2``."""
    series, _, rest = stage.partition("~x")
    symbol, factor = series.partition("/")[2].partition("+")[0], rest.partition("+")[0]
    return f'"book":"{symbol}",' if symbol else "", f',"wild_multiplier":{number_text(factor)}' if factor else ""


def number_text(value: object) -> str:
    """Render an exact number as JSON: a whole one as such, any other as text like ``"3/2"``."""
    text = str(value)
    return text if text.isdigit() else f'"{text}"'


def _grid(layer: ReelLayer, number: int, names: Sequence[str]) -> str:
    return json.dumps([names[cell] for cell in layer.atoms[number].shown], separators=(",", ":"))
