"""Public games with known answers: the declaration NAME.toml (or .yaml) must give every figure of NAME.json.

Runs over ``tests/data/truth`` and over the folder that TRUTH_DIR names, if it names one. Of our own pairs every figure
must be understood; a foreign file may hold words that we do not know, and they are printed.
"""

import json
import os
from pathlib import Path

import pytest

from adapters.reels.analysis.report import analyse
from adapters.reels.compiling.game_tables import compile_game
from adapters.reels.declaration.load import SUFFIXES, load_declaration
from tests.truth.expectations import Expectation, expectations

OURS = Path(__file__).parents[1] / "data" / "truth"


def _pairs() -> list[Path]:
    folders = [OURS, *([Path(os.environ["TRUTH_DIR"])] if os.environ.get("TRUTH_DIR") else [])]
    return [
        file
        for folder in folders
        for file in sorted(folder.iterdir())
        if file.suffix in SUFFIXES and file.with_suffix(".json").exists()
    ]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("file", _pairs(), ids=lambda file: file.stem)
def test_a_public_game_gives_its_known_figures(file: Path) -> None:
    expected = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))

    analysis = analyse(compile_game(load_declaration(file), file.name))

    checks = expectations(expected, analysis)
    wrong = [str(check) for check in checks if not check.holds()]
    unknown = [check.label for check in checks if check.actual is None]
    print(f"{file.stem}: {len(checks) - len(unknown)} figures held; not understood: {unknown or 'none'}")  # noqa: T201  # shown by pytest -s
    assert not wrong, "\n".join(wrong)
    assert sum(check.actual is not None for check in checks) >= 2
    if file.parent == OURS:
        assert unknown == []


def test_every_public_game_of_the_folder_is_declared() -> None:
    assert [file.stem for file in sorted(OURS.glob("*.json")) if not file.with_suffix(".toml").exists()] == []


def test_an_expectation_that_does_not_hold_is_seen() -> None:
    assert not Expectation("S", 4, 5, 0).holds()
    assert not Expectation("rtp", 0.95, 0.96, 1e-3).holds()
    assert Expectation("rtp", 0.95, 0.9500004, 1e-6).holds()
