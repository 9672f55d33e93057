"""What a truth file expects, beside what the analysis says."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from adapters.reels.analysis.report import Analysis
from adapters.reels.analysis.spin_figures import SpinFigures
from tests.truth.named_parts import named_part

SIGMA_TOLERANCE = 1e-6
RTP_TOLERANCE = 1e-8
INTEGER_FIELDS = {"N", "S", "Q", "hits_pay_gt_0", "hits", "free_spins_awarded", "free_game_hits", "max_pay"}


@dataclass(frozen=True, slots=True)
class Expectation:
    """One figure; ``actual`` is None where the file's word is not known to us: such a figure proves nothing."""

    label: str
    actual: float | int | Fraction | None
    expected: float | int
    tolerance: float

    def holds(self) -> bool:
        """Say whether the figure is as expected; integers must be equal."""
        if self.actual is None:
            return True
        if self.tolerance == 0:
            return self.actual == self.expected
        return abs(self.actual - self.expected) <= self.tolerance

    def __str__(self) -> str:
        return f"{self.label}: expected {self.expected!r}, got {self.actual!r} (tolerance {self.tolerance:g})"


def expectations(truth: dict[str, Any], analysis: Analysis) -> list[Expectation]:
    """Return every figure that the truth file holds."""
    return list(_all(truth, analysis))


def _all(truth: dict[str, Any], analysis: Analysis) -> Iterator[Expectation]:
    tolerance = float(truth["tolerance"])
    yield Expectation("expected_rtp", float(analysis.rtp), truth["expected_rtp"], tolerance)
    if truth.get("expected_hit_rate") is not None:
        actual = float(analysis.hit_rate)
        yield Expectation("expected_hit_rate", actual, truth["expected_hit_rate"], RTP_TOLERANCE)
    if truth.get("expected_sigma") is not None:
        yield Expectation("expected_sigma", analysis.sigma, truth["expected_sigma"], 1e-5)
    for fall, count in truth.get("expected_fall_counts", {}).items():
        yield Expectation(f"fall {fall}", analysis.base.fall_counts.get(int(fall)), count, 0)
    yield from _parts(truth, analysis)
    yield from _exact(truth, analysis)


def _parts(truth: dict[str, Any], analysis: Analysis) -> Iterator[Expectation]:
    """Parts are printed by other people to so many digits; the name says which figure of ours it must be."""
    for name, value in truth.get("expected_parts", {}).items():
        expected = _number(value)
        if expected is not None:
            tolerance = max(_last_digit(value), 1e-12)
            yield Expectation(f"expected_parts.{name}", named_part(name, analysis), expected, tolerance)


def _number(value: Any) -> float | None:
    if isinstance(value, str):
        top, slash, bottom = value.partition("/")
        return float(top) / float(bottom) if slash else None
    return float(value) if isinstance(value, int | float) else None


def _last_digit(value: Any) -> float:
    text = value.split("/")[-1] if isinstance(value, str) else repr(value)
    step = 0.51 * 10.0 ** -len(text.partition(".")[2])
    if isinstance(value, str):
        return step / float(text) ** 2
    return step * 1.2


def _exact(truth: dict[str, Any], analysis: Analysis) -> Iterator[Expectation]:
    for name, value in truth.get("exact", {}).items():
        if name == "how":
            continue
        if isinstance(value, dict) and "N" in value:
            yield from _spin(f"exact.{name}", value, analysis, _spin_named(name, analysis))
        elif isinstance(value, dict):
            for key, figures in value.items():
                yield from _spin(f"exact.{name}.{key}", figures, analysis, _variant(name, key, truth, analysis))
        else:
            yield from _round_figure(name, value, truth, analysis)


def _spin_named(name: str, analysis: Analysis) -> str:
    if name == "base_spin":
        return analysis.tables.entry
    others = [stage for stage in analysis.spins if stage != analysis.tables.entry]
    return others[0]


def _variant(name: str, key: str, truth: dict[str, Any], analysis: Analysis) -> str:
    """Find the stage of an expanding symbol, or of a set of held reels (a bit per wild reel, the first is highest)."""
    if name.startswith("masks"):
        reels = [int(part) for part in name.split("_") if part.isdigit()]
        held = [reel for reel, bit in zip(reels, key, strict=True) if bit == "1"]
        wanted = "+".join(str(reel) for reel in held)
        return next(stage for stage in analysis.spins if stage.partition("+")[2] == wanted)
    symbol = truth["symbols"][key].split(" (")[0].replace(" ", "-")
    return next(stage for stage in analysis.spins if stage.endswith(f"/{symbol}"))


def _spin(label: str, expected: dict[str, Any], analysis: Analysis, stage: str) -> Iterator[Expectation]:
    spin = analysis.spins[stage]
    scale = analysis.tables.context.scale
    figures: dict[str, int | float | Fraction] = {
        "N": spin.cycle,
        "S": Fraction(spin.pay_sum, scale),
        "Q": Fraction(spin.square_sum, scale**2),
        "hits_pay_gt_0": spin.hits,
        "hits": spin.hits,
        "free_spins_awarded": _games(spin, analysis),
        "free_game_hits": _triggers(stage, spin, analysis),
        "max_pay": Fraction(spin.pay_max, scale),
        "rtp": float(analysis.spin_rtp(stage)),
        "hit_rate": spin.hits / spin.cycle,
        "sigma": analysis.spin_sigma(stage),
        "q": _games(spin, analysis) / spin.full_cycle,
    }
    for name, value in expected.items():
        tolerance = 0 if name in INTEGER_FIELDS else SIGMA_TOLERANCE if name == "sigma" else RTP_TOLERANCE
        yield Expectation(f"{label}.{name}", figures.get(name), value, tolerance)


def _games(spin: SpinFigures, analysis: Analysis) -> int:
    return sum(games for entry, games in spin.games_awarded.items() if entry in analysis.counted_entries)


def _triggers(stage: str, spin: SpinFigures, analysis: Analysis) -> int:
    """Count what starts free games; in a series that goes on until a stop, count the stops."""
    if stage in analysis.open_series:
        return spin.full_cycle - spin.award_counts[stage]
    free = analysis.counted_entries | analysis.open_series
    return sum(count for entry, count in spin.award_counts.items() if entry in free)


def _round_figure(name: str, value: float, truth: dict[str, Any], analysis: Analysis) -> Iterator[Expectation]:
    if name in ("N", "S", "Q", "hits", "rtp", "hit_rate", "sigma"):
        yield from _spin("exact", {name: value}, analysis, analysis.tables.entry)
    elif name == "cycle":
        yield Expectation("exact.cycle", analysis.base.cycle, value, 0)
    elif name == "rtp_total":
        yield Expectation("exact.rtp_total", float(analysis.rtp), value, RTP_TOLERANCE)
    elif name == "sigma_round":
        yield Expectation("exact.sigma_round", analysis.sigma, value, SIGMA_TOLERANCE)
    else:
        found = next((figure for figure in analysis.figures().values() if abs(figure - value) <= RTP_TOLERANCE), None)
        yield Expectation(f"exact.{name}", found, value, RTP_TOLERANCE)
