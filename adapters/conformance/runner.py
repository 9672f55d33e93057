"""Runs the cases against a subject, one after the other."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from adapters.conformance.bench import Bench, Setup
from adapters.conformance.case import Case, CaseFailed
from adapters.conformance.cases import CASES
from adapters.conformance.report import Report, Result, Status, result_of
from adapters.conformance.subject import RestartImpossible, Subject
from adapters.conformance.ways import Way
from adapters.contract.errors import AdapterError
from adapters.contract.manifest import CONTRACT_VERSION

KIT_VERSION = "1"
CASE_TIMEOUT_S = 60
Watch = Callable[[Result], None]


async def run_cases(
    subject: Subject,
    setup: Setup,
    known_gaps: Mapping[str, str] | None = None,
    cases: Iterable[Case] = CASES,
    watch: Watch = lambda _: None,
) -> Report:
    """Run ``cases``; ``watch`` sees each result as it comes. The subject is left open."""
    bench = await Bench.open(subject, setup)
    results = []
    for case in cases:
        for result in _with_gaps(await _run(bench, case), known_gaps or {}):
            watch(result)
            results.append(result)
    manifest = bench.manifest
    return Report(
        KIT_VERSION,
        CONTRACT_VERSION,
        manifest.adapter_id,
        manifest.provider_id,
        manifest.display_name,
        manifest.adapter_version,
        manifest.settlement_mode.value,
        tuple(sorted(capability.value for capability in manifest.capabilities)),
        subject.transport,
        subject.address,
        setup.run_id,
        datetime.now(UTC).isoformat(timespec="seconds"),
        tuple(results),
    )


def why_skipped(bench: Bench, case: Case) -> str:
    """Return why the manifest, or having no server, makes a case needless; empty: it runs."""
    missing = sorted(capability.value for capability in case.needs - bench.manifest.capabilities)
    if missing:
        return f"the manifest does not declare {', '.join(missing)}"
    if case.without is not None and bench.declares(case.without):
        return f"the manifest declares {case.without}"
    if case.of_servers and not bench.subject.target:
        return "the adapter is in process: it has no server of which this could be asked"
    return ""


async def _run(bench: Bench, case: Case) -> list[Result]:
    """Run a case once, or by each way in which steps can go."""
    skipped = why_skipped(bench, case)
    if skipped:
        return [result_of(case, Status.SKIPPED, skipped, 0, atomic=bench.is_atomic)]
    if not case.spins:
        return [await _result(bench, case, bench.ways[0])]
    return [await _result(bench, case, way) for way in bench.ways]


async def _result(bench: Bench, case: Case, way: Way) -> Result:
    start_s = time.monotonic()
    text = await _problem(bench, case, way)
    took_ms = int((time.monotonic() - start_s) * 1000)
    status = Status.FAILED if text else Status.PASSED
    told = way.value if case.spins and len(bench.ways) > 1 else ""
    return result_of(case, status, text, took_ms, atomic=bench.is_atomic, way=told)


async def _problem(bench: Bench, case: Case, way: Way) -> str:
    """Run the check that way; returns what is wrong, empty when nothing is."""
    try:
        async with asyncio.timeout(CASE_TIMEOUT_S):
            await bench.turn(way)
            await case.check(bench)
    except CaseFailed as error:
        return str(error)
    except RestartImpossible as error:
        return f"cannot be proven: {error}"
    except TimeoutError as error:
        return f"did not end in time: {error}"
    except AdapterError as error:
        return f"unexpected {type(error).__name__}: {error} {error.facts or ''}".strip()
    except Exception as error:  # noqa: BLE001 - the adapter border: this is what must 7 forbids
        return f"{type(error).__name__} left the adapter: {error}"
    return ""


def _with_gaps(results: list[Result], known_gaps: Mapping[str, str]) -> list[Result]:
    """Mark what is listed: a gap is one of the case, and has closed when the case holds by every way."""
    reason = known_gaps.get(results[0].case_id)
    if reason is None:
        return results
    if any(result.status is Status.FAILED for result in results):
        return [_as_gap(result, reason) for result in results]
    text = "listed as a known gap, but it holds: take it off the list"
    return [replace(result, status=Status.GAP_CLOSED, text=text) for result in results]


def _as_gap(result: Result, reason: str) -> Result:
    if result.status is not Status.FAILED:
        return result
    return replace(result, status=Status.KNOWN_GAP, text=f"{reason} ({result.text})")
