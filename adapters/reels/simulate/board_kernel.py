"""Cascades and clusters, fast: the window as one bit mask per symbol, lines as a tree of common beginnings.

Cell ``8 * reel + row`` is bit ``8 * reel + row``: a byte for each reel, of which the highest bit stays empty, so that
shifted masks never run into the next reel. Written so that Numba can compile it; without Numba the same code is
interpreted. The results are those of ``kernel.board.resolve_many``, from the same arrays.
"""

from typing import NamedTuple

import numpy as np

from adapters.reels.simulate.sampling_tables import Integers
from adapters.reels.simulate.stream import Words

CELLS = 64
WORDS_PER_FALL_MAX = 64


class FastBoard(NamedTuple):
    """The rules of a window, rearranged from ``BoardArrays`` by ``fast_boards.fast_board``."""

    rows: Integers
    strips: Integers
    """[reel, place]: each strip is followed by its first symbols again, so that no window wraps."""
    lengths: Integers
    symbols: int
    node_cell: Integers
    node_depth: Integers
    node_skip: Integers
    """The next node outside the subtree."""
    node_lines: Integers
    node_bits: Integers
    """[node, reel] → bit of the path's cell on that reel."""
    step: Integers
    """[row + symbol] → the next reel's row, or -1 - number of what is settled."""
    settled_pay: Integers
    settled_cells: Integers
    way_pays: Integers
    way_cells: Integers
    way_alone: Integers
    any_pays: Integers
    any_symbols: Integers
    any_fits: Integers
    """[number, ...] → the symbols that count for it; repeated to fill the row."""
    any_natural_min: int
    cluster_pays: Integers
    cluster_symbols: Integers
    cluster_fits: Integers
    cluster_min: Integers
    diagonal: int
    scatter_fits: Integers
    scatter_reels: Integers
    """[scatter] → bits of the reels where it counts."""
    scatter_pays: Integers
    scatter_games: Integers
    scatter_by_reel: Integers
    multipliers: Integers
    multiply_scatters: int
    falls_max: int
    cascades: int
    random_refill: int


def bits_of(mask: int) -> int:
    """Count the bits of a mask; compiled, this loop becomes one instruction."""
    count = 0
    while mask:
        mask &= mask - 1
        count += 1
    return count


def lines_of(
    node_cell: Integers,
    node_depth: Integers,
    step: Integers,
    settled_pay: Integers,
    node_lines: Integers,
    settled_cells: Integers,
    node_bits: Integers,
    node_skip: Integers,
    grid: Integers,
    walked: Integers,
) -> tuple[int, int]:
    """Walk the tree of lines: (pay, mask of the cells that win)."""
    pay = 0
    hit = 0
    node = 0
    count = len(node_cell)
    walked[0] = 0
    while node < count:
        depth = node_depth[node]
        row = step[walked[depth] + grid[node_cell[node]]]
        if row >= 0:
            walked[depth + 1] = row
            node += 1
            continue
        settled = -1 - row
        won = settled_pay[settled]
        if won > 0:
            pay += won * node_lines[node]
            cells = settled_cells[settled]
            for reel in range(depth + 1):
                if (cells >> reel) & 1:
                    hit |= node_bits[node, reel]
        node = node_skip[node]
    return pay, hit


def ways_of(
    way_pays: Integers,
    rows: Integers,
    way_cells: Integers,
    way_alone: Integers,
    grid: Integers,
) -> tuple[int, int]:
    """Multiply the cells of each symbol from the first reel on: (pay, mask)."""
    pay = 0
    hit = 0
    for symbol in range(len(way_pays)):
        ways = 1
        wild_ways = 1
        length = 0
        mask = 0
        for reel in range(len(rows)):
            cells = 0
            wild_cells = 0
            for row in range(rows[reel]):
                shown = grid[8 * reel + row]
                weight = way_cells[symbol, shown]
                cells += weight
                wild_cells += way_alone[symbol, shown]
                if weight:
                    mask |= 1 << (8 * reel + row)
            if cells == 0:
                break
            ways *= cells
            wild_ways *= wild_cells
            length += 1
        won = way_pays[symbol, length] * (ways - wild_ways)
        if won > 0:
            pay += won
            hit |= mask
    return pay, hit


def anywhere_of(
    any_pays: Integers,
    any_fits: Integers,
    any_symbols: Integers,
    any_natural_min: int,
    masks: Integers,
) -> tuple[int, int]:
    """Count each symbol with its wilds: (pay, mask)."""
    pay = 0
    hit = 0
    for number in range(len(any_pays)):
        mask = 0
        for symbol in any_fits[number]:
            mask |= masks[symbol]
        won = any_pays[number, bits_of(mask)]
        if won > 0 and bits_of(masks[any_symbols[number]]) >= any_natural_min:
            pay += won
            hit |= mask
    return pay, hit


def clusters_of(
    cluster_pays: Integers,
    cluster_symbols: Integers,
    cluster_fits: Integers,
    cluster_min: Integers,
    diagonal: int,
    masks: Integers,
) -> tuple[int, int]:
    """Flood each symbol's mask from its own cells: (pay, mask)."""
    pay = 0
    hit = 0
    for number in range(len(cluster_pays)):
        mask = 0
        for symbol in cluster_fits[number]:
            mask |= masks[symbol]
        smallest = cluster_min[number]
        if smallest > 1:
            # A cell without a neighbour is no cluster; most symbols are done with here.
            mask &= spread(mask, diagonal)
        natural = masks[cluster_symbols[number]] & mask
        while natural and bits_of(mask) >= smallest:
            group = natural & -natural
            before = 0
            while group != before:
                before = group
                group = (group | spread(group, diagonal)) & mask
            natural &= ~group
            mask &= ~group
            won = cluster_pays[number, bits_of(group)]
            if won > 0:
                pay += won
                hit |= group
    return pay, hit


def spread(mask: int, diagonal: int) -> int:
    """The neighbours of all cells of a mask (and the empty bits between the reels)."""
    beside = (mask << 1) | (mask >> 1)
    across = mask | beside if diagonal else mask
    return beside | (across << 8) | (across >> 8)


def scatters_of(
    scatter_pays: Integers,
    scatter_fits: Integers,
    scatter_reels: Integers,
    scatter_games: Integers,
    scatter_by_reel: Integers,
    masks: Integers,
) -> tuple[int, int, int]:
    """Count the scatters: (pay, mask, awarded games)."""
    pay = 0
    hit = 0
    games = 0
    for scatter in range(len(scatter_pays)):
        mask = 0
        for symbol in scatter_fits[scatter]:
            mask |= masks[symbol]
        mask &= scatter_reels[scatter]
        if mask == 0 and scatter_pays[scatter, 0] == 0 and scatter_games[scatter, 0] == 0:
            continue
        if scatter_by_reel[scatter]:
            # The lowest bit of every byte that is not empty.
            reels = mask | (mask >> 4)
            reels |= reels >> 2
            reels |= reels >> 1
            count = bits_of(reels & 0x0101010101010101)
        else:
            count = bits_of(mask)
        won = scatter_pays[scatter, count]
        awarded = scatter_games[scatter, count]
        if won > 0 or awarded > 0:
            pay += won
            games += awarded
            hit |= mask
    return pay, hit, games


def drop(
    rows: Integers,
    random_refill: int,
    strips: Integers,
    lengths: Integers,
    grid: Integers,
    hit: int,
    tops: Integers,
    words: Words,
    cursor: int,
) -> int:
    """Remove the hit cells, let the rest drop, fill from above; returns the cursor behind the words used."""
    for reel in range(len(rows)):
        gone = (hit >> (8 * reel)) & 0xFF
        if gone == 0:
            continue
        write = rows[reel] - 1
        for row in range(rows[reel] - 1, -1, -1):
            if (gone >> row) & 1 == 0:
                grid[8 * reel + write] = grid[8 * reel + row]
                write -= 1
        gap = write + 1
        if random_refill:
            for row in range(gap):
                place, cursor = draw_place(lengths[reel], words, cursor)
                grid[8 * reel + row] = strips[reel, place]
            continue
        top = tops[reel] - gap
        while top < 0:
            top += lengths[reel]
        tops[reel] = top
        for row in range(gap):
            grid[8 * reel + row] = strips[reel, top + row]
    return cursor


def draw_place(length: int, words: Words, cursor: int) -> tuple[np.int64, int]:
    """Draw a place on a strip (multiply-shift with rejection, as in play): (place, cursor)."""
    half = np.uint64(32)
    low_half = np.uint64(0xFFFFFFFF)
    bound = np.uint64(length)
    rejected_below = (np.uint64(0) - bound) % bound
    word = words[cursor]
    cursor += 1
    while word * bound < rejected_below:
        word = words[cursor]
        cursor += 1
    return np.int64(((word >> half) * bound + (((word & low_half) * bound) >> half)) >> half), cursor


def play_boards(
    board: FastBoard, stops: Integers, begin: int, words: Words, pays: Integers, games: Integers, falls: Integers
) -> tuple[int, int]:
    """Play the windows from number ``begin`` on to their ends; random refill uses up ``words`` in order.

    Returns how far it came and how many words it used: when the words could run out within a fall, it stops before
    the round that it cannot finish, so that the round can begin again with more of them.
    """
    # Taken out once: passing the whole board on would count references of forty arrays at every call.
    symbols = board.symbols
    rows = board.rows
    multipliers = board.multipliers
    any_pays = board.any_pays
    cluster_pays = board.cluster_pays
    scatter_pays = board.scatter_pays
    strips = board.strips
    falls_max = board.falls_max
    node_cell = board.node_cell
    node_depth = board.node_depth
    step = board.step
    settled_pay = board.settled_pay
    node_lines = board.node_lines
    settled_cells = board.settled_cells
    node_bits = board.node_bits
    node_skip = board.node_skip
    way_pays = board.way_pays
    way_cells = board.way_cells
    way_alone = board.way_alone
    any_fits = board.any_fits
    any_symbols = board.any_symbols
    any_natural_min = board.any_natural_min
    cluster_symbols = board.cluster_symbols
    cluster_fits = board.cluster_fits
    cluster_min = board.cluster_min
    diagonal = board.diagonal
    scatter_fits = board.scatter_fits
    scatter_reels = board.scatter_reels
    scatter_games = board.scatter_games
    scatter_by_reel = board.scatter_by_reel
    multiply_scatters = board.multiply_scatters
    cascades = board.cascades
    random_refill = board.random_refill
    lengths = board.lengths
    grid = np.zeros(CELLS, dtype=np.int64)
    masks = np.zeros(symbols, dtype=np.int64)
    walked = np.zeros(9, dtype=np.int64)
    tops = np.zeros(8, dtype=np.int64)
    reels = len(rows)
    last_multiplier = len(multipliers) - 1
    needs_masks = len(any_pays) + len(cluster_pays) + len(scatter_pays) > 0
    cursor = 0
    for number in range(begin, len(stops)):
        round_cursor = cursor
        for reel in range(reels):
            top = stops[number, reel]
            tops[reel] = top
            for row in range(rows[reel]):
                grid[8 * reel + row] = strips[reel, top + row]
        total = 0
        awarded = 0
        fall = 0
        while fall < falls_max:
            pay = 0
            hit = 0
            if len(node_cell):
                pay, hit = lines_of(
                    node_cell,
                    node_depth,
                    step,
                    settled_pay,
                    node_lines,
                    settled_cells,
                    node_bits,
                    node_skip,
                    grid,
                    walked,
                )
            if len(way_pays):
                won, cells = ways_of(way_pays, rows, way_cells, way_alone, grid)
                pay += won
                hit |= cells
            scattered = 0
            started = 0
            if needs_masks:
                masks[:] = 0
                for reel in range(reels):
                    for row in range(rows[reel]):
                        masks[grid[8 * reel + row]] |= 1 << (8 * reel + row)
                if len(any_pays):
                    won, cells = anywhere_of(any_pays, any_fits, any_symbols, any_natural_min, masks)
                    pay += won
                    hit |= cells
                if len(cluster_pays):
                    won, cells = clusters_of(cluster_pays, cluster_symbols, cluster_fits, cluster_min, diagonal, masks)
                    pay += won
                    hit |= cells
                scattered, cells, started = scatters_of(
                    scatter_pays, scatter_fits, scatter_reels, scatter_games, scatter_by_reel, masks
                )
                hit |= cells
            if pay == 0 and scattered == 0 and started == 0:
                break
            multiplier = multipliers[min(fall, last_multiplier)]
            total += pay * multiplier + (scattered * multiplier if multiply_scatters else scattered)
            awarded += started
            fall += 1
            if cascades == 0:
                break
            if random_refill and cursor + WORDS_PER_FALL_MAX > len(words):
                return number, round_cursor
            cursor = drop(rows, random_refill, strips, lengths, grid, hit, tops, words, cursor)
        pays[number] = total
        games[number] = awarded
        falls[number] = fall
    return len(stops), cursor


FUNCTIONS = (
    bits_of,
    spread,
    lines_of,
    ways_of,
    anywhere_of,
    clusters_of,
    scatters_of,
    draw_place,
    drop,
    play_boards,
)
