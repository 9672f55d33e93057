"""A scatter may have any name: what it is called never changes what a game returns."""

import pytest

from adapters.reels.analysis.report import Analysis, analyse
from adapters.reels.compiling.game_tables import compile_game
from adapters.reels.declaration.load import parse_declaration

GAME = """
format = 1
id = "named"
name = "Named"
grid = {{ reels = 3, rows = 2 }}
wilds = {{ symbols = {{ tome = {{}} }} }}
lines = {{ paths = [[0, 0, 0], [1, 1, 1]], pays = {{ a = {{ 2 = 2, 3 = 8 }}, b = {{ 3 = 5 }} }} }}

[scatters."{name}"]
symbols = ["tome"]
pays = {{ 2 = 1, 3 = 3 }}

[features.free]
kind = "free_games"
trigger = {{ scatter = "{name}", counts = {{ 3 = 4 }} }}
expanding_symbol = {{ symbols = ["a", "b"] }}

[spin]
multiplier_reel = {{ weights = {{ 1 = 3, 2 = 1 }}, scatters = true }}
wild_reels = {{ reels = [2], symbol = "tome", probability = "1/4" }}

[strips.main]
reels = ["a b tome a b a", "b a tome b b", "a tome b a a b b"]
"""


def _analysis(name: str) -> Analysis:
    return analyse(compile_game(parse_declaration(GAME.format(name=name).encode(), "named.toml"), "named.toml"))


@pytest.mark.parametrize("name", ["book", "multiplier", "wild reel 2", "games", "base", "free"])
def test_a_scatter_called_like_something_of_the_engine_pays_and_triggers_as_any_other(name: str) -> None:
    plain, named = _analysis("tome"), _analysis(name)

    assert (named.rtp, named.sigma) == (plain.rtp, plain.sigma)
    assert [named.spin_rtp(stage) for stage in named.spins] == [plain.spin_rtp(stage) for stage in plain.spins]
