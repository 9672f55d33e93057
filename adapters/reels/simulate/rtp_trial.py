"""Try the monitor on many simulated games at once: how often it cries wolf, how fast it catches a real one. Pure."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from adapters.reels.simulate.evidence import (
    DEVIATIONS,
    STARTS,
    Bets,
    Reals,
    Theory,
    log_evidence,
    start_rounds,
)


@dataclass(frozen=True, slots=True)
class PayLaw:
    """What a round returns: ratios of the stake with their probabilities."""

    ratios: Reals
    probabilities: Reals

    @property
    def theory(self) -> Theory:
        """The exact return and standard deviation."""
        mean = float(self.probabilities @ self.ratios)
        return Theory(mean, float(np.sqrt(self.probabilities @ self.ratios**2 - mean**2)))

    def shifted(self, points: float) -> "PayLaw":
        """The same game with a fault: every win comes a little more (or less) often, so that it returns more."""
        factor = 1 + points / self.theory.rtp
        wins = np.where(self.ratios > 0, self.probabilities * factor, 0.0)
        wins[int(np.argmin(self.ratios))] += 1 - wins.sum()
        return PayLaw(self.ratios, wins)


@dataclass(frozen=True, slots=True)
class TrialResult:
    """For each game the round at which the alarm came, or -1."""

    alarm_round: NDArray[np.int64]

    @property
    def alarms(self) -> int:
        """How many games gave an alarm."""
        return int(np.count_nonzero(self.alarm_round >= 0))

    def rounds_until(self, share: float) -> float:
        """The number of rounds after which this share of all games had given the alarm; infinite when never."""
        caught = np.sort(self.alarm_round[self.alarm_round >= 0])
        needed = int(np.ceil(share * len(self.alarm_round)))
        return float(caught[needed - 1]) if len(caught) >= needed else float("inf")


def trial(
    law: PayLaw,
    theory: Theory,
    games: int,
    checks: int,
    check_rounds: int,
    alarm_probability: float,
    generator: np.random.Generator,
    good_checks: int = 0,
) -> TrialResult:
    """Play ``games`` games of this law against the theory; the first ``good_checks`` checks play an honest game.

    An honest game is one whose law has the theory's return: the caller passes the faulty law's original as theory.
    """
    bets, starts = Bets(theory), start_rounds()
    logs, totals, rounds = np.zeros((games, STARTS, DEVIATIONS)), np.zeros((games, STARTS)), np.zeros(STARTS)
    alarm_round = np.full(games, -1, dtype=np.int64)
    honest = law.shifted(theory.rtp - law.theory.rtp)
    limit = -np.log(alarm_probability)
    logs_of_ratios = bets.logs(law.ratios)
    for check in range(checks):
        playing = honest if check < good_checks else law
        counts = generator.multinomial(check_rounds, playing.probabilities, size=games)
        has_begun = starts <= check * check_rounds
        logs += has_begun[None, :, None] * (counts @ logs_of_ratios)[:, None, :]
        totals += has_begun * (counts @ law.ratios)[:, None]
        rounds += has_begun * check_rounds
        high = log_evidence(bets.log_up(theory.rtp, logs, rounds))
        low = log_evidence(bets.log_down(theory.rtp, totals, rounds))
        evidence = np.logaddexp(high, low) + np.log(0.5)
        is_new = (evidence >= limit) & (alarm_round < 0)
        alarm_round[is_new] = (check + 1) * check_rounds
    return TrialResult(alarm_round)
