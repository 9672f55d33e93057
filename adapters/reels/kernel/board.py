"""A whole window as arrays, and what it pays: for windows that change after the stops (cascades) and for clusters.

Every function here is written so that Numba can compile it; without Numba the same code runs interpreted.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Words = NDArray[np.uint32]

SIDE_MAX = 7
COUNT_MAX = 49
GAME_BITS = 12
LOW_HALF = 0xFFFFFFFF
WORDS_PER_ROUND = 20_000


class BoardArrays(NamedTuple):
    """The rules of a window as arrays; a game without lines (ways, ...) has no rows there."""

    rows: Ints
    strips: Ints
    lengths: Ints
    symbol_count: int
    paths: Ints
    shared: Ints
    """[line] → how many cells the line has in common with the line before it."""
    step: Ints
    """[reel, state, symbol] → state."""
    settled_pay: Ints
    """[reel, state] → pay, or -1 while open."""
    settled_cells: Ints
    way_pays: Ints
    way_cells: Ints
    way_alone: Ints
    any_pays: Ints
    any_symbols: Ints
    any_fits: Ints
    any_natural_min: int
    cluster_pays: Ints
    cluster_symbols: Ints
    cluster_fits: Ints
    diagonal: int
    scatter_cells: Ints
    """[scatter, reel, symbol] → 1 where it counts."""
    scatter_pays: Ints
    scatter_games: Ints
    """[scatter, count] → awarded games, GAME_BITS for each entry."""
    scatter_by_reel: Ints
    multipliers: Ints
    multiply_scatters: int
    falls_max: int
    cascades: int
    random_refill: int


def line_pay(
    rows: Ints,
    paths: Ints,
    shared: Ints,
    step: Ints,
    settled_pay: Ints,
    settled_cells: Ints,
    grid: Ints,
    hit: Ints,
    states: Ints,
) -> int:
    """Follow every line through its machine; lines come sorted, so that each goes on where it parts from the last."""
    pay = 0
    reels = len(rows)
    end = reels
    won = 0
    for line in range(len(paths)):
        begin = shared[line]
        if end > begin or line == 0:
            end = reels
            won = 0
            for reel in range(begin, reels):
                state = step[reel, states[reel], grid[reel, paths[line, reel]]]
                states[reel + 1] = state
                if settled_pay[reel, state] >= 0:
                    won = settled_pay[reel, state]
                    end = reel + 1
                    break
        if won > 0:
            pay += won
            cells = settled_cells[end - 1, states[end]]
            for reel in range(reels):
                if (cells >> reel) & 1:
                    hit[reel, paths[line, reel]] = 1
    return pay


def ways_pay(rows: Ints, way_pays: Ints, way_cells: Ints, way_alone: Ints, grid: Ints, hit: Ints) -> int:
    """Multiply the cells of each symbol from the first reel on."""
    pay = 0
    for symbol in range(len(way_pays)):
        ways = 1
        wild_ways = 1
        length = 0
        for reel in range(len(rows)):
            cells = 0
            wild_cells = 0
            for row in range(rows[reel]):
                cells += way_cells[symbol, grid[reel, row]]
                wild_cells += way_alone[symbol, grid[reel, row]]
            if cells == 0:
                break
            ways *= cells
            wild_ways *= wild_cells
            length += 1
        won = way_pays[symbol, length] * (ways - wild_ways)
        if won > 0:
            pay += won
            for reel in range(length):
                for row in range(rows[reel]):
                    if way_cells[symbol, grid[reel, row]]:
                        hit[reel, row] = 1
    return pay


def anywhere_pay(
    rows: Ints, any_pays: Ints, any_symbols: Ints, any_fits: Ints, any_natural_min: int, grid: Ints, hit: Ints
) -> int:
    """Count each symbol with its wilds."""
    pay = 0
    for symbol in range(len(any_pays)):
        natural = 0
        count = 0
        for reel in range(len(rows)):
            for row in range(rows[reel]):
                if grid[reel, row] == any_symbols[symbol]:
                    natural += 1
                count += any_fits[symbol, grid[reel, row]]
        won = any_pays[symbol, count]
        if won > 0 and natural >= any_natural_min:
            pay += won
            for reel in range(len(rows)):
                for row in range(rows[reel]):
                    if any_fits[symbol, grid[reel, row]]:
                        hit[reel, row] = 1
    return pay


def cluster_pay(
    rows: Ints, cluster_pays: Ints, cluster_symbols: Ints, cluster_fits: Ints, diagonal: int, grid: Ints, hit: Ints
) -> int:
    """Find the connected groups of each symbol, wilds included, that hold at least one cell of the symbol itself."""
    pay = 0
    reels = len(rows)
    seen = np.zeros((SIDE_MAX, SIDE_MAX), dtype=np.int64)
    stack = np.empty((COUNT_MAX, 2), dtype=np.int64)
    for symbol in range(len(cluster_pays)):
        mark = symbol + 1
        for reel in range(reels):
            for row in range(rows[reel]):
                if grid[reel, row] != cluster_symbols[symbol] or seen[reel, row] == mark:
                    continue
                seen[reel, row] = mark
                stack[0, 0] = reel
                stack[0, 1] = row
                size = 1
                done = 0
                while done < size:
                    at = stack[done, 0]
                    level = stack[done, 1]
                    done += 1
                    for across in range(-1, 2):
                        for down in range(-1, 2):
                            if (across == 0 and down == 0) or (across != 0 and down != 0 and diagonal == 0):
                                continue
                            near = at + across
                            beside = level + down
                            if near < 0 or near >= reels or beside < 0 or beside >= rows[near]:
                                continue
                            if seen[near, beside] != mark and cluster_fits[symbol, grid[near, beside]]:
                                seen[near, beside] = mark
                                stack[size, 0] = near
                                stack[size, 1] = beside
                                size += 1
                won = cluster_pays[symbol, size]
                if won > 0:
                    pay += won
                    for cell in range(size):
                        hit[stack[cell, 0], stack[cell, 1]] = 1
    return pay


def scatter_pay(
    rows: Ints,
    scatter_cells: Ints,
    scatter_pays: Ints,
    scatter_games: Ints,
    scatter_by_reel: Ints,
    grid: Ints,
    hit: Ints,
    games: Ints,
) -> int:
    """Count the scatters; mark those that pay or start something, and add what they award to ``games[0]``."""
    pay = 0
    for scatter in range(len(scatter_pays)):
        count = 0
        for reel in range(len(rows)):
            here = 0
            for row in range(rows[reel]):
                here += scatter_cells[scatter, reel, grid[reel, row]]
            count += min(here, 1) if scatter_by_reel[scatter] else here
        won = scatter_pays[scatter, count]
        awarded = scatter_games[scatter, count]
        if won > 0 or awarded > 0:
            pay += won
            games[0] += awarded
            for reel in range(len(rows)):
                for row in range(rows[reel]):
                    if scatter_cells[scatter, reel, grid[reel, row]]:
                        hit[reel, row] = 1
    return pay


def fall(
    rows: Ints, strips: Ints, lengths: Ints, random_refill: int, grid: Ints, hit: Ints, tops: Ints, fresh: Ints
) -> None:
    """Remove the hit cells, let the rest drop, and fill from above.

    With strip refill the symbols before the top of the window follow; with random refill ``fresh`` holds, for each
    reel, the places on the strip that its new cells take, the topmost first.
    """
    for reel in range(len(rows)):
        write = rows[reel] - 1
        for row in range(rows[reel] - 1, -1, -1):
            if hit[reel, row] == 0:
                grid[reel, write] = grid[reel, row]
                write -= 1
        gap = write + 1
        if random_refill:
            for row in range(gap):
                grid[reel, row] = strips[reel, fresh[reel, row]]
        else:
            tops[reel] -= gap
            while tops[reel] < 0:
                tops[reel] += lengths[reel]
            show(strips, lengths[reel], reel, tops[reel], gap, grid)
        for row in range(rows[reel]):
            hit[reel, row] = 0


def show(strips: Ints, length: int, reel: int, top: int, count: int, grid: Ints) -> None:
    """Show ``count`` symbols of a strip from ``top`` on, at the top of the reel."""
    at = top
    for row in range(count):
        grid[reel, row] = strips[reel, at]
        at += 1
        if at == length:
            at = 0


def draw_below(words: Words, cursor: Ints, bound: int) -> int:
    """Take the next word as a number below ``bound``: multiply and shift, with rejection of what would bias it."""
    while True:
        word = int(words[cursor[0]])
        cursor[0] += 1
        product = word * bound
        if (product & LOW_HALF) >= (LOW_HALF + 1) % bound:
            return product >> 32


def resolve_many(rules: BoardArrays, stops: Ints, count: int, words: Words, pays: Ints, extras: Ints) -> int:
    """Play the windows of ``count`` stops to their ends: pays, and extras (awarded games, paying windows).

    Random refill takes 32-bit words; a round begins only while enough of them are left, so that long rounds are not
    lost more often than short ones. Returns how many rounds were played.
    """
    reels = len(rules.rows)
    grid = np.zeros((SIDE_MAX, SIDE_MAX), dtype=np.int64)
    hit = np.zeros((SIDE_MAX, SIDE_MAX), dtype=np.int64)
    states = np.zeros(SIDE_MAX + 1, dtype=np.int64)
    games = np.zeros(1, dtype=np.int64)
    fresh = np.zeros((SIDE_MAX, SIDE_MAX), dtype=np.int64)
    tops = np.zeros(reels, dtype=np.int64)
    cursor = np.zeros(1, dtype=np.int64)
    for number in range(count):
        if rules.random_refill and cursor[0] + WORDS_PER_ROUND > len(words):
            return number
        for reel in range(reels):
            tops[reel] = stops[number, reel]
            show(rules.strips, rules.lengths[reel], reel, tops[reel], rules.rows[reel], grid)
        games[0] = 0
        total = 0
        falls = 0
        while falls < rules.falls_max:
            before = games[0]
            pay = 0
            if len(rules.paths):
                pay += line_pay(
                    rules.rows,
                    rules.paths,
                    rules.shared,
                    rules.step,
                    rules.settled_pay,
                    rules.settled_cells,
                    grid,
                    hit,
                    states,
                )
            if len(rules.way_pays):
                pay += ways_pay(rules.rows, rules.way_pays, rules.way_cells, rules.way_alone, grid, hit)
            if len(rules.any_pays):
                pay += anywhere_pay(
                    rules.rows, rules.any_pays, rules.any_symbols, rules.any_fits, rules.any_natural_min, grid, hit
                )
            if len(rules.cluster_pays):
                pay += cluster_pay(
                    rules.rows, rules.cluster_pays, rules.cluster_symbols, rules.cluster_fits, rules.diagonal, grid, hit
                )
            scatters = scatter_pay(
                rules.rows,
                rules.scatter_cells,
                rules.scatter_pays,
                rules.scatter_games,
                rules.scatter_by_reel,
                grid,
                hit,
                games,
            )
            if pay == 0 and scatters == 0 and games[0] == before:
                break
            multiplier = rules.multipliers[min(falls, len(rules.multipliers) - 1)]
            total += pay * multiplier + (scatters * multiplier if rules.multiply_scatters else scatters)
            falls += 1
            if rules.cascades == 0:
                break
            if rules.random_refill:
                for reel in range(reels):
                    gap = 0
                    for row in range(rules.rows[reel]):
                        if hit[reel, row]:
                            fresh[reel, gap] = draw_below(words, cursor, rules.lengths[reel])
                            gap += 1
            fall(rules.rows, rules.strips, rules.lengths, rules.random_refill, grid, hit, tops, fresh)
        if rules.cascades == 0 or falls == rules.falls_max:
            hit[:] = 0
        pays[number] = total
        extras[number, 0] = games[0]
        extras[number, 1] = falls
    return count
