"""What a simulation gives: exact integers that merge in any order, and the figures that follow from them. Pure."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from statistics import NormalDist
from typing import Any

from adapters.reels.simulate.errors import CheckpointRefused, MergeRefused
from adapters.reels.simulate.histogram import PayHistogram

FORMAT = "reelgate-simulation/1"
CONFIDENCE = 0.99


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """A run of whole blocks (or one begun block at the end) under one seed."""

    seed: str
    first_block: int
    blocks: int
    block_rounds: int
    rounds: int


@dataclass(slots=True)
class StageTally:
    """One kind of step: how often it was played and what its plays paid, in pay units."""

    plays: int = 0
    pay_sum: int = 0
    hits: int = 0
    awarded: int = 0

    def add(self, other: "StageTally") -> None:
        """Add the counts of another tally."""
        self.plays += other.plays
        self.pay_sum += other.pay_sum
        self.hits += other.hits
        self.awarded += other.awarded


@dataclass(slots=True)
class SimulationResult:
    """Rounds by their total pay (pay units; ``unit`` of them are one total bet), and the stages they went through."""

    tables_hash: str
    unit: Fraction
    parts: tuple[Part, ...] = ()
    rounds_by_pay: PayHistogram = field(default_factory=PayHistogram)
    stages: dict[str, StageTally] = field(default_factory=dict)

    @property
    def rounds(self) -> int:
        """How many rounds were played."""
        return sum(part.rounds for part in self.parts)

    @property
    def plays(self) -> int:
        """How many spins and other steps were played in all."""
        return sum(stage.plays for stage in self.stages.values())

    @property
    def rtp(self) -> float:
        """The mean return of a round in total bets."""
        rounds, total, _ = self.rounds_by_pay.moments()
        return float(total / (rounds * self.unit))

    @property
    def sigma(self) -> float:
        """The standard deviation of a round's return in total bets."""
        rounds, total, squares = self.rounds_by_pay.moments()
        # Integers up to the last step: the difference of two large numbers must not lose its digits.
        return math.sqrt(rounds * squares - total * total) / float(rounds * self.unit)

    @property
    def hit_rate(self) -> float:
        """The share of rounds that paid anything."""
        return 1 - self.rounds_by_pay[0] / self.rounds

    @property
    def pay_max(self) -> float:
        """The largest return of a round in total bets."""
        return max(pay for pay, _ in self.rounds_by_pay.items()) / float(self.unit)

    def band(self, confidence: float = CONFIDENCE) -> float:
        """Half the width of the confidence interval of the RTP (normal approximation)."""
        return NormalDist().inv_cdf((1 + confidence) / 2) * self.sigma / math.sqrt(self.rounds)


def merge(*results: SimulationResult) -> SimulationResult:
    """Add results of the same tables; raises MergeRefused when tables differ or blocks overlap."""
    first = results[0]
    merged = SimulationResult(first.tables_hash, first.unit)
    for result in results:
        if (result.tables_hash, result.unit) != (first.tables_hash, first.unit):
            raise MergeRefused("tables_hash", "the results are of different games or bets")
        merged.rounds_by_pay.update(result.rounds_by_pay)
        for name, stage in result.stages.items():
            merged.stages.setdefault(name, StageTally()).add(stage)
    merged.stages = dict(sorted(merged.stages.items()))
    merged.parts = _joined_parts(part for result in results for part in result.parts)
    return merged


def _joined_parts(parts: Iterable[Part]) -> tuple[Part, ...]:
    joined: list[Part] = []
    for part in sorted(parts):
        last = joined[-1] if joined else None
        if last is None or last.seed != part.seed:
            joined.append(part)
            continue
        if last.block_rounds != part.block_rounds:
            raise MergeRefused("block_rounds", "one seed was cut into blocks of different sizes")
        if part.first_block < last.first_block + last.blocks:
            raise MergeRefused("parts", f"block {part.first_block} of seed {part.seed[:8]} was counted already")
        if part.first_block == last.first_block + last.blocks:
            joined[-1] = Part(
                last.seed, last.first_block, last.blocks + part.blocks, last.block_rounds, last.rounds + part.rounds
            )
        else:
            joined.append(part)
    return tuple(joined)


def to_document(result: SimulationResult) -> dict[str, Any]:
    """Return the result as JSON: the integers it consists of, and the figures for people."""
    return {
        "format": FORMAT,
        "tables_hash": result.tables_hash,
        "unit": str(result.unit),
        "parts": [[part.seed, part.first_block, part.blocks, part.block_rounds, part.rounds] for part in result.parts],
        "rounds_by_pay": [[pay, times] for pay, times in result.rounds_by_pay.items()],
        "stages": {
            name: [stage.plays, stage.pay_sum, stage.hits, stage.awarded] for name, stage in result.stages.items()
        },
        "figures": figures(result),
    }


def figures(result: SimulationResult) -> dict[str, float]:
    """Return what a person wants to read."""
    if result.rounds == 0:
        return {"rounds": 0}
    return {
        "rounds": result.rounds,
        "plays": result.plays,
        "rtp": result.rtp,
        "rtp_band_99": result.band(),
        "sigma": result.sigma,
        "hit_rate": result.hit_rate,
        "pay_max": result.pay_max,
    }


def from_document(document: Any) -> SimulationResult:
    """Read what ``to_document`` wrote; raises CheckpointRefused."""
    try:
        if document["format"] != FORMAT:
            raise CheckpointRefused(f"format {document['format']!r} is not {FORMAT!r}")
        return SimulationResult(
            str(document["tables_hash"]),
            Fraction(document["unit"]),
            tuple(Part(str(seed), *map(int, numbers)) for seed, *numbers in document["parts"]),
            PayHistogram((int(pay), int(times)) for pay, times in document["rounds_by_pay"]),
            {str(name): StageTally(*map(int, counts)) for name, counts in document["stages"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CheckpointRefused("the document cannot be read") from error
