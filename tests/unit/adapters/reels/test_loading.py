"""What a file may say, and what is refused rather than passed over."""

import pytest

from adapters.reels.analysis.report import analyse
from adapters.reels.compiling.game_tables import compile_game
from adapters.reels.declaration.load import parse_declaration
from adapters.reels.errors import DeclarationError

NUMBERED_YAML = """
format: 1
id: numbered
name: Numbered
grid: {reels: 3, rows: 1}
lines: {paths: [[0, 0, 0]], pays: {7: {3: 20.5}, 1: {1: 0.5, 2: 1}}}
strips: {main: {reels: [["7", "1", "2", "2"], "7 1 2 2", "7 1 2 2"]}}
"""
NUMBERED_TOML = """
format = 1
id = "numbered"
name = "Numbered"
grid = { reels = 3, rows = 1 }
lines = { paths = [[0, 0, 0]], pays = { 7 = { 3 = 20.5 }, 1 = { 1 = 0.5, 2 = 1 } } }
strips = { main = { reels = ["7 1 2 2", "7 1 2 2", "7 1 2 2"] } }
"""
WITHOUT_RUNS = """
format = 1
id = "without-runs"
name = "Without runs"
grid = {{ reels = 3, rows = 3 }}
wilds = {{ symbols = {{ w = {{ multiplier = {multiplier} }} }} }}
{kind} = {{ pays = {{ a = {{ 3 = 2 }} }} }}
spin = {spin}
strips = {{ main = {{ reels = ["a w b b", "a w b b", "a w b b"] }} }}
"""


def test_yaml_may_name_symbols_by_numbers_as_toml_does() -> None:
    yaml, toml = (
        analyse(compile_game(parse_declaration(text.encode(), file), file))
        for text, file in ((NUMBERED_YAML, "numbered.yaml"), (NUMBERED_TOML, "numbered.toml"))
    )

    assert yaml.rtp == toml.rtp > 0
    assert (yaml.sigma, yaml.hit_rate) == (toml.sigma, toml.hit_rate)


@pytest.mark.parametrize("kind", ["anywhere", "clusters"])
def test_a_wild_multiplier_that_nothing_would_apply_is_refused(kind: str) -> None:
    plain = WITHOUT_RUNS.format(kind=kind, multiplier=1, spin="{}")
    compile_game(parse_declaration(plain.encode(), "plain.toml"), "plain.toml")

    for multiplier, spin, path in (
        (2, "{}", "wilds.symbols.w.multiplier"),
        (1, '{ wild_multiplier = { per = "cell", weights = { 2 = 1 } } }', "spin.wild_multiplier"),
    ):
        text = WITHOUT_RUNS.format(kind=kind, multiplier=multiplier, spin=spin)
        with pytest.raises(DeclarationError) as refusal:
            compile_game(parse_declaration(text.encode(), "wild.toml"), "wild.toml")
        assert str(refusal.value).startswith(f"wild.toml: {path}: ")
