"""The acceptance list A to J in the words of A8R v2: what is asked and answered, as GCP v1 would have said it."""

from decimal import Decimal
from typing import Any

from tests.contract.softswiss_acceptance import GAME, Answer, Session

_METHODS = {"play": "Round/BetWin", "rollback": "Round/Rollback"}


class A8rSession(Session):
    """A player's calls in Twirp's JSON: ``play`` is ``BetWin``, with ``Finish`` after it where the round is over."""

    refused_status = 400

    async def send(self, method: str, signed: bool = True, **fields: Any) -> Answer:
        """Send one callback, and say its answer in the words of GCP v1."""
        method = _METHODS[method] if "game_id" in fields else "Player/Balance"
        body: dict[str, Any] = {"player_id": self._user_id}
        if "game_id" in fields:
            body |= {"round_id": fields["game_id"], "game_id": GAME}
            body["transactions"] = [_transaction(action) for action in fields["actions"]]
        answer = await self._post(method, body, signed)
        if answer.status == 200 and fields.get("finished") and method == "Round/BetWin" and _has_moved(answer.body):
            finish = {"player_id": self._user_id, "round_id": fields["game_id"]}
            assert (await self._post("Round/Finish", finish, signed)).status == 200
        return Answer(answer.status, _as_gcp(answer.body))


def _transaction(action: dict[str, Any]) -> dict[str, str]:
    if action["action"] == "rollback":
        return {"id": action["action_id"], "original_id": action["original_action_id"]}
    return {"id": action["action_id"], "type": action["action"], "amount": str(Decimal(action["amount"]) / 100)}


def _has_moved(body: dict[str, Any]) -> bool:
    return any(item["id_casino"] for item in body["transactions"])


def _as_gcp(body: dict[str, Any]) -> dict[str, Any]:
    balance = body.get("balance", body.get("meta", {}).get("balance"))
    said: dict[str, Any] = {} if balance is None else {"balance": int(Decimal(balance) * 100)}
    if "meta" in body:
        return said | {"code": int(body["meta"]["api_code"])}
    if "transactions" not in body:
        return said
    booked = [
        {"action_id": item["id"], "tx_id": item["id_casino"], "processed_at": item["processed_at"]}
        for item in body["transactions"]
    ]
    return said | {"game_id": body["round_id_casino"], "transactions": booked}
