"""Pragmatic's replies as schemas made from their field lists: exactly these keys per method, and numbers as numbers."""

import json
from typing import Any

import jsonschema

from adapters.contract.wallet_calls import RawReply

AMOUNT = {"type": "number", "minimum": 0, "multipleOf": 0.01}
TEXT = {"type": "string"}
MONEY = {"currency": TEXT, "cash": AMOUNT, "bonus": AMOUNT}
_GAME = {
    "type": "object",
    "properties": {"gameID": TEXT, "cash": AMOUNT, "bonus": AMOUNT},
    "required": ["gameID", "cash", "bonus"],
    "additionalProperties": False,
}
FIELDS: dict[str, dict[str, Any]] = {
    "authenticate": {"userId": TEXT, **MONEY},
    "balance": MONEY,
    "bet": {"transactionId": TEXT, **MONEY, "usedPromo": AMOUNT},
    "result": {"transactionId": TEXT, **MONEY},
    "bonusWin": {"transactionId": TEXT, **MONEY},
    "jackpotWin": {"transactionId": TEXT, **MONEY},
    "promoWin": {"transactionId": TEXT, **MONEY},
    "endRound": {"cash": AMOUNT, "bonus": AMOUNT},
    "refund": {"transactionId": TEXT},
    "adjustment": {"transactionId": TEXT, **MONEY},
    "getBalancePerGame": {"gamesBalances": {"type": "array", "items": _GAME}},
    "sessionExpired": {},
}


def checked(reply: RawReply, method: str) -> dict[str, Any]:
    """Return the body of a reply once it validates for ``method``."""
    body = json.loads(reply.body)
    assert (reply.status, reply.content_type) == (200, "application/json")
    done = body.get("error") == 0
    money = MONEY if body.get("error") == 1 and "cash" in body else {}
    fields = {"error": {"type": "integer"}, "description": TEXT, **(FIELDS[method] if done else money)}
    schema = {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}
    jsonschema.validate(json.loads(reply.body), schema)
    return dict(body)
