"""From declared ways and anywhere pays to their components and what the player is shown of them."""

from collections.abc import Mapping, Sequence

import numpy as np

from adapters.reels.compiling.context import Context
from adapters.reels.compiling.spin_plan import SpinPlan
from adapters.reels.kernel.components import Component
from adapters.reels.kernel.layers import ReelLayer, Window
from adapters.reels.kernel.runs import WildRule
from adapters.reels.kernel.screens import AnywhereComponent, EndWaysComponent, WaysComponent
from adapters.reels.kernel.spin_tables import WinLine


def or_less(table: Mapping[int, int], count: int) -> int:
    """Return the pay of the largest listed count that is reached."""
    listed = max((at for at in table if at <= count), default=0)
    return table[listed] if listed else 0


class WaysPays:
    """Ways: who counts for whom with which weight (a wild's multiplier multiplies the ways through it)."""

    def __init__(self, context: Context, plan: SpinPlan, wilds: dict[int, WildRule]) -> None:
        assert context.declaration.ways is not None
        declared = context.declaration.ways
        number = context.alphabet.number
        self.direction = declared.direction
        self.symbols = [number(symbol, f"ways.pays.{symbol}") for symbol in declared.pays]
        self.pays = [
            {count: context.units(pay * plan.multiplier_for(symbol, count)) for count, pay in table.items()}
            for symbol, table in zip(self.symbols, declared.pays.values(), strict=True)
        ]
        self.alone = [self._alone(context, symbol, wilds, plan) for symbol in self.symbols]
        self.cells = [{symbol: 1} | alone for symbol, alone in zip(self.symbols, self.alone, strict=True)]
        self._names = context.all_names()
        self._reel_count = len(context.rows)

    @staticmethod
    def _alone(context: Context, symbol: int, wilds: dict[int, WildRule], plan: SpinPlan) -> dict[int, int]:
        if symbol in wilds:
            return {}
        weights = {}
        for wild, rule in wilds.items():
            if symbol not in rule.not_for:
                if rule.multiplier.denominator != 1:
                    context.refuse(f"{plan.path}.wilds", "a wild in a ways game multiplies by a whole number")
                weights[wild] = rule.multiplier.numerator
        return weights

    def components(self) -> list[Component]:
        """Return the components that follow the ways."""
        count, reels = len(self._names), self._reel_count
        found: list[Component] = []
        if self.direction in ("left", "both"):
            found.append(WaysComponent(self.pays, self.cells, self.alone, count, reels))
        if self.direction in ("right", "both"):
            found.append(EndWaysComponent(self.pays, self.cells, self.alone, (count, reels, self.direction == "both")))
        return found

    def wins(self, windows: Sequence[Window]) -> list[WinLine]:
        """Return what the ways pay, symbol by symbol."""
        found = []
        for place, symbol in enumerate(self.symbols):
            counts = [sum(self.cells[place].get(cell, 0) for cell in window) for window in windows]
            wild_counts = [sum(self.alone[place].get(cell, 0) for cell in window) for window in windows]
            if self.direction in ("left", "both"):
                found += self._side("left", place, symbol, counts, wild_counts)
            if self.direction in ("right", "both"):
                full = self.direction == "both" and all(counts)
                found += [] if full else self._side("right", place, symbol, counts[::-1], wild_counts[::-1])
        return found

    def _side(self, side: str, place: int, symbol: int, counts: list[int], wild_counts: list[int]) -> list[WinLine]:
        ways = wild_ways = 1
        length = 0
        for count, wild_count in zip(counts, wild_counts, strict=True):
            if not count:
                break
            ways, wild_ways, length = ways * count, wild_ways * wild_count, length + 1
        pay = or_less(self.pays[place], length) * (ways - wild_ways)
        return [WinLine(f"ways {side}", 0, self._names[symbol], length, pay, ways - wild_ways)] if pay else []


class AnywherePays:
    """Symbols that pay by their number on the whole window."""

    def __init__(self, context: Context, plan: SpinPlan, wilds: dict[int, WildRule]) -> None:
        declared = context.declaration.anywhere
        assert declared is not None
        number = context.alphabet.number
        self.natural_min = declared.natural_min
        self.pays: dict[int, dict[int, int]] = {}
        for symbol, table in declared.pays.items():
            at = number(symbol, f"anywhere.pays.{symbol}")
            self.pays[at] = {c: context.units(pay * plan.multiplier_for(at, c)) for c, pay in table.items()}
        self.wilds = {wild: rule.not_for for wild, rule in wilds.items()} if declared.wilds else {}
        self._names = context.all_names()

    def component(self, layers: Sequence[ReelLayer]) -> Component:
        """Return the component that counts."""
        windows = [np.array(layer.windows, dtype=np.int32) for layer in layers]
        return AnywhereComponent(self.pays, self.wilds, self.natural_min, windows)

    def wins(self, windows: Sequence[Window]) -> list[WinLine]:
        """Return what each symbol pays."""
        found = []
        for symbol, table in self.pays.items():
            natural = sum(window.count(symbol) for window in windows)
            fitting = [wild for wild, not_for in self.wilds.items() if symbol not in not_for and wild != symbol]
            wild = sum(cell in fitting for window in windows for cell in window)
            pay = or_less(table, natural + wild) if natural >= self.natural_min else 0
            if pay:
                found.append(WinLine("anywhere", 0, self._names[symbol], natural + wild, pay))
        return found
