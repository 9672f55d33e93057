"""Everything that is known exactly about one way to bet on a game. Pure."""

from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from statistics import NormalDist

from adapters.reels.analysis.distribution import SIZE_MAX, RoundDistribution, round_distribution
from adapters.reels.analysis.process import EndlessRound, Totals, award_mean, solve_totals
from adapters.reels.analysis.rounds import CappedMoments, Largest, capped_moments, largest_wins
from adapters.reels.analysis.spin_figures import SpinFigures, spin_figures, table_figures
from adapters.reels.analysis.symbols import symbol_table
from adapters.reels.compiling.game_tables import GameTables, PlayTables
from adapters.reels.compiling.stages import Stage
from adapters.reels.declaration.features import Jackpot
from adapters.reels.errors import DeclarationError

PLAYS_ITERATIONS = 10_000
PLAYS_CONVERGED = 1e-12


@dataclass(slots=True)
class Analysis:
    """The figures of one bet mode and number of lines. Pays are in pay units: ``unit`` of them are one total bet."""

    tables: PlayTables
    spins: dict[str, SpinFigures]
    totals: Totals
    unit: Fraction
    largest: Largest
    """The largest win of a round without regard to a cap."""
    capped: CappedMoments | None = None
    """The moments of a round where a cap on wins can end it; None where every figure is as without one."""

    @property
    def rtp(self) -> Fraction:
        """The return to player of the whole round: exact, or under a cap on wins numerical to 1e-8."""
        return self.rtp_uncapped if self.capped is None else self.capped.mean / self.unit

    @property
    def rtp_uncapped(self) -> Fraction:
        """The return to player if there were no cap on wins."""
        return self.totals.mean[self.tables.entry] / self.unit

    @property
    def sigma(self) -> float:
        """The standard deviation of a round's return in total bets, free games, retriggers and the cap included."""
        variance = self.totals.variance[self.tables.entry] if self.capped is None else self.capped.variance
        return sqrt(variance / self.unit**2)

    @property
    def is_exact(self) -> bool:
        """Say whether every figure is a fraction of integers: nothing sampled and no cap that can end a round."""
        return self.capped is None and self.is_enumerated

    @property
    def is_enumerated(self) -> bool:
        """Say whether no stage was sampled."""
        return all(spin.exact for spin in self.spins.values())

    @property
    def cap(self) -> int:
        """The cap on wins in pay units; 0 where there is none."""
        return cap_of(self.tables)

    def distribution(self, largest: int, size_max: int = SIZE_MAX) -> RoundDistribution:
        """Return the chances of a round's wins up to ``largest`` pay units, without regard to a cap."""
        outcomes = {name: spin.outcomes for name, spin in self.spins.items()}
        return round_distribution(outcomes, self.tables.entries, self.tables.entry, largest, size_max)

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

    @property
    def contribution(self) -> Fraction:
        """The share of every stake that feeds jackpots; not part of ``rtp``."""
        features = self.tables.context.declaration.features.values()
        return sum((part.contribution for part in features if isinstance(part, Jackpot)), Fraction(0))

    @property
    def rtp_half_width(self) -> float:
        """Half of the 99 % confidence interval of the RTP and what the transform may be off by; 0 when exact."""
        numerical = 0.0 if self.capped is None else float(self.capped.error / self.unit)
        sampled = [name for name, spin in self.spins.items() if not spin.exact]
        if not sampled:
            return numerical
        base = self.spins[self.tables.entry]
        rounds = min(self.spins[name].cycle for name in sampled)
        plays = {entry: games / base.full_cycle for entry, games in base.games_awarded.items()}
        spread = 0.0
        for name in sampled:
            weight = 1.0 if name == self.tables.entry else plays.get(name, 1.0)
            spread += weight**2 * float(self.totals.variance[name] / self.unit**2)
        return NormalDist().inv_cdf(0.995) * sqrt(spread / rounds) + numerical

    @property
    def top_award_one_in(self) -> float:
        """Once in how many rounds the highest single award comes: of a line, a scatter, a pick; not their sums.

        What reaches the cap on wins is one award, however much more it would be.
        """
        best, rate = Fraction(0), 0.0
        for name, stage in self.tables.stages.items():
            plays = self.plays_per_round(name)
            for award, chance in self._awards_of(name, stage):
                pay = min(award, Fraction(self.cap)) if self.cap else award
                if plays and (pay > best or (pay == best and chance)):
                    rate = rate + chance * plays if pay == best else chance * plays
                    best = pay
        return 1 / rate if rate else 0.0

    def _awards_of(self, name: str, stage: Stage) -> list[tuple[Fraction, float]]:
        """Return (pay, chance per play) of the single awards of a stage."""
        spin, context = stage.spin, self.tables.context
        if spin is None:
            figures = self.spins[name]
            single = stage.table is not None and stage.table.kind in ("pick", "jackpot")
            pays = figures.outcomes.items() if single else ()
            return [(Fraction(pay), count / figures.cycle) for (pay, _), count in pays if pay]
        rows = symbol_table(spin, context.paths, context.all_names())
        found = [(row.pay / row.hits, float(row.hits)) for row in rows]
        if spin.board is None:
            sums, counts = spin.exact()
            for total, count in zip(sums.tolist(), counts, strict=True):
                _, final = spin.finals.of(total)
                found += [(Fraction(win.pay), count / spin.cycle) for win in final.scatters]
            if not rows:
                figures = self.spins[name]
                found += [(Fraction(pay), count / figures.full_cycle) for (pay, _), count in figures.outcomes.items()]
        return found

    def plays_per_round(self, wanted: str) -> float:
        """Return how often a stage is played in a round, on average."""
        plays = dict.fromkeys(self.spins, 0.0)
        added = {self.tables.entry: 1.0}
        for _ in range(PLAYS_ITERATIONS):
            following: dict[str, float] = {}
            for name, times in added.items():
                plays[name] += times
                for entry, games in self.spins[name].games_awarded.items():
                    each = times * games / self.spins[name].full_cycle
                    weight = sum(share for share, _ in self.tables.entries[entry])
                    for share, stage in self.tables.entries[entry]:
                        following[stage] = following.get(stage, 0.0) + each * share / weight
            if sum(following.values()) < PLAYS_CONVERGED:
                break
            added = following
        return plays[wanted]

    def entry_mean(self, entry: str) -> Fraction:
        """The mean of one play through an entry with all that follows, in pay units."""
        return award_mean((entry, 1), self.tables.entries, self.totals.mean)

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
            if name in self.open_series:
                found[f"{name}: rate of the stop"] = 1 - spin.award_counts[name] / spin.full_cycle
            stage = self.tables.stages[name]
            if stage.spin is not None and stage.spin.board is None:
                context = self.tables.context
                for row in symbol_table(stage.spin, context.paths, context.all_names()):
                    found[f"{name}: rtp of {row.symbol} x {row.count}"] = float(row.pay / self.unit)
                    found[f"{name}: hits of {row.symbol} x {row.count}"] = float(row.hits)
            for entry, games in spin.games_awarded.items():
                found[f"{name}: games of {entry} per spin"] = games / spin.full_cycle
            for entry, count in spin.award_counts.items():
                found[f"{name}: {entry} per spin"] = count / spin.full_cycle
        for entry in self.tables.entries:
            found[f"{entry}: value of one play"] = float(self.entry_mean(entry) / self.unit)
        return found


def analyse(game: GameTables, mode: str = "base", line_count: int = 0) -> Analysis:
    """Work out the exact figures of one way to bet; once for each set of tables, kept beside them."""
    tables = game.play(mode, line_count)
    if tables.analysis is None:
        tables.analysis = _analyse(tables)
    return tables.analysis  # type: ignore[no-any-return]  # the tables do not know what analysis is


def _analyse(tables: PlayTables) -> Analysis:
    spins = {name: _figures(name, stage) for name, stage in tables.stages.items()}
    outcomes = {name: spin.outcomes for name, spin in spins.items()}
    try:
        totals = solve_totals(outcomes, tables.entries)
    except EndlessRound as error:
        raise DeclarationError(tables.context.file, "features", f"a round would never end: {error}") from error
    analysis = Analysis(tables, spins, totals, tables.unit, largest_wins(outcomes, tables.entries)[tables.entry])
    cap, largest = cap_of(tables), analysis.largest.pay
    if cap and (largest is None or largest > cap or not analysis.is_enumerated):
        mean, variance = totals.mean[tables.entry], totals.variance[tables.entry]
        analysis.capped = capped_moments(analysis.distribution(cap), cap, mean, variance, tables.unit)
    return analysis


def cap_of(tables: PlayTables) -> int:
    """Return the cap on the wins of a round in pay units, as play applies it; 0 where there is none."""
    context = tables.context
    return (context.declaration.win_cap or 0) * context.cost_units * context.scale


def _figures(name: str, stage: Stage) -> SpinFigures:
    if stage.spin is not None:
        return spin_figures(stage.spin)
    assert stage.table is not None
    return table_figures(name, stage.table)
