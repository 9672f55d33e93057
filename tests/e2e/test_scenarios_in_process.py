"""Every scenario file, played against the mock operator's wallet through our adapters."""

from pathlib import Path

import pytest

from adapters.mocks.faults import FaultKind
from adapters.mocks.loop_target import LoopTarget, loop_for
from adapters.mocks.scenario import run_scenario
from adapters.mocks.scenario_words import DoWords, load_scenario, scenario_files

ROOT = Path(__file__).parent / "scenarios"
FILES = scenario_files(ROOT)


@pytest.mark.parametrize("path", FILES, ids=[f"{path.parent.name}/{path.stem}" for path in FILES])
async def test_scenario_holds(path: Path) -> None:
    scenario = load_scenario(path)
    loop = loop_for(scenario)

    result = await run_scenario(scenario, loop.tenant, LoopTarget(loop))

    await loop.aclose()
    assert result.failures == []


def test_there_are_at_least_forty_scenarios_and_each_name_says_what_it_proves() -> None:
    assert len(FILES) >= 40
    assert len({path.stem for path in FILES}) == len(FILES)
    assert all(path.stem.count("_") >= 3 for path in FILES)


def test_every_kind_of_fault_stands_in_a_scenario() -> None:
    """A fault that no scenario arms proves nothing of anybody."""

    def armed(steps: list[DoWords]) -> set[FaultKind]:
        kinds = {step.fault.kind for step in steps if step.fault is not None}
        return kinds.union(*(armed(step.steps) for step in steps))

    assert set(FaultKind) == set().union(*(armed(load_scenario(path).steps) for path in FILES))
