"""What the compilers of spins and features share while one game is compiled."""

from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm
from typing import NoReturn

from adapters.reels.compiling.symbols import Alphabet, Strip, alphabet_of
from adapters.reels.declaration.features import Feature, HoldAndWin, Jackpot, Pick
from adapters.reels.declaration.game import Declaration
from adapters.reels.declaration.layout import Wilds
from adapters.reels.declaration.spins import SpinRules
from adapters.reels.errors import DeclarationError
from adapters.reels.kernel.line_machine import LineMachine


@dataclass(frozen=True, slots=True)
class Context:
    """One game with one number of lines: symbols, strips, paths, the cost in line bets and the pay unit.

    A pay of 1 line bet is ``scale`` pay units, so that every pay is a whole number of them.
    """

    declaration: Declaration
    file: str
    alphabet: Alphabet
    strip_sets: dict[str, tuple[Strip, ...]]
    rows: tuple[int, ...]
    paths: tuple[tuple[int, ...], ...]
    cost_units: int
    scale: int
    extra_names: list[str] = field(default_factory=list)
    machines: dict[tuple[object, ...], LineMachine] = field(default_factory=dict)
    """The line machines built so far: spins of one game often pay by the same rules."""

    def refuse(self, path: str, reason: str) -> NoReturn:
        """Raise the DeclarationError of this place."""
        raise DeclarationError(self.file, path, reason)

    def units(self, pay: Fraction) -> int:
        """Return a pay in line bets as whole pay units."""
        scaled = pay * self.scale
        assert scaled.denominator == 1, "the scale covers every denominator"
        return scaled.numerator

    def extra_symbol(self, name: str) -> int:
        """Give a symbol that shows as ``name`` one more number, for a variant that pays differently."""
        self.extra_names.append(name)
        return len(self.alphabet.names) + len(self.extra_names) - 1

    def all_names(self) -> tuple[str, ...]:
        """Return the names of all numbers, variants included."""
        return (*self.alphabet.names, *self.extra_names)

    def total_bets(self, pay: Fraction) -> int:
        """Return a pay in total bets as whole pay units."""
        return self.units(pay * self.cost_units)


def make_context(declaration: Declaration, file: str, line_count: int | None = None) -> Context:
    """Prepare a game for compiling with its first ``line_count`` lines (default: all)."""
    alphabet, strip_sets = alphabet_of(declaration, file)
    rows = declaration.grid.row_counts()
    paths = _paths(declaration, file, rows)
    cost = declaration.bet.units or len(paths) or 1
    chosen = len(paths)
    if line_count is not None and line_count != len(paths):
        if line_count not in (declaration.bet.line_counts or ()) or line_count > len(paths):
            raise DeclarationError(file, "bet.line_counts", f"{line_count} lines are not offered")
        shared = Fraction(cost * line_count, len(paths))
        if shared.denominator != 1:
            raise DeclarationError(file, "bet.units", f"{line_count} of {len(paths)} lines cost no whole line bets")
        cost, chosen = shared.numerator, line_count
    scale = _scale(declaration)
    return Context(declaration, file, alphabet, strip_sets, rows, paths[:chosen], cost, scale)


def _paths(declaration: Declaration, file: str, rows: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    if declaration.lines is None:
        return ()
    for line, path in enumerate(declaration.lines.paths):
        if len(path) != len(rows):
            reason = f"the line crosses {len(path)} reels, the grid has {len(rows)}"
            raise DeclarationError(file, f"lines.paths[{line}]", reason)
        for reel, (row, row_count) in enumerate(zip(path, rows, strict=True)):
            if row >= row_count:
                reason = f"row {row} on a reel of {row_count} rows (rows count from 0)"
                raise DeclarationError(file, f"lines.paths[{line}][{reel}]", reason)
    return tuple(tuple(path) for path in declaration.lines.paths)


def _scale(declaration: Declaration) -> int:
    """Return a number that makes every product of pay and multipliers whole."""
    pays: list[Fraction] = []
    for part in (declaration.lines, declaration.ways, declaration.anywhere, declaration.clusters):
        if part is not None:
            pays += [pay for table in part.pays.values() for pay in table.values()]
    if declaration.lines is not None:
        pays += [combo.pays for combo in declaration.lines.combos]
    for scatter in declaration.scatters.values():
        pays += scatter.pays.values()
    for feature in declaration.features.values():
        pays += feature_pays(feature)
    scale = lcm(*(pay.denominator for pay in pays), 1)
    for rules in _all_rules(declaration):
        scale *= _multiplier_denominators(rules)
    for wilds in _all_wilds(declaration):
        each = lcm(*(wild.multiplier.denominator for wild in wilds.symbols.values()), 1)
        scale *= each**declaration.grid.reels
    if declaration.lines is not None and declaration.lines.multiplier is not None:
        scale *= lcm(*(value.denominator for value in declaration.lines.multiplier.symbols.values()), 1)
    return scale


def feature_pays(feature: Feature) -> list[Fraction]:
    """Return the pays that a feature names itself."""
    if isinstance(feature, Pick):
        return list(feature.weights)
    if isinstance(feature, HoldAndWin):
        return [*feature.coins, feature.full_pays]
    return [feature.seed] if isinstance(feature, Jackpot) else []


def _all_rules(declaration: Declaration) -> list[SpinRules]:
    free = [feature for feature in declaration.features.values() if isinstance(feature, SpinRules)]
    return [declaration.spin, *free, *declaration.modes.values()]


def _all_wilds(declaration: Declaration) -> list[Wilds]:
    found = [declaration.wilds, *(rules.wilds for rules in _all_rules(declaration))]
    return [wilds for wilds in found if wilds is not None]


def _multiplier_denominators(rules: SpinRules) -> int:
    product = 1
    if rules.multiplier is not None:
        product *= rules.multiplier.denominator
    for drawn in (rules.wild_multiplier, rules.multiplier_reel):
        if drawn is not None:
            product *= lcm(*(value.denominator for value in drawn.weights), 1)
    if rules.cascade is not None:
        product *= lcm(*(value.denominator for value in rules.cascade.multipliers), 1)
    for screen in rules.full_screen or ():
        product *= screen.multiplier.denominator
    return product
