"""The replies of both SOFTSWISS versions as schemas made from their field lists, and a check of any reply of ours."""

import json
from typing import Any

import jsonschema

from adapters.contract.wallet_calls import RawReply

DECIMAL = {"type": "string", "pattern": r"^(0|[1-9]\d{0,17})(\.\d{1,12})?$"}
COUNT = {"type": "integer", "minimum": 0}
TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"}


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": required | (optional or {}),
        "required": list(required),
        "additionalProperties": False,
    }


_TRANSACTION = _object(
    {"action_id": {"type": "string"}, "tx_id": {"type": "string"}, "processed_at": TIME}, {"bonus_amount": COUNT}
)
GCP_PLAY = _object(
    {"balance": COUNT, "game_id": {"type": "string"}, "transactions": {"type": "array", "items": _TRANSACTION}}
)
GCP_FREESPINS = _object({"balance": COUNT})
GCP_ERROR = _object({"code": COUNT, "message": {"type": "string"}}, {"balance": COUNT})

_BOOKED = _object(
    {"id": {"type": "string"}, "id_casino": {"type": "string"}, "bonus_amount": DECIMAL, "processed_at": TIME}
)
A8R_ROUND = _object(
    {"balance": DECIMAL, "round_id_casino": {"type": "string"}, "transactions": {"type": "array", "items": _BOOKED}}
)
A8R_BALANCE = _object({"balance": DECIMAL})
A8R_ERROR = _object(
    {
        "code": {"enum": ["invalid_argument", "internal", "permission_denied"]},
        "msg": {"type": "string"},
        "meta": _object({"api_code": {"type": "string"}, "api_message": {"type": "string"}}, {"balance": DECIMAL}),
    }
)


GOOD = {
    "gcp": {"play": GCP_PLAY, "rollback": GCP_PLAY, "freespins": GCP_FREESPINS},
    "a8r": {
        "Player/Balance": A8R_BALANCE,
        "Round/BetWin": A8R_ROUND,
        "Round/Rollback": A8R_ROUND,
        "Round/Finish": A8R_BALANCE,
        "Freespins/Finish": A8R_BALANCE,
    },
}


OF_A_ROUND = {"gcp": "play", "a8r": "Round/BetWin"}


def checked(reply: RawReply, version: str, method: str = "") -> dict[str, Any]:
    """Return the body of a reply once it validates for ``method``; ``version`` is ``gcp`` or ``a8r``."""
    body = json.loads(reply.body)
    assert reply.content_type == "application/json"
    error = GCP_ERROR if version == "gcp" else A8R_ERROR
    jsonschema.validate(body, GOOD[version][method or OF_A_ROUND[version]] if reply.status == 200 else error)
    return dict(body)
