"""Wallets for tests: on both databases, with a clock of their own, and short words for the usual commands."""

from dataclasses import dataclass

from wallet.ledger.kinds import ActionKind
from wallet.ledger.types import Action, Command

BRAND, PROVIDER, GAME, CURRENCY = "brand-1", "reels", "game-1", "EUR"
EURO = 1_000_000
START_MS = 1_800_000_000_000


@dataclass
class FakeClock:
    """A clock that moves when it is told to, and by a millisecond each time it is asked."""

    time_ms: int = START_MS

    def now_ms(self) -> int:
        """Return the time, a millisecond later than before."""
        self.time_ms += 1
        return self.time_ms

    def advance(self, time_ms: int) -> None:
        """Move the clock."""
        self.time_ms += time_ms


def command(*actions: Action, player_id: str = "player-1", round_id: str = "", **fields: object) -> Command:
    """Return a command of one player, in a round when ``round_id`` is given."""
    base = Command(BRAND, player_id, CURRENCY, PROVIDER, 0, actions, GAME if round_id else "", round_id)
    return base._replace(**fields)


def deposit(transaction_id: str, amount_micros: int, player_id: str = "player-1") -> Command:
    """Return a deposit."""
    return command(Action(ActionKind.DEPOSIT, transaction_id, amount_micros), player_id=player_id)


def bet(transaction_id: str, amount_micros: int, round_id: str, player_id: str = "player-1") -> Command:
    """Return a bet."""
    return command(Action(ActionKind.BET, transaction_id, amount_micros), player_id=player_id, round_id=round_id)


def win(
    transaction_id: str, amount_micros: int, round_id: str, player_id: str = "player-1", close: bool = False
) -> Command:
    """Return a win, with the round's close when asked."""
    action = Action(ActionKind.WIN, transaction_id, amount_micros)
    return command(action, player_id=player_id, round_id=round_id, close_round=close)


def rollback(transaction_id: str, reference: str, player_id: str = "player-1", round_id: str = "") -> Command:
    """Return the rollback of a bet."""
    action = Action(ActionKind.ROLLBACK, transaction_id, 0, reference, ActionKind.BET)
    return command(action, player_id=player_id, round_id=round_id)


def spin(round_id: str, bet_micros: int, win_micros: int, player_id: str = "player-1", detail: bytes = b"") -> Command:
    """Return an in-house spin: bet, win and close as one unit."""
    return command(
        Action(ActionKind.BET, round_id, bet_micros),
        Action(ActionKind.WIN, f"{round_id}:0", win_micros, detail=detail),
        player_id=player_id,
        round_id=round_id,
        close_round=True,
        one_unit=True,
        exclusive_game=True,
    )
