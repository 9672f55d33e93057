"""Scatters and their counters, and the wins of a window as the player sees them."""

from collections.abc import Sequence

from adapters.reels.compiling.context import Context
from adapters.reels.compiling.spin_plan import SpinPlan
from adapters.reels.kernel.finals import ScatterWin
from adapters.reels.kernel.layers import Window
from adapters.reels.kernel.line_machine import LineMachine
from adapters.reels.kernel.registers import Registers
from adapters.reels.kernel.spin_tables import WinLine


class Scatters:
    """Counts the declared scatters on each reel and says what a count pays."""

    def __init__(self, context: Context, plan: SpinPlan, registers: Registers) -> None:
        self._registers = registers
        self._units: dict[str, int] = {}
        self._symbols: dict[str, frozenset[int]] = {}
        self._pays: dict[str, dict[int, int]] = {}
        self._scatters = context.declaration.scatters
        largest = sum(context.rows)
        for name, scatter in self._scatters.items():
            path = f"scatters.{name}"
            names = scatter.symbols or [name]
            self._symbols[name] = frozenset(context.alphabet.number(symbol, f"{path}.symbols") for symbol in names)
            factor = plan.multiplier if scatter.multiplied else 1
            to_units = context.total_bets if scatter.pays_in == "total_bet" else context.units
            self._pays[name] = {count: to_units(pay * factor) for count, pay in scatter.pays.items()}
            self._units[name] = registers.allocate(f"scatter {name}", largest)

    def counted(self, reel: int, window: Window) -> int:
        """Return what a window adds to the counters."""
        total = 0
        for name, scatter in self._scatters.items():
            if scatter.reels is not None and reel + 1 not in scatter.reels:
                continue
            cells = sum(cell in self._symbols[name] for cell in window)
            total += self._units[name] * (min(cells, 1) if scatter.count == "reels" else cells)
        return total

    def counts(self, total: int) -> dict[str, int]:
        """Read the counters of a sum."""
        return {name: self._registers.read(total, f"scatter {name}") for name in self._scatters}

    def wins(self, counts: dict[str, int]) -> tuple[ScatterWin, ...]:
        """Return what the counts pay."""
        wins = []
        for name, count in counts.items():
            pay = self._pay(name, count)
            if pay:
                wins.append(ScatterWin(name, count, pay))
        return tuple(wins)

    def _pay(self, name: str, count: int) -> int:
        pays = self._pays[name]
        if count in pays or not pays:
            return pays.get(count, 0)
        largest = max(pays)
        return pays[largest] if self._scatters[name].or_more and count > largest else 0


class Explainer:
    """Says which wins a window holds; their pays add up to the automaton's sum."""

    def __init__(self, context: Context, plan: SpinPlan, machine: LineMachine | None, scatters: Scatters) -> None:
        self._names = context.alphabet.names
        self._machine = machine
        self._paths = context.paths

    def wins(self, windows: Sequence[Window]) -> tuple[WinLine, ...]:
        """Return the wins of what pays on the reels."""
        return tuple(self._line_wins(windows)) if self._machine is not None else ()

    def _line_wins(self, windows: Sequence[Window]) -> list[WinLine]:
        machine, found = self._machine, []
        assert machine is not None
        steps, settled = machine.step, machine.wins
        for line, path in enumerate(self._paths, 1):
            state = 0
            for reel, row in enumerate(path):
                state = steps[reel][state][windows[reel][row]]
                wins = settled[reel + 1][state]
                if wins is not None:
                    for win in wins:
                        symbol = win.name or self._names[win.symbol]
                        found.append(WinLine(win.side, line, symbol, win.count, win.pay))
                    break
        return found
