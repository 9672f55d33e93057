"""What the counters of a spin mean: multipliers, scatter pays, the book's pay, and what is awarded."""

from fractions import Fraction

from adapters.reels.compiling.context import Context
from adapters.reels.compiling.counters import Counters
from adapters.reels.compiling.other_pays import or_less
from adapters.reels.compiling.spin_plan import SpinPlan
from adapters.reels.kernel.finals import Award, Final, ScatterWin
from adapters.reels.kernel.registers import Registers

LINE_GAMES = "games"


class Judge:
    """Works out the final of every value of the counters."""

    def __init__(self, context: Context, plan: SpinPlan, registers: Registers, counters: Counters) -> None:
        self._context = context
        self._plan = plan
        self._registers = registers
        self._counters = counters

    def final(self, total: int) -> Final:
        """Return what this value of the counters means."""
        counts = self._counters.scatter_counts(total)
        wins = self._counters.scatter_wins(counts)
        if self._plan.book is not None:
            wins += self._book_wins(total)
        multiplier = self._screens(total)
        if self._plan.multiplier_reel is not None:
            shown = self._counters.multiplier(total)
            multiplier *= shown
            if self._plan.multiplier_reel.scatters:
                wins = [ScatterWin(win.name, win.count, _whole(win.pay * shown), win.kind) for win in wins]
        awards = self._awards(total, counts)
        return Final(multiplier, sum(win.pay for win in wins), tuple(wins), tuple(awards))

    def _book_wins(self, total: int) -> list[ScatterWin]:
        book, lines = self._plan.book, self._context.declaration.lines
        assert book is not None
        assert lines is not None
        name = self._context.alphabet.names[book.symbol]
        count = self._counters.book_count(total)
        table = {
            at: self._context.units(pay * self._plan.multiplier_for(book.symbol, at))
            for at, pay in lines.pays.get(name, {}).items()
        }
        pay = or_less(table, count) * len(self._context.paths)
        return [ScatterWin(name, count, pay, "book")] if pay else []

    def _screens(self, total: int) -> Fraction:
        multiplier = Fraction(1)
        for place, screen in enumerate(self._plan.full_screen):
            if self._registers.read(total, f"full screen {place}"):
                multiplier *= screen.multiplier
        return multiplier

    def _awards(self, total: int, counts: dict[str, int]) -> list[Award]:
        plan = self._plan
        awards: list[Award] = []
        for trigger in plan.triggers:
            awards += trigger.awards_at(counts[trigger.scatter])
        if plan.game_entry is not None and LINE_GAMES in self._registers.fields:
            games = self._registers.read(total, LINE_GAMES)
            awards += [(plan.game_entry, games)] if games else []
        if plan.stop is not None and counts[plan.stop[0]] != plan.stop[1]:
            awards.append((plan.series, 1))
        if plan.wild_reels is not None:
            new = self._counters.new_wild_reels(total)
            held = plan.held_reels | new
            if new and held in plan.respin_entries:
                awards.append((plan.respin_entries[held], 1))
        return awards


def _whole(value: Fraction) -> int:
    assert value.denominator == 1, "the pay unit makes every pay whole"
    return value.numerator
