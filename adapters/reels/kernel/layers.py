"""What can show on one reel: atoms (stops with their weights) and the classes that pay alike."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Window = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Atom:
    """One result of a reel: where it stops, what shows, what pays (wilds expanded), and what it counts."""

    weight: int
    stop: int
    shown: Window
    paying: Window
    counted: int = 0


@dataclass(frozen=True, slots=True)
class ReelLayer:
    """One draw: uniform in ``range(bound)``, mapped to an atom by the cumulative weights, to a class by the atom."""

    purpose: str
    atoms: tuple[Atom, ...]
    class_of_atom: tuple[int, ...]
    windows: tuple[Window, ...]
    counted: tuple[int, ...]
    class_weights: tuple[int, ...]
    drawn: bool = True
    aside: bool = False
    """Whether the draw leaves the spin's own pay alone; the cycle of the spin is counted without it."""

    @property
    def bound(self) -> int:
        """The number of equally likely values of the draw."""
        return sum(self.class_weights)

    @property
    def uniform(self) -> bool:
        """Whether a drawn value is the index of its atom."""
        return len(self.atoms) == self.bound

    def cumulative(self) -> tuple[int, ...]:
        """Return the rising sums of the atoms' weights."""
        sums = np.cumsum([atom.weight for atom in self.atoms], dtype=np.int64)
        return tuple(int(value) for value in sums)


def make_layer(purpose: str, atoms: Sequence[Atom], *, drawn: bool = True, aside: bool = False) -> ReelLayer:
    """Merge atoms that pay and count alike into classes."""
    numbers: dict[tuple[Window, int], int] = {}
    weights: list[int] = []
    class_of_atom = []
    for atom in atoms:
        number = numbers.setdefault((atom.paying, atom.counted), len(numbers))
        if number == len(weights):
            weights.append(0)
        weights[number] += atom.weight
        class_of_atom.append(number)
    return ReelLayer(
        purpose,
        tuple(atoms),
        tuple(class_of_atom),
        tuple(window for window, _ in numbers),
        tuple(counted for _, counted in numbers),
        tuple(weights),
        drawn,
        aside,
    )
