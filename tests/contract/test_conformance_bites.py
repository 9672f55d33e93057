"""The kit bites: adapters that are wrong on purpose fail, each by the right case and by no innocent one."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from reelgate.provider.v1.provider_service_pb2 import DescribeResponse, SpinRequest, SpinResponse, SpinStreamRequest

from adapters.conformance.bench import Bench, Setup
from adapters.conformance.case import MUSTS, Case, Tier
from adapters.conformance.cases import CASES, isolation, open_calls
from adapters.conformance.report import Report, Result, Status
from adapters.conformance.runner import run_cases
from adapters.conformance.subject import FactorySubject, ServedFactorySubject
from adapters.conformance.ways import Way
from adapters.contract.errors import DeadlinePassed
from adapters.host.open_call import OpenCall
from adapters.host.servicer import HostServicer, _settled
from adapters.remote import to_proto
from tests.contract.wrong_adapters import one_way, seamless

ROUNDS = "tests.contract.wrong_adapters.rounds:make_"
SEAMLESS = "tests.contract.wrong_adapters.seamless:make_"
GLOBAL = "tests.contract.wrong_adapters.global_state:create_adapter"
SAMPLE = "adapters.scaffold.templates.sample_studio.adapter:create_adapter"
CONFIG = {"database": "{scratch}/rounds.db"}

# Factory, the must that it breaks, the case that must catch it.
WRONG = (
    (f"{ROUNDS}ListsGamesTwice", 0, "games-are-complete"),
    (f"{ROUNDS}DrawsAnew", 1, "same-spin-twice"),
    (f"{ROUNDS}ForgetsOnRestart", 1, "same-spin-after-restart"),
    (f"{ROUNDS}IgnoresOtherContent", 2, "other-stake-is-a-conflict"),
    (f"{ROUNDS}PlaysTwiceAtOnce", 3, "two-at-once-play-one-round"),
    (f"{ROUNDS}AnswersOtherRound", 4, "answers-have-their-round"),
    (f"{ROUNDS}PaysOtherCurrency", 4, "answers-have-their-currency"),
    (f"{ROUNDS}TakesMoney", 4, "answers-have-their-round"),
    (f"{ROUNDS}PaysTooMuch", 4, "answers-have-their-round"),
    (f"{ROUNDS}GuessesRounds", 5, "completed-round-is-reported"),
    (f"{ROUNDS}CompletesUnknownRounds", 5, "unknown-round-is-not-found"),
    (f"{ROUNDS}CancelsCompletedRounds", 6, "completed-round-does-not-cancel"),
    (f"{ROUNDS}PlaysAfterCancel", 6, "nothing-plays-after-its-cancel"),
    (f"{ROUNDS}LetsFaultsOut", 7, "unknown-game-is-refused"),
    (f"{ROUNDS}DoubtsEverything", 7, "unknown-game-is-refused"),
    (f"{SEAMLESS}CrashesOnGarbage", 7, "malformed-calls-are-typed"),
    (f"{ROUNDS}IgnoresDeadlines", 8, "passed-deadline-plays-nothing"),
    (f"{ROUNDS}OverrunsDeadlines", 8, "short-deadline-is-kept"),
    (f"{ROUNDS}HidesCapabilities", 9, "undeclared-cancel-is-refused"),
    (f"{ROUNDS}PromisesTooMuch", 9, "launches"),
    (f"{ROUNDS}RoundsStakes", 10, "inexact-stake-is-refused"),
    (f"{ROUNDS}CountsInFloats", 10, "amounts-are-whole"),
    (f"{SEAMLESS}TrustsEverybody", 11, "wrong-key-is-refused"),
    (f"{SEAMLESS}ParsesFirst", 11, "signature-comes-before-parsing"),
    (f"{SEAMLESS}SignsWhatItRead", 11, "changed-content-is-refused"),
    (f"{SEAMLESS}LosesCorrelation", 11, "correlation-ids-are-kept"),
    (f"{SEAMLESS}OneKeyOnly", 11, "older-live-key-is-accepted"),
    (f"{SEAMLESS}SureOfEverything", 11, "uncertain-looks-different"),
    (GLOBAL, 12, "import-does-nothing"),
    (GLOBAL, 12, "nothing-is-global"),
)
# What one broken promise breaks beside itself: a draw that is not kept is no truth either, and so on.
CONSEQUENCES = {0: set(), 1: {2, 3, 5, 6}, 2: set(), 3: set(), 4: {5, 7, 9}, 5: {6, 8}, 6: set(), 7: {11}, 8: set()}
CONSEQUENCES |= {9: {7}, 10: {5, 7}, 11: set(), 12: set()}


async def certify(factory: str, kind: type[FactorySubject] | type[ServedFactorySubject] = FactorySubject) -> Report:
    """Run the kit; the cases that import in a fresh interpreter only where they matter."""
    cases = [case for case in CASES if factory in (GLOBAL, SAMPLE) or case not in isolation.CASES]
    subject = kind(factory, CONFIG)
    try:
        return await run_cases(subject, Setup(samples=seamless.samples()), cases=cases)
    finally:
        await subject.aclose()


@pytest.mark.parametrize(
    ("factory", "must", "case_id"), WRONG, ids=[f"{row[0].rpartition(':')[2]}-{row[2]}" for row in WRONG]
)
async def test_a_wrong_adapter_is_caught_by_the_right_case(factory: str, must: int, case_id: str) -> None:
    report = await certify(factory)

    failed = {result.case_id: result for result in report.results if result.status is Status.FAILED}
    assert case_id in failed
    assert failed[case_id].must == must
    assert {result.must for result in failed.values()} <= {must} | CONSEQUENCES[must]
    assert not report.ok
    assert report.tier is not Tier.CERTIFIED


@pytest.mark.parametrize("kind", [FactorySubject, ServedFactorySubject])
@pytest.mark.parametrize("factory", [SAMPLE, f"{SEAMLESS}Seamless"])
async def test_what_keeps_its_promises_is_certified(
    factory: str, kind: type[FactorySubject] | type[ServedFactorySubject]
) -> None:
    report = await certify(factory, kind)

    assert [f"{result.case_id}: {result.text}" for result in report.results if result.status is Status.FAILED] == []
    assert report.tier is Tier.CERTIFIED


@pytest.mark.parametrize("name", ["IgnoresOtherContent", "CompletesUnknownRounds", "LetsFaultsOut", "TakesMoney"])
async def test_it_bites_over_the_wire_too(name: str) -> None:
    expected = {row[0]: row[2] for row in WRONG}[f"{ROUNDS}{name}"]

    report = await certify(f"{ROUNDS}{name}", ServedFactorySubject)

    assert expected in {result.case_id for result in report.results if result.status is Status.FAILED}


async def test_a_server_that_mixes_up_the_steps_of_an_open_call_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = OpenCall._step

    async def mixed(call: OpenCall, step: SpinStreamRequest) -> None:
        await honest(call, SpinStreamRequest(call_id=step.call_id + 1, timeout_ms=step.timeout_ms, spin=step.spin))

    monkeypatch.setattr(OpenCall, "_step", mixed)

    assert await caught_on_open_calls() >= {"steps-on-an-open-call-are-spins", "a-refused-step-ends-no-open-call"}


async def test_a_server_whose_spin_plays_other_rounds_than_its_open_call_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def other_round(host: HostServicer, request: SpinRequest, context: object) -> SpinResponse:
        request.round_id = "another-round"
        return SpinResponse(outcome=await host._spin(request, None))

    monkeypatch.setattr(HostServicer, "Spin", other_round)

    assert await caught_on_open_calls() == {"steps-on-an-open-call-are-spins"}


async def test_a_server_that_plays_steps_without_time_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HostServicer, "_step", play_in_any_time)

    assert await caught_on_open_calls() == {"a-step-without-time-is-refused"}


async def test_a_server_that_answers_steps_after_their_time_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = HostServicer._step

    async def late(host: HostServicer, request: SpinRequest, timeout_ms: int) -> object:
        await asyncio.sleep(0.6 if timeout_ms in range(1, 1_000) else 0)
        return await honest(host, request, timeout_ms and 5_000)

    monkeypatch.setattr(HostServicer, "_step", late)

    assert "timeout-on-an-open-call-is-kept" in await caught_on_open_calls()


async def test_a_server_that_plays_what_it_called_too_late_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    honest, afterwards = HostServicer._step, set[asyncio.Task[object]]()

    async def play(host: HostServicer, request: SpinRequest) -> object:
        await asyncio.sleep(0.7)
        return await host._spin(request, None)

    async def refused_and_played(host: HostServicer, request: SpinRequest, timeout_ms: int) -> object:
        if timeout_ms not in range(1, 1_000):
            return await honest(host, request, timeout_ms)
        afterwards.add(asyncio.create_task(play(host, request)))
        return DeadlinePassed("no time left")

    monkeypatch.setattr(HostServicer, "_step", refused_and_played)

    assert await caught_on_open_calls() == {"timeout-on-an-open-call-is-kept"}
    await asyncio.gather(*afterwards)


async def test_a_server_that_plays_the_steps_of_an_open_call_one_by_one_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    honest, turn = HostServicer._step, asyncio.Lock()

    async def one_by_one(host: HostServicer, request: SpinRequest, timeout_ms: int) -> object:
        async with turn:
            await asyncio.sleep(0.02)
            return await honest(host, request, timeout_ms)

    monkeypatch.setattr(HostServicer, "_step", one_by_one)

    assert await caught_on_open_calls(Setup(spin_timeout_ms=1_000)) == {"many-steps-on-an-open-call-are-in-time"}


ONE_WAY = (
    ("Spin", one_way.spin_that_draws_anew(), Way.UNARY, "same-spin-twice"),
    ("_step", one_way.step_that_draws_anew(), Way.OPEN_CALL, "same-spin-twice"),
    ("Spin", one_way.spin_that_rounds_stakes, Way.UNARY, "inexact-stake-is-refused"),
    ("_step", one_way.step_that_rounds_stakes, Way.OPEN_CALL, "inexact-stake-is-refused"),
)


@pytest.mark.parametrize(("part", "wrong", "way", "case_id"), ONE_WAY, ids=[f"{row[2]}-{row[3]}" for row in ONE_WAY])
async def test_a_server_that_is_wrong_on_one_way_alone_is_caught_on_that_way(
    monkeypatch: pytest.MonkeyPatch, part: str, wrong: object, way: Way, case_id: str
) -> None:
    monkeypatch.setattr(HostServicer, part, wrong)

    results = await served([case for case in CASES if case.case_id == case_id])

    assert {result.way: result.status for result in results} == {
        each.value: Status.FAILED if each is way else Status.PASSED for each in Way
    }


async def test_every_spin_case_runs_by_both_ways_and_on_each_by_that_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = counted_steps(monkeypatch)

    results = await served([case for case in CASES if case.spins])

    ran = {way: {result.case_id for result in results if result.way == way} for way in Way}
    skipped = {result.case_id for result in results if result.status is Status.SKIPPED}
    assert ran[Way.OPEN_CALL] == ran[Way.UNARY] == {case.case_id for case in CASES if case.spins} - skipped
    assert {result.status for result in results if result.way} == {Status.PASSED}
    assert set(steps) == {(Way.OPEN_CALL, "_step"), (Way.UNARY, "Spin")}


async def test_a_server_without_open_calls_gets_every_spin_case_once_by_spin(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = counted_steps(monkeypatch)

    async def describe(host: HostServicer, request: object, context: object) -> DescribeResponse:
        return DescribeResponse(manifest=to_proto.manifest(await host._adapter.describe()))

    monkeypatch.setattr(HostServicer, "Describe", describe)

    results = await served([case for case in CASES if case.spins])

    assert [result.case_id for result in results] == [case.case_id for case in CASES if case.spins]
    assert {result.way for result in results} == {""}
    assert {part for _, part in steps} == {"Spin"}


def counted_steps(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[Way, str]]:
    """Count the steps that a served host gets: by the way that was on when they came, and by what took them."""
    steps, turn, now = Counter[tuple[Way, str]](), Bench.turn, [Way.OPEN_CALL]

    async def turned(bench: Bench, way: Way) -> None:
        now[0] = way
        await turn(bench, way)

    monkeypatch.setattr(Bench, "turn", turned)
    for part in ("Spin", "_step"):
        monkeypatch.setattr(HostServicer, part, counting(part, getattr(HostServicer, part), steps, now))
    return steps


def counting(part: str, honest: Any, steps: Counter[tuple[Way, str]], now: list[Way]) -> Any:
    """Return the part of a host with a count before it."""

    async def counted(*arguments: Any) -> Any:
        steps[now[0], part] += 1
        return await honest(*arguments)

    return counted


async def served(cases: list[Case]) -> tuple[Result, ...]:
    """Run cases against the sample studio behind a server."""
    subject = ServedFactorySubject(SAMPLE, CONFIG)
    try:
        return (await run_cases(subject, Setup(), cases=cases)).results
    finally:
        await subject.aclose()


async def play_in_any_time(host: HostServicer, request: SpinRequest, timeout_ms: int) -> object:
    """Take a ``timeout_ms`` that is none for as long as the manifest allows."""
    return await _settled(lambda: host._spin(request, timeout_ms / 1000 if timeout_ms > 0 else None))


async def caught_on_open_calls(setup: Setup | None = None) -> set[str]:
    """Return the cases of open calls that a served adapter fails."""
    subject = ServedFactorySubject(SAMPLE, CONFIG)
    try:
        report = await run_cases(subject, setup or Setup(), cases=list(open_calls.CASES))
    finally:
        await subject.aclose()
    return {result.case_id for result in report.results if result.status is Status.FAILED}


async def test_a_client_of_a_server_is_certified_in_process_without_what_only_a_server_can_be_asked() -> None:
    server = ServedFactorySubject(SAMPLE, CONFIG)
    await server.connect()
    subject = FactorySubject("adapters.remote.adapter:create_adapter", {"target": server.target})
    try:
        report = await run_cases(subject, Setup(), cases=[case for case in CASES if case not in isolation.CASES])
    finally:
        await subject.aclose()
        await server.aclose()

    skipped = {result.case_id for result in report.results if "it has no server" in result.text}
    assert [f"{result.case_id}: {result.text}" for result in report.results if result.status is Status.FAILED] == []
    assert skipped == {case.case_id for case in open_calls.CASES if case.without is None}
    assert report.tier is Tier.CERTIFIED


def test_every_must_has_a_wrong_adapter() -> None:
    assert {must for _, must, _ in WRONG} == set(MUSTS)
