"""One suite for every adapter of this repository, in process and over gRPC; gaps are listed and must shrink."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.conformance.bench import Setup
from adapters.conformance.case import Tier
from adapters.conformance.known_gaps import read_known_gaps
from adapters.conformance.report import Report, Status
from adapters.conformance.runner import run_cases
from adapters.conformance.subject import FactorySubject, ServedFactorySubject
from tests.contract.provider_subjects import ProviderSide

GAPS = Path(__file__).parent / "known_gaps"
PROVIDERS = ("hub88", "swipegames", "softswiss", "softswiss.a8r", "pragmatic", "evolution")
OWN = {
    "reels": ("adapters.reels.adapter:create_adapter", {}),
    "sample_studio": (
        "adapters.scaffold.templates.sample_studio.adapter:create_adapter",
        {"database": "{scratch}/rounds.db"},
    ),
}
SETUPS = {"reels": Setup(spin_timeout_ms=14_000)}
"""A game's tables are compiled at its first spin, 1.5 s of work: on a machine that does four other things meanwhile it
takes longer than the 5 s of the manifest, and that is all that a failure would tell."""
Kind = Callable[..., FactorySubject | ServedFactorySubject]
both_ways = pytest.mark.parametrize("kind", [FactorySubject, ServedFactorySubject], ids=["in-process", "grpc"])
pytestmark = pytest.mark.timeout(180)


async def certify(name: str, subject: FactorySubject | ServedFactorySubject, setup: Setup, gaps: Path = GAPS) -> Report:
    try:
        return await run_cases(subject, setup, read_known_gaps(gaps / f"{name}.yaml"))
    finally:
        await subject.aclose()


def problems(report: Report) -> list[str]:
    bad = (Status.FAILED, Status.GAP_CLOSED)
    return [f"{result.name}: {result.text}" for result in report.results if result.status in bad]


@both_ways
@pytest.mark.parametrize("name", OWN)
async def test_an_adapter_that_plays_itself_holds(name: str, kind: Kind) -> None:
    factory, config = OWN[name]

    report = await certify(name, kind(factory, config), SETUPS.get(name, Setup()))

    assert problems(report) == []


@both_ways
@pytest.mark.parametrize("name", PROVIDERS)
async def test_an_adapter_of_a_provider_holds_against_its_mock(name: str, kind: Kind) -> None:
    side = ProviderSide(name)
    subject: Any = kind(
        "tests.contract.provider_subjects:create_adapter", side.config, f"adapters.{name}.adapter:create_adapter"
    )

    report = await certify(name, subject, Setup(samples=await side.samples()))

    assert problems(report) == []


def test_every_adapter_has_its_list_of_gaps_and_every_list_its_adapter() -> None:
    assert {path.stem for path in GAPS.iterdir()} == {*OWN, *PROVIDERS}
    assert all(isinstance(read_known_gaps(path), dict) for path in GAPS.iterdir())


async def test_a_gap_that_has_closed_fails_the_certification_until_it_leaves_the_list(tmp_path: Path) -> None:
    factory, config = OWN["sample_studio"]
    (tmp_path / "sample_studio.yaml").write_text("same-spin-twice: repeats are not kept yet\n")

    report = await certify("sample_studio", FactorySubject(factory, config), Setup(), tmp_path)

    assert problems(report) == ["same-spin-twice: listed as a known gap, but it holds: take it off the list"]


async def test_the_remote_adapter_holds_when_it_is_served_again() -> None:
    factory, config = OWN["sample_studio"]
    inner = ServedFactorySubject(factory, config)
    await inner.connect()
    outer = ServedFactorySubject("adapters.remote.adapter:create_adapter", {"target": inner.target})
    try:
        report = await run_cases(outer, Setup())
    finally:
        await outer.aclose()
        await inner.aclose()

    assert problems(report) == []
    assert report.tier is Tier.CERTIFIED
