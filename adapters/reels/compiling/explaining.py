"""The wins of a window as the player sees them; their pays add up to the automaton's sum."""

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import NamedTuple

from adapters.reels.kernel.layers import Window
from adapters.reels.kernel.line_machine import LineMachine, Wins
from adapters.reels.kernel.spin_tables import WinLine

ExplainPart = Callable[[Sequence[Window]], list[WinLine]]


class Explainer:
    """Asks every kind of pay what it finds in a window."""

    def __init__(self, parts: Sequence[ExplainPart]) -> None:
        self._parts = parts

    def wins(self, windows: Sequence[Window]) -> tuple[WinLine, ...]:
        """Return the wins of what pays on the reels."""
        return tuple(win for part in self._parts for win in part(windows))


class LineExplainer:
    """Follows the lines through the same machine that the automaton is built from; lines that begin alike, together.

    The lines are a tree: its nodes at reel k are the different beginnings of k + 1 cells. A beginning that is settled
    settles all of its lines at once, so that most of the tree is never looked at.
    """

    def __init__(self, machine: LineMachine, paths: Sequence[Sequence[int]], names: Sequence[str]) -> None:
        self._machine = machine
        self._names = names
        self._branches = _branches(list(enumerate(paths, 1)), 0)
        self._known: dict[tuple[int, int], tuple[WinLine, ...]] = {}

    def wins(self, windows: Sequence[Window]) -> list[WinLine]:
        """Return the wins of all lines, in the order of the lines."""
        found: list[tuple[int, Wins]] = []
        steps, settled = self._machine.step, self._machine.wins
        open_: list[tuple[int, _Branches]] = [(0, self._branches)]
        for step, wins_at, window in zip(steps, settled[1:], windows, strict=False):
            following: list[tuple[int, _Branches]] = []
            for state, branches in open_:
                after = step[state]
                for row, lines, further in branches:
                    reached = after[window[row]]
                    wins = wins_at[reached]
                    if wins is None:
                        following.append((reached, further))
                    elif wins:
                        found += [(line, wins) for line in lines]
            if not following:
                break
            open_ = following
        if len(found) > 1:
            found.sort(key=_line_of)
        return [win for line, wins in found for win in self._shown(line, wins)]

    def _shown(self, line: int, wins: Wins) -> tuple[WinLine, ...]:
        key = (line, id(wins))  # the machine holds the tuple for as long as this lives
        known = self._known.get(key)
        if known is None:
            names = self._names
            known = self._known[key] = tuple(
                WinLine(win.side, line, win.name or names[win.symbol], win.count, win.pay) for win in wins
            )
        return known


class _Branch(NamedTuple):
    """Lines that go through the same cell of a reel and came the same way."""

    row: int
    lines: tuple[int, ...]
    further: "_Branches"


_Branches = tuple[_Branch, ...]
_line_of = itemgetter(0)


def _branches(paths: Sequence[tuple[int, Sequence[int]]], reel: int) -> _Branches:
    rows: dict[int, list[tuple[int, Sequence[int]]]] = {}
    for line, path in paths:
        if reel < len(path):
            rows.setdefault(path[reel], []).append((line, path))
    return tuple(
        _Branch(row, tuple(line for line, _ in inside), _branches(inside, reel + 1)) for row, inside in rows.items()
    )
