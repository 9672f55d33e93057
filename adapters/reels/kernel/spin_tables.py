"""The compiled tables of one kind of spin: what play walks, analysis sums and simulation samples. Pure."""

import json
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import gcd

import numpy as np
from numpy.typing import NDArray

from adapters.contract.value import value
from adapters.reels.kernel.arrays import Board
from adapters.reels.kernel.automaton import Transitions
from adapters.reels.kernel.distribution import exact_sums
from adapters.reels.kernel.finals import Final, Finals
from adapters.reels.kernel.layers import ReelLayer, Window
from adapters.reels.kernel.line_machine import LineMachine
from adapters.reels.kernel.registers import PAY_MASK, Registers


@value(frozen=True, slots=True)
class WinLine:
    """One win as the player sees it; ``line`` is 0 for wins that are not on a line, ``pay`` in pay units."""

    kind: str
    line: int
    symbol: str
    count: int
    pay: int
    ways: int = 0


Explain = Callable[[Sequence[Window]], tuple[WinLine, ...]]


@dataclass(slots=True)
class SpinTables:
    """One spin: a draw per layer, a walk through the transitions, a 64-bit sum, and its meaning.

    Layers that are no reels (a multiplier reel) come after the ``reel_count`` reels.
    """

    name: str
    layers: tuple[ReelLayer, ...]
    transitions: tuple[Transitions, ...]
    registers: Registers
    finals: Finals
    explain: Explain
    reel_count: int
    identity: bytes
    """Canonical bytes of everything that is not in the tables but decides what they mean."""
    machine: LineMachine | None = None
    board: Board | None = None
    """Where the window changes after the stops or clusters pay: its rules as arrays."""
    bounds: tuple[int, ...] = ()
    walk: tuple[tuple["array[int]", "array[int]"], ...] = ()
    """For each layer, by place (the row of the state, plus the class): the row of the next state, and what it adds."""
    _exact: tuple[NDArray[np.int64], list[int]] | None = None

    def __post_init__(self) -> None:
        self.bounds = tuple(layer.bound for layer in self.layers if layer.drawn)
        widths = [table.adds.shape[1] for table in self.transitions[1:]]
        self.walk = tuple(
            (
                array("i", (table.following * width).astype(np.int32).tobytes()),
                array("q", table.adds.astype(np.int64).tobytes()),
            )
            for table, width in zip(self.transitions, [*widths, 0], strict=True)
        )

    @property
    def cycle(self) -> int:
        """The number of equally likely outcomes of the full cycle."""
        product = 1
        for layer in self.layers:
            product *= layer.bound
        return product

    def total_of(self, classes: Sequence[int]) -> int:
        """Walk the automaton: the class of each layer gives the 64-bit sum."""
        row = total = 0
        for (following, adds), number in zip(self.walk, classes, strict=True):
            place = row + number
            total += adds[place]
            row = following[place]
        return total

    def outcome_of(self, classes: Sequence[int]) -> tuple[int, Final]:
        """Return the pay of the lines (before the final's multiplier) and the final."""
        return self.finals.of(self.total_of(classes))

    def exact(self) -> tuple[NDArray[np.int64], list[int]]:
        """Return every possible sum with its count in the full cycle; worked out once."""
        if self._exact is None:
            self._exact = exact_sums(self.transitions, [layer.class_weights for layer in self.layers])
        return self._exact

    def pay_step(self) -> int:
        """Return the greatest number of pay units that every pay of the spin is a multiple of."""
        if self.board is not None:
            return self.board.pay_step()
        step = 0
        for total in self.exact()[0].tolist():
            line_pay, final = self.finals.of(total)
            step = gcd(step, final.of_line(line_pay), final.scatter_pay)
        for table in self.transitions:
            step = gcd(step, *(int(value) & PAY_MASK for value in np.unique(table.adds)))
        return step

    def digest(self) -> bytes:
        """Return the SHA-256 of everything that decides an outcome."""
        state = sha256(self.identity)
        for layer, table in zip(self.layers, self.transitions, strict=True):
            atoms = [(atom.weight, atom.stop, atom.shown, atom.paying, atom.counted) for atom in layer.atoms]
            state.update(json.dumps([layer.purpose, atoms, layer.class_of_atom, layer.drawn]).encode())
            state.update(json.dumps(table.following.shape).encode())
            state.update(table.following.astype("<i4").tobytes())
            state.update(table.adds.astype("<i8").tobytes())
        state.update(json.dumps(sorted(self.registers.fields.items())).encode())
        if self.board is not None:
            for name, part in self.board.arrays._asdict().items():
                state.update(f"{name}{np.shape(part)}".encode() + np.asarray(part, dtype="<i8").tobytes())
        return state.digest()
