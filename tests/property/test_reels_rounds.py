"""Whole rounds against a second method: every stop enumerated by naive code, then the round played game by game.

The reference is a walk over (won so far, free games left), as a player lives it: no generating functions, no closed
forms. It ends a round at its cap on wins.
"""

from collections import defaultdict
from fractions import Fraction
from itertools import product
from math import isclose, sqrt
from typing import Any

from hypothesis import given, note, settings
from hypothesis import strategies as st

from adapters.reels.analysis.report import Analysis, analyse
from adapters.reels.compiling.game_tables import compile_game
from adapters.reels.declaration.game import Declaration
from tests.property.test_reels_exact import Document, games, pay_of

LEFT_MAX = 60
NOTHING_LEFT = 1e-14
Spins = list[tuple[Fraction, int, Fraction]]
"""(pay in line bets, scatters, chance)."""


def spins_of(document: Document, multiplier: int = 1) -> Spins:
    rows = document["grid"]["rows"]
    strips = [strip.split() for strip in document["strips"]["main"]["reels"]]
    weights = document["strips"]["main"].get("weights") or [[1] * len(strip) for strip in strips]
    found: dict[tuple[Fraction, int], int] = defaultdict(int)
    for stops in product(*(range(len(strip)) for strip in strips)):
        window = [
            [strip[(stop + row) % len(strip)] for row in range(rows)] for strip, stop in zip(strips, stops, strict=True)
        ]
        weight = 1
        for reel, stop in enumerate(stops):
            weight *= weights[reel][stop]
        scatters = sum(cell == "s" for reel in window for cell in reel)
        found[pay_of(document, window) * multiplier, scatters] += weight
    cycle = sum(found.values())
    return [(pay, scatters, Fraction(weight, cycle)) for (pay, scatters), weight in found.items()]


def awarded(trigger: Any, scatters: int) -> int:
    counts = trigger["counts"] if trigger else {}
    return max(((at, games) for at, games in counts.items() if at <= scatters), default=(0, 0))[1]


def rounds_of(document: Document, cap: Fraction | None) -> dict[Fraction, float]:
    """Return the chances of all wins of a round in line bets, the cap standing for itself and more."""
    free = document["features"]["free"]
    again = free["trigger"] if free["retrigger"] is True else free["retrigger"] or None
    finished: dict[Fraction, float] = defaultdict(float)
    playing: dict[tuple[Fraction, int], float] = defaultdict(float)

    def land(won: Fraction, left: int, chance: float) -> None:
        if cap is not None and won >= cap:
            finished[cap] += chance
        elif left:
            playing[won, left] += chance
        else:
            finished[won] += chance

    for pay, scatters, share in spins_of(document):
        land(pay, awarded(free["trigger"], scatters), float(share))
    following = [(pay, awarded(again, scatters), float(share)) for pay, scatters, share in spins_of(document, 2)]
    while sum(playing.values()) > NOTHING_LEFT:
        before, playing = playing, defaultdict(float)
        for (won, left), chance in before.items():
            for pay, more, share in following:
                land(won + pay, min(LEFT_MAX, left - 1 + more), chance * share)
    return finished


@st.composite
def games_with_rounds(draw: st.DrawFn) -> Document:
    """A small game whose free games pay double and win at most half a game each, on average."""
    document = draw(games())
    again = draw(st.sampled_from([True, False, {"scatter": "s", "counts": {2: 1}}]))
    trigger = {"scatter": "s", "counts": {2: draw(st.integers(1, 3)), 3: draw(st.integers(1, 3))}}
    document["features"] = {"free": {"kind": "free_games", "trigger": trigger, "retrigger": again, "multiplier": 2}}
    return document


def analysed(document: Document) -> Analysis | None:
    """Return the analysis; None where free games win more than 0.4 games each, which the walk would never end."""
    played = trigger_of(document)
    more = sum(awarded(played, scatters) * share for _, scatters, share in spins_of(document))
    return analyse(compile_game(Declaration.model_validate(document))) if more <= Fraction(2, 5) else None


def trigger_of(document: Document) -> Any:
    free = document["features"]["free"]
    return free["trigger"] if free["retrigger"] is True else free["retrigger"] or None


@given(games_with_rounds(), st.integers(2, 40))
@settings(max_examples=40)
def test_a_round_under_a_cap_is_what_a_walk_through_it_gives(document: Document, cap: int) -> None:
    document["win_cap"] = cap
    analysis = analysed(document)
    if analysis is None:
        return
    note(repr(document))
    units = document["bet"]["units"]
    expected = rounds_of(document, Fraction(cap * units))
    mean = sum(float(pay) * chance for pay, chance in expected.items()) / units
    square = sum(float(pay) ** 2 * chance for pay, chance in expected.items()) / units**2

    assert isclose(float(analysis.rtp), mean, abs_tol=2e-8)
    assert isclose(analysis.sigma, sqrt(max(0.0, square - mean**2)), abs_tol=2e-6)
    found = analysis.distribution(analysis.cap)
    scale = analysis.tables.context.scale
    for pay, chance in expected.items():
        place, rest = divmod(int(pay * scale), found.step)
        if pay < cap * units:
            assert rest == 0
            assert isclose(float(found.chance[place]), chance, abs_tol=1e-10)
    assert isclose(found.at_least(analysis.cap), expected.get(Fraction(cap * units), 0.0), abs_tol=1e-10)


@given(games_with_rounds())
@settings(max_examples=40)
def test_a_round_without_retriggers_has_the_exact_moments_and_largest_win(document: Document) -> None:
    document["features"]["free"]["retrigger"] = False
    document["features"]["free"]["trigger"]["counts"] = {2: 1, 3: 2}
    analysis = analyse(compile_game(Declaration.model_validate(document)))
    note(repr(document))
    free: dict[int, dict[Fraction, Fraction]] = {0: {Fraction(0): Fraction(1)}}
    for left in (1, 2):
        free[left] = defaultdict(Fraction)
        for won, chance in free[left - 1].items():
            for pay, _, share in spins_of(document, 2):
                free[left][won + pay] += chance * share
    whole: dict[Fraction, Fraction] = defaultdict(Fraction)
    for pay, scatters, share in spins_of(document):
        for won, chance in free[awarded({"counts": {2: 1, 3: 2}}, scatters)].items():
            whole[pay + won] += share * chance

    units = document["bet"]["units"]
    mean = sum(pay * chance for pay, chance in whole.items()) / units
    assert analysis.rtp == mean
    variance = sum(pay**2 * chance for pay, chance in whole.items()) / units**2 - mean**2
    assert analysis.totals.variance["base"] / analysis.unit**2 == variance
    largest = max(whole)
    assert analysis.largest.pay == largest * analysis.tables.context.scale
    assert analysis.largest.chance == whole[largest]
