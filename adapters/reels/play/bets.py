"""What a player may stake on a game."""

from adapters.contract.value import value
from adapters.reels.compiling.game_tables import GameTables
from adapters.reels.errors import BetRefused


@value(frozen=True, slots=True)
class Bet:
    """The stake of a round: the total in micros with all that is selected; 0 lines means all."""

    stake_micros: int
    mode: str = "base"
    line_count: int = 0
    currency_code: str = ""


def check_bet(game: GameTables, bet: Bet) -> None:
    """Raise BetRefused when the game does not offer this stake, mode or number of lines."""
    rules = game.declaration.bet
    if bet.mode != "base" and bet.mode not in game.modes:
        raise BetRefused("bet_mode", f"{bet.mode!r} is not offered; offered: {', '.join(game.modes)}")
    if bet.line_count and bet.line_count not in game.line_counts:
        raise BetRefused("line_count", f"{bet.line_count} lines are not offered")
    stakes = rules.stakes_by_currency.get(bet.currency_code, rules.stakes)
    if bet.stake_micros not in stakes:
        raise BetRefused("stake", f"{bet.stake_micros} micros is not a stake of this game")
