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
    groups = {name: _grouped(outcomes[name]) for name in names}
    links = {name: _links(groups[name], entries) for name in names}
    own = {name: sum((group.first for group in groups[name]), Fraction(0)) for name in names}
    mean = _solve(names, links, own)
    spread = {name: _spread(groups[name], entries, mean) for name in names}
    return Totals(mean, _solve(names, links, spread))


def award_mean(award: Award, entries: Entries, mean: Mapping[str, Fraction]) -> Fraction:
    """Return the mean of what an award leads to."""
    entry, games = award
    weight = sum(share for share, _ in entries[entry])
    return sum((Fraction(share, weight) * games * mean[stage] for share, stage in entries[entry]), Fraction(0))


@dataclass(frozen=True, slots=True)
class _Group:
    """The outcomes of a stage that award the same: their chance, and the moments of their pays."""

    awards: tuple[Award, ...]
    chance: Fraction
    first: Fraction
    second: Fraction


def _grouped(outcomes: Outcomes) -> list[_Group]:
    cycle = sum(outcomes.values())
    sums: dict[tuple[Award, ...], list[int]] = {}
    for (pay, awards), count in outcomes.items():
        group = sums.setdefault(awards, [0, 0, 0])
        group[0] += count
        group[1] += count * pay
        group[2] += count * pay * pay
    return [_Group(awards, *(Fraction(moment, cycle) for moment in moments)) for awards, moments in sums.items()]


def _links(groups: Sequence[_Group], entries: Entries) -> dict[str, Fraction]:
    """Return how many plays of each stage one play leads to, on average."""
    links: dict[str, Fraction] = {}
    for group in groups:
        for entry, games in group.awards:
            weight = sum(share for share, _ in entries[entry])
            for share, stage in entries[entry]:
                links[stage] = links.get(stage, Fraction(0)) + group.chance * games * Fraction(share, weight)
    return links


def _spread(groups: Sequence[_Group], entries: Entries, mean: Mapping[str, Fraction]) -> Fraction:
    """Return Var(X + sum of W's means) plus the part of Var(W) that comes from which stage is drawn."""
    first = second = Fraction(0)
    for group in groups:
        expected = sum((award_mean(award, entries, mean) for award in group.awards), Fraction(0))
        between = sum((_between(award, entries, mean) for award in group.awards), Fraction(0))
        first += group.first + group.chance * expected
        second += group.second + 2 * expected * group.first + group.chance * (expected * expected + between)
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
