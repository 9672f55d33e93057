"""OneWallet's replies as schemas made from their field lists."""

import json
from typing import Any

import jsonschema

from adapters.contract.wallet_calls import RawReply
from adapters.evolution.codes import INVALID_TOKEN_ID, RETRANSMITTED, STATUSES

AMOUNT = {"type": "number", "minimum": 0}
STATUS = {"enum": sorted(STATUSES)}
MONEY: dict[str, Any] = {
    "type": "object",
    "properties": {
        "status": STATUS,
        "balance": AMOUNT,
        "bonus": AMOUNT,
        "uuid": {"type": "string"},
        "retransmission": {"const": True},
    },
    "required": ["status", "uuid"],
    "dependentRequired": {"balance": ["bonus"], "bonus": ["balance"]},
    "additionalProperties": False,
}
CHECK: dict[str, Any] = {
    "type": "object",
    "properties": {
        "status": STATUS,
        "sid": {"type": "string"},
        "uuid": {"type": "string"},
        "retransmission": {"const": True},
    },
    "required": ["status", "uuid"],
    "additionalProperties": False,
}


def checked(reply: RawReply, method: str) -> dict[str, Any]:
    """Return the body of a reply once it validates for ``method``."""
    body = json.loads(reply.body)
    jsonschema.validate(body, CHECK if method == "check" else MONEY)
    status = body["status"]
    assert reply.status == (401 if status == INVALID_TOKEN_ID else 200)
    assert ("retransmission" in body) is (status in RETRANSMITTED)
    if status in ("OK", "INSUFFICIENT_FUNDS") and method != "check":
        assert "balance" in body
    return dict(body)
