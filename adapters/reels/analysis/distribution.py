"""The distribution of a whole round's win, by transforms of the stages' exact distributions. Numerical, to about 1e-10.

Each stage's total has the generating function Z(w) = sum over outcomes of p · w^pay · product of W(w); the fixed
point is reached by iteration at the roots of unity, damped so that wins beyond the table do not wrap around.
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
SIZE_MAX = 1 << 17
ITERATIONS_MAX = 2_000
CONVERGED = 1e-12
DAMPING = 1e-5
NOISE = 1e-15
"""Chances below what rounding leaves behind are taken as none."""


@dataclass(frozen=True, slots=True)
class RoundDistribution:
    """``chance[i]`` is the chance of winning i·step pay units; ``beyond`` that of winning more than the table holds."""

    chance: Floats
    step: int
    beyond: float


def round_distribution(
    outcomes: Mapping[str, Outcomes], entries: Mapping[str, Sequence[tuple[int, str]]], entry: str, largest: int
) -> RoundDistribution:
    """Return the chances of all wins up to ``largest`` pay units (or as far as the table goes)."""
    step = gcd(*(pay for stage in outcomes.values() for pay, _ in stage)) or 1
    size = 1 << max(10, min(SIZE_MAX, largest // step + 2).bit_length())
    size = min(size, SIZE_MAX)
    damping = DAMPING ** (1.0 / size)
    transformed = {name: _transformed(stage, step, size, damping) for name, stage in outcomes.items()}
    totals: dict[str, Waves] = {name: np.zeros(size // 2 + 1, dtype=np.complex128) for name in outcomes}
    for _ in range(ITERATIONS_MAX):
        change = 0.0
        for name, groups in transformed.items():
            total = np.zeros(size // 2 + 1, dtype=np.complex128)
            again: Waves | float = 0.0
            for awards, wave in groups:
                if awards == ((name, 1),) and len(entries[name]) == 1 and entries[name][0][1] == name:
                    again = wave  # one more of itself: a geometric series, summed at once
                else:
                    total += wave * _awarded(awards, entries, totals)
            total = total / (1.0 - again)
            change = max(change, float(np.abs(total - totals[name]).max()))
            totals[name] = total
        if change < CONVERGED:
            break
    damped = np.fft.irfft(totals[entry], size)
    damped[damped < NOISE] = 0.0
    chance = damped * damping ** -np.arange(size)
    return RoundDistribution(chance, step, max(0.0, 1.0 - float(chance.sum())))


def _transformed(stage: Outcomes, step: int, size: int, damping: float) -> list[tuple[tuple[Award, ...], Waves]]:
    cycle = sum(stage.values())
    by_awards: dict[tuple[Award, ...], Floats] = {}
    for (pay, awards), count in stage.items():
        table = by_awards.setdefault(awards, np.zeros(size))
        place = pay // step
        if place < size:
            table[place] += count / cycle * damping**place
    return [(awards, np.fft.rfft(table)) for awards, table in by_awards.items()]


def _awarded(
    awards: tuple[Award, ...], entries: Mapping[str, Sequence[tuple[int, str]]], totals: Mapping[str, Waves]
) -> Waves | float:
    product: Waves | float = 1.0
    for entry, games in awards:
        weight = sum(share for share, _ in entries[entry])
        product = product * sum(share / weight * totals[stage] ** games for share, stage in entries[entry])
    return product
