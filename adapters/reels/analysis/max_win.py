"""The largest win of a whole round and its chance, each with what it rests on."""

from collections.abc import Callable
from fractions import Fraction
from hashlib import sha256
from math import exp, lgamma, log, log10
from typing import Any

from adapters.reels.analysis.distribution import RoundDistribution
from adapters.reels.analysis.report import Analysis
from adapters.reels.kernel.board import BoardArrays
from adapters.reels.simulate.run import simulate

CHANCE_ERROR = 1e-11
"""Chances below are lost in what rounding leaves behind in the transform."""
ROUNDS_SIMULATED = 2_000_000
TAIL = 0.005
RARE = (1_000_000, 100_000_000)


def max_win(analysis: Analysis, distribution: RoundDistribution) -> dict[str, Any]:
    """Return the largest win in total bets, once in how many rounds it comes, and how that is known."""
    if not analysis.is_enumerated:
        return _simulated(analysis)
    if analysis.capped is not None:
        return _of_cap(analysis, distribution)
    if analysis.largest.pay is not None:
        bets = float(analysis.largest.pay / _stake_unit(analysis))
        return {"bets": bets, "one_in_rounds": _one_in(analysis.largest.chance), "basis": "exact"}
    rare = {f"once_in_{rounds}_rounds_bets": _quantile(analysis, distribution, rounds) for rounds in RARE}
    return {"bets": None, "basis": "no largest win: a feature can win itself again", **rare}


def _of_cap(analysis: Analysis, distribution: RoundDistribution) -> dict[str, Any]:
    bets = float(analysis.cap / _stake_unit(analysis))
    chance = distribution.at_least(analysis.cap)
    if distribution.largest + distribution.step <= analysis.cap:
        mean, variance = (part[analysis.tables.entry] for part in (analysis.totals.mean, analysis.totals.variance))
        least = float(Fraction(analysis.cap) ** 2 / (variance + mean * mean))
        return {"bets": bets, "one_in_rounds_at_least": least, "basis": "the cap; chance bounded by the second moment"}
    if chance < CHANCE_ERROR:
        return {"bets": bets, "one_in_rounds_at_least": 1 / CHANCE_ERROR, "basis": "the cap; rarer than can be told"}
    return {"bets": bets, "one_in_rounds": 1 / chance, "basis": "the cap; numerical, the chance good to 1e-11"}


def _stake_unit(analysis: Analysis) -> Fraction:
    """Wins are told in stakes, whatever a bet mode costs."""
    return analysis.unit / analysis.tables.cost


def _one_in(chance: Fraction) -> float | str:
    try:
        return float(1 / chance)
    except OverflowError:
        return f"1e{log10(chance.denominator) - log10(chance.numerator):.0f}"


def _quantile(analysis: Analysis, distribution: RoundDistribution, rounds: int) -> float | None:
    """Return the win that is reached or passed at most once in so many rounds; None beyond the table."""
    beyond = distribution.beyond
    for place in range(len(distribution.chance) - 1, -1, -1):
        beyond += float(distribution.chance[place])
        if beyond > 1 / rounds:
            if place == len(distribution.chance) - 1:
                return None
            return float((place + 1) * distribution.step / _stake_unit(analysis))
    return 0.0


def _simulated(analysis: Analysis) -> dict[str, Any]:
    """Play whole rounds from a seed made of the tables' hash: the largest win seen, with the interval of its chance."""
    tables = analysis.tables
    result = simulate(tables, ROUNDS_SIMULATED, sha256(tables.tables_hash.encode()).digest())
    largest, seen = max(result.rounds_by_pay.items())
    low, high = _poisson_interval(seen)
    unit = _stake_unit(analysis)
    found: dict[str, Any] = {
        "bets": float(largest / unit),
        "one_in_rounds_99": [ROUNDS_SIMULATED / high, ROUNDS_SIMULATED / low],
        "basis": f"the largest of {ROUNDS_SIMULATED:,} simulated rounds; what wins as much or more is meant",
    }
    bound = _bound(analysis)
    if bound is not None:
        found["bound_bets"] = float(bound / unit)
    return found


def _bound(analysis: Analysis) -> int | None:
    """Return what no round can win more than, in pay units: the cap, or every cell at its best on every fall."""
    if analysis.cap:
        return analysis.cap
    entry = analysis.tables.stages[analysis.tables.entry]
    if entry.spin is None or entry.spin.board is None or analysis.base.games_awarded:
        return None
    return _window_bound(entry.spin.board.arrays)


def _window_bound(rules: BoardArrays) -> int:
    cells = ways = 1
    for rows in rules.rows.tolist():
        cells, ways = cells + rows, ways * rows
    best = len(rules.paths) * int(rules.settled_pay.max(initial=0))
    best += sum(
        int(pays.max()) * ways * int(rules.way_cells.max(initial=0)) ** len(rules.rows) for pays in rules.way_pays
    )
    best += sum(int(pays.max()) for pays in rules.any_pays)
    best += cells * int(rules.cluster_pays.max(initial=0))
    best += sum(int(pays.max()) for pays in rules.scatter_pays)
    return int(best * int(rules.multipliers.max()) * rules.falls_max)


def _poisson_interval(seen: int) -> tuple[float, float]:
    """Return the exact 99 % interval of the expected number, of which ``seen`` were seen (at least one)."""
    low = _crossing(lambda mean: 1 - _at_most(seen - 1, mean) < TAIL, 0.0, float(seen))
    return low, _crossing(lambda mean: _at_most(seen, mean) > TAIL, float(seen), 20.0 + 3.0 * seen)


def _at_most(count: int, mean: float) -> float:
    if mean <= 0:
        return 1.0
    return sum(exp(number * log(mean) - mean - lgamma(number + 1)) for number in range(count + 1))


def _crossing(is_below: Callable[[float], bool], low: float, high: float) -> float:
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if is_below(middle) else (low, middle)
    return high
