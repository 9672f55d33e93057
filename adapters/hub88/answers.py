"""What the supplier answers to our calls: games, rewards and links, read without trust."""

from collections.abc import Mapping
from decimal import Decimal

from adapters.contract.errors import MalformedCall, OutcomeUnknown
from adapters.contract.free_rounds import GrantReport, GrantStatus
from adapters.contract.games import Game, GameType, Volatility
from adapters.contract.ids import GameId, GrantId, is_valid_id
from adapters.contract.json_text import optional_text_of

_TYPES = {"slots": GameType.SLOT, "video slots": GameType.SLOT, "live": GameType.LIVE, "table games": GameType.TABLE}
_TYPES |= {"live dealer": GameType.LIVE, "crash games": GameType.INSTANT, "instant win": GameType.INSTANT}
_VOLATILITIES = (
    Volatility.LOW,
    Volatility.MEDIUM_LOW,
    Volatility.MEDIUM,
    Volatility.MEDIUM_HIGH,
    Volatility.HIGH,
)
_STATES = {
    "FRS_NEW": GrantStatus.ACTIVE,
    "FRS_ACTIVE": GrantStatus.ACTIVE,
    "FRS_CANCELLED": GrantStatus.CANCELLED,
    "FRS_FAILED": GrantStatus.CANCELLED,
    "FRS_FINISHED": GrantStatus.FINISHED,
    "FRS_EXPIRED": GrantStatus.EXPIRED,
}


def read_url(answer: object) -> str:
    """Return the link of an answer; raises ``OutcomeUnknown``."""
    url = answer.get("url") if isinstance(answer, dict) else None
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise OutcomeUnknown("the supplier's answer has no link")
    return url


def read_objects(answer: object) -> list[Mapping[str, object]]:
    """Return the list of objects that an answer is; raises ``OutcomeUnknown``."""
    if not isinstance(answer, list) or not all(isinstance(item, dict) for item in answer):
        raise OutcomeUnknown("the supplier's answer is not a list")
    return answer


def read_games(answer: object) -> tuple[Game, ...]:
    """Return the enabled games of a list in a stable order; an entry without a usable code is left out."""
    found = (_game(entry) for entry in read_objects(answer) if entry.get("enabled") is not False)
    return tuple(sorted((game for game in found if game is not None), key=lambda game: game.game_id))


def read_reward(grant_id: str, entry: Mapping[str, object]) -> GrantReport:
    """Return what the supplier says about a reward; raises ``OutcomeUnknown``."""
    reward_uuid, state = entry.get("reward_uuid"), entry.get("status", "FRS_NEW")
    if not isinstance(reward_uuid, str) or state not in _STATES:
        raise OutcomeUnknown("the supplier's answer is no reward")
    played, win = entry.get("bets_played", 0), entry.get("win_amount", 0)
    return GrantReport(
        grant_id=GrantId(grant_id),
        status=_STATES[str(state)],
        played_count=played if type(played) is int else 0,
        win_micros=win * 10 if type(win) is int else 0,
        provider_grant_id=reward_uuid,
    )


def _game(entry: Mapping[str, object]) -> Game | None:
    game_code = entry.get("game_code")
    if not isinstance(game_code, str) or not is_valid_id(game_code):
        return None
    try:
        name, studio = optional_text_of(entry, "name"), optional_text_of(entry, "product")
        category = optional_text_of(entry, "category").lower()
    except MalformedCall:
        return None
    return Game(
        game_id=GameId(game_code),
        display_name=name or game_code,
        studio=studio,
        game_type=_TYPES.get(category, GameType.OTHER if category else GameType.SLOT),
        rtp_ppm=_share_ppm(entry.get("rtp")),
        hit_frequency_ppm=_share_ppm(entry.get("hit_ratio")),
        volatility=_volatility(entry.get("volatility")),
        features=frozenset(_texts(entry.get("features"))),
        line_count=_count(entry.get("paylines")),
        free_rounds=entry.get("freebet_support") is True,
        blocked_countries=frozenset(_texts(entry.get("blocked_countries"))),
    )


def _share_ppm(value: object) -> int:
    """Read a percentage (``96.5``, ``"96.5"``) as parts per million; 0 where it is not known."""
    if isinstance(value, str):
        try:
            value = Decimal(value)
        except ArithmeticError:
            return 0
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not 0 <= value <= 100:
        return 0
    return int(value * 10_000)


def _volatility(value: object) -> Volatility:
    level = value if type(value) is int else 3
    return _VOLATILITIES[min(max(level, 1), len(_VOLATILITIES)) - 1]


def _count(value: object) -> int:
    return value if type(value) is int and 0 <= value <= 10**9 else 0


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
