"""The exact integers of one spin over its full cycle, by component. Pure."""

from collections import defaultdict
from dataclasses import dataclass, field
from hashlib import sha256
from math import prod

from adapters.reels.kernel.arrays import Board
from adapters.reels.kernel.board_exact import enumerate_board, is_enumerable
from adapters.reels.kernel.board_sample import sample_board
from adapters.reels.kernel.finals import Award
from adapters.reels.kernel.registers import PAY_MASK
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
    for total, count in zip(sums.tolist(), counts, strict=True):
        _, final = spin.finals.of(total)
        pay = final.pay(total & PAY_MASK)
        add_outcome(figures, pay, final.awards, count)
        if pay > final.scatter_pay:
            figures.component_sums["lines"] += (pay - final.scatter_pay) * count
            figures.component_hits["lines"] += count
        for win in final.scatters:
            figures.component_sums[f"{win.kind} {win.name}"] += win.pay * count
            figures.component_hits[f"{win.kind} {win.name}"] += count
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


def add_outcome(figures: SpinFigures, pay: int, awards: tuple[Award, ...], count: int) -> None:
    """Count one outcome."""
    figures.pay_sum += pay * count
    figures.square_sum += pay * pay * count
    figures.outcomes[pay, awards] += count
    if pay:
        figures.hits += count
        figures.pay_max = max(figures.pay_max, pay)
    if awards:
        figures.award_hits += count
    for entry, games in awards:
        figures.games_awarded[entry] += games * count
        figures.award_counts[entry] += count
