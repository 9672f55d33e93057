"""Everything that is known exactly about one way to bet on a game. Pure."""

from dataclasses import dataclass
from fractions import Fraction
from math import sqrt

from adapters.reels.analysis.process import Totals, solve_totals
from adapters.reels.analysis.spin_figures import SpinFigures, spin_figures, table_figures
from adapters.reels.compiling.game_tables import GameTables, PlayTables
from adapters.reels.compiling.stages import Stage


@dataclass(slots=True)
class Analysis:
    """The figures of one bet mode and number of lines. Pays are in pay units: ``unit`` of them are one total bet."""

    tables: PlayTables
    spins: dict[str, SpinFigures]
    totals: Totals
    unit: Fraction

    @property
    def rtp(self) -> Fraction:
        """The return to player of the whole round, exact."""
        return self.totals.mean[self.tables.entry] / self.unit

    @property
    def sigma(self) -> float:
        """The standard deviation of a round's return in total bets, free games and retriggers included."""
        return sqrt(self.totals.variance[self.tables.entry] / self.unit**2)

    @property
    def base(self) -> SpinFigures:
        """The spin that takes the stake."""
        return self.spins[self.tables.entry]

    @property
    def hit_rate(self) -> Fraction:
        """The share of base spins that pay."""
        return Fraction(self.base.hits, self.base.cycle)

    def spin_rtp(self, name: str) -> Fraction:
        """The mean pay of one spin of this kind in total bets, without what it leads to."""
        spin = self.spins[name]
        return Fraction(spin.pay_sum, spin.cycle) / self.unit

    def spin_sigma(self, name: str) -> float:
        """The standard deviation of one spin's own pay in total bets."""
        spin = self.spins[name]
        mean = Fraction(spin.pay_sum, spin.cycle)
        return sqrt((Fraction(spin.square_sum, spin.cycle) - mean * mean) / self.unit**2)

    @property
    def counted_entries(self) -> frozenset[str]:
        """The entries whose awards are numbers of free games known in advance (no series until a stop)."""
        return self.tables.counted_entries

    @property
    def open_series(self) -> frozenset[str]:
        """The stages whose series goes on until a symbol stops it."""
        return self.tables.open_series

    def figures(self) -> dict[str, float]:
        """Return every rate of the game by name, in total bets: for sheets and for comparing with printed figures."""
        found = {"rtp": float(self.rtp), "sigma": self.sigma, "hit rate": float(self.hit_rate)}
        for name, spin in self.spins.items():
            found[f"{name}: rtp of the spin"] = float(self.spin_rtp(name))
            found[f"{name}: value with all that follows"] = float(self.totals.mean[name] / self.unit)
            found[f"{name}: sigma of the spin"] = self.spin_sigma(name)
            found[f"{name}: trigger rate"] = spin.award_hits / spin.full_cycle
            for component, pay_sum in spin.component_sums.items():
                found[f"{name}: rtp of {component}"] = float(Fraction(pay_sum, spin.cycle) / self.unit)
                found[f"{name}: hit rate of {component}"] = spin.component_hits[component] / spin.cycle
            for entry, games in spin.games_awarded.items():
                found[f"{name}: games of {entry} per spin"] = games / spin.full_cycle
            for entry, count in spin.award_counts.items():
                found[f"{name}: {entry} per spin"] = count / spin.full_cycle
        return found


def analyse(game: GameTables, mode: str = "base", line_count: int = 0) -> Analysis:
    """Work out the exact figures of one way to bet."""
    tables = game.play(mode, line_count)
    spins = {name: _figures(name, stage) for name, stage in tables.stages.items()}
    totals = solve_totals({name: spin.outcomes for name, spin in spins.items()}, tables.entries)
    return Analysis(tables, spins, totals, tables.unit)


def _figures(name: str, stage: Stage) -> SpinFigures:
    if stage.spin is not None:
        return spin_figures(stage.spin)
    assert stage.table is not None
    return table_figures(name, stage.table)
