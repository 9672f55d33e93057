"""Cascades and clusters as they are played: fall by fall, by the functions that the exact cycle is counted with."""

from typing import NamedTuple

import numpy as np

from adapters.reels.compiling.game_tables import PlayTables
from adapters.reels.draws import DrawSource
from adapters.reels.errors import KernelDisagreement
from adapters.reels.kernel import board
from adapters.reels.kernel.arrays import Board
from adapters.reels.kernel.board import SIDE_MAX, Ints
from adapters.reels.kernel.spin_tables import SpinTables, WinLine
from adapters.reels.play.spinning import SpinPlayed, drawn_atoms
from adapters.reels.play.views import SpinView


class Fall(NamedTuple):
    """What one window paid, before the fall's multiplier."""

    wins: tuple[WinLine, ...]
    scatters: tuple[WinLine, ...]
    games: int


def play_board(
    tables: PlayTables, spin: SpinTables, view: SpinView, stake_micros: int, draws: DrawSource
) -> SpinPlayed:
    """Draw the stops and play the window to its end."""
    assert spin.board is not None
    atoms = drawn_atoms(view, draws)
    stops = [spin.layers[reel].atoms[atom].stop for reel, atom in enumerate(atoms)]
    window = _Window(spin, spin.board, stops, tables)
    rules = spin.board.arrays
    total = games = 0
    falls: list[str] = []
    while len(falls) < rules.falls_max:
        found = window.evaluate()
        if not found.wins and not found.scatters and not found.games:
            break
        multiplier = int(rules.multipliers[min(len(falls), len(rules.multipliers) - 1)])
        on_scatters = multiplier if rules.multiply_scatters else 1
        pay = sum(win.pay for win in found.wins) * multiplier + sum(win.pay for win in found.scatters) * on_scatters
        falls.append(window.text(found, multiplier, on_scatters, tables.pay_micros(pay, stake_micros), stake_micros))
        total += pay
        games += found.games
        if not rules.cascades:
            break
        window.fall(draws)
    grid = ",".join([texts[atom] for texts, atom in zip(view.grids, atoms, strict=False)])
    places = ",".join([texts[atom] for texts, atom in zip(view.stops, atoms, strict=False)])
    return SpinPlayed(total, grid, places, "", spin.board.awards(games), f'"falls":[{",".join(falls)}],')


class _Window:
    """The cells of one round while they change."""

    def __init__(self, spin: SpinTables, compiled: Board, stops: list[int], tables: PlayTables) -> None:
        self._spin = spin
        self._rules = compiled.arrays
        self._tables = tables
        self._names = tables.context.all_names()
        self._grid: Ints = np.zeros((SIDE_MAX, SIDE_MAX), dtype=np.int64)
        self._hit: Ints = np.zeros((SIDE_MAX, SIDE_MAX), dtype=np.int64)
        self._states: Ints = np.zeros(SIDE_MAX + 1, dtype=np.int64)
        self._tops: Ints = np.array(stops, dtype=np.int64)
        rules = self._rules
        for reel, top in enumerate(stops):
            board.show(rules.strips, int(rules.lengths[reel]), reel, top, int(rules.rows[reel]), self._grid)

    def evaluate(self) -> Fall:
        """Say what the window pays, and mark the cells that will vanish."""
        rules, grid, hit = self._rules, self._grid, self._hit
        explained = self._spin.explain(self._windows())
        pay = 0
        if len(rules.paths):
            pay += board.line_pay(
                rules.rows,
                rules.paths,
                rules.shared,
                rules.step,
                rules.settled_pay,
                rules.settled_cells,
                grid,
                hit,
                self._states,
            )
        if len(rules.way_pays):
            pay += board.ways_pay(rules.rows, rules.way_pays, rules.way_cells, rules.way_alone, grid, hit)
        if len(rules.any_pays):
            pay += board.anywhere_pay(
                rules.rows, rules.any_pays, rules.any_symbols, rules.any_fits, rules.any_natural_min, grid, hit
            )
        if sum(win.pay for win in explained) != pay:
            raise KernelDisagreement(f"{self._spin.name}: the wins shown do not add up to {pay} pay units")
        scatters, games = self._scatters()
        return Fall((*explained, *self._clusters()), scatters, games)

    def _clusters(self) -> list[WinLine]:
        rules, found = self._rules, []
        for place, symbol in enumerate(rules.cluster_symbols.tolist()):
            one = slice(place, place + 1)
            marked = np.zeros_like(self._hit)
            pay = board.cluster_pay(
                rules.rows,
                rules.cluster_pays[one],
                rules.cluster_symbols[one],
                rules.cluster_fits[one],
                rules.diagonal,
                self._grid,
                marked,
            )
            if pay:
                found.append(WinLine("cluster", 0, self._names[symbol], int(marked.sum()), int(pay)))
                self._hit |= marked
        return found

    def _scatters(self) -> tuple[tuple[WinLine, ...], int]:
        rules, found, games = self._rules, [], np.zeros(1, dtype=np.int64)
        for place, name in enumerate(self._tables.context.declaration.scatters):
            one = slice(place, place + 1)
            marked = np.zeros_like(self._hit)
            pay = board.scatter_pay(
                rules.rows,
                rules.scatter_cells[one],
                rules.scatter_pays[one],
                rules.scatter_games[one],
                rules.scatter_by_reel[one],
                self._grid,
                marked,
                games,
            )
            self._hit |= marked
            if pay:
                found.append(WinLine("scatter", 0, name, int(marked.sum()), int(pay)))
        return tuple(found), int(games[0])

    def _windows(self) -> list[tuple[int, ...]]:
        return [tuple(self._grid[reel, : int(rows)].tolist()) for reel, rows in enumerate(self._rules.rows)]

    def fall(self, draws: DrawSource) -> None:
        """Let the marked cells vanish and fill the window from above."""
        rules = self._rules
        fresh: Ints = np.zeros((SIDE_MAX, SIDE_MAX), dtype=np.int64)
        if rules.random_refill:
            gaps = [int(self._hit[reel].sum()) for reel in range(len(rules.rows))]
            lengths = tuple(int(rules.lengths[reel]) for reel, gap in enumerate(gaps) for _ in range(gap))
            values = iter(draws.draw_stops("refill", lengths))
            for reel, gap in enumerate(gaps):
                fresh[reel, :gap] = [next(values) for _ in range(gap)]
        board.fall(
            rules.rows, rules.strips, rules.lengths, rules.random_refill, self._grid, self._hit, self._tops, fresh
        )

    def text(self, found: Fall, multiplier: int, on_scatters: int, amount: int, stake_micros: int) -> str:
        """Render the fall as canonical JSON."""
        grid = ",".join("[" + ",".join(f'"{self._names[cell]}"' for cell in window) + "]" for window in self._windows())
        cells = ",".join(f"[{reel},{row}]" for reel, row in np.argwhere(self._hit).tolist())
        wins = ",".join(
            [self._win_text(win, multiplier, stake_micros) for win in found.wins]
            + [self._win_text(win, on_scatters, stake_micros) for win in found.scatters]
        )
        return f'{{"amount_micros":{amount},"grid":[{grid}],"hit":[{cells}],"multiplier":{multiplier},"wins":[{wins}]}}'

    def _win_text(self, win: WinLine, multiplier: int, stake_micros: int) -> str:
        amount = self._tables.pay_micros(win.pay * multiplier, stake_micros)
        ways = f',"ways":{win.ways}' if win.ways else ""
        return (
            f'{{"amount_micros":{amount},"count":{win.count},"kind":"{win.kind}","line":{win.line}'
            f',"symbol":"{win.symbol}"{ways}}}'
        )
