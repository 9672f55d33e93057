"""The provider's core API as its mock answers it: launch, free rounds, games."""

import gzip
import json
from datetime import datetime
from urllib.parse import parse_qsl

from adapters.contract.amounts import micros_from_decimal_text
from adapters.contract.errors import MalformedCall
from adapters.contract.json_text import JsonObject, flag_of, object_of, optional_text_of, read_object, text_of
from adapters.mocks.tenant import Tenant
from adapters.mocks.types import HttpCall, HttpReply, MockGame, MockGrant, MockSession
from adapters.swipegames.signing import SIGNATURE_HEADER, canonical, sign

BET_LINES = ("0.10", "0.20", "0.50", "1.00", "2.00", "5.00")
CURRENCIES = ("EUR", "USD", "SEK")
VALID_DAYS_MAX = 30
DAY_MS = 86_400_000


def operate(tenant: Tenant, call: HttpCall) -> HttpReply:
    """Answer one call; the signature is checked first."""
    query = dict(parse_qsl(call.query))
    signed = canonical(query) if call.method == "GET" else call.body
    if call.header(SIGNATURE_HEADER) != sign(tenant.credentials["api_key"].encode(), signed):
        return _error(401, "invalid signature", "invalid_signature")
    try:
        fields: JsonObject = dict(query) if call.method == "GET" else read_object(call.body)
        if (fields.get("cID"), fields.get("extCID")) != (tenant.credentials["c_id"], tenant.credentials["ext_c_id"]):
            return _error(404, "no such client", "client_not_found")
        return _answer(tenant, call, fields)
    except MalformedCall as wrong:
        return _error(400, f"{wrong.message}: {wrong.facts.get('field')}", "invalid_request")


def _answer(tenant: Tenant, call: HttpCall, fields: JsonObject) -> HttpReply:
    match call.method, call.path:
        case "POST", "/create-new-game":
            return _launch(tenant, fields)
        case "POST", "/free-rounds":
            return _grant(tenant, fields)
        case "DELETE", "/free-rounds":
            return _cancel(tenant, fields)
        case "GET", "/games":
            return _games(tenant, call)
        case _:
            return _error(404, "no such path", "not_found")


def _launch(tenant: Tenant, fields: JsonObject) -> HttpReply:
    game_id, demo = text_of(fields, "gameID"), flag_of(fields, "demo")
    for name in ("platform", "currency", "locale"):
        text_of(fields, name)
    if all(game.game_id != game_id for game in tenant.games):
        return _error(404, "no such game", "game_not_found")
    person = {} if demo else object_of(fields, "user")
    session = MockSession(
        session_id=tenant.ids.uuid(),
        token="" if demo else text_of(fields, "sessionID"),
        player_id="" if demo else text_of(person, "id"),
        currency_code=text_of(fields, "currency"),
        game_id=game_id,
        demo=demo,
        language_code=text_of(fields, "locale"),
        balance_micros=micros_from_decimal_text(fields.get("initDemoBalance"), "initDemoBalance") if demo else None,
    )
    return _json(200, {"gameURL": tenant.open_session(session), "gsID": session.session_id})


def _grant(tenant: Tenant, fields: JsonObject) -> HttpReply:
    ext_id, quantity, line = text_of(fields, "extID"), fields.get("quantity"), fields.get("betLine")
    known = next((grant for grant in tenant.grants.values() if grant.operator_grant_id == ext_id), None)
    if known is not None:
        same = known.facts["request"] == canonical(fields).decode()
        return _grant_reply(known) if same else _error(409, "extID was used with other content", "ext_id_conflict")
    if type(quantity) is not int or not 1 <= quantity <= 99 or type(line) is not int or not 1 <= line <= len(BET_LINES):
        raise MalformedCall("quantity and betLine are from 1 to 99", field="quantity")
    from_ms, until_ms = (_time_ms(text_of(fields, name), name) for name in ("validFrom", "validUntil"))
    if not from_ms < until_ms <= from_ms + VALID_DAYS_MAX * DAY_MS:
        raise MalformedCall(f"free rounds are valid for at most {VALID_DAYS_MAX} days", field="validUntil")
    players = fields.get("userIDs")
    games = fields.get("gameIDs")
    grant = MockGrant(
        grant_id=tenant.ids.uuid(),
        operator_grant_id=ext_id,
        player_id=str(players[0]) if isinstance(players, list) and players else "",
        game_ids=tuple(map(str, games)) if isinstance(games, list) else (),
        currency_code=text_of(fields, "currency"),
        bet_micros=micros_from_decimal_text(BET_LINES[line - 1], "betLine"),
        count=quantity,
        valid_from_ms=from_ms,
        valid_until_ms=until_ms,
        facts={"request": canonical(fields).decode()},
    )
    tenant.grants[grant.grant_id] = grant
    return _grant_reply(grant)


def _cancel(tenant: Tenant, fields: JsonObject) -> HttpReply:
    ext_id, own_id = optional_text_of(fields, "extID"), optional_text_of(fields, "id")
    for grant in tenant.grants.values():
        if grant.operator_grant_id == ext_id or grant.grant_id == own_id:
            grant.status = "cancelled" if grant.status == "active" else grant.status
            return _json(200, {})
    return _error(404, "no such free rounds", "free_rounds_not_found")


def _games(tenant: Tenant, call: HttpCall) -> HttpReply:
    reply = _json(200, [_game(game) for game in tenant.games])
    if "gzip" not in (call.header("accept-encoding") or ""):
        return reply
    packed = gzip.compress(reply.body, mtime=0)
    return HttpReply(200, packed, headers=(("content-encoding", "gzip"),))


def _game(game: MockGame) -> JsonObject:
    return {
        "id": game.game_id,
        "title": game.display_name,
        "rtp": game.rtp_ppm // 10_000,
        "hasDemo": True,
        "hasFreeRounds": game.free_rounds,
        "betLines": [{"currency": code, "values": list(BET_LINES)} for code in CURRENCIES],
    }


def _grant_reply(grant: MockGrant) -> HttpReply:
    return _json(200, {"id": grant.grant_id, "extID": grant.operator_grant_id})


def _time_ms(text: str, field: str) -> int:
    try:
        return int(datetime.fromisoformat(text).timestamp()) * 1000
    except ValueError as wrong:
        raise MalformedCall("a time must be RFC 3339", field=field) from wrong


def _error(status: int, message: str, code: str) -> HttpReply:
    return _json(status, {"message": message, "code": code})


def _json(status: int, value: object) -> HttpReply:
    return HttpReply(status, json.dumps(value).encode())
