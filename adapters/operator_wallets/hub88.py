"""An operator's wallet in the Hub88 generic dialect: we are the supplier."""

from collections.abc import Mapping
from typing import Any

from adapters.contract.errors import InvalidCall, MalformedCall
from adapters.contract.json_text import write_json
from adapters.contract.operator_wallet import AnswerClass, Movement, OperatorAnswer, OperatorCall
from adapters.contract.wallet_calls import ActionKind, OutcomeCode
from adapters.hub88 import codes
from adapters.hub88.signing import SIGNATURE_HEADER, sign
from adapters.hub88.wire import (
    TIMESTAMP_HEADER,
    UNITS_PER_CURRENCY_UNIT,
    Method,
    WalletRequest,
    read_answer,
    write_request,
)
from adapters.operator_wallets.wire_ids import reference_id_of, round_id_of, transaction_id_of, wire_id

_METHODS = {
    ActionKind.BET: Method.BET,
    ActionKind.WIN: Method.WIN,
    ActionKind.JACKPOT_WIN: Method.WIN,
    ActionKind.PROMO_WIN: Method.WIN,
    ActionKind.ROLLBACK: Method.ROLLBACK,
}
_PATHS = {
    Method.BET: "/transaction/bet",
    Method.WIN: "/transaction/win",
    Method.ROLLBACK: "/transaction/rollback",
    Method.BALANCE: "/user/balance",
}
_CODES = {
    codes.OK: OutcomeCode.OK,
    codes.NOT_ENOUGH_MONEY: OutcomeCode.INSUFFICIENT_FUNDS,
    codes.DUPLICATE_TRANSACTION: OutcomeCode.KEY_REUSED,
    codes.TRANSACTION_DOES_NOT_EXIST: OutcomeCode.BET_NOT_FOUND,
    codes.TRANSACTION_ROLLED_BACK: OutcomeCode.ROLLED_BACK,
    codes.WRONG_CURRENCY: OutcomeCode.CURRENCY_MISMATCH,
    codes.USER_DISABLED: OutcomeCode.PLAYER_BLOCKED,
    codes.BET_LIMIT_EXCEEDED: OutcomeCode.LIMIT_REACHED,
    "RS_ERROR_LIMIT_REACHED": OutcomeCode.LIMIT_REACHED,
    codes.INVALID_TOKEN: OutcomeCode.SESSION_NOT_FOUND,
    codes.TOKEN_EXPIRED: OutcomeCode.SESSION_EXPIRED,
    codes.INVALID_GAME: OutcomeCode.GAME_NOT_ENABLED,
}
_UNIT_MICROS = 1_000_000 // UNITS_PER_CURRENCY_UNIT


def create_dialect(config: Mapping[str, Any]) -> "Hub88Wallet":
    """Make it of a config section: ``private_key`` (RSA, PEM)."""
    return Hub88Wallet(str(config["private_key"]).encode())


class Hub88Wallet:
    """The protocol wants UUIDs, so ours are derived from our ids: the same id always gives the same UUID."""

    def __init__(self, private_key: bytes) -> None:
        self._private_key = private_key

    def render(self, movement: Movement, attempt: int, now_ms: int) -> OperatorCall:
        """Make the signed request."""
        method = _METHODS.get(movement.kind)
        if method is None:
            raise InvalidCall(f"the protocol has no {movement.kind}", field="kind")
        amount_micros = movement.amount_micros if method is not Method.ROLLBACK else 0
        if amount_micros % _UNIT_MICROS:
            raise InvalidCall("the amount is finer than the protocol's unit", field="amount_micros")
        moves = method in (Method.BET, Method.WIN)
        request = WalletRequest(
            method=method,
            request_uuid=wire_id("request", movement.id_scope, f"{movement.kind}:{movement.transaction_id}:{attempt}"),
            token=movement.session_id or movement.player_id,
            user=movement.player_id,
            supplier_user=movement.player_id,
            game_code=movement.game_id,
            transaction_uuid=transaction_id_of(movement),
            reference_transaction_uuid=reference_id_of(movement),
            round=round_id_of(movement),
            round_closed=movement.closes_round,
            currency=movement.currency_code if moves else "",
            amount_micros=amount_micros,
            is_free=movement.free,
            is_supplier_promo=movement.kind is ActionKind.PROMO_WIN,
        )
        return self._signed(method, request, now_ms)

    def render_balance(self, player_id: str, currency_code: str, session_id: str, now_ms: int) -> OperatorCall:
        """Make the signed question."""
        request = WalletRequest(
            method=Method.BALANCE,
            request_uuid=wire_id("request", "", f"balance:{player_id}:{now_ms}"),
            token=session_id or player_id,
            user=player_id,
            supplier_user=player_id,
            currency=currency_code,
        )
        return self._signed(Method.BALANCE, request, now_ms)

    def read(self, kind: ActionKind | None, currency_code: str, status: int, body: bytes) -> OperatorAnswer:
        """Read an answer by its status: for a bet all but two are certain, for the rest a few are final."""
        try:
            answer = read_answer(body)
        except MalformedCall:
            return OperatorAnswer(AnswerClass.UNCERTAIN, OutcomeCode.UNAVAILABLE, f"http {status}")
        code = _CODES.get(answer.status, OutcomeCode.INVALID)
        answer_class = _class_of(kind, answer.status, status)
        if answer_class is AnswerClass.UNCERTAIN:
            code = OutcomeCode.UNAVAILABLE
        return OperatorAnswer(answer_class, code, answer.status, answer.balance_micros)

    def _signed(self, method: Method, request: WalletRequest, now_ms: int) -> OperatorCall:
        body = write_json(write_request(request))
        headers = (
            ("content-type", "application/json"),
            (SIGNATURE_HEADER, sign(self._private_key, body)),
            (TIMESTAMP_HEADER, str(now_ms)),
        )
        return OperatorCall(_PATHS[method], body, headers, answer_mark=request.request_uuid.encode())


def _class_of(kind: ActionKind | None, status_text: str, http_status: int) -> AnswerClass:
    if status_text == codes.OK and http_status == 200:
        return AnswerClass.DONE
    if status_text in codes.UNCERTAIN_STATUSES or status_text not in codes.STATUSES or http_status not in (200, 401):
        return AnswerClass.UNCERTAIN
    if kind is ActionKind.ROLLBACK:
        return AnswerClass.REFUSED if status_text in codes.ROLLBACK_FINAL else AnswerClass.UNCERTAIN
    if kind in (ActionKind.BET, None):
        return AnswerClass.REFUSED
    return AnswerClass.REFUSED if status_text in codes.WIN_FINAL else AnswerClass.UNCERTAIN
