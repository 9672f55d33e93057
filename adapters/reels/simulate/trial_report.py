"""The trial of the RTP monitor on the rounds of a declared game, as figures for a reader."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from adapters.reels.analysis.report import analyse
from adapters.reels.compiling.game_tables import GameTables
from adapters.reels.simulate.rtp_trial import PayLaw, trial

BINS = 24
LOOKS = 100
FAULTY_LOOKS = 400
LARGEST_STAKES = 20_000
SHARES = (0.1, 0.5, 0.9)


@dataclass(frozen=True, slots=True)
class TrialReport:
    """What came of a trial.

    ``limit_rounds`` is what a normal mean of known spread would take: 2 sigma² ln(1/p) / points².
    """

    game_id: str
    rtp: float
    sigma: float
    alarm_probability: float
    games: int
    rounds: int
    false_alarms: int
    points: float
    faulty: int
    caught: int
    rounds_until: dict[str, float]
    limit_rounds: float

    def document(self) -> dict[str, Any]:
        """Return the report as JSON."""
        return asdict(self)

    def text(self) -> str:
        """Return the report for people."""
        allowed = self.games * self.alarm_probability
        caught = ", ".join(f"{share} after {rounds:,.0f}" for share, rounds in self.rounds_until.items())
        return (
            f"{self.game_id}: RTP {self.rtp:.4%}, sigma {self.sigma:.3f}, "
            f"alarm probability {self.alarm_probability:g}\n"
            f"honest: {self.games:,} games of {self.rounds:,} rounds, {LOOKS} looks each: "
            f"{self.false_alarms} false alarms ({allowed:g} allowed on average)\n"
            f"{self.points * 100:+g} points: {self.caught} of {self.faulty} caught; {caught} rounds "
            f"(limit of information {self.limit_rounds:,.0f})\n"
        )


def pay_law(game: GameTables, mode: str = "base") -> PayLaw:
    """Return the whole rounds of a game as a law of few pays: each bin stands at its own mean, so the mean is kept."""
    tables = game.play(mode)
    unit = tables.context.cost_units * tables.context.scale
    found = analyse(game, mode).distribution(LARGEST_STAKES * unit)
    chances = found.shown()
    ratios = np.arange(len(chances)) * found.step / unit
    edges = np.geomspace(0.1, LARGEST_STAKES, BINS - 1)
    bins = np.where(ratios > 0, 1 + np.searchsorted(edges, ratios), 0)
    mass = np.bincount(bins, chances, minlength=BINS + 1)
    total = np.bincount(bins, chances * ratios, minlength=BINS + 1)
    taken = mass > 0
    return PayLaw(total[taken] / mass[taken], mass[taken] / mass.sum())


def monitor_trial(
    game: GameTables, games: int, rounds: int, points: float, faulty: int, alarm_probability: float, seed: int
) -> TrialReport:
    """Watch many honest copies of a game, and some that pay ``points`` of their stake too much; pure but for time."""
    law = pay_law(game)
    theory, generator = law.theory, np.random.default_rng(seed)
    honest = trial(law, theory, games, LOOKS, max(1, rounds // LOOKS), alarm_probability, generator)
    limit = 2 * theory.sigma**2 * np.log(1 / alarm_probability) / points**2
    looks_at = max(1, int(4 * limit / FAULTY_LOOKS))
    wrong = trial(law.shifted(points), theory, faulty, FAULTY_LOOKS, looks_at, alarm_probability, generator)
    until = {f"{share:.0%}": wrong.rounds_until(share) for share in SHARES}
    return TrialReport(
        game.declaration.id,
        theory.rtp,
        theory.sigma,
        alarm_probability,
        games,
        rounds,
        honest.alarms,
        points,
        faulty,
        wrong.alarms,
        until,
        float(limit),
    )
