"""Whatever the order, however often, whatever is lost: ``decide`` answers as the reference does at every step."""

import pytest

from tests.support.ledger_explorer import Scenario, Walk
from tests.support.ledger_scenarios import ALL
from wallet.ledger.decide import decide

INTERLEAVINGS_MIN = 100_000


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ALL, ids=lambda scenario: scenario.name)
def test_w05_every_interleaving_answers_as_the_reference(scenario: Scenario) -> None:
    walk = Walk(scenario, decide)

    explored = walk.run()

    assert explored == scenario.interleaving_count


def test_w05_at_least_a_hundred_thousand_interleavings_are_explored(capsys: pytest.CaptureFixture[str]) -> None:
    total = sum(scenario.interleaving_count for scenario in ALL)

    with capsys.disabled():
        print(f"\nexploring {total:,} interleavings of {len(ALL)} small rounds")  # noqa: T201 - to be seen
    assert total >= INTERLEAVINGS_MIN
