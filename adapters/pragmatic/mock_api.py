"""The provider's own HTTP API as the mock plays it: game address, game list, free rounds, history; hashed by us."""

from adapters.contract.amounts import micros_from_number
from adapters.contract.errors import MalformedCall
from adapters.contract.json_text import JsonObject, objects_of, read_object, text_of, write_json
from adapters.mocks.tenant import Tenant
from adapters.mocks.types import HttpCall, HttpReply, MockGrant, MockSession
from adapters.pragmatic.hashing import HashVariant, hash_holds, read_form

DEMO_BALANCE_MICROS = 100_000_000_000
_BASE = "/IntegrationService/v3/http/"


class ApiRefused(Exception):
    """The provider says no, by its number."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


class PragmaticApi:
    """Every path of the operator side; the error is a text here, not a number."""

    def answer(self, tenant: Tenant, call: HttpCall) -> HttpReply:
        """Check the hash, then do what the path says."""
        path = call.path.removeprefix(_BASE).strip("/")
        try:
            hashed = call.query.encode() if path.endswith("player/create") else call.body
            form = self._checked(tenant, hashed)
            answer = {"error": "0", "description": "OK", **self._act(tenant, path, form, call.body)}
        except MalformedCall as error:
            answer = {"error": "7", "description": f"Bad parameters: {error}"}
        except ApiRefused as refused:
            answer = {"error": refused.error, "description": refused.description}
        return HttpReply(200, write_json(answer))

    def _checked(self, tenant: Tenant, hashed: bytes) -> dict[str, str]:
        variant = HashVariant(tenant.options.get("hash", HashVariant.DECODED.value))
        if not hash_holds(hashed, tenant.credentials["secret"].encode(), variant):
            raise ApiRefused("5", "Invalid hash code")
        form = read_form(hashed)
        if form.get("secureLogin") != tenant.credentials["secure_login"]:
            raise ApiRefused("2", "Unknown secureLogin")
        return form

    def _act(self, tenant: Tenant, path: str, form: dict[str, str], body: bytes) -> JsonObject:
        match path:
            case "CasinoGameAPI/game/url":
                return {"gameURL": _launch(tenant, form)}
            case "CasinoGameAPI/getCasinoGames":
                return {"gameList": _listed(tenant)}
            case "FreeRoundsBonusAPI/v2/bonus/player/create":
                return _create_bonus(tenant, form, read_object(body))
            case "FreeRoundsBonusAPI/v2/bonus/cancel":
                return _cancel_bonus(tenant, form)
            case "FreeRoundsBonusAPI/v2/getPlayersFRB":
                return {"bonuses": _bonuses_of(tenant, text_of(form, "playerId"))}
            case "HistoryAPI/OpenHistory":
                round_id = text_of(form, "roundId")
                if round_id not in tenant.rounds:
                    raise ApiRefused("18", "Round is not found")
                return {"url": f"{tenant.base_url}/control/rounds/{round_id}"}
            case _:
                raise ApiRefused("7", f"No such method: {path}")


def _launch(tenant: Tenant, form: dict[str, str]) -> str:
    game_id = text_of(form, "symbol")
    if game_id not in {game.game_id for game in tenant.games}:
        raise ApiRefused("8", "Game is not found or disabled")
    demo = form.get("playMode") == "DEMO"
    return tenant.open_session(
        MockSession(
            session_id=tenant.ids.uuid(),
            token="" if demo else text_of(form, "token"),
            player_id="demo" if demo else text_of(form, "externalPlayerId"),
            currency_code=text_of(form, "currency"),
            game_id=game_id,
            demo=demo,
            language_code=form.get("language", "en"),
            platform=form.get("platform", "WEB").lower(),
            balance_micros=DEMO_BALANCE_MICROS if demo else None,
        )
    )


def _listed(tenant: Tenant) -> list[JsonObject]:
    return [
        {
            "gameID": game.game_id,
            "gameName": game.display_name,
            "gameTypeID": game.game_id[:2],
            "typeDescription": "Live games" if game.game_id.startswith("lg") else "Video slots",
            "technology": "html5",
            "platform": "MOBILE,WEB",
            "demoGameAvailable": not game.game_id.startswith("lg"),
            "frbAvailable": game.free_rounds,
            "lines": 20,
            "features": ["BUY"] if game.free_rounds else [],
        }
        for game in tenant.games
    ]


def _create_bonus(tenant: Tenant, form: dict[str, str], body: JsonObject) -> JsonObject:
    code, count = text_of(form, "bonusCode"), _count(form, "rounds")
    games = objects_of(body, "gameList", 100)
    known = {game.game_id for game in tenant.games if game.free_rounds}
    game_ids = tuple(text_of(game, "gameId") for game in games)
    if not game_ids or not known.issuperset(game_ids):
        raise ApiRefused("16", "Free rounds are not available in these games")
    if code in tenant.grants:
        return {"bonusCode": code}
    expiry_ms = _seconds_ms(form, "expirationDate")
    if count < 1 or expiry_ms <= tenant.clock.now_ms():
        raise ApiRefused("7", "Bad parameters: rounds or expirationDate")
    stake = next((value for value in objects_of(games[0], "betValues", 10)), {})
    tenant.grants[code] = MockGrant(
        code, code, text_of(form, "playerId"), game_ids, text_of(form, "currency"),
        micros_from_number(stake.get("totalBet"), "totalBet"), count, _seconds_ms(form, "startDate"), expiry_ms,
    )  # fmt: skip
    return {"bonusCode": code}


def _cancel_bonus(tenant: Tenant, form: dict[str, str]) -> JsonObject:
    grant = tenant.grants.get(text_of(form, "bonusCode"))
    if grant is None:
        raise ApiRefused("17", "Bonus is not found")
    grant.status = "canceled"
    return {}


def _bonuses_of(tenant: Tenant, player_id: str) -> list[JsonObject]:
    return [
        {
            "bonusCode": grant.grant_id,
            "currency": grant.currency_code,
            "gameIDList": ",".join(grant.game_ids),
            "rounds": grant.count,
            "roundsPlayed": grant.played_count,
            "expirationDate": str(grant.valid_until_ms // 1000),
        }
        for grant in tenant.grants.values()
        if grant.player_id == player_id and grant.status != "canceled"
    ]


def _seconds_ms(form: dict[str, str], name: str) -> int:
    return _count(form, name) * 1000


def _count(form: dict[str, str], name: str) -> int:
    text = text_of(form, name, 12)
    if not (text.isascii() and text.isdecimal()):
        raise MalformedCall("a whole number is expected", field=name)
    return int(text)
