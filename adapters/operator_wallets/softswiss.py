"""An operator's wallet in the SOFTSWISS GCP v1 dialect: we are the GCP."""

from collections.abc import Mapping
from typing import Any

from adapters.contract.amounts import micros_from_minor, minor_exponent, minor_from_micros
from adapters.contract.errors import InvalidCall, MalformedCall
from adapters.contract.operator_wallet import AnswerClass, Movement, OperatorAnswer, OperatorCall
from adapters.contract.wallet_calls import ActionKind, OutcomeCode
from adapters.operator_wallets.wire_ids import reference_id_of, round_id_of, transaction_id_of
from adapters.softswiss import wire
from adapters.softswiss.signing import SIGNATURE_HEADER, sign

_ACTIONS = {
    ActionKind.BET: "bet",
    ActionKind.WIN: "win",
    ActionKind.JACKPOT_WIN: "win",
    ActionKind.PROMO_WIN: "win",
    ActionKind.ROLLBACK: "rollback",
}
_CODES = {
    100: OutcomeCode.INSUFFICIENT_FUNDS,
    101: OutcomeCode.PLAYER_NOT_FOUND,
    105: OutcomeCode.LIMIT_REACHED,
    106: OutcomeCode.LIMIT_REACHED,
    107: OutcomeCode.GAME_NOT_ENABLED,
    110: OutcomeCode.PLAYER_BLOCKED,
    154: OutcomeCode.CURRENCY_MISMATCH,
    404: OutcomeCode.BET_NOT_FOUND,
}
_FINAL_CODES = frozenset({400, 404})
"""What ends a win or a rollback besides success: anything else is repeated."""

LOBBY = "reelgate:lobby"
"""The game of a question for the balance: the protocol wants one, and none is played."""


def create_dialect(config: Mapping[str, Any]) -> "SoftswissWallet":
    """Make it of a config section: ``auth_token`` (shared secret)."""
    return SoftswissWallet(str(config["auth_token"]).encode())


class SoftswissWallet:
    """Each movement is a batch of one action."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def render(self, movement: Movement, attempt: int, now_ms: int) -> OperatorCall:
        """Make the signed request."""
        action = _ACTIONS.get(movement.kind)
        if action is None:
            raise InvalidCall(f"the protocol has no {movement.kind}", field="kind")
        rolls_back = movement.kind is ActionKind.ROLLBACK
        item = wire.PlayAction(
            action=action,
            action_id=_action_id(movement),
            amount=0 if rolls_back else _minor(movement),
            original_action_id=_original_id(movement) if rolls_back else "",
        )
        request = wire.PlayRequest(
            user_id=movement.player_id,
            currency=movement.currency_code,
            game=movement.game_id,
            game_id=round_id_of(movement),
            session_id=movement.session_id,
            finished=movement.closes_round,
            actions=(item,),
        )
        return self._signed("/rollback" if rolls_back else "/play", wire.write_play(request), item.action_id)

    def render_balance(self, player_id: str, currency_code: str, session_id: str, now_ms: int) -> OperatorCall:
        """Make the signed question: a batch without actions."""
        request = wire.PlayRequest(player_id, currency_code, LOBBY, session_id=session_id)
        return self._signed("/play", wire.write_play(request))

    def read(self, kind: ActionKind | None, currency_code: str, status: int, body: bytes) -> OperatorAnswer:
        """Read an answer: 200 done, 4xx refused (a bet) or repeated (the rest, but for a few), all else in doubt."""
        exponent = minor_exponent(currency_code)
        try:
            if status == 200:
                return _done(kind, wire.read_reply(body), exponent)
            error = wire.read_error(body)
            balance = None if error.balance is None else micros_from_minor(error.balance, exponent, "balance")
        except MalformedCall:
            return OperatorAnswer(AnswerClass.UNCERTAIN, OutcomeCode.UNAVAILABLE, f"http {status}")
        certain = 400 <= status < 500 and (kind in (ActionKind.BET, None) or error.code in _FINAL_CODES)
        if not certain:
            return OperatorAnswer(AnswerClass.UNCERTAIN, OutcomeCode.UNAVAILABLE, str(error.code), balance)
        code = _CODES.get(error.code, OutcomeCode.INVALID)
        return OperatorAnswer(AnswerClass.REFUSED, code, str(error.code), balance)

    def _signed(self, path: str, body: bytes, action_id: str = "") -> OperatorCall:
        headers = (("content-type", "application/json"), (SIGNATURE_HEADER, sign(self._secret, body)))
        return OperatorCall(path, body, headers, answer_mark=action_id.encode())


def _done(kind: ActionKind | None, reply: wire.PlayReply, exponent: int) -> OperatorAnswer:
    balance = micros_from_minor(reply.balance, exponent, "balance")
    moved = reply.transactions[0].tx_id if reply.transactions else ""
    if kind is ActionKind.BET and not moved:
        # 200 without tx_id: the bet met its rollback and is dead.
        return OperatorAnswer(AnswerClass.REFUSED, OutcomeCode.ROLLED_BACK, "200", balance)
    return OperatorAnswer(AnswerClass.DONE, OutcomeCode.OK, "200", balance, moved)


def _minor(movement: Movement) -> int:
    exponent = minor_exponent(movement.currency_code)
    minor = minor_from_micros(movement.amount_micros, exponent)
    if micros_from_minor(minor, exponent, "amount") != movement.amount_micros:
        raise InvalidCall("the amount is finer than the protocol's unit", field="amount_micros")
    return minor


def _action_id(movement: Movement) -> str:
    """Bets and wins share one namespace there, so the kind is part of the id; older movements keep their older form."""
    return transaction_id_of(movement) if movement.id_scope else f"{movement.kind}:{movement.transaction_id}"


def _original_id(movement: Movement) -> str:
    if movement.id_scope:
        return reference_id_of(movement)
    return f"{movement.reference_kind}:{movement.reference_transaction_id}"
