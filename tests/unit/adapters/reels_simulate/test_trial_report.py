"""The trial of the monitor on a declared game: its law keeps the exact return, its figures come from a seed."""

import pytest

from adapters.reels.analysis.report import analyse
from adapters.reels.compiling.game_tables import compile_game
from adapters.reels.declaration.load import load_declaration
from adapters.reels.library import SHIPPED_GAMES
from adapters.reels.simulate.trial_report import monitor_trial, pay_law


@pytest.fixture(scope="module")
def game():
    file = SHIPPED_GAMES / "orchard-five.toml"
    return compile_game(load_declaration(file), file.name)


def test_the_law_of_few_pays_keeps_the_return_of_the_game(game) -> None:
    law = pay_law(game)

    assert law.theory.rtp == pytest.approx(float(analyse(game).rtp), abs=1e-6)
    assert law.theory.sigma == pytest.approx(analyse(game).sigma, rel=0.05)
    assert law.probabilities.sum() == pytest.approx(1)


def test_the_same_seed_gives_the_same_figures(game) -> None:
    first, second = (monitor_trial(game, 100, 20_000, 0.3, 20, 1e-5, 7) for _ in range(2))

    assert first == second
    assert (first.false_alarms, first.caught) == (0, 20)
    assert "20 of 20 caught" in first.text()
