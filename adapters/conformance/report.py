"""What a run came to, as data; ``terminal``, ``markdown`` and ``signing`` show it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from adapters.conformance.case import MUSTS, Case, Tier


class Status(StrEnum):
    """How one case ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    """Only ever because of what the manifest declares."""
    KNOWN_GAP = "known gap"
    """Failed, and listed as such: no tier that needs it is given, but the run does not fail."""
    GAP_CLOSED = "gap closed"
    """Listed as a known gap, yet passed: the list must shrink, so the run fails."""


@dataclass(frozen=True, slots=True)
class Result:
    """One case's result; ``text`` says why it failed or was skipped."""

    case_id: str
    must: int
    tier: str
    says: str
    status: Status
    text: str = ""
    reading: str = ""
    """How the case reads for an ATOMIC adapter, where it reads differently."""
    faults: tuple[str, ...] = ()
    took_ms: int = 0
    way: str = ""
    """The method by which its steps went, where the server takes them by two: then each has a result of its own."""

    @property
    def name(self) -> str:
        """The case for people, with its way where it has one."""
        return f"{self.case_id} ({self.way})" if self.way else self.case_id


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run."""

    kit_version: str
    contract_version: str
    adapter_id: str
    provider_id: str
    display_name: str
    adapter_version: str
    settlement_mode: str
    capabilities: tuple[str, ...]
    transport: str
    address: str
    run_id: str
    finish_time: str
    results: tuple[Result, ...]
    rules: Mapping[int, str] = field(default_factory=lambda: MUSTS)
    """What the numbers of the results mean: the musts of the contract, or the rules of wallets."""

    @property
    def counts(self) -> Counter[Status]:
        """How many cases ended how."""
        return Counter(result.status for result in self.results)

    @property
    def tier(self) -> Tier | None:
        """The highest tier all of whose cases passed or do not apply; ``None``: not even playable."""
        reached = None
        for tier in Tier:
            results = [result for result in self.results if result.tier == tier.name.lower()]
            if any(result.status in (Status.FAILED, Status.KNOWN_GAP) for result in results):
                return reached
            reached = tier
        return reached

    @property
    def ok(self) -> bool:
        """Say whether nothing failed that was not a known gap, and no known gap has closed."""
        return not (self.counts[Status.FAILED] or self.counts[Status.GAP_CLOSED])

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain values."""
        counts = {status.value: count for status, count in sorted(self.counts.items())}
        tier = self.tier.name.lower() if self.tier else "none"
        plain = asdict(replace(self, rules={}))
        return {**plain, "tier": tier, "ok": self.ok, "counts": counts, "rules": dict(self.rules)}


def result_of(case: Case, status: Status, text: str, took_ms: int, *, atomic: bool, way: str = "") -> Result:
    """Return the result of a case."""
    return Result(
        case.case_id,
        case.must,
        case.tier.name.lower(),
        case.says,
        status,
        text,
        case.atomic if atomic else "",
        tuple(fault.value for fault in case.faults),
        took_ms,
        way,
    )
