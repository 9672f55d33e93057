"""Mean and variance of a whole round: a branching process over the stages, solved exactly in fractions. Pure.

A stage's total is its own pay plus the totals of what it awards: Z = X + sum of W. An award of n games through an
entry draws one stage for all n, so W has mean n·m and variance n·v + n²·m² mixed over the entry's stages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from adapters.reels.analysis.spin_figures import Outcomes
from adapters.reels.kernel.finals import Award

Entries = Mapping[str, Sequence[tuple[int, str]]]


class EndlessRound(ValueError):
    """The expected number of free games is not finite."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Mean and variance, in pay units, of everything that a stage leads to."""

    mean: dict[str, Fraction]
    variance: dict[str, Fraction]


def solve_totals(outcomes: Mapping[str, Outcomes], entries: Entries) -> Totals:
    """Return the exact moments of each stage's total; raises EndlessRound."""
    names = list(outcomes)
    chances = {name: _chances(outcomes[name]) for name in names}
    links = {name: _links(chances[name], entries) for name in names}
    own = {name: sum((chance * pay for (pay, _), chance in chances[name]), Fraction(0)) for name in names}
    mean = _solve(names, links, own)
    spread = {name: _spread(chances[name], entries, mean) for name in names}
    return Totals(mean, _solve(names, links, spread))


def award_mean(award: Award, entries: Entries, mean: Mapping[str, Fraction]) -> Fraction:
    """Return the mean of what an award leads to."""
    entry, games = award
    weight = sum(share for share, _ in entries[entry])
    return sum((Fraction(share, weight) * games * mean[stage] for share, stage in entries[entry]), Fraction(0))


def _chances(outcomes: Outcomes) -> list[tuple[tuple[int, tuple[Award, ...]], Fraction]]:
    cycle = sum(outcomes.values())
    return [(outcome, Fraction(count, cycle)) for outcome, count in outcomes.items()]


def _links(chances: Sequence[tuple[tuple[int, tuple[Award, ...]], Fraction]], entries: Entries) -> dict[str, Fraction]:
    """Return how many plays of each stage one play leads to, on average."""
    links: dict[str, Fraction] = {}
    by_awards: dict[tuple[Award, ...], Fraction] = {}
    for (_, awards), chance in chances:
        if awards:
            by_awards[awards] = by_awards.get(awards, Fraction(0)) + chance
    for awards, chance in by_awards.items():
        for entry, games in awards:
            weight = sum(share for share, _ in entries[entry])
            for share, stage in entries[entry]:
                links[stage] = links.get(stage, Fraction(0)) + chance * games * Fraction(share, weight)
    return links


def _spread(
    chances: Sequence[tuple[tuple[int, tuple[Award, ...]], Fraction]],
    entries: Entries,
    mean: Mapping[str, Fraction],
) -> Fraction:
    """Return Var(X + sum of W's means) plus the part of Var(W) that comes from which stage is drawn."""
    first = second = Fraction(0)
    known: dict[tuple[Award, ...], tuple[Fraction, Fraction]] = {}
    for (pay, awards), chance in chances:
        if awards not in known:
            means = [award_mean(award, entries, mean) for award in awards]
            known[awards] = (
                sum(means, Fraction(0)),
                sum((_between(award, entries, mean) for award in awards), Fraction(0)),
            )
        expected, between = known[awards]
        value = pay + expected
        first += chance * value
        second += chance * (value * value + between)
    return second - first * first


def _between(award: Award, entries: Entries, mean: Mapping[str, Fraction]) -> Fraction:
    entry, games = award
    weight = sum(share for share, _ in entries[entry])
    square = sum((Fraction(share, weight) * (games * mean[stage]) ** 2 for share, stage in entries[entry]), Fraction(0))
    return square - award_mean(award, entries, mean) ** 2


def _solve(
    names: Sequence[str], links: Mapping[str, Mapping[str, Fraction]], own: Mapping[str, Fraction]
) -> dict[str, Fraction]:
    """Solve z[s] = own[s] + sum over t of links[s][t] z[t] by elimination; stages that lead nowhere go first."""
    rows = {name: dict(links[name]) for name in names}
    values = dict(own)
    for name in names:
        loop = rows[name].pop(name, Fraction(0))
        if loop >= 1:
            raise EndlessRound(f"stage {name!r} leads to itself without end")
        factor = 1 / (1 - loop)
        rows[name] = {other: share * factor for other, share in rows[name].items()}
        values[name] *= factor
        for other in names:
            share = rows[other].pop(name, None) if other != name else None
            if share is None:
                continue
            values[other] += share * values[name]
            for target, weight in rows[name].items():
                rows[other][target] = rows[other].get(target, Fraction(0)) + share * weight
    return values
