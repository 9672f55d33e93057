"""Runner, tiers, known gaps, reports and signatures."""

import json
from pathlib import Path

import pytest
from rich.console import Console

from adapters.conformance.bench import Bench, Setup
from adapters.conformance.case import Case, CaseFailed, Tier, require
from adapters.conformance.known_gaps import GapsUnreadable, read_known_gaps
from adapters.conformance.markdown import as_markdown
from adapters.conformance.report import Report, Status
from adapters.conformance.runner import run_cases
from adapters.conformance.samples import read_samples, write_samples
from adapters.conformance.signing import ReportNotGenuine, new_key, public_key_of, sign, verify
from adapters.conformance.subject import FactorySubject, RestartImpossible, ServedFactorySubject, TargetSubject
from adapters.conformance.terminal import show_result, show_summary
from adapters.conformance.ways import Way
from adapters.contract.errors import ProviderUnavailable
from adapters.contract.manifest import Capability
from tests.contract.wrong_adapters import seamless

SAMPLE = "adapters.scaffold.templates.sample_studio.adapter:create_adapter"
FACTORY = "tests.contract.wrong_adapters.seamless:make_Seamless"


async def passes(bench: Bench) -> None:
    pass


async def fails(bench: Bench) -> None:
    raise CaseFailed("expected | this\nbut got that")


async def unavailable(bench: Bench) -> None:
    raise ProviderUnavailable("gone", field="x")


async def crashes(bench: Bench) -> None:
    raise KeyError("oops")


def case(case_id: str, check, tier: Tier = Tier.PLAYABLE, **facts) -> Case:  # type: ignore[no-untyped-def]
    return Case(case_id, 1, tier, "it holds", check, **facts)


async def report_of(*cases: Case, gaps: dict[str, str] | None = None) -> Report:
    subject = FactorySubject(FACTORY)
    try:
        return await run_cases(subject, Setup(), gaps, cases)
    finally:
        await subject.aclose()


async def test_whatever_a_check_raises_is_a_failure_with_words() -> None:
    report = await report_of(case("a", fails), case("b", unavailable), case("c", crashes))

    assert [result.status for result in report.results] == [Status.FAILED] * 3
    assert "unexpected ProviderUnavailable: gone {'field': 'x'}" in report.results[1].text
    assert "KeyError left the adapter" in report.results[2].text


async def test_a_case_is_skipped_for_the_manifest_and_says_so() -> None:
    report = await report_of(
        case("a", fails, needs=frozenset({Capability.SPIN})), case("b", fails, without=Capability.WALLET_CALLS)
    )

    assert [(result.status, result.text) for result in report.results] == [
        (Status.SKIPPED, "the manifest does not declare spin"),
        (Status.SKIPPED, "the manifest declares wallet_calls"),
    ]
    assert report.ok


@pytest.mark.parametrize(
    ("checks", "tier"),
    [
        ((passes, passes, passes), Tier.CERTIFIED),
        ((passes, passes, fails), Tier.RESILIENT),
        ((passes, fails, passes), Tier.PLAYABLE),
        ((fails, passes, passes), None),
    ],
)
async def test_a_tier_needs_all_tiers_before_it(checks, tier: Tier | None) -> None:  # type: ignore[no-untyped-def]
    cases = [case(f"c{number}", check, Tier(number)) for number, check in enumerate(checks, 1)]

    assert (await report_of(*cases)).tier is tier


async def test_a_known_gap_does_not_fail_the_run_but_costs_the_tier() -> None:
    report = await report_of(case("a", fails, Tier.RESILIENT), gaps={"a": "until spring"})

    assert report.results[0].status is Status.KNOWN_GAP
    assert report.results[0].text.startswith("until spring")
    assert report.ok
    assert report.tier is Tier.PLAYABLE


async def test_a_gap_that_closed_fails_the_run_until_it_leaves_the_list() -> None:
    report = await report_of(case("a", passes), gaps={"a": "until spring"})

    assert report.results[0].status is Status.GAP_CLOSED
    assert not report.ok


@pytest.mark.parametrize(
    ("failing", "statuses", "ok"),
    [
        ({Way.UNARY}, [Status.PASSED, Status.KNOWN_GAP], True),
        ({*Way}, [Status.KNOWN_GAP, Status.KNOWN_GAP], True),
        (set(), [Status.GAP_CLOSED, Status.GAP_CLOSED], False),
    ],
)
async def test_a_gap_of_a_case_has_closed_when_it_holds_by_every_way(
    failing: set[Way], statuses: list[Status], ok: bool
) -> None:
    async def fails_that_way(bench: Bench) -> None:
        require(bench.way not in failing, "not that way")

    subject = ServedFactorySubject(SAMPLE, {"database": "{scratch}/rounds.db"})
    try:
        cases = [case("a", fails_that_way, rpcs=("Spin",))]
        report = await run_cases(subject, Setup(), {"a": "until spring"}, cases)
    finally:
        await subject.aclose()

    assert [result.way for result in report.results] == ["SpinStream", "Spin"]
    assert [result.status for result in report.results] == statuses
    assert report.ok is ok
    assert "| `a` (Spin) |" in as_markdown(report)
    assert [result["way"] for result in report.as_json()["results"]] == ["SpinStream", "Spin"]


@pytest.mark.parametrize(
    "text", ["- a list", "no-such-case: because", "same-spin-twice:", "same-spin-twice: ''", "same-spin-twice: 7"]
)
def test_a_gap_must_be_a_case_and_have_a_reason(tmp_path: Path, text: str) -> None:
    path = tmp_path / "gaps.yaml"
    path.write_text(text)

    with pytest.raises(GapsUnreadable):
        read_known_gaps(path)


def test_gaps_are_read(tmp_path: Path) -> None:
    path = tmp_path / "gaps.yaml"
    path.write_text("# none but this\nsame-spin-twice: the memory is being rewritten\n")

    assert read_known_gaps(path) == {"same-spin-twice": "the memory is being rewritten"}
    assert read_known_gaps(None) == {}


async def test_reports_are_readable_as_markdown_and_on_a_terminal() -> None:
    report = await report_of(case("a", fails), case("b", passes))
    console = Console(record=True, width=100)

    text = as_markdown(report)
    for result in report.results:
        show_result(console, result)
    show_summary(console, report)

    assert "| `a` | playable | **FAIL** | it holds. expected \\| this but got that |" in text
    assert "Tier: none" in console.export_text()


async def test_a_signed_report_is_genuine_until_a_byte_changes() -> None:
    key = new_key()
    signed = sign((await report_of(case("a", passes))).as_json(), key)
    again = json.loads(json.dumps(signed))

    assert verify(again, public_key_of(key))["tier"] == "certified"
    again["report"]["display_name"] = "Another"
    with pytest.raises(ReportNotGenuine):
        verify(again)


async def test_a_report_under_another_key_is_not_genuine() -> None:
    signed = sign((await report_of(case("a", passes))).as_json(), new_key())

    with pytest.raises(ReportNotGenuine, match="another key"):
        verify(signed, public_key_of(new_key()))


@pytest.mark.parametrize("signed", [{}, {"report": {}}, {"report": {}, "signature": {"public_key": "!", "value": ""}}])
def test_nonsense_is_not_genuine(signed: dict[str, object]) -> None:
    with pytest.raises(ReportNotGenuine):
        verify(signed)


def test_samples_survive_their_file(tmp_path: Path) -> None:
    path = tmp_path / "samples.json"
    path.write_text(write_samples(seamless.samples()))

    assert read_samples(path) == seamless.samples()


async def test_without_a_command_a_server_cannot_be_restarted() -> None:
    with pytest.raises(RestartImpossible, match="--restart"):
        await TargetSubject("127.0.0.1:1").restart()
    with pytest.raises(RestartImpossible, match="ended with 3"):
        await TargetSubject("127.0.0.1:1", "exit 3").restart()
