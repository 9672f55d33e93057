"""The full cycle of a board game, stop by stop: exact where refill comes from the strips. Numba where installed."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from adapters.reels.kernel.board import BoardArrays, Ints
from adapters.reels.kernel.compiled import board_functions
from adapters.reels.kernel.spin_tables import SpinTables

BUFFER_ENTRIES = 1 << 20
NO_WORDS = np.zeros(0, dtype=np.uint32)
EXACT_CYCLE_MAX = 400_000_000


def is_enumerable(spin: SpinTables, rules: BoardArrays) -> bool:
    """Say whether the full cycle can be played stop by stop: no random refill, and not too many stops."""
    return not rules.random_refill and spin.cycle <= EXACT_CYCLE_MAX


@dataclass(slots=True)
class BoardCycle:
    """How many of the full cycle's stops give (pay, awarded games), and how many windows paid in a row."""

    outcomes: dict[tuple[int, int], int] = field(default_factory=dict)
    falls: dict[int, int] = field(default_factory=dict)


def enumerate_board(spin: SpinTables, rules: BoardArrays) -> BoardCycle:
    """Play every stop once; windows that the automaton says pay nothing are only counted."""
    walk = _Walk.of(spin, rules)
    functions = board_functions()
    stops = np.empty((BUFFER_ENTRIES, len(rules.rows)), dtype=np.int64)
    shares = np.empty(BUFFER_ENTRIES, dtype=np.int64)
    pays = np.empty(BUFFER_ENTRIES, dtype=np.int64)
    extras = np.empty((BUFFER_ENTRIES, 2), dtype=np.int64)
    position = np.zeros(len(rules.rows), dtype=np.int64)
    cycle = BoardCycle()
    silent = 0
    while True:
        count, quiet, done = functions["list_stops"](*walk.arrays, position, stops, shares)
        functions["resolve_many"](rules, stops, count, NO_WORDS, pays, extras)
        silent += int(quiet)
        collect(cycle, np.column_stack([pays[:count], extras[:count], shares[:count]]))
        if done:
            break
    cycle.outcomes[0, 0] = cycle.outcomes.get((0, 0), 0) + silent
    cycle.falls[0] = cycle.falls.get(0, 0) + silent
    return cycle


def collect(cycle: BoardCycle, rows: Ints) -> None:
    """Add rows of (pay, awarded games, paying windows, weight)."""
    if not len(rows):
        return
    shifts = _shifts(rows)
    if shifts is None:
        _collect_by_columns(cycle, rows)
        return
    above, low = shifts
    keys = (rows[:, 0] << above) | (rows[:, 1] << low) | rows[:, 2]
    if (rows[:, 3] == 1).all():
        unique, weights = np.unique(keys, return_counts=True)
    else:
        order = np.argsort(keys)
        keys = keys[order]
        begins = np.flatnonzero(np.concatenate([[True], np.diff(keys) != 0]))
        unique, weights = keys[begins], np.add.reduceat(rows[order, 3], begins)
    games = (unique >> low) & ((1 << (above - low)) - 1)
    _add(cycle, np.column_stack([unique >> above, games, unique & ((1 << low) - 1)]), weights)


def _shifts(rows: Ints) -> tuple[int, int] | None:
    """Return where pay and games begin in one integer that holds a whole row; None when they do not fit."""
    pay, games, falls = (int(rows[:, column].max()).bit_length() for column in range(3))
    return (games + falls, falls) if pay + games + falls < 63 else None


def _collect_by_columns(cycle: BoardCycle, rows: Ints) -> None:
    rows = rows[np.lexsort((rows[:, 2], rows[:, 1], rows[:, 0]))]
    changed = np.concatenate([[True], (np.diff(rows[:, :3], axis=0) != 0).any(axis=1)])
    begins = np.flatnonzero(changed)
    _add(cycle, rows[begins, :3], np.add.reduceat(rows[:, 3], begins))


def _add(cycle: BoardCycle, rows: Ints, weights: Ints) -> None:
    for (pay, games, falls), weight in zip(rows.tolist(), weights.tolist(), strict=True):
        cycle.outcomes[pay, games] = cycle.outcomes.get((pay, games), 0) + weight
        cycle.falls[falls] = cycle.falls.get(falls, 0) + weight


@dataclass(frozen=True, slots=True)
class _Walk:
    """The automaton of the first window as arrays, to skip what pays nothing."""

    arrays: tuple[Any, ...]

    @classmethod
    def of(cls, spin: SpinTables, rules: BoardArrays) -> "_Walk":
        reels = len(spin.layers)
        atoms = max(len(layer.atoms) for layer in spin.layers)
        states = max(table.following.shape[0] for table in spin.transitions)
        width = max(table.following.shape[1] for table in spin.transitions)
        following = np.zeros((reels, states, width), dtype=np.int64)
        adds = np.zeros((reels, states, width), dtype=np.int64)
        classes = np.zeros((reels, atoms), dtype=np.int64)
        weights = np.zeros((reels, atoms), dtype=np.int64)
        for reel, (layer, table) in enumerate(zip(spin.layers, spin.transitions, strict=True)):
            rows, columns = table.following.shape
            following[reel, :rows, :columns] = table.following
            adds[reel, :rows, :columns] = table.adds
            classes[reel, : len(layer.atoms)] = layer.class_of_atom
            weights[reel, : len(layer.atoms)] = [atom.weight for atom in layer.atoms]
        counts = np.array([len(layer.atoms) for layer in spin.layers], dtype=np.int64)
        return cls((following, adds, classes, weights, counts, _speaking(spin, rules)))


def _speaking(spin: SpinTables, rules: BoardArrays) -> Ints:
    """Return for every value of the counters whether it pays or awards something by itself.

    Clusters are not in the automaton: with them no window may be skipped.
    """
    bits = max(spin.registers.used_bits - 40, 0)
    if len(rules.cluster_pays):
        return np.ones(1 << bits, dtype=np.int64)
    table = np.zeros(1 << bits, dtype=np.int64)
    for total in np.unique(spin.exact()[0] >> 40).tolist():
        _, final = spin.finals.of(total << 40)
        table[total] = 1 if final.scatter_pay or final.awards else 0
    return table
