"""The provider's own HTTP API as the mock plays it: sessions, demo, freespins, round details; signed by the casino."""

import hmac
from datetime import UTC, datetime, timedelta

from adapters.contract.amounts import decimal_text_from_micros, minor_exponent, minor_from_micros
from adapters.contract.errors import MalformedCall
from adapters.contract.json_text import JsonObject, object_of, optional_text_of, read_object, text_of, write_json
from adapters.mocks.tenant import Tenant
from adapters.mocks.types import HttpCall, HttpReply, MockGrant, MockSession
from adapters.softswiss.signing import SIGNATURE_HEADER, sign

DEMO_BALANCE_MICROS = 1_000_000_000
BET_LEVELS_MICROS = (100_000, 200_000, 500_000, 1_000_000, 2_000_000, 5_000_000)
MONTH_MS = 31 * 86_400_000


class ApiRefused(Exception):
    """The provider says no: HTTP status and number."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class GcpApi:
    """GCP v1's paths; A8R v2 says the same in Twirp's words."""

    def answer(self, tenant: Tenant, call: HttpCall) -> HttpReply:
        """Check the signature over the raw body, then do what the path says."""
        try:
            expected = sign(tenant.credentials["auth_token"].encode(), call.body)
            if not hmac.compare_digest(expected, call.header(SIGNATURE_HEADER) or ""):
                raise ApiRefused(403, 403, "Forbidden")
            source = read_object(call.body)
            if source.get("casino_id") != tenant.credentials["casino_id"]:
                raise ApiRefused(403, 403, "Unknown casino")
            return HttpReply(200, write_json(self.act(tenant, call.path, source)))
        except MalformedCall as error:
            return self.refused(ApiRefused(400, 400, str(error)))
        except ApiRefused as error:
            return self.refused(error)

    def act(self, tenant: Tenant, path: str, source: JsonObject) -> JsonObject:
        """Do what one path says; raises ``ApiRefused``, ``MalformedCall``."""
        match path:
            case "/sessions":
                user = object_of(source, "user")
                session = self.open(tenant, source, text_of(user, "id"), text_of(source, "currency"))
                return {"launch_options": _options(tenant.open_session(session)), "session_id": session.session_id}
            case "/demo":
                session = self.open(tenant, source, "demo", "FUN", demo=True)
                return {"launch_options": _options(tenant.open_session(session)), "session_id": session.session_id}
            case "/freespins/issue":
                self.issue(tenant, source, text_of(object_of(source, "user"), "id"), text_of(source, "currency"))
                return {}
            case "/freespins/cancel":
                return self.report(self.cancel(tenant, source))
            case "/freespins/status":
                return self.report(_grant(tenant, source))
            case "/round/details" | "/account/details":
                return self.details(tenant, source)
            case _:
                raise ApiRefused(404, 404, "Not found")

    def open(
        self, tenant: Tenant, source: JsonObject, player_id: str, currency_code: str, demo: bool = False
    ) -> MockSession:
        """Make a session."""
        game_id = text_of(source, "game")
        if game_id not in {game.game_id for game in tenant.games}:
            raise ApiRefused(405, 405, "Game is not available to your casino")
        return MockSession(
            session_id=tenant.ids.uuid(),
            token=optional_text_of(source, "session_id"),
            player_id=player_id,
            currency_code=currency_code,
            game_id=game_id,
            demo=demo,
            language_code=optional_text_of(source, "locale") or "en",
            platform=optional_text_of(source, "client_type") or "desktop",
            balance_micros=DEMO_BALANCE_MICROS if demo else None,
        )

    def issue(self, tenant: Tenant, source: JsonObject, player_id: str, currency_code: str) -> None:
        """Make a series; the same issue again changes nothing."""
        issue_id, count, level = text_of(source, "issue_id"), source.get("freespins_quantity"), source.get("bet_level")
        if issue_id in tenant.grants:
            return
        if not isinstance(count, int) or count < 1:
            raise ApiRefused(412, 605, "Wrong quantity of freespins")
        if not isinstance(level, int) or not 1 <= level <= len(BET_LEVELS_MICROS):
            raise ApiRefused(412, 606, "Wrong bet level")
        known = {game.game_id for game in tenant.games if game.free_rounds}
        games = source.get("games")
        if not isinstance(games, list) or not games or not known.issuperset(map(str, games)):
            raise ApiRefused(412, 607, "Freespins are not available in these games")
        valid_until_ms = _time_ms(text_of(source, "valid_until"))
        if not 0 < valid_until_ms - tenant.clock.now_ms() <= MONTH_MS:
            raise ApiRefused(412, 603, "Wrong expiry: at most a month")
        tenant.grants[issue_id] = MockGrant(
            issue_id, issue_id, player_id, tuple(map(str, games)), currency_code, BET_LEVELS_MICROS[level - 1], count,
            valid_until_ms=valid_until_ms,
        )  # fmt: skip

    def cancel(self, tenant: Tenant, source: JsonObject) -> MockGrant:
        """Cancel what was not begun; a series that was played cannot be cancelled."""
        grant = _grant(tenant, source)
        if grant.status not in ("active", "canceled"):
            raise ApiRefused(412, 620, "Freespins cannot be canceled")
        grant.status = "canceled"
        return grant

    def report(self, grant: MockGrant) -> JsonObject:
        """Say how a series stands."""
        total = minor_from_micros(grant.win_micros, minor_exponent(grant.currency_code))
        return _status(grant) | {"total_amount": total}

    def details(self, tenant: Tenant, source: JsonObject) -> JsonObject:
        """Say where a round can be seen."""
        round_id = text_of(source, "game_id")
        if round_id not in tenant.rounds:
            raise ApiRefused(404, 404, "Not found")
        return {"game_id": round_id, "url": f"{tenant.base_url}/control/rounds/{round_id}"}

    def refused(self, error: ApiRefused) -> HttpReply:
        """Render a refusal."""
        return HttpReply(error.status, write_json({"code": error.code, "message": error.message}))


class A8rApi(GcpApi):
    """A8R v2's paths and envelope."""

    def act(self, tenant: Tenant, path: str, source: JsonObject) -> JsonObject:
        """Do what one method says; raises ``ApiRefused``, ``MalformedCall``."""
        service, _, method = path.removeprefix("/v2/casino_a8r.").partition("/")
        match service, method:
            case "Launcher", "Real":
                account = object_of(source, "account")
                session = self.open(tenant, source, text_of(account, "id"), text_of(account, "currency"))
                return {"launch_url": tenant.open_session(session)}
            case "Launcher", "Demo":
                session = self.open(tenant, source, "demo", "FUN", demo=True)
                return {"launch_url": tenant.open_session(session)}
            case "Freespins", "Issue":
                self.issue(tenant, source, text_of(object_of(source, "user"), "id"), text_of(source, "currency"))
                return {}
            case "Freespins", "Cancel":
                return self.report(self.cancel(tenant, source))
            case "Freespins", "Status":
                return self.report(_grant(tenant, source))
            case "Round", "Details":
                return self.details(tenant, source)
            case _:
                raise ApiRefused(404, 404, "No such method")

    def report(self, grant: MockGrant) -> JsonObject:
        """Say how a series stands."""
        return _status(grant) | {"total_amount": decimal_text_from_micros(grant.win_micros)}

    def refused(self, error: ApiRefused) -> HttpReply:
        """Render a refusal in Twirp's envelope."""
        meta = {"api_code": str(error.code), "api_message": error.message}
        code = "permission_denied" if error.status == 403 else "invalid_argument"
        status = 403 if error.status == 403 else 400
        return HttpReply(status, write_json({"code": code, "msg": error.message, "meta": meta}))


def _options(game_url: str) -> JsonObject:
    return {"strategy": "iframe", "game_url": game_url}


def _status(grant: MockGrant) -> JsonObject:
    status = "played" if grant.status == "finished" else grant.status
    return {"issue_id": grant.operator_grant_id, "status": status, "played": grant.played_count}


def _grant(tenant: Tenant, source: JsonObject) -> MockGrant:
    grant = tenant.grants.get(text_of(source, "issue_id"))
    if grant is None:
        raise ApiRefused(412, 600, "Unknown freespins")
    return grant


def _time_ms(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise MalformedCall("a time is malformed", field="valid_until") from error
    if moment.tzinfo is None:
        raise MalformedCall("a time needs its zone", field="valid_until")
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))
