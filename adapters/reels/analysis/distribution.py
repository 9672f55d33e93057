"""The distribution of a whole round's win, by transforms of the stages' exact distributions. Numerical, to about 1e-9.

Each stage's total has the generating function Z(w) = sum over outcomes of p · w^pay · product of W(w), taken at damped
roots of unity. Stages that lead nowhere back are put in once; a stage that can come to itself again is a fixed point,
reached by iteration. The grid is at least twice as long as what is asked for and the circle is smaller than the unit
circle by DAMPING over its length, so that wins beyond the grid come back as less than 1e-8 of themselves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import gcd

import numpy as np
from numpy.typing import NDArray

from adapters.reels.analysis.spin_figures import Outcomes
from adapters.reels.kernel.finals import Award

Floats = NDArray[np.float64]
Waves = NDArray[np.complex128]
Entries = Mapping[str, Sequence[tuple[int, str]]]
SIZE_MIN = 1 << 10
SIZE_MAX = 1 << 21
ITERATIONS_MAX = 2_000
CONVERGED = 1e-13
DAMPING = 1e-8
NOISE = 1e-15
NOISE_GROWTH = 1e4
"""Chances below what rounding leaves behind; it grows towards the end of the table, where the damping is undone."""


@dataclass(frozen=True, slots=True)
class RoundDistribution:
    """``chance[i]`` is the chance of winning i·step pay units; ``beyond`` that of winning more than the table holds."""

    chance: Floats
    step: int
    beyond: float

    @property
    def largest(self) -> int:
        """The largest win, in pay units, that the table tells of."""
        return (len(self.chance) - 1) * self.step

    def shown(self) -> Floats:
        """Return the chances with what rounding leaves behind taken as none."""
        noise = NOISE * NOISE_GROWTH ** np.linspace(0.0, 1.0, len(self.chance))
        return np.where(self.chance < noise, 0.0, self.chance)

    def at_least(self, pay: int) -> float:
        """Return the chance of winning ``pay`` or more; good to about 1e-12."""
        return max(0.0, 1.0 - float(self.chance[: -(-pay // self.step)].sum()))


def round_distribution(
    outcomes: Mapping[str, Outcomes], entries: Entries, entry: str, largest: int, size_max: int = SIZE_MAX
) -> RoundDistribution:
    """Return the chances of all wins up to ``largest`` pay units (or as far as half of the longest grid goes)."""
    step = gcd(*(pay for stage in outcomes.values() for pay, _ in stage)) or 1
    places = min(largest // step + 1, size_max // 2)
    size = max(SIZE_MIN, 1 << (2 * places - 1).bit_length())
    damping = DAMPING ** (1.0 / size)
    circle = _Circle(step, size, places, damping)
    totals: dict[str, Waves] = {}
    for group in _groups(outcomes, entries, entry):
        transformed = {name: circle.transformed(outcomes[name]) for name in group}
        if len(group) == 1 and not _leads(outcomes[group[0]], entries) & set(group):
            totals[group[0]] = _total(group[0], transformed[group[0]], entries, totals)
        else:
            _iterate(transformed, entries, totals)
    damped = np.fft.irfft(totals[entry], size)[:places]
    chance = damped * damping ** -np.arange(places)
    return RoundDistribution(chance, step, max(0.0, 1.0 - float(chance.sum())))


@dataclass(frozen=True, slots=True)
class _Circle:
    """Where generating functions are taken; wins from ``places`` on are left out, they cannot add up to less."""

    step: int
    size: int
    places: int
    damping: float

    def transformed(self, stage: Outcomes) -> list[tuple[tuple[Award, ...], Waves]]:
        cycle = sum(stage.values())
        by_awards: dict[tuple[Award, ...], tuple[list[int], list[float]]] = {}
        for (pay, awards), count in stage.items():
            at, shares = by_awards.setdefault(awards, ([], []))
            if pay // self.step < self.places:
                at.append(pay // self.step)
                shares.append(count / cycle)
        found = []
        for awards, (at, shares) in by_awards.items():
            where = np.array(at, dtype=np.int64)
            table = np.zeros(self.size)
            np.add.at(table, where, np.array(shares) * self.damping**where)
            found.append((awards, np.fft.rfft(table)))
        return found


def _leads(stage: Outcomes, entries: Entries) -> set[str]:
    """Return the stages that a stage can lead to at once."""
    return {name for _, awards in stage for entry, _ in awards for _, name in entries[entry]}


def _groups(outcomes: Mapping[str, Outcomes], entries: Entries, entry: str) -> list[list[str]]:
    """Return what ``entry`` can come to, in groups that lead to each other; what leads nowhere new comes first."""
    leads = {name: _leads(stage, entries) for name, stage in outcomes.items()}
    reach = {name: _reach(name, leads) for name in _reach(entry, leads) | {entry}}
    groups: list[list[str]] = []
    settled: set[str] = set()
    while len(settled) < len(reach):
        first = min((name for name in reach if name not in settled), key=lambda name: (len(reach[name]), name))
        group = sorted((reach[first] | {first}) - settled)
        groups.append(group)
        settled |= set(group)
    return groups


def _reach(name: str, leads: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for following in leads[waiting.pop()] - found:
            found.add(following)
            waiting.append(following)
    return found


def _iterate(
    transformed: Mapping[str, list[tuple[tuple[Award, ...], Waves]]], entries: Entries, totals: dict[str, Waves]
) -> None:
    """Bring stages that lead to each other to their fixed point."""
    for name, groups in transformed.items():
        totals[name] = np.zeros_like(groups[0][1])
    for _ in range(ITERATIONS_MAX):
        change = 0.0
        for name, groups in transformed.items():
            total = _total(name, groups, entries, totals)
            change = max(change, float(np.abs(total - totals[name]).max()))
            totals[name] = total
        if change < CONVERGED:
            return


def _total(
    name: str, groups: Sequence[tuple[tuple[Award, ...], Waves]], entries: Entries, totals: Mapping[str, Waves]
) -> Waves:
    total: Waves = np.zeros_like(groups[0][1])
    again: Waves | float = 0.0
    for awards, wave in groups:
        if awards == ((name, 1),) and len(entries[name]) == 1 and entries[name][0][1] == name:
            again = wave  # one more of itself: a geometric series, summed at once
        else:
            total += wave * _awarded(awards, entries, totals)
    return total / (1.0 - again)


def _awarded(awards: tuple[Award, ...], entries: Entries, totals: Mapping[str, Waves]) -> Waves | float:
    product: Waves | float = 1.0
    for entry, games in awards:
        weight = sum(share for share, _ in entries[entry])
        product = product * sum(share / weight * _power(totals[stage], games) for share, stage in entries[entry])
    return product


def _power(wave: Waves, times: int) -> Waves:
    """Multiply by squaring: NumPy's own power of complex numbers takes logarithms."""
    result: Waves | None = None
    while True:
        if times & 1:
            result = wave if result is None else result * wave
        times >>= 1
        if not times:
            assert result is not None, "an award is of one game at least"
            return result
        wave = wave * wave
