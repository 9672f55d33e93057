"""The tests themselves. Pure.

Each gives a two-sided p-value: an outcome that fits too well is as suspicious as one that fits badly.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from adapters.reels.random.battery.columns import Column, Integers, Reals
from adapters.reels.random.battery.probability import chi_square_tail, normal_two_sided, poisson_two_sided

EXPECTED_MIN = 5.0
LAGS = 8


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one test."""

    test: str
    subject: str
    statistic: float
    p_value: float


def total_distribution(column: Column) -> Finding:
    """Chi-square of all values against their exact probabilities."""
    counts = np.bincount(column.values, minlength=len(column.weights))
    return _chi_square("total distribution", column.name, counts, column.probabilities * len(column.values))


def serial_correlation(column: Column) -> Finding:
    """Ljung-Box: the correlations with the 8 preceding rounds together."""
    centred = column.values - column.values.mean()
    n = len(centred)
    energy = _inner(centred, centred)
    if energy == 0:
        return Finding("serial correlation", column.name, math.inf, 0.0)
    terms = ((_inner(centred[lag:], centred[:-lag]) / energy) ** 2 / (n - lag) for lag in range(1, LAGS + 1))
    statistic = n * (n + 2) * math.fsum(terms)
    return Finding("serial correlation", column.name, statistic, _two_sided(statistic, LAGS))


def runs(column: Column) -> Finding:
    """Wald-Wolfowitz: how often the values change sides of the middle, given how many lie on each."""
    middle = int(np.searchsorted(np.cumsum(column.probabilities), 0.5))
    is_high = column.values > middle if middle == 0 else column.values >= middle
    n, high = len(is_high), int(is_high.sum())
    low = n - high
    if high == 0 or low == 0:
        return Finding("runs", column.name, math.inf, 0.0)
    observed = 1 + int(np.count_nonzero(is_high[1:] != is_high[:-1]))
    mean = 1 + 2 * high * low / n
    variance = (mean - 1) * (mean - 2) / (n - 1)
    z = (observed - mean) / math.sqrt(variance)
    return Finding("runs", column.name, z, normal_two_sided(z))


def overlaps(column: Column, size: int) -> Finding:
    """Good's serial test: overlapping tuples of ``size`` rounds, less those one shorter."""
    long, cells_long = _psi_square(column, size)
    short, cells_short = _psi_square(column, size - 1)
    statistic, degrees = long - short, cells_long - cells_short
    return Finding(f"overlaps of {size}", column.name, statistic, _two_sided(statistic, degrees))


def coupon_collector(column: Column) -> Finding:
    """How many rounds pass until every value was seen once, against the exact law (equal weights only)."""
    size = len(column.weights)
    lengths = _coupon_lengths(column.values, size)
    law = _coupon_law(size)
    mean = float(law @ np.arange(len(law)))
    if len(lengths) < len(column.values) / mean / 2:
        # A value that (almost) never comes leaves no collections to compare.
        return Finding("coupon collector", column.name, math.inf, 0.0)
    counts = np.bincount(np.minimum(lengths, len(law) - 1), minlength=len(law))
    return _chi_square("coupon collector", column.name, counts, law * len(lengths))


def duplicates(columns: Sequence[Column], subject: str) -> Finding:
    """Equal pairs among all rounds, against the birthday law for the full cycle of these columns together."""
    n = len(columns[0].values)
    codes = np.zeros(n, dtype=np.uint64)
    for column in columns:
        codes = codes * np.uint64(len(column.weights)) + column.values.astype(np.uint64)
    _, counts = np.unique(codes, return_counts=True)
    pairs = int((counts * (counts - 1) // 2).sum())
    squares = math.prod(float((column.probabilities**2).sum()) for column in columns)
    cubes = math.prod(float((column.probabilities**3).sum()) for column in columns)
    mean = n * (n - 1) / 2 * squares
    if mean < 1000:
        return Finding("duplicates", subject, pairs, poisson_two_sided(pairs, mean))
    # The variance of a sum over pairs: exact; the second term vanishes when all outcomes are equally likely.
    variance = mean * (1 - squares) + n * (n - 1) * (n - 2) * (cubes - squares**2)
    z = (pairs - mean) / math.sqrt(variance)
    return Finding("duplicates", subject, z, normal_two_sided(z))


def interplay(left: Column, right: Column, lag: int) -> Finding:
    """Chi-square of two columns against independence; ``lag`` rounds apart."""
    n = len(left.values) - lag
    pairs = left.values[:n] * len(right.weights) + right.values[lag:]
    counts = np.bincount(pairs, minlength=len(left.weights) * len(right.weights))
    expected = np.outer(left.probabilities, right.probabilities).ravel() * n
    subject = f"{left.name} x {right.name}" + (f", {lag} later" if lag else "")
    return _chi_square("interplay", subject, counts, expected)


def _inner(left: Reals, right: Reals) -> float:
    # Not with BLAS: its threads gain nothing here and cost much on a busy machine.
    return float((left * right).sum())


def _two_sided(statistic: float, degrees: int) -> float:
    tail = chi_square_tail(statistic, degrees)
    return 2 * min(tail, 1 - tail)


def _chi_square(test: str, subject: str, counts: Integers, expected: Reals) -> Finding:
    is_large = expected >= EXPECTED_MIN
    observed_cells, expected_cells = counts[is_large].astype(np.float64), expected[is_large]
    rest = float(expected[~is_large].sum())
    if rest >= EXPECTED_MIN:
        observed_cells = np.append(observed_cells, counts[~is_large].sum())
        expected_cells = np.append(expected_cells, rest)
    if len(expected_cells) < 2:
        raise ValueError(f"{test}, {subject}: too few outcomes")
    statistic = float((((observed_cells - expected_cells) ** 2) / expected_cells).sum())
    return Finding(test, subject, statistic, _two_sided(statistic, len(expected_cells) - 1))


def _psi_square(column: Column, size: int) -> tuple[float, int]:
    cells = len(column.weights) ** size
    if size == 0:
        return 0.0, 1
    codes = np.zeros(len(column.values), dtype=np.int64)
    law = np.ones(1)
    for step in range(size):
        # Circular: the last rounds are followed by the first ones, as the theory of the test wants.
        codes = codes * len(column.weights) + np.roll(column.values, -step)
        law = np.outer(law, column.probabilities).ravel()
    expected = law * len(codes)
    counts = np.bincount(codes, minlength=cells)
    return float((((counts - expected) ** 2) / expected).sum()), cells


def _coupon_lengths(values: Integers, size: int) -> Integers:
    lengths = []
    all_seen = (1 << size) - 1
    seen, start = 0, 0
    for place, value in enumerate(values.tolist()):
        seen |= 1 << value
        if seen == all_seen:
            lengths.append(place + 1 - start)
            seen, start = 0, place + 1
    return np.array(lengths, dtype=np.int64)


def _coupon_law(size: int) -> Reals:
    """P(length = t) for t = 0, 1, ...; the last entry holds everything longer."""
    missing = np.zeros(size + 1)
    missing[size] = 1.0
    stay = 1 - np.arange(size + 1) / size
    law = [0.0]
    while missing[1:].sum() > 1e-9:
        moved = missing * (1 - stay)
        missing = missing * stay
        missing[:-1] += moved[1:]
        law.append(float(missing[0]))
        missing[0] = 0.0
    law.append(float(missing[1:].sum()))
    return np.array(law)
