"""Every reply of our callback servers, held against its protocol's field list and against the call that it answers."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx
from jsonschema import ValidationError

from adapters.contract.wallet_calls import RawReply
from adapters.mocks.link import HttpLink
from adapters.mocks.types import HttpCall, HttpReply
from tests.support import evolution_replies, hub88_replies, pragmatic_replies, softswiss_replies, swipegames_replies

PATIENCE_MS = 60_000
Check = Callable[[HttpCall, RawReply], None]


def _asked(call: HttpCall) -> dict[str, Any]:
    """Return the fields of a JSON call; nothing where it was spoiled on its way."""
    try:
        fields = json.loads(call.body)
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def _hub88(call: HttpCall, reply: RawReply) -> None:
    body = hub88_replies.checked(reply, call.path.rpartition("/")[2])
    asked = _asked(call).get("request_uuid")
    assert not isinstance(asked, str) or body["request_uuid"] == asked, "request_uuid is not echoed"


def _swipegames(call: HttpCall, reply: RawReply) -> None:
    swipegames_replies.checked(reply, call.path.lstrip("/"))


def _softswiss(call: HttpCall, reply: RawReply) -> None:
    body = softswiss_replies.checked(reply, "gcp", call.path.lstrip("/"))
    if body.get("code") == 100:
        assert (reply.status, "balance" in body) == (412, True), "code 100 comes with 412 and the balance"
    if "transactions" in body:
        asked = _asked(call)
        assert body.get("game_id", "") == asked.get("game_id", ""), "game_id is not echoed"
        told = [item["action_id"] for item in body["transactions"]]
        assert told == [item["action_id"] for item in asked.get("actions", [])], "not one answer per action, in order"


def _a8r(call: HttpCall, reply: RawReply) -> None:
    body = softswiss_replies.checked(reply, "a8r", call.path.rpartition(".")[2])
    if "transactions" in body:
        told = [item["id"] for item in body["transactions"]]
        assert told == [item["id"] for item in _asked(call).get("transactions", [])], "not one answer per transaction"


def _pragmatic(call: HttpCall, reply: RawReply) -> None:
    pragmatic_replies.checked(reply, call.path.rpartition("/")[2].removesuffix(".html"))


def _evolution(call: HttpCall, reply: RawReply) -> None:
    body = evolution_replies.checked(reply, call.path.lstrip("/"))
    asked = _asked(call).get("uuid")
    echoed = reply.status == 401 or not isinstance(asked, str) or body["uuid"] == asked
    assert echoed, "uuid is not echoed"


CHECKS: Mapping[str, Check] = {
    "hub88": _hub88,
    "swipegames": _swipegames,
    "softswiss": _softswiss,
    "softswiss.a8r": _a8r,
    "pragmatic": _pragmatic,
    "evolution": _evolution,
}


class CheckedLink(HttpLink):
    """The line from a provider's mock to our callback server; what breaks the protocol is kept in ``violations``.

    It sees the answers before any fault of the mock spoils them. It waits longer than the provider would: answers that
    come too late are a fault that tests arm.
    """

    def __init__(self, provider: str, client: httpx.AsyncClient | None = None) -> None:
        super().__init__(client)
        self.checked_count = 0
        self.violations: list[str] = []
        self._check = CHECKS[provider]

    def take_violations(self) -> list[str]:
        """Return what was seen since the last time, and forget it."""
        taken, self.violations = self.violations, []
        return taken

    async def send(self, base_url: str, call: HttpCall, timeout_ms: int) -> HttpReply:
        """Send once, and hold the answer against the protocol."""
        reply = await super().send(base_url, call, max(timeout_ms, PATIENCE_MS))
        self.checked_count += 1
        try:
            self._check(call, RawReply(reply.status, reply.body, reply.content_type, reply.headers))
        except (AssertionError, ValidationError, ValueError, KeyError) as wrong:
            reason = wrong.message if isinstance(wrong, ValidationError) else repr(wrong)
            self.violations.append(f"{call.path} answered {reply.status} {reply.body[:500]!r}: {reason}")
        return reply
