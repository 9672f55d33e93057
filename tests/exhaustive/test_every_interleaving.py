"""Whatever the order, however often, whatever is lost: ``decide`` answers as the reference does at every step."""

import ast
from pathlib import Path

import pytest

from tests.support import ledger_reference
from tests.support.ledger_explorer import Scenario, Walk
from tests.support.ledger_scenarios import ALL, LONG, RETRIED
from wallet.ledger.decide import decide
from wallet.ledger.policy import DEFAULT_POLICY, Policy, UnknownWin

INTERLEAVINGS_MIN = 100_000


GRANTING = Policy(unknown_win=UnknownWin.GRANT)


@pytest.mark.slow
@pytest.mark.parametrize("policy", [DEFAULT_POLICY, GRANTING], ids=lambda policy: f"unknown win {policy.unknown_win}")
@pytest.mark.parametrize("scenario", ALL, ids=lambda scenario: scenario.name)
def test_w05_every_interleaving_answers_as_the_reference(scenario: Scenario, policy: Policy) -> None:
    walk = Walk(scenario, decide, policy=policy)

    explored = walk.run()

    assert explored == walk.nodes == scenario.interleaving_count


@pytest.mark.slow
@pytest.mark.parametrize(
    "scenario",
    [*RETRIED, *(pytest.param(scenario, marks=pytest.mark.night) for scenario in LONG)],
    ids=lambda scenario: scenario.name,
)
def test_w05_every_interleaving_with_retries_answers_as_the_reference(
    scenario: Scenario, capsys: pytest.CaptureFixture[str]
) -> None:
    walk = Walk(scenario, decide, merging=True)

    explored = walk.run()

    with capsys.disabled():
        print(f"\n{scenario.name}: {explored:,} interleavings in {walk.nodes:,} steps")  # noqa: T201 - to be seen
    assert explored == scenario.interleaving_count


@pytest.mark.parametrize("scenario", ALL[:4], ids=lambda scenario: scenario.name)
def test_a_merging_walk_explores_what_a_plain_one_does(scenario: Scenario) -> None:
    plain, merging = Walk(scenario, decide), Walk(scenario, decide, merging=True)

    assert plain.run() == merging.run()
    assert merging.nodes < plain.nodes


def test_w05_at_least_a_hundred_thousand_interleavings_are_explored(capsys: pytest.CaptureFixture[str]) -> None:
    one_by_one = sum(scenario.interleaving_count for scenario in ALL)
    merged = sum(scenario.interleaving_count for scenario in RETRIED)

    with capsys.disabled():
        print(  # noqa: T201 - to be seen
            f"\nexploring {one_by_one:,} interleavings of {len(ALL)} small rounds one by one, "
            f"{merged:,} of {len(RETRIED)} with a retry of each message by situation"
        )
    assert one_by_one >= INTERLEAVINGS_MIN


def test_the_reference_is_independent_of_the_wallet() -> None:
    tree = ast.parse(Path(ledger_reference.__file__).read_text())
    imported = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    imported += [name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names]

    assert imported == ["dataclasses"]
