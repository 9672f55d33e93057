"""The gamble after a win: a bet on its own, whose price is the win and whose odds the declaration states."""

from adapters.reels.compiling.game_tables import GameTables, PlayTables
from adapters.reels.draws import DrawSource
from adapters.reels.errors import ChoiceRefused
from adapters.reels.play.state import RoundState

GAMBLE = "gamble"
GAMBLE_CHOICES = ("collect", "gamble")
_TIMES = "gambled"


def offer_gamble(game: GameTables, tables: PlayTables, current: RoundState) -> None:
    """Leave the round open for a gamble where there is a win that may still be staked."""
    rules = game.declaration.gamble
    if rules is None or current.pending or not current.won or current.facts.get("collected"):
        return
    most = rules.win_max * tables.context.cost_units * tables.context.scale
    if current.facts.get(_TIMES, 0) < rules.steps_max and current.won * rules.factor <= most:
        current.push(GAMBLE, 1)


def play_gamble(game: GameTables, current: RoundState, choice: str, draws: DrawSource) -> int:
    """Take the win, or stake it: returns what the step pays, in pay units. Raises ChoiceRefused."""
    rules = game.declaration.gamble
    if rules is None or choice not in GAMBLE_CHOICES:
        raise ChoiceRefused(choice, GAMBLE_CHOICES)
    if choice == "collect":
        current.facts["collected"] = 1
        return 0
    current.facts[_TIMES] = current.facts.get(_TIMES, 0) + 1
    won = draws.draw("gamble", rules.probability.denominator) < rules.probability.numerator
    current.won = current.won * rules.factor if won else 0
    return current.won
