"""Musts 5, 6 and 8: what happens when an answer is late or lost, and how a round is ended without one."""

import asyncio
import time

from adapters.conformance.bench import Bench, ended, refusal
from adapters.conformance.case import Case, Fault, Tier, require
from adapters.conformance.integrity import check_outcome
from adapters.contract.deadline import Deadline
from adapters.contract.errors import AdapterError, RoundAlreadyCompleted
from adapters.contract.ids import RoundId
from adapters.contract.manifest import Capability
from adapters.contract.rounds import CancelCause, RoundStatus, SpinOutcome, SpinRequest

SPIN = frozenset({Capability.SPIN})
LOOKUP = SPIN | {Capability.ROUND_LOOKUP}
CANCEL = SPIN | {Capability.CANCEL}
ROUND_COUNT = 10
SHORT_MS = 100
GRACE_MS = 400
"""How much later than its deadline an answer may come: scheduling, not work."""
NO_LOOKUP = "has no rounds to look up: get_round is not declared, and a lost draw had no effect"


async def _check_truth(bench: Bench, request: SpinRequest, seen: SpinOutcome | None) -> None:
    """Require that truth and repeat agree, before and after the repeat."""
    before = await bench.truth(request.round_id)
    again = await bench.spin(request)
    check_outcome(request, again, bench.manifest)
    if seen is not None:
        require(before.status is not RoundStatus.NOT_FOUND, "get_round says NOT_FOUND of a round that was answered")
        require(again == seen, "the repeat differs from the answer")
    if before.status is RoundStatus.COMPLETED:
        require(before.outcome == again, f"get_round says {before.outcome}, the repeat {again}")
    if again.round_complete:
        after = await bench.truth(request.round_id)
        require(after.status is RoundStatus.COMPLETED, f"get_round says {after.status} of a completed round")
        require(after.outcome == again, f"get_round says {after.outcome}, the repeat {again}")


async def _completed_is_reported(bench: Bench) -> None:
    for _ in range(ROUND_COUNT):
        request, outcome = await bench.completed_round()
        await _check_truth(bench, request, outcome)


async def _unknown_is_not_found(bench: Bench) -> None:
    round_id = bench.round_id()
    for _ in range(2):
        report = await bench.word("get_round", round_id)
        require(report.status is RoundStatus.NOT_FOUND, f"an unknown round is {report.status}")
        require(report.outcome is None, "an unknown round has an outcome")


async def _lost_answer(bench: Bench) -> None:
    for turns in range(ROUND_COUNT):
        request = bench.request()
        task = asyncio.ensure_future(ended(bench.word("spin", request, bench.deadline())))
        for _ in range(turns + 1):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait((task,))
        report = await bench.truth(request.round_id) if turns % 2 else None
        again = await bench.spin(request)
        if report is not None and report.status is RoundStatus.COMPLETED:
            require(report.outcome == again, f"get_round says {report.outcome}, the repeat {again}")
        if again.round_complete:
            after = await bench.truth(request.round_id)
            require(after.outcome == again, f"get_round says {after.outcome}, the repeat {again}")


async def _late_answer(bench: Bench) -> None:
    for timeout_ms in (1, 2, 3, 5, 8):
        request = bench.request()
        answer = await ended(bench.word("spin", request, bench.deadline(timeout_ms)))
        require(isinstance(answer, SpinOutcome | AdapterError), f"{type(answer).__name__} left the adapter")
        seen = answer if isinstance(answer, SpinOutcome) and answer.round_complete else None
        if seen is None:
            report = await bench.truth(request.round_id)
            wrongly = isinstance(answer, AdapterError) and answer.outcome_known
            gone = report.status is RoundStatus.NOT_FOUND
            require(not wrongly or gone, f"{type(answer).__name__} says that nothing was done, but the round is there")
            continue
        await _check_truth(bench, request, seen)


async def _truth_after_restart(bench: Bench) -> None:
    request, outcome = await bench.completed_round()
    unknown = bench.round_id()
    await bench.restart()
    report = await bench.truth(request.round_id)
    require(report.outcome == outcome, f"after a restart get_round says {report}, expected {outcome}")
    report = await bench.truth(unknown)
    require(report.status is RoundStatus.NOT_FOUND, f"after a restart an unknown round is {report.status}")


async def _cancel(bench: Bench, round_id: RoundId) -> None:
    await bench.word("cancel_round", round_id, CancelCause.OUTCOME_UNKNOWN)


async def _unknown_cancels(bench: Bench) -> None:
    round_id = bench.round_id()
    for _ in range(2):
        error = await ended(_cancel(bench, round_id))
        require(error is None, f"cancelling an unknown round: expected nothing, got {error!r}")


async def _completed_does_not_cancel(bench: Bench) -> None:
    request, outcome = await bench.completed_round()
    for _ in range(2):
        await refusal(_cancel(bench, request.round_id), RoundAlreadyCompleted, what="cancelling a completed round")
    require(await bench.spin(request) == outcome, "after the refused cancel the outcome is another")


async def _nothing_after_cancel(bench: Bench) -> None:
    request = bench.request()
    await _cancel(bench, request.round_id)
    for _ in range(2):
        await refusal(bench.spin(request), what="a spin that comes after its cancel")
    if bench.declares(Capability.ROUND_LOOKUP):
        report = await bench.truth(request.round_id)
        require(report.status is RoundStatus.NOT_FOUND, f"a cancelled round is {report.status}")


async def _nothing_after_cancel_and_restart(bench: Bench) -> None:
    request = bench.request()
    await _cancel(bench, request.round_id)
    await bench.restart()
    await refusal(bench.spin(request), what="a spin that comes after its cancel and a restart")


async def _passed_deadline_plays_nothing(bench: Bench) -> None:
    for _ in range(ROUND_COUNT):
        request = bench.request()
        passed = Deadline(time.monotonic() - 1, time.monotonic)
        answer = await ended(bench.word("spin", request, passed))
        require(isinstance(answer, AdapterError), f"a passed deadline was answered with {answer!r}")
        if bench.declares(Capability.ROUND_LOOKUP):
            report = await bench.truth(request.round_id)
            require(report.status is RoundStatus.NOT_FOUND, f"a spin without time left was played: {report.status}")


async def _deadline_is_kept(bench: Bench) -> None:
    for _ in range(ROUND_COUNT):
        start_s = time.monotonic()
        answer = await ended(bench.word("spin", bench.request(), bench.deadline(SHORT_MS)))
        took_ms = int((time.monotonic() - start_s) * 1000)
        require(isinstance(answer, SpinOutcome | AdapterError), f"{type(answer).__name__} left the adapter")
        require(took_ms <= SHORT_MS + GRACE_MS, f"a deadline of {SHORT_MS} ms was answered after {took_ms} ms")


CASES = (
    Case(
        "completed-round-is-reported",
        5,
        Tier.RESILIENT,
        "get_round reports a completed round with the very outcome",
        _completed_is_reported,
        LOOKUP,
        rpcs=("GetRound", "Spin"),
        atomic=NO_LOOKUP,
    ),
    Case(
        "unknown-round-is-not-found",
        5,
        Tier.RESILIENT,
        "get_round says NOT_FOUND of a round that was never played",
        _unknown_is_not_found,
        frozenset({Capability.ROUND_LOOKUP}),
        rpcs=("GetRound",),
        atomic=NO_LOOKUP,
    ),
    Case(
        "truth-after-a-lost-answer",
        5,
        Tier.RESILIENT,
        "when the caller leaves before the answer, get_round and the repeat agree",
        _lost_answer,
        LOOKUP,
        rpcs=("GetRound", "Spin"),
        faults=(Fault.LOST_ANSWER,),
        atomic=NO_LOOKUP,
    ),
    Case(
        "truth-after-a-late-answer",
        5,
        Tier.RESILIENT,
        "when the deadline is too short, an error that says that nothing was done is true",
        _late_answer,
        LOOKUP,
        rpcs=("GetRound", "Spin"),
        faults=(Fault.LATE_ANSWER,),
        atomic=NO_LOOKUP,
    ),
    Case(
        "truth-after-restart",
        5,
        Tier.CERTIFIED,
        "get_round tells the same truth after a restart",
        _truth_after_restart,
        LOOKUP,
        rpcs=("GetRound",),
        faults=(Fault.RESTART,),
        atomic=NO_LOOKUP,
    ),
    Case(
        "unknown-round-cancels",
        6,
        Tier.RESILIENT,
        "cancelling an unknown round returns, also twice",
        _unknown_cancels,
        frozenset({Capability.CANCEL}),
        rpcs=("CancelRound",),
    ),
    Case(
        "completed-round-does-not-cancel",
        6,
        Tier.RESILIENT,
        "cancelling a completed round is RoundAlreadyCompleted, and the outcome stays",
        _completed_does_not_cancel,
        CANCEL,
        rpcs=("CancelRound", "Spin"),
    ),
    Case(
        "nothing-plays-after-its-cancel",
        6,
        Tier.RESILIENT,
        "a spin that arrives after its cancel is refused, and the round stays unknown",
        _nothing_after_cancel,
        CANCEL,
        rpcs=("CancelRound", "Spin"),
        faults=(Fault.ANSWER_AFTER_CANCEL,),
    ),
    Case(
        "nothing-plays-after-cancel-and-restart",
        6,
        Tier.CERTIFIED,
        "a cancel is remembered across a restart",
        _nothing_after_cancel_and_restart,
        CANCEL,
        rpcs=("CancelRound", "Spin"),
        faults=(Fault.ANSWER_AFTER_CANCEL, Fault.RESTART),
    ),
    Case(
        "passed-deadline-plays-nothing",
        8,
        Tier.RESILIENT,
        "a spin whose deadline has passed is refused and not played",
        _passed_deadline_plays_nothing,
        SPIN,
        rpcs=("Spin",),
        faults=(Fault.LATE_ANSWER,),
    ),
    Case(
        "short-deadline-is-kept",
        8,
        Tier.RESILIENT,
        "an answer or an error comes by the deadline",
        _deadline_is_kept,
        SPIN,
        rpcs=("Spin",),
        faults=(Fault.LATE_ANSWER,),
    ),
)
