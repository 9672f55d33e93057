"""The wins of a window as the player sees them; their pays add up to the automaton's sum."""

from collections.abc import Callable, Sequence

from adapters.reels.kernel.layers import Window
from adapters.reels.kernel.line_machine import LineMachine
from adapters.reels.kernel.spin_tables import WinLine

Wins = Callable[[Sequence[Window]], list[WinLine]]


class Explainer:
    """Asks every kind of pay what it finds in a window."""

    def __init__(self, parts: Sequence[Wins]) -> None:
        self._parts = parts

    def wins(self, windows: Sequence[Window]) -> tuple[WinLine, ...]:
        """Return the wins of what pays on the reels."""
        return tuple(win for part in self._parts for win in part(windows))


class LineExplainer:
    """Follows each line through the same machine that the automaton is built from."""

    def __init__(self, machine: LineMachine, paths: Sequence[Sequence[int]], names: Sequence[str]) -> None:
        self._machine = machine
        self._paths = paths
        self._names = names

    def wins(self, windows: Sequence[Window]) -> list[WinLine]:
        """Return the wins of all lines."""
        steps, settled, found = self._machine.step, self._machine.wins, []
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
