"""The texts that a spin's presentation is put together from, prepared once per set of tables."""

import json
from collections.abc import Sequence

from adapters.reels.kernel.layers import ReelLayer
from adapters.reels.kernel.spin_tables import SpinTables


class SpinView:
    """For each reel and atom the JSON of what shows, and the stop: a spin's grid is joined, not rendered."""

    def __init__(self, spin: SpinTables, feature: str, names: Sequence[str]) -> None:
        self.spin = spin
        self.feature = feature
        reels = spin.layers[: spin.reel_count]
        self.grids = tuple(tuple(_grid(layer, number, names) for number in range(len(layer.atoms))) for layer in reels)
        self.classes = tuple(layer.class_of_atom for layer in spin.layers)
        self.paying = tuple(tuple(atom.paying for atom in layer.atoms) for layer in reels)
        self.stops = tuple(tuple(str(atom.stop) for atom in layer.atoms) for layer in reels)
        self.cumulative = tuple(None if layer.uniform else layer.cumulative() for layer in spin.layers)
        self.plain = all(layer.uniform and layer.drawn for layer in spin.layers)
        self.drawn = tuple(layer.drawn for layer in spin.layers)
        self.bounds = spin.bounds


def _grid(layer: ReelLayer, number: int, names: Sequence[str]) -> str:
    return json.dumps([names[cell] for cell in layer.atoms[number].shown], separators=(",", ":"))
