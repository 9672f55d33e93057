"""Every scenario file, played against the mock operator's wallet through our adapters."""

from pathlib import Path

import pytest

from adapters.mocks.loop_target import LoopTarget, loop_for
from adapters.mocks.scenario import run_scenario
from adapters.mocks.scenario_words import load_scenario, scenario_files

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
