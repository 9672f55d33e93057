"""What one line pays: runs with wilds, combinations and a multiplier cell. Pure; symbols are small integers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

Counts = Mapping[int, int]


@dataclass(frozen=True, slots=True)
class WildRule:
    """One wild: its multiplier, what it does not stand for, and as what a run of wilds alone pays."""

    multiplier: Fraction = Fraction(1)
    not_for: frozenset[int] = frozenset()
    pays_as: int | None = None
    own_pays_multiplied: bool = False


@dataclass(frozen=True, slots=True)
class ComboRule:
    """A combination on a line; ``positions`` and ``all_of`` already contain the wilds where these fit."""

    name: str
    pay: int
    positions: tuple[frozenset[int] | None, ...] = ()
    all_of: frozenset[int] | None = None
    exactly: tuple[tuple[int, int], ...] = ()
    at_least: tuple[tuple[int, int], ...] = ()
    multiplied: bool = False

    def fits(self, cells: tuple[int, ...]) -> bool:
        """Say whether the cells of a line are this combination."""
        return (
            all(wanted is None or cell in wanted for wanted, cell in zip(self.positions, cells, strict=False))
            and (self.all_of is None or all(cell in self.all_of for cell in cells))
            and all(cells.count(symbol) == count for symbol, count in self.exactly)
            and all(cells.count(symbol) >= count for symbol, count in self.at_least)
        )


@dataclass(frozen=True, slots=True)
class LineWin:
    """One win on a line; ``symbol`` is -1 for a combination, whose ``name`` then says which."""

    pay: int
    symbol: int
    count: int
    multiplier: Fraction
    side: str
    games: int = 0
    name: str = ""
    cells: int = 0
    """The reels whose cells on the line belong to the win, a bit each, the first reel is the lowest."""

    def __hash__(self) -> int:
        return hash((self.pay, self.symbol, self.count, self.side, self.games, self.name, self.cells))


@dataclass(frozen=True, slots=True)
class LineRules:
    """Everything that decides what a line pays; pays are integers in pay units."""

    pays: Mapping[int, Counts]
    wilds: Mapping[int, WildRule] = field(default_factory=dict)
    combine: str = "multiply"
    combos: tuple[ComboRule, ...] = ()
    direction: str = "left"
    right_only_if_left_below: int | None = None
    choose: str = "highest"
    games: Mapping[int, Counts] = field(default_factory=dict)
    multiplier_reel: int | None = None
    multiplier_symbols: Mapping[int, Fraction] = field(default_factory=dict)
    spin_multiplier: Fraction = Fraction(1)
    exempt: frozenset[tuple[int, int]] = frozenset()
    skip_first: int | None = None
    """Line wins whose first cell is this symbol are left out (the book's own symbol)."""

    def run_of(self, cells: tuple[int, ...]) -> tuple[int, ...]:
        """Return the longest start of ``cells`` that is one symbol and wilds standing for it."""
        symbol: int | None = None
        passed: list[WildRule] = []
        for length, cell in enumerate(cells):
            wild = self.wilds.get(cell)
            if wild is not None:
                if symbol is not None and symbol in wild.not_for:
                    return cells[:length]
                passed.append(wild)
            elif symbol is None:
                if any(cell in before.not_for for before in passed):
                    return cells[:length]
                symbol = cell
            elif cell != symbol:
                return cells[:length]
        return cells

    def run_win(self, run: tuple[int, ...], side: str) -> LineWin | None:
        """Return the better of what the run's symbol and its leading wilds alone pay."""
        if self.skip_first is not None and run and run[0] == self.skip_first:
            return None
        alone = self._wilds_alone(run, side)
        natural = next((cell for cell in run if cell not in self.wilds), None)
        if natural is None:
            return alone
        multiplier = self.combined(run)
        mixed = self._win(natural, len(run), multiplier, side)
        if alone is None or (mixed is not None and mixed.pay > alone.pay):
            return mixed
        return alone

    def combined(self, cells: tuple[int, ...]) -> Fraction:
        """Return what the wilds among the cells multiply by, together."""
        factors = [self.wilds[cell].multiplier for cell in cells if cell in self.wilds]
        factors = [factor for factor in factors if factor != 1]
        if not factors:
            return Fraction(1)
        if self.combine == "highest":
            return max(factors)
        if self.combine == "sum":
            return sum(factors, Fraction(0))
        product = Fraction(1)
        for factor in factors:
            product *= factor
        return product

    def _wilds_alone(self, run: tuple[int, ...], side: str) -> LineWin | None:
        if not run or run[0] not in self.wilds:
            return None
        symbol = self.wilds[run[0]].pays_as
        if symbol is None:
            return None
        leading = 0
        for cell in run:
            if cell not in self.wilds or self.wilds[cell].pays_as != symbol:
                break
            leading += 1
        multiplied = all(self.wilds[cell].own_pays_multiplied for cell in run[:leading])
        multiplier = self.combined(run[:leading]) if multiplied else Fraction(1)
        return self._win(symbol, leading, multiplier, side)

    def _win(self, symbol: int, length: int, multiplier: Fraction, side: str) -> LineWin | None:
        pays = self.pays.get(symbol, {})
        games = self.games.get(symbol, {})
        listed = max((count for count in (*pays, *games) if count <= length), default=0)
        if not listed:
            return None
        return LineWin(
            self.multiplied(pays.get(listed, 0), multiplier, symbol, listed),
            symbol,
            listed,
            multiplier,
            side,
            games.get(listed, 0),
        )

    def multiplied(self, pay: int, multiplier: Fraction, symbol: int, count: int) -> int:
        """Return the pay times the win's own and the spin's multiplier, exact by the choice of the pay unit."""
        if multiplier == 1 and (self.spin_multiplier == 1 or (symbol, count) in self.exempt):
            return pay
        factor = multiplier if (symbol, count) in self.exempt else multiplier * self.spin_multiplier
        product = pay * factor
        assert product.denominator == 1, "the pay unit makes every pay whole"
        return product.numerator

    def combo_win(self, cells: tuple[int, ...]) -> LineWin | None:
        """Return the combination that the whole line pays: the first that fits, or the highest."""
        fitting = [self._combo(combo, cells) for combo in self.combos if combo.fits(cells)]
        if not fitting:
            return None
        return fitting[0] if self.choose == "first" else max(fitting, key=lambda win: win.pay)

    def _combo(self, combo: ComboRule, cells: tuple[int, ...]) -> LineWin:
        multiplier = self.combined(cells) if combo.multiplied else Fraction(1)
        return LineWin(
            self.multiplied(combo.pay, multiplier, -1, 0), -1, len(cells), multiplier, "combo", name=combo.name
        )
