"""What a spin counts beside pays: scatters, the book's symbol, reels that turn wild, the multiplier reel."""

from fractions import Fraction

from adapters.reels.compiling.context import Context
from adapters.reels.compiling.spin_plan import SpinPlan
from adapters.reels.kernel.finals import ScatterWin
from adapters.reels.kernel.layers import Window
from adapters.reels.kernel.registers import Registers, RegistersFull

BOOK = "book"
MULTIPLIER = "multiplier"


class Counters:
    """Gives every counter its register, counts windows, and reads sums."""

    def __init__(self, context: Context, plan: SpinPlan, registers: Registers) -> None:
        self._context = context
        self._plan = plan
        self._registers = registers
        self._scatters = context.declaration.scatters
        self._symbols: dict[str, frozenset[int]] = {}
        self._pays: dict[str, dict[int, int]] = {}
        self._units: dict[str, int] = {}
        try:
            self._allocate()
        except RegistersFull as error:
            context.refuse("scatters", f"too much to count on one spin: {error}")

    def _allocate(self) -> None:
        context, plan = self._context, self._plan
        cells = sum(context.rows)
        for name, scatter in self._scatters.items():
            path = f"scatters.{name}"
            names = scatter.symbols or [name]
            self._symbols[name] = frozenset(context.alphabet.number(symbol, f"{path}.symbols") for symbol in names)
            factor = plan.multiplier if scatter.multiplied else Fraction(1)
            to_units = context.total_bets if scatter.pays_in == "total_bet" else context.units
            self._pays[name] = {count: to_units(pay * factor) for count, pay in scatter.pays.items()}
            counter = _scatter(name)
            self._units[counter] = self._registers.allocate(counter, self._most(name, cells))
        if plan.book is not None:
            self._units[BOOK] = self._registers.allocate(BOOK, cells)
        if plan.multiplier_reel is not None:
            largest = len(plan.multiplier_reel.weights) - 1
            self._units[MULTIPLIER] = self._registers.allocate(MULTIPLIER, largest)
        for reel in plan.wild_reels.reels if plan.wild_reels else ():
            self._units[_wild_reel(reel - 1)] = self._registers.allocate(_wild_reel(reel - 1), 1)

    def _most(self, name: str, cells: int) -> int:
        """Return how often a scatter can show on this spin."""
        most = 0
        for reel, strip in enumerate(self._context.strip_sets[self._plan.strips]):
            rows, length = self._context.rows[reel], len(strip.symbols)
            if self._plan.cascade is not None:
                return cells
            most += max(
                self._cells(name, reel, tuple(strip.symbols[(stop + row) % length] for row in range(rows)))
                for stop in range(length)
            )
        return most if self._plan.wild_reels is None and self._plan.expanding_wilds is None else cells

    def _cells(self, name: str, reel: int, window: Window) -> int:
        scatter = self._scatters[name]
        if scatter.reels is not None and reel + 1 not in scatter.reels:
            return 0
        cells = sum(cell in self._symbols[name] for cell in window)
        return min(cells, 1) if scatter.count == "reels" else cells

    def of_window(self, reel: int, window: Window, *, wild_reel: bool) -> int:
        """Return what a window adds to the counters."""
        total = sum(self._units[_scatter(name)] * self._cells(name, reel, window) for name in self._scatters)
        book = self._plan.book
        if book is not None:
            cells = window.count(book.symbol)
            total += self._units[BOOK] * (min(cells, 1) if book.counts == "reels" else cells)
        return total + (self.of_wild_reel(reel) if wild_reel else 0)

    def of_multiplier(self, place: int) -> int:
        """Return what the multiplier in this place of the multiplier reel adds."""
        return self._units[MULTIPLIER] * place

    def of_wild_reel(self, reel: int) -> int:
        """Return what a reel that turns wild adds."""
        return self._units[_wild_reel(reel)]

    def scatter_counts(self, total: int) -> dict[str, int]:
        """Read how often each scatter shows."""
        return {name: self._registers.read(total, _scatter(name)) for name in self._scatters}

    def scatter_wins(self, counts: dict[str, int]) -> list[ScatterWin]:
        """Return what the scatters pay."""
        paid = [ScatterWin(name, count, self._pay(name, count)) for name, count in counts.items()]
        return [win for win in paid if win.pay]

    def book_count(self, total: int) -> int:
        """Read how often the book's symbol shows."""
        return self._registers.read(total, BOOK)

    def multiplier(self, total: int) -> Fraction:
        """Read what the multiplier reel shows."""
        assert self._plan.multiplier_reel is not None
        return list(self._plan.multiplier_reel.weights)[self._registers.read(total, MULTIPLIER)]

    def new_wild_reels(self, total: int) -> frozenset[int]:
        """Read which reels turned wild on this spin."""
        rule = self._plan.wild_reels
        reels = [reel - 1 for reel in rule.reels] if rule else []
        return frozenset(reel for reel in reels if self._registers.read(total, _wild_reel(reel)))

    def _pay(self, name: str, count: int) -> int:
        pays = self._pays[name]
        if count in pays or not pays:
            return pays.get(count, 0)
        largest = max(pays)
        return pays[largest] if self._scatters[name].or_more and count > largest else 0


def _scatter(name: str) -> str:
    """Name a scatter's counter apart from the engine's own: a scatter may be called ``book`` or ``multiplier``."""
    return f"scatter {name}"


def _wild_reel(reel: int) -> str:
    return f"wild reel {reel + 1}"
