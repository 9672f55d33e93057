"""Whatever a careless studio's adapter does, the kit ends with a sentence about it: never a traceback, never a hang."""

import asyncio
import logging
import threading
from typing import Any

import pytest
from typer.testing import CliRunner

from adapters.conformance import guard, subject
from adapters.conformance.bench import Setup
from adapters.conformance.cases import CASES
from adapters.conformance.cli import certify_app
from adapters.conformance.guard import AdapterMisbehaved, GuardedAdapter, Patience
from adapters.conformance.log_notes import noted
from adapters.conformance.report import Status
from adapters.conformance.runner import run_cases
from adapters.conformance.subject import FactorySubject
from adapters.conformance.watchdog import blocked_text

CARELESS = "tests.contract.wrong_adapters.careless:"
CONFIG = {"database": "{scratch}/rounds.db"}
SOME = ("games-are-complete", "same-spin-twice", "completed-round-is-reported", "unknown-game-is-refused")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait long for what hangs."""
    for name in ("CALL_PATIENCE_S", "LIST_PATIENCE_S", "SHORT_PATIENCE_S"):
        monkeypatch.setattr(guard, name, 0.2)
    monkeypatch.setattr(subject, "CLOSE_TIMEOUT_S", 0.2)


async def failures(factory: str) -> dict[str, str]:
    """Run a few cases; returns what failed, and why."""
    adapter = FactorySubject(f"{CARELESS}{factory}", CONFIG)
    try:
        report = await run_cases(adapter, Setup(), cases=[case for case in CASES if case.case_id in SOME])
    finally:
        await adapter.aclose()
    return {result.case_id: result.text for result in report.results if result.status is Status.FAILED}


@pytest.mark.parametrize(
    ("factory", "case_id", "says"),
    [
        ("spin__returns_none", "same-spin-twice", "spin returned NoneType"),
        ("spin__throws", "same-spin-twice", "RuntimeError left the adapter: boom"),
        ("spin__exits", "same-spin-twice", "spin raised SystemExit"),
        ("spin__cancels", "same-spin-twice", "spin raised CancelledError"),
        ("spin__hangs", "same-spin-twice", "spin did not return within"),
        ("spin__not_async", "same-spin-twice", "spin must be `async def`: it returned int"),
        ("spin__throws", "unknown-game-is-refused", "RuntimeError left the adapter"),
        ("spin__hangs", "unknown-game-is-refused", "did not return within"),
        ("get_round__returns_none", "completed-round-is-reported", "get_round returned NoneType"),
        ("list_games__returns_none", "games-are-complete", "list_games returned NoneType, expected Page"),
        ("list_games__throws", "games-are-complete", "list_games raised RuntimeError: boom"),
        ("list_games__hangs", "same-spin-twice", "list_games did not return within"),
    ],
)
async def test_a_word_that_misbehaves_fails_its_case_in_a_sentence(factory: str, case_id: str, says: str) -> None:
    assert says in (await failures(factory))[case_id]


@pytest.mark.parametrize(
    ("factory", "says"),
    [
        ("makes_nothing", "returned NoneType, which is no adapter"),
        ("refuses_everything", "raised KeyError: 'api_key'"),
        ("no_such_factory", "cannot be loaded"),
        ("describe__returns_none", "describe returned NoneType, expected Manifest"),
        ("describe__throws", "describe raised RuntimeError: boom"),
        ("describe__hangs", "describe did not return within"),
        ("probe__returns_none", "probe returned NoneType, expected Readiness"),
        ("probe__throws", "probe raised RuntimeError('boom')"),
        ("probe__not_async", "probe must be `async def`"),
    ],
)
def test_what_cannot_be_run_at_all_is_exit_2_and_says_why(
    factory: str, says: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setattr("adapters.conformance.subject.wait_until_ready.__defaults__", (0.3,))
    config = tmp_path / "c.toml"
    config.write_text('database = "{scratch}/rounds.db"\n')

    done = CliRunner().invoke(certify_app, ["adapter", "--factory", f"{CARELESS}{factory}", "--config", str(config)])

    assert done.exit_code == 2, done.output
    assert says in done.output
    assert "Traceback" not in done.output


async def test_an_adapter_that_has_hung_often_is_not_waited_for_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "CALL_PATIENCE_S", 9.0)
    patience = Patience()
    waited = []

    for _ in range(5):
        waited.append(patience.seconds("spin"))
        patience.lost()

    assert waited == [9.0, 9.0, 9.0, 0.2, 0.2]


async def test_a_cancelled_kit_stays_cancelled() -> None:
    class Waits:
        async def spin(self) -> None:
            await asyncio.Event().wait()

    task = asyncio.create_task(GuardedAdapter(Waits(), Patience()).spin())
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_word_that_is_not_there_stays_missing() -> None:
    assert not hasattr(GuardedAdapter(object(), Patience()), "spin")
    with pytest.raises(AdapterMisbehaved, match="is no adapter"):
        guard.require_adapter(object(), "x:y")


def test_the_watchdog_names_the_line_that_stands_still() -> None:
    said = blocked_text(threading.get_ident(), 60.0)

    assert "blocked_text" in said
    assert "asyncio.to_thread" in said


def test_what_a_host_logs_is_one_line_for_each_kind_of_fault() -> None:
    with noted() as notes:
        for _ in range(3):
            try:
                raise RuntimeError("boom")
            except RuntimeError:
                logging.getLogger("some.host").exception("a method failed")

    assert len(notes.lines()) == 1
    assert notes.lines()[0].startswith("    3 x RuntimeError: boom at test_careless_studios.py:")
