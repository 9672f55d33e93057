"""Small games for the simulator's tests."""

from adapters.reels.compiling.game_tables import GameTables, compile_game
from adapters.reels.declaration.load import parse_declaration

SMALL = """
format = 1
id = "small"
name = "Small"
[grid]
reels = 3
rows = 1
[strips.base]
reels = ["seven bar bar cherry star", "seven bar bar cherry star blank", "seven bar cherry cherry star blank blank"]
[lines]
paths = [[0, 0, 0]]
[lines.pays]
seven = { 3 = 20 }
bar = { 3 = 5 }
cherry = { 2 = 1, 3 = 3 }
[scatters.star]
pays = { 2 = 1 }
[features.free]
kind = "free_games"
trigger = { scatter = "star", counts = { 2 = 1, 3 = 3 } }
multiplier = 2
"""


def small_game() -> GameTables:
    """Three short reels with free games that retrigger: every rule of a round in 210 stops."""
    return compile_game(parse_declaration(SMALL.encode(), "small.toml"))


WEIGHTED = """
format = 1
id = "weighted"
name = "Weighted"
[grid]
reels = 3
rows = 1
[strips.base]
reels = ["seven bar blank", "seven bar blank", "seven bar blank"]
weights = [[1, 300000, 700000], [5, 299995, 700000], [1000, 299000, 700000]]
[lines]
paths = [[0, 0, 0]]
[lines.pays]
seven = { 3 = 20 }
bar = { 3 = 5 }
"""


def weighted_game() -> GameTables:
    """Stops with large weights: their product needs two words."""
    return compile_game(parse_declaration(WEIGHTED.encode(), "weighted.toml"))
