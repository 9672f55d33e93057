"""Features that are no spins: picks, hold-and-win, bought starts, jackpots; each as tables with exact outcomes."""

from collections import defaultdict
from math import comb

from adapters.reels.compiling.context import Context
from adapters.reels.declaration.features import HoldAndWin, Jackpot, Pick
from adapters.reels.kernel.finals import Award
from adapters.reels.kernel.table_stage import TableStage

Sums = dict[int, int]


def pick_stage(context: Context, feature: Pick) -> TableStage:
    """One pick: one box is opened and pays."""
    to_units = context.total_bets if feature.pays_in == "total_bet" else context.units
    values = [(to_units(pay), weight) for pay, weight in feature.weights.items()]
    outcomes: dict[tuple[int, tuple[Award, ...]], int] = defaultdict(int)
    for pay, weight in values:
        outcomes[pay, ()] += weight
    return TableStage("pick", dict(outcomes), {"values": values, "boxes": feature.boxes})


def jackpot_stage(context: Context, feature: Jackpot) -> TableStage:
    """The jackpot's fixed part."""
    pay = context.total_bets(feature.seed)
    return TableStage("jackpot", {(pay, ()): 1}, {"pay": pay})


def start_stage(awards: tuple[Award, ...]) -> TableStage:
    """A bought start: nothing but its awards."""
    return TableStage("start", {(0, awards): 1}, {})


def draw_stage(choices: tuple[tuple[int, str], ...]) -> TableStage:
    """A draw between spins: it pays nothing, and what it draws is played at once."""
    return TableStage("draw", {(0, ((stage, 1),)): weight for weight, stage in choices}, {"choices": choices})


def hold_stages(context: Context, name: str, feature: HoldAndWin) -> dict[str, TableStage]:
    """The start with each number of coins, and the respin with each number of held coins and respins left."""
    cells = sum(context.rows)
    coins = {context.total_bets(pay): weight for pay, weight in feature.coins.items()}
    least = min(feature.trigger.counts)
    full = context.total_bets(feature.full_pays)
    stages = {}
    for held in range(least, cells + 1):
        stages[f"{name}*{held}"] = _begin(name, held, cells, coins, full, feature)
        if held < cells:
            for left in range(1, feature.respins + 1):
                stages[f"{name}:{held}:{left}"] = _respin(name, (held, left), cells, coins, full, feature)
    return stages


def _begin(name: str, held: int, cells: int, coins: Sums, full: int, feature: HoldAndWin) -> TableStage:
    awards: tuple[Award, ...] = ((f"{name}:{held}:{feature.respins}", 1),) if held < cells else ()
    extra = full if held == cells else 0
    outcomes = {(pay + extra, awards): weight for pay, weight in _sums(coins, held).items()}
    return TableStage("hold start", outcomes, {"coins": list(coins.items()), "held": held, "full": extra})


def _respin(name: str, at: tuple[int, int], cells: int, coins: Sums, full: int, feature: HoldAndWin) -> TableStage:
    held, left = at
    empty = cells - held
    hit, miss = feature.coin_chance.numerator, feature.coin_chance.denominator - feature.coin_chance.numerator
    each = sum(coins.values())
    outcomes: dict[tuple[int, tuple[Award, ...]], int] = defaultdict(int)
    for new in range(empty + 1):
        if new == empty:
            awards: tuple[Award, ...] = ()
        elif new:
            awards = ((f"{name}:{held + new}:{feature.respins}", 1),)
        else:
            awards = ((f"{name}:{held}:{left - 1}", 1),) if left > 1 else ()
        weight = comb(empty, new) * hit**new * miss ** (empty - new) * each ** (empty - new)
        for pay, count in _sums(coins, new).items():
            if weight:
                outcomes[pay + (full if new == empty else 0), awards] += weight * count
    facts = {
        "coins": list(coins.items()),
        "chance": (feature.coin_chance.numerator, feature.coin_chance.denominator),
        "cells": cells,
        "full": full,
        "respins": feature.respins,
    }
    return TableStage("hold", dict(outcomes), facts)


def _sums(coins: Sums, times: int) -> Sums:
    """Return the weights of the sum of so many coins."""
    sums: Sums = {0: 1}
    for _ in range(times):
        following: Sums = defaultdict(int)
        for total, weight in sums.items():
            for pay, share in coins.items():
                following[total + pay] += weight * share
        sums = dict(following)
    return sums
