"""The exact integers of one spin over its full cycle, by component. Pure."""

from collections import defaultdict
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import pairwise
from math import prod
from operator import mul

import numpy as np

from adapters.reels.kernel.arrays import Board
from adapters.reels.kernel.board_exact import enumerate_board, is_enumerable
from adapters.reels.kernel.board_sample import sample_board
from adapters.reels.kernel.finals import Award, Final
from adapters.reels.kernel.registers import PAY_BITS, PAY_MASK
from adapters.reels.kernel.spin_tables import SpinTables
from adapters.reels.kernel.table_stage import TableStage

SAMPLE_ROUNDS = 4_000_000
Outcomes = dict[tuple[int, tuple[Award, ...]], int]
"""(pay in pay units, awards) → how many of the full cycle's outcomes."""


@dataclass(slots=True)
class SpinFigures:
    """N (cycle), S (sum of pays), Q (sum of squared pays), hits: exact, in pay units."""

    name: str
    cycle: int
    pay_sum: int = 0
    square_sum: int = 0
    hits: int = 0
    pay_max: int = 0
    award_hits: int = 0
    games_awarded: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    award_counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    component_sums: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    component_hits: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    outcomes: Outcomes = field(default_factory=lambda: defaultdict(int))
    exact: bool = True
    """False where the figures come from a simulation; ``cycle`` is then the number of rounds."""
    fall_counts: dict[int, int] = field(default_factory=dict)
    aside: int = 1
    """How many outcomes of draws that leave the pay alone count as one; ``outcomes`` and awards hold them all."""

    def leave_aside(self, outcomes: int) -> None:
        """Count outcomes that differ only in such draws as one."""
        self.aside = outcomes
        self.cycle //= outcomes
        self.pay_sum //= outcomes
        self.square_sum //= outcomes
        self.hits //= outcomes
        for table in (self.component_sums, self.component_hits):
            for key in table:
                table[key] //= outcomes

    @property
    def full_cycle(self) -> int:
        """The number of outcomes with every draw."""
        return self.cycle * self.aside


def spin_figures(spin: SpinTables) -> SpinFigures:
    """Sum up one spin exactly."""
    if spin.board is not None:
        return board_figures(spin, spin.board)
    aside = prod(layer.bound for layer in spin.layers if layer.aside)
    figures = SpinFigures(spin.name, spin.cycle)
    sums, counts = spin.exact()
    begins = np.flatnonzero(np.concatenate([[True], np.diff(sums >> PAY_BITS) != 0])).tolist()
    for begin, end in pairwise([*begins, len(sums)]):
        _, final = spin.finals.of(int(sums[begin]))
        _add_alike(figures, final, (sums[begin:end] & PAY_MASK).tolist(), counts[begin:end])
    figures.leave_aside(aside)
    return figures


def table_figures(name: str, table: TableStage) -> SpinFigures:
    """Sum up a step that is no spin."""
    figures = SpinFigures(name, sum(table.outcomes.values()))
    for (pay, awards), count in table.outcomes.items():
        add_outcome(figures, pay, awards, count)
        if pay:
            figures.component_sums[table.kind] += pay * count
            figures.component_hits[table.kind] += count
    return figures


def board_figures(spin: SpinTables, board: Board) -> SpinFigures:
    """Sum up a cascade or cluster spin by its full cycle."""
    figures = SpinFigures(spin.name, spin.cycle)
    figures.exact = is_enumerable(spin, board.arrays)
    if figures.exact:
        cycle = enumerate_board(spin, board.arrays)
    else:
        figures.cycle = SAMPLE_ROUNDS
        cycle = sample_board(spin, board.arrays, SAMPLE_ROUNDS, sha256(spin.digest()).digest())
    for (pay, games), count in sorted(cycle.outcomes.items()):
        add_outcome(figures, pay, board.awards(games), count)
    reached = 0
    for fall in sorted(cycle.falls, reverse=True):
        reached += cycle.falls[fall]
        figures.fall_counts[fall + 1] = reached
    return figures


def _add_alike(figures: SpinFigures, final: Final, line_pays: list[int], counts: list[int]) -> None:
    """Count the outcomes whose counters mean the same; they differ in what the lines pay."""
    of_lines = [final.of_line(pay) for pay in line_pays] if final.multiplier != 1 else line_pays
    pays = [pay + final.scatter_pay for pay in of_lines]
    paid = list(map(mul, pays, counts))
    total = sum(counts)
    figures.pay_sum += sum(paid)
    figures.square_sum += sum(map(mul, paid, pays))
    figures.hits += sum(count for pay, count in zip(pays, counts, strict=True) if pay)
    figures.pay_max = max(figures.pay_max, *pays)
    for pay, count in zip(pays, counts, strict=True):
        figures.outcomes[pay, final.awards] += count
    _add_awards(figures, final.awards, total)
    if any(of_lines):
        figures.component_sums["lines"] += sum(map(mul, of_lines, counts))
        figures.component_hits["lines"] += sum(count for pay, count in zip(of_lines, counts, strict=True) if pay)
    for win in final.scatters:
        figures.component_sums[f"{win.kind} {win.name}"] += win.pay * total
        figures.component_hits[f"{win.kind} {win.name}"] += total


def _add_awards(figures: SpinFigures, awards: tuple[Award, ...], count: int) -> None:
    figures.award_hits += count if awards else 0
    for entry, games in awards:
        figures.games_awarded[entry] += games * count
        figures.award_counts[entry] += count


def add_outcome(figures: SpinFigures, pay: int, awards: tuple[Award, ...], count: int) -> None:
    """Count one outcome."""
    figures.pay_sum += pay * count
    figures.square_sum += pay * pay * count
    figures.outcomes[pay, awards] += count
    if pay:
        figures.hits += count
        figures.pay_max = max(figures.pay_max, pay)
    _add_awards(figures, awards, count)
