"""The exact integers of one spin over its full cycle, by component. Pure."""

from collections import defaultdict
from dataclasses import dataclass, field

from adapters.reels.kernel.finals import Award
from adapters.reels.kernel.registers import PAY_MASK
from adapters.reels.kernel.spin_tables import SpinTables

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


def spin_figures(spin: SpinTables) -> SpinFigures:
    """Sum up one spin exactly."""
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
            figures.component_sums[f"scatter {win.name}"] += win.pay * count
            figures.component_hits[f"scatter {win.name}"] += count
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
