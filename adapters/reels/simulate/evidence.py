"""Evidence against "this game returns what its mathematics says", valid however often and whenever one looks. Pure.

Ratios (win / stake of a round) are not negative and heavy-tailed. For each side a gambler bets against the declared
return m with a capital that is a supermartingale while the declaration holds, so by Ville's inequality it reaches 1/p
with probability at most p, ever.

* too high: capital is multiplied by (1 + c x) / (1 + c m), that is 1 + b (x - m) with b = c / (1 + c m) < 1/m. Needs
  nothing but the mean: no upper limit of x, no variance (betting martingale: Waudby-Smith and Ramdas 2024, "Estimating
  means of bounded random variables by betting", whose lower bound only needs x >= 0). Written so, its logarithm is
  sum log(1 + c x) - n log(1 + c m): one sum serves every m, which gives the confidence interval for nothing.
* too low: capital is multiplied by exp(a (m - x) - a² q / 2) with q = E x², as exp(-y) <= 1 - y + y²/2 for y >= 0.

Bets are mixed over a grid (small deviations need small bets and many rounds) and over starting points (a fault that
comes in late must not be weighed down by the good past). A mixture of supermartingales is one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]

DEVIATIONS = 10
DEVIATION_MIN = 0.005
DEVIATION_MAX = 1.0
STARTS = 8
FIRST_RESTART_ROUNDS = 50_000


@dataclass(frozen=True, slots=True)
class Theory:
    """The return of a round and its standard deviation, both in total bets."""

    rtp: float
    sigma: float
    half_width: float = 0.0
    """How far the true return may be from ``rtp`` where it was simulated; 0 when it is exact."""

    def __post_init__(self) -> None:
        """Raises ValueError for a return or spread that is not positive."""
        if not (self.rtp > 0 and self.sigma > 0):
            raise ValueError(f"rtp and sigma must be positive, got {self.rtp} and {self.sigma}")


class Bets:
    """The grid of bets for one theory: the best one for each of ten deviations from half a point to a whole stake."""

    __slots__ = ("down", "square", "theory", "up")

    def __init__(self, theory: Theory) -> None:
        deviations = np.geomspace(DEVIATION_MIN, DEVIATION_MAX, DEVIATIONS)
        best = np.minimum(deviations / (theory.sigma**2 + deviations**2), 0.5 / theory.rtp)
        self.theory = theory
        self.square = theory.sigma**2 + theory.rtp**2
        self.up: Reals = best / (1 - best * theory.rtp)
        self.down: Reals = np.minimum(deviations, theory.rtp) / self.square

    def logs(self, ratios: Reals) -> Reals:
        """Return log(1 + c x) for every ratio and every bet."""
        return np.asarray(np.log1p(np.outer(ratios, self.up)))

    def log_up(self, mean: float, logs: Reals, rounds: Reals) -> Reals:
        """Return the log capitals against "the return is at most ``mean``"; all arrays may have leading axes."""
        return np.asarray(logs - rounds[..., None] * np.log1p(self.up * mean))

    def log_down(self, mean: float, totals: Reals, rounds: Reals) -> Reals:
        """Return the log capitals against "the return is at least ``mean``"."""
        drift = (rounds * mean - totals)[..., None]
        return np.asarray(self.down * drift - rounds[..., None] * self.down**2 * self.square / 2)


def start_rounds() -> NDArray[np.int64]:
    """After how many rounds each new pair of gamblers begins: at once, after 50,000, 100,000, 200,000, ..."""
    return np.array([0, *(FIRST_RESTART_ROUNDS * 2**number for number in range(STARTS - 1))], dtype=np.int64)


def start_weights() -> Reals:
    """How the initial capital of 1 is shared among the starting points."""
    numbers = np.arange(1, STARTS + 1)
    weights = 1 / (numbers * (numbers + 1.0))
    return np.asarray(weights / weights.sum())


def log_evidence(capital: Reals) -> Reals:
    """Mix the log capitals of one side ([..., starts, bets]) into the log of the evidence of that side."""
    weights = start_weights()[:, None] / DEVIATIONS
    top = capital.max(axis=(-2, -1), keepdims=True)
    mixed = (np.exp(capital - top) * weights).sum(axis=(-2, -1))
    return np.asarray(np.log(mixed) + top[..., 0, 0])


class Evidence:
    """The sums of one stream of rounds, once for each starting point, from which all capitals follow."""

    __slots__ = ("_bets", "_logs", "_rounds", "_starts", "_totals")

    def __init__(self, theory: Theory) -> None:
        self._bets = Bets(theory)
        self._starts = start_rounds()
        self._logs: Reals = np.zeros((STARTS, DEVIATIONS))
        self._totals: Reals = np.zeros(STARTS)
        self._rounds: Reals = np.zeros(STARTS)

    @property
    def rounds(self) -> int:
        """How many rounds were taken in."""
        return int(self._rounds[0])

    @property
    def mean(self) -> float:
        """The return seen; 0 before the first round."""
        return float(self._totals[0] / self._rounds[0]) if self._rounds[0] else 0.0

    def add(self, ratios: Reals, counts: NDArray[Any]) -> None:
        """Take in rounds: each of ``ratios`` came so many times."""
        # Who begins is decided by the rounds before these, never by what they brought.
        has_begun = self._starts <= self.rounds
        self._logs += has_begun[:, None] * (counts @ self._bets.logs(ratios))
        self._totals += has_begun * (counts @ ratios)
        self._rounds += has_begun * counts.sum()

    def log_sides(self) -> tuple[float, float]:
        """Return the log evidence for "pays too much" and for "pays too little"; each side began with half of 1."""
        half = float(np.log(0.5))
        theory = self._bets.theory
        return self._log_up(theory.rtp + theory.half_width) + half, self._log_down(
            theory.rtp - theory.half_width
        ) + half

    def interval(self, error: float) -> tuple[float, float]:
        """A confidence interval for the true return that holds at all times at once, but with probability ``error``.

        The upper end takes the declared second moment for true; the lower end assumes nothing.
        """
        if self.rounds == 0:
            return 0.0, float("inf")
        limit = float(np.log(2 / error))
        low = _crossing(lambda mean: self._log_up(mean) >= limit, 0.0, self.mean)
        high = self.mean + 1.0
        while self._log_down(high) < limit:
            high += high
        return low, _crossing(lambda mean: self._log_down(mean) < limit, self.mean, high)

    def _log_up(self, mean: float) -> float:
        return float(log_evidence(self._bets.log_up(mean, self._logs, self._rounds)))

    def _log_down(self, mean: float) -> float:
        return float(log_evidence(self._bets.log_down(mean, self._totals, self._rounds)))

    def copy(self) -> "Evidence":
        """Return the same evidence, to be added to by itself."""
        return self.plus(Evidence(self._bets.theory))

    def plus(self, other: "Evidence") -> "Evidence":
        """Return the evidence of both: of rounds that were seen here or there."""
        return self._combined(other, 1.0)

    def less(self, other: "Evidence") -> "Evidence":
        """Return what is here beyond ``other``, which was taken from it."""
        return self._combined(other, -1.0)

    def _combined(self, other: "Evidence", sign: float) -> "Evidence":
        evidence = Evidence(self._bets.theory)
        evidence._logs = self._logs + sign * other._logs
        evidence._totals = self._totals + sign * other._totals
        evidence._rounds = self._rounds + sign * other._rounds
        return evidence

    def to_document(self) -> dict[str, Any]:
        """Return the state as JSON."""
        return {"logs": self._logs.tolist(), "totals": self._totals.tolist(), "rounds": self._rounds.tolist()}

    @classmethod
    def from_document(cls, theory: Theory, document: dict[str, Any]) -> "Evidence":
        """Read what ``to_document`` wrote; raises ValueError when the shape is another."""
        evidence = cls(theory)
        for slot in ("logs", "totals", "rounds"):
            stored = np.array(document[slot], dtype=np.float64)
            if stored.shape != getattr(evidence, f"_{slot}").shape:
                raise ValueError("the stored evidence has another grid of bets")
            setattr(evidence, f"_{slot}", stored)
        return evidence


def _crossing(holds_below: Callable[[float], bool], low: float, high: float) -> float:
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if holds_below(middle) else (low, middle)
    return (low + high) / 2
