"""The reel automaton against a second method: every stop of small random games, judged by naive code of its own.

The reference below knows the declared rules only; it shares nothing with the engine but the declaration's models.
"""

from collections import Counter
from fractions import Fraction
from itertools import product
from typing import Any

from hypothesis import given, note, settings
from hypothesis import strategies as st

from adapters.reels.analysis.report import analyse
from adapters.reels.compiling.game_tables import compile_game
from adapters.reels.declaration.game import Declaration

SYMBOLS = ["a", "b", "c", "w", "s"]
Document = dict[str, Any]


def reference(document: Document) -> Counter[Fraction]:
    """Return how many stops pay how much, in line bets."""
    rows = document["grid"]["rows"]
    strips = [strip.split() for strip in document["strips"]["main"]["reels"]]
    weights = document["strips"]["main"].get("weights") or [[1] * len(strip) for strip in strips]
    found: Counter[Fraction] = Counter()
    for stops in product(*(range(len(strip)) for strip in strips)):
        window = [
            [strip[(stop + row) % len(strip)] for row in range(rows)] for strip, stop in zip(strips, stops, strict=True)
        ]
        weight = 1
        for reel, stop in enumerate(stops):
            weight *= weights[reel][stop]
        found[pay_of(document, window)] += weight
    return found


def pay_of(document: Document, shown: list[list[str]]) -> Fraction:
    window = [list(reel) for reel in shown]
    if "expanding_wilds" in document["spin"]:
        window = [["w"] * len(reel) if "w" in reel else reel for reel in window]
    total = Fraction(0)
    if "lines" in document:
        for path in document["lines"]["paths"]:
            total += line_pay(document, [window[reel][row] for reel, row in enumerate(path)])
    if "ways" in document:
        total += ways_pay(document, window)
    if "anywhere" in document:
        total += anywhere_pay(document, window)
    screen = document["spin"].get("full_screen")
    if screen and all(cell == "a" for reel in window for cell in reel):
        total *= screen[0]["multiplier"]
    count = sum(cell == "s" for reel in shown for cell in reel)
    return total + listed(document["scatters"]["s"]["pays"], count) * document["bet"]["units"]


def listed(table: dict[int, int], count: int) -> Fraction:
    return max(((at, Fraction(pay)) for at, pay in table.items() if at <= count), default=(0, Fraction(0)))[1]


def multiplier(document: Document, cells: list[str]) -> Fraction:
    wilds = document.get("wilds")
    if not wilds:
        return Fraction(1)
    each = Fraction(wilds["symbols"]["w"]["multiplier"])
    count = cells.count("w")
    if count == 0 or each == 1:
        return Fraction(1)
    return {"multiply": each**count, "highest": each, "sum": each * count}[wilds["combine"]]


def run_pay(document: Document, cells: list[str]) -> tuple[Fraction, int]:
    """Return what the run from the first cell pays, and its length."""
    table = document["lines"]["pays"]
    wild = "w" if document.get("wilds") else None
    excepted = document["wilds"]["symbols"]["w"]["except"] if wild else []
    best, longest = Fraction(0), 0
    leading = 0
    while leading < len(cells) and cells[leading] == wild:
        leading += 1
    for symbol in "abcs" if wild else "abcsw":
        length = 0
        for cell in cells:
            if cell != symbol and not (cell == wild and symbol not in excepted):
                break
            length += 1
        if symbol not in cells[:length]:
            continue
        longest = max(longest, length)
        pay = listed(table.get(symbol, {}), length) * multiplier(document, cells[:length])
        best = max(best, pay)
    return max(best, listed(table.get("w", {}), leading) if wild else Fraction(0)), max(longest, leading)


def line_pay(document: Document, cells: list[str]) -> Fraction:
    lines = document["lines"]
    left, left_length = run_pay(document, cells)
    right, right_length = run_pay(document, cells[::-1])
    runs = {
        "left": left,
        "right": right,
        "best_way": max(left, right),
        "both": max(left, right) if left_length == right_length == len(cells) else left + right,
        "adjacent": max(run_pay(document, cells[begin:])[0] for begin in range(len(cells))),
    }[lines["direction"]]
    combos = [Fraction(combo["pays"]) for combo in lines["combos"] if fits(combo, cells)]
    if not combos:
        return runs
    if lines["choose"] == "first":
        return runs or combos[0]
    return max(runs, *combos)


def fits(combo: Document, cells: list[str]) -> bool:
    return all(cells.count(symbol) == count for symbol, count in combo.get("exactly", {}).items()) and all(
        cell in combo["all_of"] for cell in cells if "all_of" in combo
    )


def ways_pay(document: Document, window: list[list[str]]) -> Fraction:
    """Count every way through the cells, one by one."""
    total = Fraction(0)
    wild = "w" if document.get("wilds") else None
    excepted = document["wilds"]["symbols"]["w"]["except"] if wild else []
    each = Fraction(document["wilds"]["symbols"]["w"]["multiplier"]) if wild else Fraction(1)
    for symbol, table in document["ways"]["pays"].items():
        fitting = {symbol} | ({wild} if wild and symbol not in excepted and symbol != wild else set())
        reels = []
        for reel in window:
            cells = [cell for cell in reel if cell in fitting]
            if not cells:
                break
            reels.append(cells)
        for way in product(*reels):
            if reels and symbol in way:
                factor = each ** way.count("w") if symbol != "w" else Fraction(1)
                total += listed(table, len(reels)) * factor
    return total


def anywhere_pay(document: Document, window: list[list[str]]) -> Fraction:
    cells = [cell for reel in window for cell in reel]
    excepted = document["wilds"]["symbols"]["w"]["except"] if document.get("wilds") else list("abcsw")
    total = Fraction(0)
    for symbol, table in document["anywhere"]["pays"].items():
        natural = cells.count(symbol)
        wild = cells.count("w") if symbol not in excepted and symbol != "w" else 0
        if natural >= document["anywhere"]["natural_min"]:
            total += listed(table, natural + wild)
    return total


def tables(least: int = 1) -> st.SearchStrategy[dict[int, int]]:
    return st.dictionaries(st.integers(least, 3), st.integers(1, 40), min_size=1, max_size=3)


def rising(table: dict[int, int]) -> dict[int, int]:
    """Where a run may begin anywhere, which part of it counts is only beyond doubt when more never pays less."""
    return dict(zip(sorted(table), sorted(table.values()), strict=True))


@st.composite
def games(draw: st.DrawFn) -> Document:
    reels, rows = draw(st.integers(2, 3)), draw(st.integers(1, 3))
    strip = st.lists(st.sampled_from(SYMBOLS), min_size=rows, max_size=5)
    strips = [[*draw(strip), *(SYMBOLS if reel == 0 else [])] for reel in range(reels)]
    document: Document = {
        "format": 1,
        "id": "random-game",
        "name": "Random",
        "grid": {"reels": reels, "rows": rows},
        "bet": {"units": draw(st.integers(1, 3))},
        "strips": {"main": {"reels": [" ".join(symbols) for symbols in strips]}},
        "scatters": {"s": {"pays": draw(tables(2))}},
        "spin": {},
    }
    if draw(st.booleans()):
        weights = [[draw(st.integers(1, 4)) for _ in symbols] for symbols in strips]
        document["strips"]["main"]["weights"] = weights
    if draw(st.booleans()):
        document["wilds"] = {
            "combine": "multiply",
            "symbols": {
                "w": {"multiplier": draw(st.integers(1, 3)), "except": draw(st.sampled_from([[], ["s"], ["a", "s"]]))}
            },
        }
        if draw(st.booleans()):
            document["spin"]["expanding_wilds"] = {}
    kind = draw(st.sampled_from(["lines", "ways", "anywhere"]))
    paying = draw(st.lists(st.sampled_from("abc"), min_size=1, unique=True))
    if kind == "lines":
        if "wilds" in document:
            document["wilds"]["combine"] = draw(st.sampled_from(["multiply", "highest", "sum"]))
        document["lines"] = draw(lines(reels, rows, paying))
        if draw(st.booleans()):
            document["spin"]["full_screen"] = [{"symbols": ["a"], "multiplier": 3}]
    else:
        wild_row = ["w"] if draw(st.booleans()) else []
        document[kind] = {"pays": {symbol: draw(tables()) for symbol in [*paying, *wild_row]}}
        if kind == "anywhere":
            document[kind]["natural_min"] = draw(st.integers(0, 2))
            if "wilds" in document:
                document["wilds"]["symbols"]["w"]["multiplier"] = 1  # another one would be refused
    return document


@st.composite
def lines(draw: st.DrawFn, reels: int, rows: int, paying: list[str]) -> Document:
    path = st.lists(st.integers(0, rows - 1), min_size=reels, max_size=reels)
    combos = []
    if draw(st.booleans()):
        combos = [
            {"name": "one b", "pays": draw(st.integers(1, 30)), "exactly": {"b": 1}},
            {"name": "mixed", "pays": draw(st.integers(1, 30)), "all_of": ["a", "b"]},
        ]
    wild_row = ["w"] if draw(st.booleans()) else []
    direction = draw(st.sampled_from(["left", "right", "both", "best_way", "adjacent"]))
    table = tables().map(rising) if direction == "adjacent" else tables()
    return {
        "paths": draw(st.lists(path, min_size=1, max_size=5)),
        "pays": {symbol: draw(table) for symbol in [*paying, *wild_row]},
        "direction": direction,
        "choose": draw(st.sampled_from(["highest", "first"])),
        "combos": combos,
    }


@given(games())
@settings(max_examples=150)
def test_the_automaton_gives_what_enumeration_gives(document: Document) -> None:
    game = compile_game(Declaration.model_validate(document))
    analysis = analyse(game)
    found: Counter[Fraction] = Counter()
    for (pay, _), count in analysis.base.outcomes.items():
        found[Fraction(pay, analysis.tables.context.scale)] += count

    note(repr(document))

    assert found == reference(document)


@given(games())
@settings(max_examples=25)
def test_the_same_declaration_compiles_to_the_same_hash(document: Document) -> None:
    first = compile_game(Declaration.model_validate(document))
    second = compile_game(Declaration.model_validate(document))

    assert first.tables_hash == second.tables_hash
    assert first.game_hash == second.game_hash


@given(games(), st.integers(1, 50))
@settings(max_examples=25)
def test_free_games_follow_the_closed_form(document: Document, games_awarded: int) -> None:
    document["features"] = {
        "free": {
            "kind": "free_games",
            "trigger": {"scatter": "s", "counts": {2: games_awarded}},
            "retrigger": False,
            "multiplier": 2,
        }
    }
    analysis = analyse(compile_game(Declaration.model_validate(document)))
    base, free = analysis.spins["base"], analysis.spins["free"]
    chance = Fraction(base.games_awarded["free"], base.cycle)

    expected = Fraction(base.pay_sum, base.cycle) + chance * Fraction(free.pay_sum, free.cycle)
    assert analysis.totals.mean["base"] == expected
    assert free.pay_sum == 2 * base.pay_sum


def cluster_pay(document: Document, window: list[list[str]]) -> tuple[int, set[tuple[int, int]]]:
    """Grow each group by repeated union, unlike the engine's flood."""
    rules = document["clusters"]
    cells = {(reel, row): cell for reel, column in enumerate(window) for row, cell in enumerate(column)}
    total, hit = 0, set()
    for symbol, table in rules["pays"].items():
        fitting = {place for place, cell in cells.items() if cell in (symbol, "w")}
        groups: list[set[tuple[int, int]]] = [{place} for place in fitting if cells[place] == symbol]
        grown = True
        while grown:
            grown = False
            for group in groups:
                near = {
                    place for place in fitting - group if any(touch(place, other, rules["diagonal"]) for other in group)
                }
                grown = grown or bool(near)
                group |= near
        for group in {frozenset(group) for group in groups}:
            pay = int(listed(table, len(group)))
            total += pay
            hit |= set(group) if pay else set()
    return total, hit


def touch(one: tuple[int, int], other: tuple[int, int], diagonal: bool) -> bool:
    across, down = abs(one[0] - other[0]), abs(one[1] - other[1])
    return max(across, down) == 1 and (diagonal or across + down == 1)


def cascade_pay(document: Document, stops: tuple[int, ...]) -> int:
    """Play a cascade with columns as lists that are pushed from above."""
    strips = [strip.split() for strip in document["strips"]["main"]["reels"]]
    rows = document["grid"]["rows"]
    tops = list(stops)
    window = [[strip[(top + row) % len(strip)] for row in range(rows)] for strip, top in zip(strips, tops, strict=True)]
    multipliers = document["spin"]["cascade"]["multipliers"]
    total = falls = 0
    while falls < document["spin"]["cascade"]["falls_max"]:
        pay, hit = cluster_pay(document, window)
        if not pay:
            break
        total += pay * multipliers[min(falls, len(multipliers) - 1)]
        falls += 1
        for reel, strip in enumerate(strips):
            kept = [cell for row, cell in enumerate(window[reel]) if (reel, row) not in hit]
            while len(kept) < rows:
                tops[reel] -= 1
                kept.insert(0, strip[tops[reel] % len(strip)])
            window[reel] = kept
    return total


@st.composite
def cluster_games(draw: st.DrawFn) -> Document:
    reels, rows = draw(st.integers(2, 3)), draw(st.integers(2, 3))
    strip = st.lists(st.sampled_from("aabbw"), min_size=rows, max_size=5)
    strips = [[*draw(strip), *("abw" if reel == 0 else "")] for reel in range(reels)]
    sizes = st.dictionaries(st.integers(2, 6), st.integers(1, 40), min_size=1, max_size=3)
    return {
        "format": 1,
        "id": "random-clusters",
        "name": "Random",
        "grid": {"reels": reels, "rows": rows},
        "strips": {"main": {"reels": [" ".join(symbols) for symbols in strips]}},
        "wilds": {"symbols": {"w": {}}},
        "clusters": {"pays": {"a": draw(sizes), "b": draw(sizes)}, "diagonal": draw(st.booleans())},
        "spin": {
            "cascade": {
                "multipliers": draw(st.lists(st.integers(1, 5), min_size=1, max_size=3)),
                "falls_max": draw(st.integers(1, 4)),
            }
        },
    }


@given(cluster_games())
@settings(max_examples=60)
def test_cascading_clusters_give_what_enumeration_gives(document: Document) -> None:
    analysis = analyse(compile_game(Declaration.model_validate(document)))
    lengths = [len(strip.split()) for strip in document["strips"]["main"]["reels"]]
    note(repr(document))

    found = Counter({pay: count for (pay, _), count in analysis.base.outcomes.items()})
    assert found == Counter(cascade_pay(document, stops) for stops in product(*(range(length) for length in lengths)))
