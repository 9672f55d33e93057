"""Rearrange the arrays of a window for the fast kernel: strips that never wrap, lines as a tree. Pure."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from adapters.reels.kernel.board import BoardArrays
from adapters.reels.kernel.layers import ReelLayer
from adapters.reels.simulate.board_kernel import FastBoard
from adapters.reels.simulate.sampling_tables import Integers

WRAPPED_ROWS = 7


def fast_board(rules: BoardArrays) -> FastBoard:
    """Rearrange the rules of a window."""
    step, settled_pay, settled_cells = _machine(rules)
    return FastBoard(
        rows=rules.rows,
        strips=_extended(rules),
        lengths=rules.lengths,
        symbols=int(rules.symbol_count),
        **_tree(rules),
        step=step,
        settled_pay=settled_pay,
        settled_cells=settled_cells,
        way_pays=rules.way_pays,
        way_cells=rules.way_cells,
        way_alone=rules.way_alone,
        any_pays=rules.any_pays,
        any_symbols=rules.any_symbols,
        any_fits=_listed(rules.any_fits),
        any_natural_min=int(rules.any_natural_min),
        cluster_pays=rules.cluster_pays,
        cluster_symbols=rules.cluster_symbols,
        cluster_fits=_listed(rules.cluster_fits),
        cluster_min=np.array([_first_paying(pays) for pays in rules.cluster_pays], dtype=np.int64),
        diagonal=int(rules.diagonal),
        **_scatters(rules),
        multipliers=rules.multipliers,
        multiply_scatters=int(rules.multiply_scatters),
        falls_max=int(rules.falls_max),
        cascades=int(rules.cascades),
        random_refill=int(rules.random_refill),
    )


def places_of_values(layers: Sequence[ReelLayer]) -> Integers:
    """Return [reel, value] → stop; without columns where every value is its stop."""
    if all(layer.uniform and [atom.stop for atom in layer.atoms] == list(range(layer.bound)) for layer in layers):
        return np.zeros((len(layers), 0), dtype=np.int64)
    table = np.zeros((len(layers), max(layer.bound for layer in layers)), dtype=np.int64)
    for reel, layer in enumerate(layers):
        stops = np.array([atom.stop for atom in layer.atoms], dtype=np.int64)
        table[reel, : layer.bound] = np.repeat(stops, [atom.weight for atom in layer.atoms])
    return table


def _extended(rules: BoardArrays) -> Integers:
    extended = np.zeros((len(rules.rows), int(rules.lengths.max()) + WRAPPED_ROWS), dtype=np.int64)
    for reel, length in enumerate(rules.lengths.tolist()):
        places = np.arange(length + WRAPPED_ROWS) % length
        extended[reel, : len(places)] = rules.strips[reel, places]
    return extended


def _first_paying(pays: Integers) -> int:
    paying = np.flatnonzero(pays > 0)
    return int(paying[0]) if len(paying) else len(pays)


def _listed(fits: Integers) -> Integers:
    """Turn flags by symbol into lists of symbols; a short list repeats its last symbol, which changes no mask."""
    lists = [np.flatnonzero(row) for row in fits]
    longest = max((len(symbols) for symbols in lists), default=1)
    table = np.zeros((len(lists), longest), dtype=np.int64)
    for number, symbols in enumerate(lists):
        table[number] = np.pad(symbols, (0, longest - len(symbols)), mode="edge")
    return table


def _scatters(rules: BoardArrays) -> dict[str, Any]:
    fits = rules.scatter_cells.max(axis=1) if len(rules.scatter_cells) else rules.scatter_cells[:, 0, :]
    reels = np.zeros(len(rules.scatter_cells), dtype=np.int64)
    for scatter, cells in enumerate(rules.scatter_cells):
        for reel in range(len(rules.rows)):
            reels[scatter] |= 0x7F << (8 * reel) if cells[reel].any() else 0
    return {
        "scatter_fits": _listed(fits),
        "scatter_reels": reels,
        "scatter_pays": rules.scatter_pays,
        "scatter_games": rules.scatter_games,
        "scatter_by_reel": rules.scatter_by_reel,
    }


def _machine(rules: BoardArrays) -> tuple[Integers, Integers, Integers]:
    """One flat table: the row of an open state, or -1 - number of a settled one. Row 0 is where a line begins."""
    reels, states = rules.settled_pay.shape
    width = int(rules.symbol_count)
    step = np.full(reels * states * width, -1, dtype=np.int64)
    pays, cells = [0], [0]
    for reel in range(reels):
        for state in range(states):
            row = (reel * states + state) * width
            for symbol in range(width):
                following = int(rules.step[reel, state, symbol])
                won = int(rules.settled_pay[reel, following])
                if won > 0:
                    step[row + symbol] = -1 - len(pays)
                    pays.append(won)
                    cells.append(int(rules.settled_cells[reel, following]))
                elif won < 0 and reel + 1 < reels:
                    step[row + symbol] = ((reel + 1) * states + following) * width
    return step, np.array(pays, dtype=np.int64), np.array(cells, dtype=np.int64)


def _tree(rules: BoardArrays) -> dict[str, Any]:
    """Put the lines with common beginnings together, depth first."""
    reels = len(rules.rows)
    paths = sorted(tuple(path) for path in rules.paths.tolist())
    nodes: list[tuple[int, int, int, list[int]]] = []
    skips: list[int] = []

    def grow(group: Sequence[tuple[int, ...]], depth: int, bits: list[int]) -> None:
        for row in sorted({path[depth] for path in group}):
            below = [path for path in group if path[depth] == row]
            cell = 8 * depth + row
            here = [*bits, 1 << cell]
            number = len(nodes)
            nodes.append((cell, depth, len(below), here + [0] * (reels - depth - 1)))
            skips.append(0)
            if depth + 1 < reels:
                grow(below, depth + 1, here)
            skips[number] = len(nodes)

    if paths:
        grow(paths, 0, [])
    return {
        "node_cell": np.array([node[0] for node in nodes], dtype=np.int64),
        "node_depth": np.array([node[1] for node in nodes], dtype=np.int64),
        "node_skip": np.array(skips, dtype=np.int64),
        "node_lines": np.array([node[2] for node in nodes], dtype=np.int64),
        "node_bits": np.array([node[3] for node in nodes], dtype=np.int64).reshape(len(nodes), reels),
    }
