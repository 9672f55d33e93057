"""Steps that are no spins as they are played: picks, coins that hold, jackpots, bought starts."""

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple, TypeVar

from adapters.reels.draws import DrawSource
from adapters.reels.errors import ChoiceRefused
from adapters.reels.kernel.finals import Award
from adapters.reels.kernel.table_stage import TableStage
from adapters.reels.play.state import RoundState

Drawn = TypeVar("Drawn")


class TablePlayed(NamedTuple):
    """What the step did: its pay in pay units, what it awards, and what of it is shown (as JSON)."""

    pay: int
    awards: tuple[Award, ...]
    fields: dict[str, str]
    coins: tuple[int, ...] | None = None
    """What each coin that landed pays, in pay units; None where no coins are played for."""


def offered(table: TableStage, state: RoundState) -> tuple[str, ...]:
    """Return what the player may choose before the step; empty when there is nothing to choose."""
    if table.kind != "pick":
        return ()
    opened = state.facts.get("opened", 0)
    return tuple(str(box) for box in range(1, table.facts["boxes"] + 1) if not opened >> box & 1)


def play_table(name: str, table: TableStage, state: RoundState, choice: str, draws: DrawSource) -> TablePlayed:
    """Play the step; raises ChoiceRefused."""
    choices = offered(table, state)
    if (choices and choice not in choices) or (choice and not choices):
        raise ChoiceRefused(choice, choices)
    if table.kind == "pick":
        return _pick(table, state, choice, draws)
    if table.kind == "hold start":
        return _hold_start(table, draws)
    if table.kind == "hold":
        return _respin(name, table, draws)
    ((pay, awards),) = table.outcomes
    return TablePlayed(pay, awards, {})


def draw_weighted(purpose: str, values: Sequence[tuple[Drawn, int]], draws: DrawSource) -> Drawn:
    """Draw one of the values in proportion to its weight."""
    sums = tuple(accumulate(weight for _, weight in values))
    return values[draws.draw_weighted(purpose, sums)][0]


def _pick(table: TableStage, state: RoundState, choice: str, draws: DrawSource) -> TablePlayed:
    pay = draw_weighted("pick", table.facts["values"], draws)
    state.facts["opened"] = state.facts.get("opened", 0) | 1 << int(choice)
    if not offered(table, state) or not any(stage == state.last for stage, _ in state.pending):
        state.facts.pop("opened")  # who has more picks than boxes goes on with new ones
    return TablePlayed(pay, (), {"box": choice})


def _hold_start(table: TableStage, draws: DrawSource) -> TablePlayed:
    coins = tuple(draw_weighted("coin", table.facts["coins"], draws) for _ in range(table.facts["held"]))
    awards = next(iter(table.outcomes))[1]
    return TablePlayed(sum(coins) + table.facts["full"], awards, {}, coins)


def _respin(name: str, table: TableStage, draws: DrawSource) -> TablePlayed:
    feature, held_text, left_text = name.rsplit(":", 2)
    held, left = int(held_text), int(left_text)
    hit, bound = table.facts["chance"]
    empty = table.facts["cells"] - held
    landed = [place for place, value in enumerate(draws.draw_stops("cells", (bound,) * empty)) if value < hit]
    coins = tuple(draw_weighted("coin", table.facts["coins"], draws) for _ in landed)
    new = len(coins)
    full = new == empty
    awards: tuple[Award, ...] = ()
    if not full:
        left = table.facts["respins"] if new else left - 1
        awards = ((f"{feature}:{held + new}:{left}", 1),) if left else ()
    fields = {"held": str(held + new), "landed": f"[{','.join(map(str, landed))}]"}
    return TablePlayed(sum(coins) + (table.facts["full"] if full else 0), awards, fields, coins)
