"""The supplier's own API as its mock answers it: launch, games, rounds, free bets."""

import json
from datetime import UTC, datetime

from adapters.contract.amounts import integer_from_micros
from adapters.contract.errors import MalformedCall, SignatureRefused
from adapters.contract.json_text import JsonObject, optional_text_of, read_object, text_of
from adapters.hub88.signing import SIGNATURE_HEADERS, holds, read_signature
from adapters.hub88.wire import UNITS_PER_CURRENCY_UNIT
from adapters.mocks.tenant import Tenant
from adapters.mocks.types import HttpCall, HttpReply, MockGame, MockGrant, MockSession

DEMO_CURRENCIES = ("XXX", "FUN")
DEMO_BALANCE_MICROS = 1_000_000_000
PREPAID_CURRENCIES = ("EUR", "USD", "SEK")


def operate(tenant: Tenant, call: HttpCall) -> HttpReply:
    """Answer one call; the signature is checked first."""
    if not _signed(tenant, call):
        return _json(401, {"code": "RS_ERROR_INVALID_SIGNATURE", "message": "invalid signature"})
    try:
        fields = read_object(call.body)
        if fields.get("operator_id") != tenant.credentials["operator_id"]:
            return _json(404, {"error": "The operator_id does not correspond to any operator"})
        return _answer(tenant, call.path.removeprefix("/api"), fields)
    except MalformedCall as wrong:
        return _json(400, {"code": "RS_ERROR_WRONG_SYNTAX", "message": f"{wrong.message}: {wrong.facts.get('field')}"})


def _answer(tenant: Tenant, path: str, fields: JsonObject) -> HttpReply:
    match path:
        case "/game/url":
            return _launch(tenant, fields)
        case "/game/list":
            return _json(200, [_game(game) for game in tenant.games])
        case "/game/round":
            return _round(tenant, fields)
        case "/freebet/prepaids/list":
            return _json(
                200, [_prepaid(game, code) for game in tenant.games if game.free_rounds for code in PREPAID_CURRENCIES]
            )
        case "/freebet/rewards/create":
            return _reward(tenant, fields)
        case "/freebet/rewards/list":
            return _json(200, [_reward_fields(tenant, grant) for grant in tenant.grants.values()])
        case "/freebet/rewards/cancel":
            return _cancel(tenant, fields)
        case _:
            return _json(404, {"error": "no such path"})


def _launch(tenant: Tenant, fields: JsonObject) -> HttpReply:
    game_code, currency = text_of(fields, "game_code"), text_of(fields, "currency")
    for name in ("country", "lang", "sub_partner_id"):
        text_of(fields, name)
    if all(game.game_id != game_code for game in tenant.games):
        return _json(400, {"code": "RS_ERROR_INVALID_GAME", "message": "no such game"})
    demo = currency in DEMO_CURRENCIES
    session = MockSession(
        session_id=tenant.ids.uuid(),
        token="" if demo else text_of(fields, "token"),
        player_id="" if demo else text_of(fields, "user"),
        currency_code=currency,
        game_id=game_code,
        demo=demo,
        country_code=text_of(fields, "country"),
        language_code=text_of(fields, "lang"),
        platform="mobile" if fields.get("platform") == "GPL_MOBILE" else "desktop",
        balance_micros=DEMO_BALANCE_MICROS if demo else None,
    )
    return _json(200, {"url": tenant.open_session(session)})


def _round(tenant: Tenant, fields: JsonObject) -> HttpReply:
    round_id = optional_text_of(fields, "round")
    if round_id not in tenant.rounds:
        return _json(405, {"code": 100, "message": "Invalid Round"})
    return _json(200, {"url": f"{tenant.base_url}/rounds/{round_id}"})


def _reward(tenant: Tenant, fields: JsonObject) -> HttpReply:
    prepaid = text_of(fields, "prepaid_uuid")
    game_code, _, currency = prepaid.removeprefix("prepaid:").rpartition(":")
    value, count = fields.get("bet_value"), fields.get("bet_count")
    if type(value) is not int or type(count) is not int or value <= 0 or not 0 < count <= 1_000:
        return _json(400, {"code": "RS_ERROR_WRONG_TYPES", "message": "bet_value and bet_count must be numbers"})
    grant = MockGrant(
        grant_id=tenant.ids.uuid(),
        operator_grant_id="",
        player_id=text_of(fields, "user"),
        game_ids=(game_code,),
        currency_code=currency,
        bet_micros=value * (1_000_000 // UNITS_PER_CURRENCY_UNIT),
        count=count,
        valid_from_ms=_time_ms(text_of(fields, "start_time"), "start_time"),
        valid_until_ms=_time_ms(text_of(fields, "end_time"), "end_time"),
        facts={"prepaid_uuid": prepaid},
    )
    tenant.grants[grant.grant_id] = grant
    return _json(200, _reward_fields(tenant, grant))


def _cancel(tenant: Tenant, fields: JsonObject) -> HttpReply:
    grant = tenant.grants.get(text_of(fields, "reward_uuid"))
    if grant is None:
        return _json(404, {"error": "no such reward"})
    if grant.played_count:
        return _json(400, {"code": "RS_ERROR_WRONG_SYNTAX", "message": "the reward is claimed"})
    grant.status = "cancelled"
    return _json(200, _reward_fields(tenant, grant))


def _reward_fields(tenant: Tenant, grant: MockGrant) -> JsonObject:
    state = {"active": "FRS_ACTIVE", "finished": "FRS_FINISHED", "cancelled": "FRS_CANCELLED"}[grant.status]
    if state == "FRS_ACTIVE" and 0 < grant.valid_until_ms <= tenant.clock.now_ms():
        state = "FRS_EXPIRED"
    return {
        "reward_uuid": grant.grant_id,
        "user": grant.player_id,
        "prepaid_uuid": grant.facts["prepaid_uuid"],
        "bet_value": integer_from_micros(grant.bet_micros, UNITS_PER_CURRENCY_UNIT),
        "bet_count": grant.count,
        "bets_played": grant.played_count,
        "win_amount": integer_from_micros(grant.win_micros, UNITS_PER_CURRENCY_UNIT),
        "start_time": _date_time(grant.valid_from_ms),
        "end_time": _date_time(grant.valid_until_ms),
        "status": state,
    }


def _game(game: MockGame) -> JsonObject:
    return {
        "game_code": game.game_id,
        "name": game.display_name,
        "product": "Mock Studio",
        "category": "Video Slots",
        "enabled": True,
        "freebet_support": game.free_rounds,
        "rtp": f"{game.rtp_ppm // 10_000}.{game.rtp_ppm % 10_000:04d}",
        "hit_ratio": "30.0",
        "volatility": 3,
        "paylines": 20,
        "features": ["free_spins"],
        "blocked_countries": ["US"],
        "platforms": ["GPL_DESKTOP", "GPL_MOBILE"],
        "url_thumb": "https://assets.invalid/thumb.png",
        "url_background": "https://assets.invalid/background.png",
    }


def _prepaid(game: MockGame, currency: str) -> JsonObject:
    return {"prepaid_uuid": f"prepaid:{game.game_id}:{currency}", "game_code": game.game_id, "currency": currency}


def _signed(tenant: Tenant, call: HttpCall) -> bool:
    text = next((value for name in SIGNATURE_HEADERS if (value := call.header(name))), "")
    try:
        return holds(tenant.credentials["operator_public_key"].encode(), read_signature(text), call.body)
    except SignatureRefused:
        return False


def _time_ms(text: str, field: str) -> int:
    try:
        return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC).timestamp()) * 1000
    except ValueError as wrong:
        raise MalformedCall("a time must be YYYY-MM-DDThh:mm:ss", field=field) from wrong


def _date_time(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _json(status: int, value: object) -> HttpReply:
    return HttpReply(status, json.dumps(value).encode())
