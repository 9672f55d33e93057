"""The automaton of a spin composed into few large steps: a drawn number per group of reels, one look-up each. Pure.

The reels' tables are those of ``SpinTables``; composing only multiplies them out, so every drawn word gives the same
outcome as the walk reel by reel. Sums are folded into the states, so the last look-up names the outcome.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from adapters.reels.kernel.automaton import Transitions
from adapters.reels.kernel.finals import Award
from adapters.reels.kernel.layers import ReelLayer
from adapters.reels.kernel.registers import PAY_MASK
from adapters.reels.kernel.spin_tables import SpinTables
from adapters.reels.random.mapping import plan

Integers = NDArray[np.int64]
ENTRIES_MAX = 1 << 25
BOUND_MAX = 1 << 22


class TablesTooLarge(ValueError):
    """The composed tables would not fit; the caller walks reel by reel instead."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The reels that share one word, as groups: ``table[row + digit]`` is where the next group's row begins."""

    rejected_below: int
    product: int
    sizes: NDArray[np.uint64]
    table: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class SamplingTables:
    """Everything that a kernel needs to play one kind of spin; outcomes with awards have the highest numbers."""

    batches: tuple[Batch, ...]
    pays: Integers
    awards: tuple[tuple[Award, ...], ...]
    first_awarded: int

    @property
    def outcomes(self) -> int:
        """How many different outcomes there are."""
        return len(self.pays)


@dataclass(slots=True)
class _Layer:
    """One reel with sums folded into its states: ``table[state, value]`` is the next state."""

    table: NDArray[np.int32]
    bound: int


def compose(spin: SpinTables, group_entries_max: int) -> SamplingTables:
    """Compose the tables of a spin; a group's table has at most ``group_entries_max`` entries where it can.

    Raises TablesTooLarge.
    """
    layers, sums = _folded(spin)
    pays, awards = _meanings(spin, sums)
    order = np.array(sorted(range(len(sums)), key=lambda number: (bool(awards[number]), number)), dtype=np.int64)
    renumbered = np.empty(len(sums), dtype=np.int32)
    renumbered[order] = np.arange(len(sums), dtype=np.int32)
    layers[-1].table = renumbered[layers[-1].table]
    groups = _grouped(_drawn(spin, layers), group_entries_max)
    batches = _flattened(groups)
    first = sum(not awards[number] for number in range(len(sums)))
    return SamplingTables(batches, pays[order], tuple(awards[number] for number in order), first)


def _folded(spin: SpinTables) -> tuple[list[_Layer], Integers]:
    states = np.zeros(1, dtype=np.int64)
    sums = np.zeros(1, dtype=np.int64)
    layers = []
    for transitions, layer in zip(spin.transitions, spin.layers, strict=True):
        table, states, sums = _fold(transitions, states, sums)
        if layer.bound > BOUND_MAX or len(table) * layer.bound > ENTRIES_MAX:
            raise TablesTooLarge(f"{spin.name}, {layer.purpose}: {len(table)} states of {layer.bound} values")
        layers.append(_Layer(table[:, _class_of_value(layer)], layer.bound))
    return layers, sums


def _fold(transitions: Transitions, states: Integers, sums: Integers) -> tuple[NDArray[np.int32], Integers, Integers]:
    following = transitions.following[states].astype(np.int64)
    if following.size > ENTRIES_MAX:
        raise TablesTooLarge(f"{following.size} transitions of one reel")
    reached = (sums[:, None] + transitions.adds[states]).ravel()
    order = np.lexsort((reached, following.ravel()))
    sorted_states, sorted_sums = following.ravel()[order], reached[order]
    is_new = np.ones(len(order), dtype=bool)
    is_new[1:] = (np.diff(sorted_states) != 0) | (np.diff(sorted_sums) != 0)
    numbers = np.empty(len(order), dtype=np.int32)
    numbers[order] = np.cumsum(is_new, dtype=np.int32) - 1
    return numbers.reshape(following.shape), sorted_states[is_new], sorted_sums[is_new]


def _class_of_value(layer: ReelLayer) -> Integers:
    weights = [atom.weight for atom in layer.atoms]
    return np.repeat(np.array(layer.class_of_atom, dtype=np.int64), weights)


def _meanings(spin: SpinTables, sums: Integers) -> tuple[Integers, list[tuple[Award, ...]]]:
    pays, awards = [], []
    for total in sums.tolist():
        line_pay, final = spin.finals.of(total)
        pays.append(final.pay(line_pay))
        awards.append(final.awards)
    assert all(total & PAY_MASK <= PAY_MASK for total in sums.tolist())
    return np.array(pays, dtype=np.int64), awards


def _drawn(spin: SpinTables, layers: Sequence[_Layer]) -> list[list[_Layer]]:
    """Put the layers into the batches of the draw; a layer that is not drawn joins the one before it."""
    batches: list[list[_Layer]] = []
    wanted = iter([len(batch.bounds) for batch in plan(spin.bounds)])
    room = 0
    for layer, declared in zip(layers, spin.layers, strict=True):
        if declared.drawn:
            if room == 0:
                batches.append([])
                room = next(wanted)
            room -= 1
            batches[-1].append(layer)
        elif batches:
            batches[-1][-1] = _joined(batches[-1][-1], layer)
        else:
            raise TablesTooLarge(f"{spin.name}: nothing is drawn before {declared.purpose}")
    return batches


def _joined(left: _Layer, right: _Layer) -> _Layer:
    table = right.table[left.table].reshape(len(left.table), -1)
    return _Layer(table, left.bound * right.bound)


def _grouped(batches: Sequence[Sequence[_Layer]], entries_max: int) -> list[list[_Layer]]:
    grouped = []
    for batch in batches:
        groups = [batch[0]]
        for layer in batch[1:]:
            last = groups[-1]
            if len(last.table) * last.bound * layer.bound <= entries_max:
                groups[-1] = _joined(last, layer)
            else:
                groups.append(layer)
        grouped.append(groups)
    return grouped


def _flattened(batches: Sequence[Sequence[_Layer]]) -> tuple[Batch, ...]:
    flattened = []
    for number, groups in enumerate(batches):
        widths = [group.bound for group in groups]
        starts = np.cumsum([0, *(group.table.size for group in groups)])
        # The last group of a batch leads to rows of the next batch's first group; of the last batch, to outcomes.
        after = batches[number + 1][0].bound if number + 1 < len(batches) else 1
        parts = []
        for place, group in enumerate(groups):
            is_last = place + 1 == len(groups)
            width, start = (after, 0) if is_last else (widths[place + 1], int(starts[place + 1]))
            parts.append((group.table.astype(np.int64) * width + start).ravel())
        table = np.concatenate(parts)
        if int(table.max()) >= 2**31:
            raise TablesTooLarge("rows beyond 2**31")
        product = 1
        for width in widths:
            product *= width
        sizes = np.array(widths, dtype=np.uint64)
        flattened.append(Batch(2**64 % product, product, sizes, table.astype(np.int32)))
    return tuple(flattened)
