"""Tail probabilities of the chi-square, normal and Poisson distributions, without SciPy. Pure."""

import math

_ROUNDS_MAX = 100_000
_PRECISION = 1e-15


def chi_square_tail(statistic: float, degrees: int) -> float:
    """P(X >= statistic) for a chi-square variable."""
    return gamma_tail(degrees / 2, max(statistic, 0.0) / 2)


def normal_two_sided(z: float) -> float:
    """P(|Z| >= |z|) for a standard normal variable."""
    return math.erfc(abs(z) / math.sqrt(2))


def poisson_two_sided(count: int, mean: float) -> float:
    """Twice the smaller tail of a Poisson variable at ``count``, at most 1."""
    at_least = 1.0 if count == 0 else 1 - gamma_tail(count, mean)
    at_most = gamma_tail(count + 1, mean)
    return min(1.0, 2 * min(at_least, at_most))


def gamma_tail(shape: float, x: float) -> float:
    """The regularised upper incomplete gamma function Q(shape, x)."""
    if x <= 0:
        return 1.0
    scale = math.exp(shape * math.log(x) - x - math.lgamma(shape))
    if x < shape + 1:
        return max(0.0, 1 - scale * _series(shape, x))
    return min(1.0, scale * _continued_fraction(shape, x))


def _series(shape: float, x: float) -> float:
    term = total = 1 / shape
    for step in range(1, _ROUNDS_MAX):
        term *= x / (shape + step)
        total += term
        if term < total * _PRECISION:
            break
    return total


def _continued_fraction(shape: float, x: float) -> float:
    # Lentz's method; the denominators stay away from zero because x > shape + 1.
    b = x + 1 - shape
    c = 1e300
    d = fraction = 1 / b
    for step in range(1, _ROUNDS_MAX):
        a = step * (shape - step)
        b += 2
        d = 1 / (a * d + b)
        c = b + a / c
        fraction *= c * d
        if abs(c * d - 1) < _PRECISION:
            break
    return fraction
