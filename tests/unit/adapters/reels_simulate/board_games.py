"""Small games whose window changes after the stops, one for every kind of pay and refill."""

import random

from adapters.reels.compiling.game_tables import GameTables, compile_game
from adapters.reels.declaration.load import parse_declaration


def _strips(reels: int, length: int, symbols: str, seed: int) -> str:
    generator = random.Random(seed)
    strips = []
    for _ in range(reels):
        strip: list[str] = []
        while len(strip) < length:
            strip += [generator.choice(symbols)] * generator.choice([1, 1, 2, 3])
        strips.append(" ".join(strip[:length]))
    return "reels = [" + ", ".join(f'"{strip}"' for strip in strips) + "]"


HEAD = """
format = 1
id = "board"
name = "Board"
[grid]
reels = {reels}
rows = {rows}
[strips.base]
{strips}
"""

LINES = """
[wilds.symbols.w]
except = ["s"]
[lines]
paths = [[0,0,0,0],[1,1,1,1],[2,2,2,2],[0,1,2,1],[2,1,0,1],[0,0,1,1],[1,1,0,0],[1,2,1,0]]
[lines.pays]
a = { 2 = 1, 3 = 5, 4 = 20 }
b = { 3 = 4, 4 = 10 }
c = { 3 = 3, 4 = 8 }
[scatters.s]
pays = { 2 = 1, 3 = 4 }
[features.free]
kind = "free_games"
trigger = { scatter = "s", counts = { 3 = 2, 4 = 3 } }
multiplier = 2
[spin.cascade]
refill = "strip"
multipliers = [1, 2, 3]
"""

WAYS = """
[wilds.symbols.w]
except = ["s"]
[ways]
[ways.pays]
a = { 2 = 1, 3 = 5, 4 = 20 }
b = { 3 = 4, 4 = 10 }
c = { 3 = 3, 4 = 8 }
[scatters.s]
count = "reels"
pays = { 3 = 4 }
[spin.cascade]
refill = "random"
multiply_scatters = false
multipliers = [1, 5]
"""

ANYWHERE = """
[wilds.symbols.w]
[anywhere]
[anywhere.pays]
a = { 8 = 1, 12 = 5 }
b = { 8 = 2, 10 = 4 }
c = { 9 = 3 }
[scatters.s]
reels = [1, 3, 5]
pays = { 2 = 1, 3 = 4 }
[spin.cascade]
refill = "random"
"""

CLUSTERS = """
[wilds.symbols.w]
[clusters]
diagonal = DIAGONAL
[clusters.pays]
a = { 4 = 1, 6 = 5, 10 = 20 }
b = { 5 = 1, 7 = 5, 10 = 20 }
c = { 5 = 1, 8 = 5 }
[scatters.s]
pays = { 3 = 1, 4 = 4 }
[spin.cascade]
refill = "REFILL"
falls_max = 6
"""


def board_game(kind: str) -> GameTables:
    """Return the game of this kind: lines, ways, anywhere, clusters, diagonal, uneven."""
    clusters = CLUSTERS.replace("DIAGONAL", "true" if kind == "diagonal" else "false")
    clusters = clusters.replace("REFILL", "random" if kind == "diagonal" else "strip")
    reels, rows, symbols, rules = {
        "lines": (4, "3", "aabbccws", LINES),
        "ways": (4, "3", "aabbccws", WAYS),
        "anywhere": (6, "5", "aaabbbcccdws", ANYWHERE),
        "clusters": (7, "7", "aabbccddews", clusters),
        "diagonal": (6, "6", "aabbccddeeffws", clusters),
        "uneven": (5, "[3, 4, 5, 4, 3]", "aabbccws", clusters),
    }[kind]
    head = HEAD.format(reels=reels, rows=rows, strips=_strips(reels, 40, symbols, seed=len(kind)))
    return compile_game(parse_declaration((head + rules).encode(), "board.toml"))


KINDS = ("lines", "ways", "anywhere", "clusters", "diagonal", "uneven")
