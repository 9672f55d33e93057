"""One function per request of the services that operators call (sessions, games, players)."""

from collections.abc import Mapping
from typing import TypeVar

from reelgate.gateway.v1 import game_service_pb2 as games_pb
from reelgate.gateway.v1 import player_service_pb2 as players_pb
from reelgate.gateway.v1 import session_service_pb2 as sessions_pb

from adapters.contract.fair import CLIENT_SEED_WORDS, is_client_seed
from adapters.contract.games import GameType, Volatility
from gateway.catalogue.game_filter import GameFilter
from gateway.catalogue.targets import Target, TargetKind
from gateway.errors import InvalidRequest
from gateway.rounds.ports import AccountRef
from gateway.rpc.validation import (
    optional_country,
    optional_id,
    optional_text,
    require_amount,
    require_currency,
    require_id,
)
from gateway.sessions.open_session import OpenSession, is_of_demo_session

Number = TypeVar("Number", bound=int)
Value = TypeVar("Value")
FEATURES_MAX = 16
RTP_PPM_MAX = 100_000_000
_GAME_TYPES = {
    games_pb.GAME_TYPE_SLOT: GameType.SLOT,
    games_pb.GAME_TYPE_TABLE: GameType.TABLE,
    games_pb.GAME_TYPE_LIVE: GameType.LIVE,
    games_pb.GAME_TYPE_INSTANT: GameType.INSTANT,
    games_pb.GAME_TYPE_OTHER: GameType.OTHER,
}
_VOLATILITIES = {
    games_pb.VOLATILITY_LOW: Volatility.LOW,
    games_pb.VOLATILITY_MEDIUM_LOW: Volatility.MEDIUM_LOW,
    games_pb.VOLATILITY_MEDIUM: Volatility.MEDIUM,
    games_pb.VOLATILITY_MEDIUM_HIGH: Volatility.MEDIUM_HIGH,
    games_pb.VOLATILITY_HIGH: Volatility.HIGH,
}


def open_session(request: sessions_pb.OpenSessionRequest, operator_id: str) -> OpenSession:
    """Return the command of an ``OpenSessionRequest``."""
    if request.play_mode not in (sessions_pb.PLAY_MODE_REAL, sessions_pb.PLAY_MODE_DEMO):
        raise InvalidRequest("play_mode", "must be real or demo")
    demo = request.play_mode == sessions_pb.PLAY_MODE_DEMO
    player_id = optional_id("player_id", request.player_id) if demo else _real_player(request.player_id)
    if request.platform not in ("", "desktop", "mobile"):
        raise InvalidRequest("platform", 'must be "desktop" or "mobile"')
    if request.client_seed and not request.provably_fair:
        raise InvalidRequest("client_seed", "is for provably fair sessions")
    return OpenSession(
        operator_id,
        require_id("session_id", request.session_id),
        require_id("brand_id", request.brand_id),
        player_id,
        require_id("game_id", request.game_id),
        require_currency("currency_code", request.currency_code),
        demo,
        optional_country("country_code", request.country_code),
        optional_text("language_code", request.language_code, 16) or "en",
        optional_text("lobby_url", request.lobby_url, 1024),
        optional_text("deposit_url", request.deposit_url, 1024),
        optional_text("ip_address", request.ip_address, 45),
        request.platform or "desktop",
        request.provably_fair,
        optional_client_seed(request.client_seed),
    )


def optional_client_seed(value: str) -> str:
    """Return the player's words or nothing."""
    if value and not is_client_seed(value):
        raise InvalidRequest("client_seed", f"must be {CLIENT_SEED_WORDS}")
    return value


def game_filter(request: games_pb.ListGamesRequest, brand_id: str) -> GameFilter:
    """Return the filter of a ``ListGamesRequest``."""
    if len(request.features) > FEATURES_MAX:
        raise InvalidRequest("features", f"must be at most {FEATURES_MAX}")
    for field, value in (("rtp_ppm_min", request.rtp_ppm_min), ("rtp_ppm_max", request.rtp_ppm_max)):
        if not 0 <= value <= RTP_PPM_MAX:
            raise InvalidRequest(field, f"must be 0 to {RTP_PPM_MAX}")
    return GameFilter(
        brand_id,
        optional_text("query", request.query, 64),
        optional_id("provider_id", request.provider_id),
        _known("game_type", _GAME_TYPES, request.game_type),
        _known("volatility", _VOLATILITIES, request.volatility),
        request.rtp_ppm_min,
        request.rtp_ppm_max,
        frozenset(optional_text("features", feature, 64) for feature in request.features),
        require_currency("currency_code", request.currency_code) if request.currency_code else "",
        optional_country("country_code", request.country_code),
        request.include_disabled,
    )


def switch_target(request: games_pb.SetGameAvailabilityRequest) -> Target:
    """Return the target of a ``SetGameAvailabilityRequest``."""
    brand_id = require_id("brand_id", request.brand_id)
    if not request.enabled and not request.reason:
        raise InvalidRequest("reason", "is required when something is switched off")
    optional_text("reason", request.reason, 256)
    match request.WhichOneof("target"):
        case "game_id":
            return Target(brand_id, TargetKind.GAME, require_id("game_id", request.game_id))
        case "provider_id":
            return Target(brand_id, TargetKind.PROVIDER, require_id("provider_id", request.provider_id))
        case _:
            raise InvalidRequest("target", "must be game_id or provider_id")


def account_ref(request: players_pb.OpenAccountRequest) -> AccountRef:
    """Return the account of an ``OpenAccountRequest``."""
    return AccountRef(
        require_id("brand_id", request.brand_id),
        _real_player(request.player_id),
        require_currency("currency_code", request.currency_code),
    )


def _real_player(text: str) -> str:
    player_id = require_id("player_id", text)
    if is_of_demo_session(player_id):
        raise InvalidRequest("player_id", "demo sessions play under ids of this form")
    return player_id


def deposit(request: players_pb.DepositRequest) -> tuple[AccountRef, str, int]:
    """Return account, transaction id and amount of a ``DepositRequest``."""
    brand_id, player_id = require_id("brand_id", request.brand_id), require_id("player_id", request.player_id)
    transaction_id = require_id("transaction_id", request.transaction_id)
    currency_code, micros = require_amount("amount", request.amount)
    return AccountRef(brand_id, player_id, currency_code), transaction_id, micros


def _known(field: str, table: Mapping[Number, Value], number: Number) -> Value | None:
    if not number:
        return None
    if number not in table:
        raise InvalidRequest(field, "is not a known value")
    return table[number]
