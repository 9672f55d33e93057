"""Musts 8 and 9 for servers that take steps on one open call: they are Spin's, side by side, each in its time."""

import asyncio
import time
from typing import Any

import grpc
import grpc.aio
from reelgate.provider.v1 import provider_service_pb2 as wire
from reelgate.provider.v1.provider_service_pb2_grpc import ProviderServiceStub

from adapters.conformance.bench import Bench
from adapters.conformance.case import Case, Fault, Tier, require
from adapters.conformance.cases.doubting import GRACE_MS, SHORT_MS
from adapters.conformance.integrity import check_outcome
from adapters.conformance.open_call import TIMEOUT_S, opened
from adapters.contract.errors import AdapterError, RoundConflict
from adapters.contract.ids import GameId
from adapters.contract.manifest import Capability
from adapters.contract.rounds import RoundStatus, SpinOutcome, SpinRequest
from adapters.remote import from_proto
from adapters.remote.error_table import error_from

STREAM = frozenset({Capability.SPIN, Capability.SPIN_STREAM})
STEP_COUNT = 8
TIMEOUTS_MS = (1, 2, 3, 5, 8, SHORT_MS, SHORT_MS, SHORT_MS)
AT_ONCE_MAX = 128


async def _steps_are_spins(bench: Bench) -> None:
    requests = {number: bench.request() for number in range(1, STEP_COUNT + 1)}
    async with opened(bench) as call:
        before = {number: await call.spin(requests[number]) for number in requests if number % 2}
        for number, request in requests.items():
            await call.send(number, request)
        answers = await call.answers(requests)
        await call.ends()
        for number, answer in answers.items():
            told = _outcome_in(bench, requests[number], answer)
            by_spin = before.get(number) or await call.spin(requests[number])
            check_outcome(requests[number], by_spin, bench.manifest)
            same = bench.is_atomic or by_spin == told
            require(same, "a step has another outcome by Spin than on the open call")
        if not bench.is_atomic:
            await _other_content_is_a_conflict(bench, requests[1])


def _outcome_in(bench: Bench, request: SpinRequest, answer: wire.SpinStreamResponse) -> SpinOutcome:
    """Return the outcome of a sound step."""
    require(answer.HasField("outcome"), f"a sound step failed: {answer.failure.reason} {answer.failure.message}")
    outcome = from_proto.outcome(answer.outcome)
    check_outcome(request, outcome, bench.manifest)
    return outcome


async def _other_content_is_a_conflict(bench: Bench, played: SpinRequest) -> None:
    """A round of the open call is the same round by Spin, also for who asks for it with other content."""
    other = bench.request(round_id=played.round_id, session=bench.session(player_id=f"{bench.setup.run_id}-other"))
    async with opened(bench) as call:
        await call.send(1, other)
        answer = (await call.answers((1,)))[1]
        refused = answer.HasField("failure") and isinstance(_error_in(answer), RoundConflict)
        told = answer.failure.reason if answer.HasField("failure") else "played"
        require(refused, f"a round with other content is {told}, expected RoundConflict")
        await call.ends()


def _error_in(answer: wire.SpinStreamResponse) -> AdapterError:
    failure = answer.failure
    return error_from(failure.reason, failure.message, failure.metadata)


async def _refusals_end_no_call(bench: Bench) -> None:
    async with opened(bench) as call:
        await call.send(1, bench.request(game_id=GameId("no-such-game")))
        refused = (await call.answers((1,)))[1]
        require(refused.HasField("failure"), "an unknown game was played")
        reason = refused.failure.reason
        require(reason == "ERROR_REASON_GAME_NOT_FOUND", f"an unknown game is {reason!r}, expected its reason")
        await call.send(2, bench.request())
        require((await call.answers((2,)))[2].HasField("outcome"), "after a refused step a sound one fails")
        await call.ends()


async def _no_time_is_refused(bench: Bench) -> None:
    requests = {1: bench.request(), 2: bench.request()}
    async with opened(bench) as call:
        for number, timeout_ms in ((1, 0), (2, -1)):
            await call.send_raw(number, requests[number], timeout_ms)
            answer = (await call.answers((number,)))[number]
            reason = answer.failure.reason if answer.HasField("failure") else "an outcome"
            fits = reason == "ERROR_REASON_INVALID_CALL"
            require(fits, f"a timeout_ms of {timeout_ms} is answered with {reason}, expected ERROR_REASON_INVALID_CALL")
        await call.ends()
    for request in requests.values():
        await _not_played(bench, request, "a step without time")


async def _timeout_is_kept(bench: Bench) -> None:
    requests = {number: bench.request() for number in range(1, len(TIMEOUTS_MS) + 1)}
    begun_s, unplayed = dict[int, float](), set[int]()
    async with opened(bench) as call:
        for number, timeout_ms in enumerate(TIMEOUTS_MS, 1):
            begun_s[number] = time.monotonic()
            await call.send(number, requests[number], timeout_ms)
        reading = asyncio.create_task(call.answers(requests))
        try:
            await asyncio.sleep((SHORT_MS + GRACE_MS) / 1000)
            if bench.declares(Capability.ROUND_LOOKUP):
                unplayed = {number for number in requests if await _is_unknown(bench, requests[number])}
            answers = await reading
            await asyncio.sleep(GRACE_MS / 1000 if unplayed else 0)  # what is played although it was refused shows now
        finally:
            reading.cancel()
        await call.ends()
    for number, timeout_ms in enumerate(TIMEOUTS_MS, 1):
        answer, request = answers[number], requests[number]
        late = f"after the deadline of {timeout_ms} ms get_round did not know the round, and it was played then"
        if answer.HasField("outcome"):
            require(number not in unplayed, late)
            check_outcome(request, from_proto.outcome(answer.outcome), bench.manifest)
        elif number in unplayed:
            await _not_played(bench, request, late)
        elif _error_in(answer).outcome_known:
            await _not_played(bench, request, f"{answer.failure.reason} says that nothing was done")
        took_ms = int((call.answered_s[number] - begun_s[number]) * 1000)
        require(took_ms <= timeout_ms + GRACE_MS, f"a step with {timeout_ms} ms was answered after {took_ms} ms")


async def _is_unknown(bench: Bench, request: SpinRequest) -> bool:
    return (await bench.truth(request.round_id)).status is RoundStatus.NOT_FOUND


async def _not_played(bench: Bench, request: SpinRequest, what: str) -> None:
    """Require that a round is not known, where the server can be asked."""
    if bench.declares(Capability.ROUND_LOOKUP):
        require(await _is_unknown(bench, request), f"{what}, but get_round knows the round")


async def _many_in_one_time(bench: Bench) -> None:
    count = min(bench.manifest.in_flight_max, AT_ONCE_MAX)
    requests = {number: bench.request() for number in range(1, count + 1)}
    timeout_ms = bench.deadline().left_ms()
    async with opened(bench) as call:
        begun_s = time.monotonic()
        for number, request in requests.items():
            await call.send(number, request, timeout_ms)
        answers = await call.answers(requests)
        took_ms = int((max(call.answered_s.values()) - begun_s) * 1000)
        await call.ends()
    for number, answer in answers.items():
        _outcome_in(bench, requests[number], answer)
    in_time = took_ms <= timeout_ms + GRACE_MS
    require(in_time, f"{count} steps at once took {took_ms} ms, more than the {timeout_ms} ms that one may take")


async def _undeclared(bench: Bench) -> None:
    async with grpc.aio.insecure_channel(bench.subject.target) as channel:
        stub: Any = ProviderServiceStub(channel)
        call = stub.SpinStream(timeout=TIMEOUT_S)
        await call.done_writing()
        code = await call.code()
        require(code is grpc.StatusCode.UNIMPLEMENTED, f"SpinStream answers {code.name}, expected UNIMPLEMENTED")


CASES = (
    Case(
        "steps-on-an-open-call-are-spins",
        9,
        Tier.RESILIENT,
        "steps sent together on one SpinStream call are each answered once, and are the rounds that Spin itself plays",
        _steps_are_spins,
        STREAM,
        rpcs=("SpinStream", "Spin"),
        of_servers=True,
    ),
    Case(
        "a-refused-step-ends-no-open-call",
        9,
        Tier.RESILIENT,
        "a refused step on a SpinStream call is answered with its reason, and the next one is played",
        _refusals_end_no_call,
        STREAM,
        rpcs=("SpinStream",),
        of_servers=True,
    ),
    Case(
        "a-step-without-time-is-refused",
        8,
        Tier.RESILIENT,
        "a step on a SpinStream call with a timeout_ms of zero or less is INVALID_CALL and not played",
        _no_time_is_refused,
        STREAM,
        rpcs=("SpinStream",),
        of_servers=True,
    ),
    Case(
        "timeout-on-an-open-call-is-kept",
        8,
        Tier.RESILIENT,
        "a step on a SpinStream call is answered by its timeout_ms, and not played after it",
        _timeout_is_kept,
        STREAM,
        rpcs=("SpinStream",),
        faults=(Fault.LATE_ANSWER,),
        of_servers=True,
    ),
    Case(
        "many-steps-on-an-open-call-are-in-time",
        9,
        Tier.RESILIENT,
        f"in_flight_max steps (at most {AT_ONCE_MAX}) sent together on a SpinStream call are all played in the time of "
        "one; that a step which hangs holds up no other cannot be made to happen from outside",
        _many_in_one_time,
        STREAM,
        rpcs=("SpinStream",),
        of_servers=True,
    ),
    Case(
        "undeclared-spin-stream-is-refused",
        9,
        Tier.PLAYABLE,
        "without spin_stream in the manifest SpinStream is UNIMPLEMENTED",
        _undeclared,
        without=Capability.SPIN_STREAM,
        rpcs=("SpinStream",),
        of_servers=True,
    ),
)
