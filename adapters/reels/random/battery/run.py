"""The whole battery over final outcomes, and one verdict at 99 % confidence collectively. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from adapters.reels.random.battery import statistics
from adapters.reels.random.battery.columns import Column, Integers, Reel, stop_columns, symbol_columns
from adapters.reels.random.battery.statistics import Finding

CONFIDENCE = 0.99
OUTCOMES_MIN = 20_000
TUPLES_MIN = 5
PAIR_GROUPS = 40
TRIPLE_GROUPS = 12
COUPON_GROUPS = 16
INTERPLAY_GROUPS = 17

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Verdict:
    """All findings; ``passed`` holds when no p-value is below 1 % divided by their number (Bonferroni)."""

    findings: tuple[Finding, ...]

    @property
    def limit(self) -> float:
        """The p-value that a single test must reach so that all together err in 1 % of good sources."""
        return (1 - CONFIDENCE) / len(self.findings)

    @property
    def failed(self) -> tuple[Finding, ...]:
        """The findings below the limit."""
        return tuple(finding for finding in self.findings if finding.p_value < self.limit)

    @property
    def passed(self) -> bool:
        """True when nothing failed."""
        return not self.failed


def run_battery(stops: Integers, reels: Sequence[Reel], progress: Progress | None = None) -> Verdict:
    """Test rounds (rows) of stops (one column per reel) and the symbols that they show on these reels.

    Raises ValueError for fewer than 20,000 rounds: the laws behind the tests are asymptotic.
    """
    if len(stops) < OUTCOMES_MIN:
        raise ValueError(f"at least {OUTCOMES_MIN} outcomes, got {len(stops)}")
    findings = []
    for finding in _all_findings(stops, reels):
        findings.append(finding)
        if progress is not None:
            progress(f"{finding.test}: {finding.subject}")
    return Verdict(tuple(findings))


def _all_findings(stops: Integers, reels: Sequence[Reel]) -> Iterator[Finding]:
    columns = [column for column in stop_columns(stops, reels) if len(column.weights) > 1]
    symbols = [column for column in symbol_columns(stops, reels) if len(column.weights) > 1]
    for column in columns + symbols:
        yield from _single_findings(column)
    for column in columns:
        if len(set(column.weights)) == 1:
            yield statistics.coupon_collector(_coupons(column))
    yield statistics.duplicates(columns, "all reels")
    grouped = [column.grouped(INTERPLAY_GROUPS) for column in columns]
    for left, right in combinations(grouped, 2):
        yield statistics.interplay(left, right, lag=0)
    for left, right in zip(grouped, grouped[1:] + grouped[:1], strict=True):
        yield statistics.interplay(left, right, lag=1)


def _single_findings(column: Column) -> Iterator[Finding]:
    yield statistics.total_distribution(column)
    yield statistics.serial_correlation(column)
    yield statistics.runs(column)
    for size, groups_max in ((2, PAIR_GROUPS), (3, TRIPLE_GROUPS)):
        # Every tuple must be expected often enough for the law of the statistic to hold.
        likely = (TUPLES_MIN / len(column.values)) ** (1 / size)
        pooled = column.grouped(groups_max).pooled(likely)
        if len(pooled.weights) > 1:
            yield statistics.overlaps(pooled, size)


def _coupons(column: Column) -> Column:
    """Equal groups: a law for unequal weights has no such simple form, so a remainder of stops is left out."""
    size = len(column.weights)
    groups = min(size, COUPON_GROUPS)
    width = size // groups
    kept = column.values[column.values < groups * width]
    return Column(column.name, kept // width, (1,) * groups)
