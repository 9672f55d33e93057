"""SwipeGames' replies within its public schema: a good answer, or an error with a code of the list."""

import json
from typing import Any

import jsonschema

from adapters.contract.wallet_calls import RawReply

AMOUNT = {"type": "string", "pattern": r"^(0|[1-9]\d*)(\.\d+)?$"}
CODES = [
    "insufficient_funds",
    "session_not_found",
    "session_expired",
    "account_blocked",
    "game_not_found",
    "currency_not_supported",
    "bet_limit",
    "loss_limit",
    "time_limit",
]
BALANCE: dict[str, Any] = {
    "type": "object",
    "required": ["balance"],
    "additionalProperties": False,
    "properties": {"balance": AMOUNT},
}
BOOKED: dict[str, Any] = {
    "type": "object",
    "required": ["balance", "txID"],
    "additionalProperties": False,
    "properties": {"balance": AMOUNT, "txID": {"type": "string", "minLength": 1}},
}
REFUNDED = BOOKED | {"required": ["balance"]}
"""A refund that has nothing to give back has no transaction of ours."""
ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["message"],
    "additionalProperties": False,
    "properties": {
        "message": {"type": "string", "minLength": 1},
        "details": {"type": "string"},
        "code": {"enum": CODES},
        "action": {"enum": ["refresh"]},
        "actionData": {"type": "string"},
    },
}
GOOD = {"balance": BALANCE, "bet": BOOKED, "win": BOOKED, "refund": REFUNDED}


def checked(reply: RawReply, method: str) -> dict[str, Any]:
    """Return the body of a reply once it validates for ``method``."""
    body = json.loads(reply.body)
    assert reply.content_type == "application/json"
    assert reply.status == 200 or 400 <= reply.status < 600
    jsonschema.validate(body, GOOD[method] if reply.status == 200 else ERROR)
    return dict(body)
