"""From a spin's plan to the arrays of its window, for cascades and clusters."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from adapters.reels.compiling.context import Context
from adapters.reels.compiling.other_pays import AnywherePays, WaysPays, or_less
from adapters.reels.compiling.spin_plan import SpinPlan
from adapters.reels.kernel.arrays import Board
from adapters.reels.kernel.board import COUNT_MAX, GAME_BITS, SIDE_MAX, BoardArrays, Ints
from adapters.reels.kernel.line_machine import LineMachine
from adapters.reels.kernel.runs import WildRule

ENTRIES_MAX = 63 // GAME_BITS
TOO_MANY = "and every number of coins that hold and win can begin with is one"


def compile_board(context: Context, plan: SpinPlan, wilds: dict[int, WildRule], machine: LineMachine | None) -> Board:
    """Build the arrays; refuses rules that a changing window cannot have."""
    unfit = [
        name
        for name in (
            "expanding_wilds",
            "wild_reels",
            "book",
            "multiplier_reel",
            "wild_multiplier",
            "full_screen",
            "stop",
        )
        if getattr(plan, name)
    ]
    if unfit or plan.game_entry is not None:
        context.refuse(f"{plan.path}.{(unfit or ['lines.games'])[0]}", "does not go with cascades or clusters")
    symbol_count = len(context.all_names())
    entries, scatters = _scatters(context, plan, symbol_count)
    cascade = plan.cascade
    strips, lengths = _strips(context, plan)
    return Board(
        BoardArrays(
            rows=np.array(context.rows, dtype=np.int64),
            strips=strips,
            lengths=lengths,
            symbol_count=symbol_count,
            **_lines(context, machine, symbol_count),
            **_ways(context, plan, wilds, symbol_count),
            **_anywhere(context, plan, wilds, symbol_count),
            **_clusters(context, plan, wilds, symbol_count),
            **scatters,
            multipliers=np.array([int(value) for value in cascade.multipliers] if cascade else [1], dtype=np.int64),
            multiply_scatters=int(cascade.multiply_scatters) if cascade else 1,
            falls_max=cascade.falls_max if cascade else 1,
            cascades=int(cascade is not None),
            random_refill=int(cascade is not None and cascade.refill == "random"),
        ),
        entries,
    )


def _strips(context: Context, plan: SpinPlan) -> tuple[Ints, Ints]:
    strips = context.strip_sets[plan.strips]
    longest = max(len(strip.symbols) for strip in strips)
    table = np.zeros((len(strips), longest), dtype=np.int64)
    for reel, strip in enumerate(strips):
        table[reel, : len(strip.symbols)] = strip.symbols
    return table, np.array([len(strip.symbols) for strip in strips], dtype=np.int64)


def _lines(context: Context, machine: LineMachine | None, symbol_count: int) -> dict[str, Any]:
    reels = len(context.rows)
    if machine is None:
        nothing = np.zeros((reels, 1, symbol_count), dtype=np.int64)
        return {
            "paths": np.zeros((0, reels), dtype=np.int64),
            "shared": np.zeros(0, dtype=np.int64),
            "step": nothing,
            "settled_pay": np.zeros((reels, 1), dtype=np.int64),
            "settled_cells": np.zeros((reels, 1), dtype=np.int64),
        }
    states = max(max(len(layer) for layer in machine.step), max(len(layer) for layer in machine.wins))
    step = np.zeros((reels, states, symbol_count), dtype=np.int64)
    pay = np.full((reels, states), -1, dtype=np.int64)
    cells = np.zeros((reels, states), dtype=np.int64)
    for reel, layer in enumerate(machine.step):
        for state, row in enumerate(layer):
            step[reel, state, : len(row)] = row
        for state, wins in enumerate(machine.wins[reel + 1]):
            if wins is not None:
                pay[reel, state] = sum(win.pay for win in wins)
                for win in wins:
                    cells[reel, state] |= win.cells
    paths = sorted(context.paths)
    shared = [0] + [_common(before, path) for before, path in pairwise(paths)]
    return {
        "paths": np.array(paths, dtype=np.int64),
        "shared": np.array(shared, dtype=np.int64),
        "step": step,
        "settled_pay": pay,
        "settled_cells": cells,
    }


def _common(first: tuple[int, ...], second: tuple[int, ...]) -> int:
    return next((at for at, (one, other) in enumerate(zip(first, second, strict=True)) if one != other), len(first))


def _pays_table(tables: list[dict[int, int]]) -> Ints:
    return np.array(
        [[or_less(table, count) for count in range(COUNT_MAX + 1)] for table in tables] or np.zeros((0, 1)),
        dtype=np.int64,
    )


def _weights(rows: list[Mapping[int, int]], symbol_count: int) -> Ints:
    table = np.zeros((len(rows), symbol_count), dtype=np.int64)
    for place, row in enumerate(rows):
        for symbol, weight in row.items():
            table[place, symbol] = weight
    return table


def _ways(context: Context, plan: SpinPlan, wilds: dict[int, WildRule], symbol_count: int) -> dict[str, Any]:
    ways = WaysPays(context, plan, wilds) if context.declaration.ways is not None else None
    if ways is not None and ways.direction != "left":
        context.refuse("ways.direction", "only left goes with cascades")
    return {
        "way_pays": _pays_table(list(ways.pays) if ways else []),
        "way_cells": _weights(list(ways.cells) if ways else [], symbol_count),
        "way_alone": _weights(list(ways.alone) if ways else [], symbol_count),
    }


def _fits(symbols: list[int], wilds: Mapping[int, frozenset[int]], symbol_count: int) -> Ints:
    table = np.zeros((len(symbols), symbol_count), dtype=np.int64)
    for place, symbol in enumerate(symbols):
        table[place, symbol] = 1
        for wild, not_for in wilds.items():
            if symbol not in not_for:
                table[place, wild] = 1
    return table


def _anywhere(context: Context, plan: SpinPlan, wilds: dict[int, WildRule], symbol_count: int) -> dict[str, Any]:
    pays = AnywherePays(context, plan, wilds) if context.declaration.anywhere is not None else None
    symbols = list(pays.pays) if pays else []
    return {
        "any_pays": _pays_table(list(pays.pays.values()) if pays else []),
        "any_symbols": np.array(symbols, dtype=np.int64),
        "any_fits": _fits(symbols, pays.wilds if pays else {}, symbol_count),
        "any_natural_min": pays.natural_min if pays else 0,
    }


def _clusters(context: Context, plan: SpinPlan, wilds: dict[int, WildRule], symbol_count: int) -> dict[str, Any]:
    declared = context.declaration.clusters
    tables: list[dict[int, int]] = []
    symbols: list[int] = []
    for symbol, table in declared.pays.items() if declared else ():
        number = context.alphabet.number(symbol, f"clusters.pays.{symbol}")
        symbols.append(number)
        tables.append({count: context.units(pay * plan.multiplier_for(number, count)) for count, pay in table.items()})
    fitting = {wild: rule.not_for for wild, rule in wilds.items()} if declared is not None and declared.wilds else {}
    return {
        "cluster_pays": _pays_table(tables),
        "cluster_symbols": np.array(symbols, dtype=np.int64),
        "cluster_fits": _fits(symbols, fitting, symbol_count),
        "diagonal": int(declared is not None and declared.diagonal),
    }


def _scatters(context: Context, plan: SpinPlan, symbol_count: int) -> tuple[tuple[str, ...], dict[str, Any]]:
    declared = context.declaration.scatters
    reels = len(context.rows)
    entries: list[str] = []
    cells = np.zeros((len(declared), SIDE_MAX, symbol_count), dtype=np.int64)
    pays = np.zeros((len(declared), COUNT_MAX + 1), dtype=np.int64)
    games = np.zeros((len(declared), COUNT_MAX + 1), dtype=np.int64)
    by_reel = np.zeros(len(declared), dtype=np.int64)
    for place, (name, scatter) in enumerate(declared.items()):
        for symbol in scatter.symbols or [name]:
            number = context.alphabet.number(symbol, f"scatters.{name}.symbols")
            for reel in range(reels):
                cells[place, reel, number] = int(scatter.reels is None or reel + 1 in scatter.reels)
        by_reel[place] = int(scatter.count == "reels")
        factor = plan.multiplier if scatter.multiplied else 1
        to_units = context.total_bets if scatter.pays_in == "total_bet" else context.units
        table = {count: to_units(pay * factor) for count, pay in scatter.pays.items()}
        for count in range(COUNT_MAX + 1):
            pays[place, count] = or_less(table, count) if scatter.or_more else table.get(count, 0)
            for trigger in plan.triggers:
                if trigger.scatter == name:
                    for entry, won in trigger.awards_at(count):
                        if entry not in entries:
                            entries.append(entry)
                        if len(entries) > ENTRIES_MAX:
                            reason = f"a changing window awards {ENTRIES_MAX} different things at most, {TOO_MANY}"
                            context.refuse(f"{plan.path}.cascade", reason)
                        games[place, count] += won << (GAME_BITS * entries.index(entry))
    tables = {"scatter_cells": cells, "scatter_pays": pays, "scatter_games": games, "scatter_by_reel": by_reel}
    return tuple(entries), tables
