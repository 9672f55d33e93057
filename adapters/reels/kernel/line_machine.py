"""A line as a finite automaton over its cells from left to right: explored, then merged from the right. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

from adapters.reels.kernel.runs import LineRules, LineWin

Wins = tuple[LineWin, ...]


class Progress(NamedTuple):
    """What of the cells so far can still matter."""

    left: tuple[int, ...] | None = ()
    """The run from the left while it lives; None when it has ended (``left_win`` is final then)."""
    left_win: LineWin | None = None
    left_length: int = 0
    right: tuple[int, ...] = ()
    """The longest run that ends at the last cell, nearest cell last."""
    best: LineWin | None = None
    cells: tuple[int, ...] = ()
    multiplier: Fraction | int = 1
    """An integer while there is none: fractions take long to hash."""


@dataclass(frozen=True, slots=True)
class LineMachine:
    """The merged automaton: ``step[k][state][symbol]`` is the state after reel k; state wins are None while open."""

    step: tuple[tuple[tuple[int, ...], ...], ...]
    wins: tuple[tuple[Wins | None, ...], ...]

    def wins_of(self, cells: Sequence[int]) -> Wins:
        """Return what a line with these cells pays."""
        state = 0
        for position, cell in enumerate(cells):
            state = self.step[position][state][cell]
            wins = self.wins[position + 1][state]
            if wins is not None:
                return wins
        raise AssertionError("every state after the last reel is settled")


def build_line_machine(rules: LineRules, alphabets: Sequence[frozenset[int]], symbol_count: int) -> LineMachine:
    """Explore all lines over the reels' alphabets and merge what can no longer differ."""
    explorer = _Explorer(rules, len(alphabets))
    layers: list[dict[Progress, int]] = [{Progress(): 0}]
    steps: list[list[dict[int, int]]] = []
    for position, alphabet in enumerate(alphabets):
        following: dict[Progress, int] = {}
        rows = []
        for progress in layers[position]:
            if explorer.is_settled(progress):
                rows.append(dict.fromkeys(alphabet, following.setdefault(progress, len(following))))
                continue
            row = {}
            last, number = None, 0
            for symbol in sorted(alphabet):
                reached = explorer.after(progress, position, symbol)
                if reached is not last:
                    last, number = reached, following.setdefault(reached, len(following))
                row[symbol] = number
            rows.append(row)
        steps.append(rows)
        layers.append(following)
    finals = [explorer.result(progress) for progress in layers[-1]]
    return _merge(steps, finals, symbol_count)


class _Explorer:
    """Follows one rule set cell by cell."""

    def __init__(self, rules: LineRules, length: int) -> None:
        self.rules = rules
        self.length = length
        self.reads_left = rules.direction in ("left", "both", "best_way")
        self.reads_right = rules.direction in ("right", "both", "best_way", "adjacent")
        self.goes_on = self.reads_right or bool(rules.combos) or rules.multiplier_reel is not None
        self._left_wins: dict[tuple[int, ...], LineWin | None] = {}
        self._ended: dict[tuple[int, ...], Progress] = {}

    def is_settled(self, progress: Progress) -> bool:
        """Say whether no cell from here on matters."""
        return progress.left is None and not self.goes_on

    def after(self, progress: Progress, position: int, symbol: int) -> Progress:
        rules = self.rules
        if rules.multiplier_reel == position:
            ended = self._end_left(progress)
            return ended._replace(multiplier=rules.multiplier_symbols.get(symbol, Fraction(1)))
        if self.reads_left and progress.left is not None:
            run = (*progress.left, symbol)
            alive = len(rules.run_of(run)) == position + 1
            progress = Progress(run, *progress[1:]) if alive else self._end_left(progress)
        if self.reads_right:
            progress = self._step_right(progress, position, symbol)
        if rules.combos:
            progress = progress._replace(cells=(*progress.cells, symbol))
        return progress

    def _end_left(self, progress: Progress) -> Progress:
        if progress.left is None:
            return progress
        if not self.goes_on and progress.left in self._ended:
            return self._ended[progress.left]  # nothing but the run is in the progress
        if progress.left not in self._left_wins:
            found = self.rules.run_win(progress.left, "left") if self.reads_left else None
            self._left_wins[progress.left] = None if found is None else replace(found, cells=(1 << found.count) - 1)
        win = self._left_wins[progress.left]
        length = len(progress.left) if self.rules.right_only_if_left_below else 0
        ended = self._ended[progress.left] = Progress(None, win, length, *progress[3:])
        return ended

    def _step_right(self, progress: Progress, position: int, symbol: int) -> Progress:
        backwards = (symbol, *reversed(progress.right))
        run = self.rules.run_of(backwards)
        best = progress.best
        if self.rules.direction == "adjacent":
            win = self._placed(self.rules.run_win(run, "adjacent"), position + 1)
            if win is not None and (best is None or win.pay > best.pay):
                best = win
        return progress._replace(right=tuple(reversed(run)), best=best)

    @staticmethod
    def _placed(win: LineWin | None, end: int) -> LineWin | None:
        """Say which reels hold a win whose last cell is on reel ``end``."""
        return None if win is None else replace(win, cells=((1 << win.count) - 1) << (end - win.count))

    def result(self, progress: Progress) -> Wins:
        rules = self.rules
        wins = self._runs(self._end_left(progress), len(progress.left or ()))
        if rules.combos:
            combo = self._placed(rules.combo_win(progress.cells), self.length)
            runs_pay = sum(win.pay for win in wins)
            if combo is not None and (not wins or (rules.choose == "highest" and combo.pay > runs_pay)):
                wins = (combo,)
        if progress.multiplier != 1:
            wins = tuple(
                replace(win, pay=_whole(win.pay * progress.multiplier), multiplier=win.multiplier * progress.multiplier)
                for win in wins
            )
        return wins

    def _runs(self, progress: Progress, full_left: int) -> Wins:
        rules = self.rules
        if rules.direction == "left":
            return _kept(progress.left_win)
        if rules.direction == "adjacent":
            return _kept(progress.best)
        right = self._placed(rules.run_win(tuple(reversed(progress.right)), "right"), self.length)
        if rules.direction == "right":
            return _kept(right)
        left = progress.left_win
        if rules.direction == "both":
            same = full_left == self.length and len(progress.right) == self.length
            return _kept(_better(left, right)) if same else (*_kept(left), *_kept(right))
        below = rules.right_only_if_left_below
        if below is not None and max(progress.left_length, full_left) >= below:
            return _kept(left)
        return _kept(_better(left, right))


def _whole(value: Fraction | int) -> int:
    assert value.denominator == 1, "the pay unit makes every pay whole"
    return value.numerator


def _kept(win: LineWin | None) -> Wins:
    return (win,) if win is not None and (win.pay or win.games) else ()


def _better(left: LineWin | None, right: LineWin | None) -> LineWin | None:
    if left is None or (right is not None and right.pay > left.pay):
        return right
    return left


def _merge(steps: list[list[dict[int, int]]], finals: list[Wins], symbol_count: int) -> LineMachine:
    """Merge states from the last reel to the first; a state whose every way on pays the same is settled."""
    merged_wins: list[list[Wins | None]] = []
    merged_steps: list[list[tuple[int, ...]]] = []
    wins, renamed = _number(finals)
    merged_wins.append(list(wins))
    for rows in reversed(steps):
        signatures = [
            tuple(renamed[row[symbol]] if symbol in row else -1 for symbol in range(symbol_count)) for row in rows
        ]
        table, renamed = _number(signatures)
        settled: list[Wins | None] = []
        for signature in table:
            reached = {merged_wins[-1][state] for state in signature if state >= 0}
            settled.append(reached.pop() if len(reached) == 1 else None)
        merged_steps.append([tuple(max(state, 0) for state in signature) for signature in table])
        merged_wins.append(settled)
    return LineMachine(
        tuple(tuple(layer) for layer in reversed(merged_steps)), tuple(tuple(layer) for layer in reversed(merged_wins))
    )


def _number(values: list) -> tuple[list, list[int]]:  # type: ignore[type-arg]
    numbers: dict[object, int] = {}
    renamed = [numbers.setdefault(value, len(numbers)) for value in values]
    return list(numbers), renamed
