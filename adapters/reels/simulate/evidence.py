"""Evidence against "this game returns what its mathematics says", valid however often and whenever one looks. Pure.

Ratios (win / stake of a round) are not negative and heavy-tailed. For each side a gambler bets against the declared
return m with a capital that is a supermartingale while the declaration holds, so by Ville's inequality it reaches 1/p
with probability at most p, ever.

* too high: capital is multiplied by 1 + b (x - m), b below 1/m. Needs nothing but the mean: no upper limit of x, no
  variance (betting martingale: Waudby-Smith and Ramdas 2024, "Estimating means of bounded random variables by betting";
  the lower side of the bound only needs x >= 0).
* too low: capital is multiplied by exp(a (m - x) - a² q / 2) with q = E x², as exp(-y) <= 1 - y + y²/2 for y >= 0.

Bets are mixed over a grid (small deviations need small bets and many rounds) and over starting points (a fault that
comes in late must not be weighed down by the good past). A mixture of supermartingales is one.
"""

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
    """The exact return of a round and its standard deviation, both in total bets."""

    rtp: float
    sigma: float

    def __post_init__(self) -> None:
        """Raises ValueError for a return or spread that is not positive."""
        if not (self.rtp > 0 and self.sigma > 0):
            raise ValueError(f"rtp and sigma must be positive, got {self.rtp} and {self.sigma}")


class Bets:
    """The grid of bets for one theory: the best one for each of ten deviations from half a point to a whole stake."""

    __slots__ = ("down", "square", "theory", "up")

    def __init__(self, theory: Theory) -> None:
        deviations = np.geomspace(DEVIATION_MIN, DEVIATION_MAX, DEVIATIONS)
        self.theory = theory
        self.square = theory.sigma**2 + theory.rtp**2
        self.up: Reals = np.minimum(deviations / (theory.sigma**2 + deviations**2), 0.5 / theory.rtp)
        self.down: Reals = np.minimum(deviations, theory.rtp) / self.square

    def gains(self, ratios: Reals, counts: NDArray[Any]) -> tuple[Reals, Reals]:
        """Return what each bet adds to the logarithm of its capital; ``counts`` may have leading axes."""
        rtp = self.theory.rtp
        up = counts @ np.log1p(np.outer(ratios - rtp, self.up))
        rounds, total = counts.sum(axis=-1)[..., None], (counts @ ratios)[..., None]
        down = self.down * (rounds * rtp - total) - rounds * self.down**2 * self.square / 2
        return up, down


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
    """The capitals of one stream of rounds, and the sums that its confidence interval needs."""

    __slots__ = ("_bets", "_down", "_starts", "_up", "rounds", "square_sum", "total")

    def __init__(self, theory: Theory) -> None:
        self._bets = Bets(theory)
        self._starts = start_rounds()
        self._up: Reals = np.zeros((STARTS, DEVIATIONS))
        self._down: Reals = np.zeros((STARTS, DEVIATIONS))
        self.rounds = 0
        self.total = 0.0
        self.square_sum = 0.0

    def add(self, ratios: Reals, counts: NDArray[Any]) -> None:
        """Take in rounds: each of ``ratios`` came so many times."""
        up, down = self._bets.gains(ratios, counts)
        # Who begins is decided by the rounds before these, never by what they brought.
        has_begun = (self._starts <= self.rounds)[:, None]
        self._up += has_begun * up
        self._down += has_begun * down
        self.rounds += int(counts.sum())
        self.total += float(counts @ ratios)
        self.square_sum += float(counts @ ratios**2)

    def log_sides(self) -> tuple[float, float]:
        """Return the log evidence for "pays too much" and for "pays too little"; each side began with half of 1."""
        half = float(np.log(0.5))
        return float(log_evidence(self._up)) + half, float(log_evidence(self._down)) + half

    def interval(self, error: float) -> tuple[float, float]:
        """A confidence interval for the true return that holds at all times at once, but with probability ``error``.

        The upper end takes the declared second moment for true; the lower end assumes nothing.
        """
        if self.rounds == 0:
            return 0.0, float("inf")
        limit = float(np.log(2 / error))
        mean = self.total / self.rounds
        low = _crossing(lambda m: self._log_up(m) >= limit, 0.0, mean)
        high = mean + 1.0
        while self._log_down(high) < limit:
            high += high
        return low, _crossing(lambda m: self._log_down(m) < limit, mean, high)

    def _log_up(self, mean: float) -> float:
        # log(1 + y) >= y - y² for y >= -1/2: a lower bound of the capital that needs the sums only.
        bets = np.minimum(self._bets.up, 0.5 / max(mean, 1e-9))
        spread = self.square_sum - 2 * mean * self.total + self.rounds * mean**2
        return _log_mean(bets * (self.total - self.rounds * mean) - bets**2 * spread)

    def _log_down(self, mean: float) -> float:
        bets = self._bets.down
        return _log_mean(bets * (self.rounds * mean - self.total) - self.rounds * bets**2 * self._bets.square / 2)

    def to_document(self) -> dict[str, Any]:
        """Return the state as JSON."""
        return {
            "rounds": self.rounds,
            "total": self.total,
            "square_sum": self.square_sum,
            "up": self._up.tolist(),
            "down": self._down.tolist(),
        }

    @classmethod
    def from_document(cls, theory: Theory, document: dict[str, Any]) -> "Evidence":
        """Read what ``to_document`` wrote; raises ValueError when the shape is another."""
        evidence = cls(theory)
        up, down = np.array(document["up"], dtype=np.float64), np.array(document["down"], dtype=np.float64)
        if up.shape != evidence._up.shape or down.shape != evidence._down.shape:
            raise ValueError("the stored evidence has another grid of bets")
        evidence._up, evidence._down = up, down
        evidence.rounds = int(document["rounds"])
        evidence.total, evidence.square_sum = float(document["total"]), float(document["square_sum"])
        return evidence


def _log_mean(logs: Reals) -> float:
    top = float(logs.max())
    return top + float(np.log(np.exp(logs - top).mean()))


def _crossing(holds_below: Any, low: float, high: float) -> float:
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if holds_below(middle) else (low, middle)
    return (low + high) / 2
