"""What the provider answers to our calls: games, free rounds and links, read without trust."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from adapters.contract.amounts import micros_from_decimal_text
from adapters.contract.errors import MalformedCall, OutcomeUnknown
from adapters.contract.games import Game
from adapters.contract.ids import GameId, is_valid_id


@dataclass(frozen=True, slots=True)
class ListedGame:
    """A game with its bet lines by currency: a stake is named by its place in the list, from 1."""

    game: Game
    bet_lines_micros: Mapping[str, tuple[int, ...]]

    def bet_line(self, currency_code: str, stake_micros: int) -> int | None:
        """Return the bet line of a stake."""
        lines = self.bet_lines_micros.get(currency_code, ())
        return lines.index(stake_micros) + 1 if stake_micros in lines else None


def read_text(answer: object, name: str) -> str:
    """Return a text of an answer; raises ``OutcomeUnknown``."""
    value = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(value, str) or not value:
        raise OutcomeUnknown(f"the provider's answer has no {name}")
    return value


def read_url(answer: object) -> str:
    """Return the link to the game; raises ``OutcomeUnknown``."""
    url = read_text(answer, "gameURL")
    if not url.startswith(("http://", "https://")):
        raise OutcomeUnknown("the provider's answer has no link")
    return url


def read_games(answer: object) -> tuple[ListedGame, ...]:
    """Return the games in a stable order; an entry without a usable id is left out. Raises ``OutcomeUnknown``."""
    if not isinstance(answer, list) or not all(isinstance(entry, dict) for entry in answer):
        raise OutcomeUnknown("the provider's answer is not a list")
    found = (_game(entry) for entry in answer)
    return tuple(sorted((one for one in found if one is not None), key=lambda one: one.game.game_id))


def _game(entry: Mapping[str, object]) -> ListedGame | None:
    game_id = entry.get("id")
    if not isinstance(game_id, str) or not is_valid_id(game_id):
        return None
    lines = _bet_lines(entry.get("betLines"))
    game = Game(
        game_id=GameId(game_id),
        display_name=_text(entry.get("title")) or game_id,
        studio="SwipeGames",
        rtp_ppm=_rtp_ppm(entry.get("rtp")),
        currency_codes=frozenset(lines),
        stakes_micros_by_currency=dict(lines),
        demo=entry.get("hasDemo") is not False,
        free_rounds=entry.get("hasFreeRounds") is True,
    )
    return ListedGame(game, lines)


def _bet_lines(value: object) -> dict[str, tuple[int, ...]]:
    lines: dict[str, tuple[int, ...]] = {}
    for entry in value if isinstance(value, list) else []:
        if not isinstance(entry, dict) or not isinstance(entry.get("values"), list):
            continue
        try:
            stakes = tuple(micros_from_decimal_text(text, "betLines") for text in entry["values"])
        except MalformedCall:
            continue
        lines[_text(entry.get("currency"))] = stakes
    return lines


def _rtp_ppm(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not 0 < value <= 100:
        return 0
    return int(value * 10_000)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
