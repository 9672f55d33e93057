"""Failures of a provider's server as a transport, and what each must become on our side."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx

from adapters.contract.errors import AdapterError, DeadlinePassed, OutcomeUnknown, ProviderRefused, ProviderUnavailable
from adapters.contract.free_rounds import FreeRoundsGrant
from adapters.contract.ids import BrandId, GameId, GrantId, OperatorId, PlayerId, SessionId
from adapters.contract.rounds import Session
from adapters.http.client import ANSWER_BYTES_MAX

BRAND_ID = BrandId("brand-1")
NOW_MS = 1_767_225_600_000
SESSION = Session(
    SessionId("session-1"), OperatorId("operator-1"), BRAND_ID, PlayerId("player-1"), "EUR", "SE",
    lobby_url="https://lobby.invalid/", token="token-0001",
)  # fmt: skip
DEMO = replace(SESSION, demo=True, token="")


def grant(game_id: str, **fields: Any) -> FreeRoundsGrant:
    """Return a grant of three rounds at 0.20 for a day."""
    values: dict[str, Any] = {
        "grant_id": GrantId("grant-1"), "brand_id": BRAND_ID, "player_id": PlayerId("player-1"),
        "game_ids": (GameId(game_id),), "currency_code": "EUR", "stake_micros": 200_000, "count": 3,
        "valid_from_ms": NOW_MS, "valid_until_ms": NOW_MS + 86_400_000,
    }  # fmt: skip
    return FreeRoundsGrant(**(values | fields))


def raising(error: Exception) -> httpx.AsyncBaseTransport:
    """Return a transport on which every call fails."""

    def fail(request: httpx.Request) -> httpx.Response:
        raise error

    return httpx.MockTransport(fail)


def answering(status: int, body: bytes) -> httpx.AsyncBaseTransport:
    """Return a transport that always gives this answer."""
    return httpx.MockTransport(lambda _: httpx.Response(status, content=body))


Transport = Callable[[], httpx.AsyncBaseTransport]
FAILURES: dict[str, tuple[Transport, type[AdapterError]]] = {
    "refused": (lambda: raising(httpx.ConnectError("x")), ProviderUnavailable),
    "connect_timeout": (lambda: raising(httpx.ConnectTimeout("x")), ProviderUnavailable),
    "read_timeout": (lambda: raising(httpx.ReadTimeout("x")), DeadlinePassed),
    "reset": (lambda: raising(httpx.ReadError("x")), OutcomeUnknown),
    "protocol": (lambda: raising(httpx.RemoteProtocolError("x")), OutcomeUnknown),
    "server_error": (lambda: answering(500, b"oops"), OutcomeUnknown),
    "too_many_requests": (lambda: answering(429, b"{}"), ProviderUnavailable),
    "bad_gateway": (lambda: answering(502, b"<html>"), OutcomeUnknown),
    "not_json": (lambda: answering(200, b"<html>"), OutcomeUnknown),
    "empty_object": (lambda: answering(200, b"{}"), OutcomeUnknown),
    "wrong_type": (lambda: answering(200, b'{"launch_options":7,"entry":7,"gameURL":7,"error":"0"}'), OutcomeUnknown),
    "too_long": (lambda: answering(200, b" " * (ANSWER_BYTES_MAX + 1)), OutcomeUnknown),
    "refusal_without_words": (lambda: answering(404, b""), ProviderRefused),
}
