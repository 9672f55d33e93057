"""What a whole round can win: its moments under a cap on wins, and its largest win with the chance of it.

A cap ends a round that reaches it, so the round wins the lesser of what it would have won and the cap.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from adapters.reels.analysis.distribution import Entries, RoundDistribution
from adapters.reels.analysis.spin_figures import Outcomes
from adapters.reels.kernel.finals import Award

NUMERICAL_ERROR = Fraction(1, 10**8)
"""What the transform's figures may be off by, in total bets; tests hold it against fractions."""


@dataclass(frozen=True, slots=True)
class CappedMoments:
    """Mean and variance of a round under its cap, in pay units; the mean is ``error`` off at most."""

    mean: Fraction
    variance: Fraction
    error: Fraction


def capped_moments(
    distribution: RoundDistribution, cap: int, mean: Fraction, variance: Fraction, unit: Fraction
) -> CappedMoments:
    """Return the moments of the lesser of win and cap; ``mean`` and ``variance`` are those without a cap.

    Where the table does not reach up to the cap, what the cap takes lies between nothing and E Z² / 4 cap, for
    z - cap is never more than z² / 4 cap: the middle is given, and the half of it as the error.
    """
    if distribution.largest + distribution.step <= cap:
        taken = (variance + mean * mean) / (4 * cap)
        return CappedMoments(mean - taken / 2, variance, taken / 2)
    chance = distribution.chance[: -(-cap // distribution.step)]
    pays = np.arange(len(chance), dtype=np.float64) * distribution.step
    first = _rounded(Fraction(cap) - Fraction(float((chance * (cap - pays)).sum())), unit)
    about = float(first)
    spread = (cap - about) ** 2 - float((chance * ((cap - about) ** 2 - (pays - about) ** 2)).sum())
    return CappedMoments(first, Fraction(max(0.0, spread)), NUMERICAL_ERROR * unit)


def _rounded(mean: Fraction, unit: Fraction) -> Fraction:
    """Round to a tenth of the numerical error, so that every machine says the same."""
    grain = 10 / NUMERICAL_ERROR
    return Fraction(round(mean / unit * grain)) / grain * unit


@dataclass(frozen=True, slots=True)
class Largest:
    """The largest win of a stage with all that follows, and its exact chance; ``pay`` is None where there is none."""

    pay: int | None
    chance: Fraction = Fraction(0)


def largest_wins(outcomes: Mapping[str, Outcomes], entries: Entries) -> dict[str, Largest]:
    """Return the largest win from each stage on; a stage that can come to itself again knows no largest one."""
    known: dict[str, Largest] = {}
    for name in outcomes:
        _visit(name, outcomes, entries, known, set())
    return known


def _visit(
    name: str, outcomes: Mapping[str, Outcomes], entries: Entries, known: dict[str, Largest], above: set[str]
) -> Largest:
    if name in above:
        return Largest(None)
    if name not in known:
        cycle = sum(outcomes[name].values())
        best, chance = 0, Fraction(0)
        after: dict[tuple[Award, ...], Largest] = {}
        for (pay, awards), count in outcomes[name].items():
            if awards not in after:
                after[awards] = _of_awards(awards, outcomes, entries, known, above | {name})
            following = after[awards]
            if following.pay is None:
                known[name] = Largest(None)
                break
            whole = pay + following.pay
            if whole > best:
                best, chance = whole, Fraction(0)
            if whole == best:
                chance += Fraction(count, cycle) * following.chance
        else:
            known[name] = Largest(best, chance)
    return known[name]


def _of_awards(
    awards: Sequence[Award],
    outcomes: Mapping[str, Outcomes],
    entries: Entries,
    known: dict[str, Largest],
    above: set[str],
) -> Largest:
    best, chance = 0, Fraction(1)
    for entry, games in awards:
        choices = entries[entry]
        weight = sum(share for share, _ in choices)
        found = [(share, _visit(stage, outcomes, entries, known, above)) for share, stage in choices]
        pays = [largest.pay for _, largest in found]
        if None in pays:
            return Largest(None)
        top = max(pay for pay in pays if pay is not None)
        best += top * games
        chance *= sum(
            (Fraction(share, weight) * largest.chance**games for share, largest in found if largest.pay == top),
            Fraction(0),
        )
    return Largest(best, chance)
