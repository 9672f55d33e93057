"""Hub88's replies as schemas made from their field lists: ``request_uuid`` and ``status`` always, nothing unknown."""

import json
from typing import Any

import jsonschema

from adapters.contract.wallet_calls import RawReply
from adapters.hub88.codes import INVALID_SIGNATURE, NOT_ENOUGH_MONEY, OK, STATUSES

NAME = {"type": "string", "minLength": 1}
ALWAYS: dict[str, Any] = {"request_uuid": {"type": "string"}, "status": {"enum": sorted(STATUSES)}}
MONEY = {
    "user": NAME,
    "currency": {"type": "string", "minLength": 3},
    "balance": {"type": "integer", "minimum": 0},
}
"""Integers of hundred-thousandths."""
INFO = {
    "user": NAME,
    "currency": {"type": "string", "minLength": 3},
    "balance": MONEY["balance"],
    **{name: {"type": "string"} for name in ("country", "jurisdiction", "birth_date", "registration_date", "sex")},
    "tags": {"type": "array", "items": {"type": "string"}},
}
ASKS_FOR_MONEY = ("balance", "bet", "win", "rollback")
"""The methods whose good answer must tell the balance."""


def checked(reply: RawReply, method: str) -> dict[str, Any]:
    """Return the body of a reply once it validates; ``method`` is the last part of the path."""
    body = json.loads(reply.body)
    assert reply.content_type == "application/json"
    status = body.get("status")
    assert reply.status == (401 if status == INVALID_SIGNATURE else 200)
    tells = (status == OK and method in ASKS_FOR_MONEY) or status == NOT_ENOUGH_MONEY
    schema = {
        "type": "object",
        "properties": ALWAYS | (INFO if method == "info" else MONEY),
        "required": ["request_uuid", "status", *(("user", "currency", "balance") if tells else ())],
        "additionalProperties": False,
    }
    jsonschema.validate(body, schema)
    return dict(body)
