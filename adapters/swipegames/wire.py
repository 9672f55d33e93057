"""The reverse calls and their answers as types, and their bytes: ``read(write(x)) == x`` both ways.

Amounts stand here in micros; on the wire they are texts of main units such as ``"100.10"``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from adapters.contract.amounts import decimal_text_from_micros, micros_from_decimal_text
from adapters.contract.errors import MalformedCall
from adapters.contract.json_text import JsonObject, optional_text_of, read_object, text_of


class Method(StrEnum):
    """What the provider asks."""

    BALANCE = "balance"
    BET = "bet"
    WIN = "win"
    REFUND = "refund"


class BetType(StrEnum):
    """Real money, or a free round told for tracking only."""

    REGULAR = "regular"
    FREE = "free"


@dataclass(frozen=True, slots=True)
class ReverseCall:
    """One reverse call. Empty text: the field was not there."""

    method: Method
    session_id: str
    transaction_id: str = ""
    original_transaction_id: str = ""
    round_id: str = ""
    amount_micros: int = 0
    bet_type: BetType = BetType.REGULAR
    free_rounds_id: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A good answer: the balance, and our id of the transaction where there is one."""

    balance_micros: int
    transaction_id: str = ""


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """A refusal: ``code`` is for the provider, ``action`` may ask the game client to refresh."""

    message: str
    code: str = ""
    details: str = ""
    action: str = ""
    action_data: str = ""


def method_of(name: str, http_method: str) -> Method:
    """Return the method that a path and verb name; raises ``MalformedCall``."""
    try:
        method = Method(name)
    except ValueError as error:
        raise MalformedCall("the protocol has no such path", field="path") from error
    if http_method != ("GET" if method is Method.BALANCE else "POST"):
        raise MalformedCall("the path is called by another verb", field="path")
    return method


def read_query(query: Mapping[str, str]) -> ReverseCall:
    """Read a question for the balance; raises ``MalformedCall``."""
    return ReverseCall(Method.BALANCE, text_of(query, "sessionID", 512))


def read_body(method: Method, body: bytes) -> ReverseCall:
    """Read a bet, win or refund; unknown fields are let be. Raises ``MalformedCall``."""
    source = read_object(body)
    is_refund = method is Method.REFUND
    return ReverseCall(
        method=method,
        session_id=text_of(source, "sessionID", 512),
        transaction_id=text_of(source, "txID", 255),
        original_transaction_id=text_of(source, "origTxID", 255) if is_refund else "",
        round_id=(optional_text_of if is_refund else text_of)(source, "roundID", 255),
        amount_micros=micros_from_decimal_text(source.get("amount"), "amount"),
        bet_type=BetType.REGULAR if is_refund else _bet_type(source),
        free_rounds_id="" if is_refund else optional_text_of(source, "frID", 255),
    )


def write_call(call: ReverseCall) -> JsonObject:
    """Return a reverse call as the provider writes it (of a GET: its query)."""
    if call.method is Method.BALANCE:
        return {"sessionID": call.session_id}
    fields: JsonObject = {
        "sessionID": call.session_id,
        "txID": call.transaction_id,
        "roundID": call.round_id,
        "amount": decimal_text_from_micros(call.amount_micros),
    }
    if call.method is Method.REFUND:
        fields["origTxID"] = call.original_transaction_id
    else:
        fields["type"] = call.bet_type.value
        fields["frID"] = call.free_rounds_id
    return {name: value for name, value in fields.items() if value != ""}


def write_answer(answer: Answer) -> JsonObject:
    """Return the fields of a good answer; the balance is rounded down."""
    fields: JsonObject = {"balance": decimal_text_from_micros(max(0, answer.balance_micros))}
    return fields | ({"txID": answer.transaction_id} if answer.transaction_id else {})


def read_answer(body: bytes) -> Answer:
    """Read a good answer; raises ``MalformedCall``."""
    source = read_object(body)
    return Answer(micros_from_decimal_text(source.get("balance"), "balance"), optional_text_of(source, "txID", 255))


def write_error(error: ErrorAnswer) -> JsonObject:
    """Return the fields of a refusal."""
    fields: JsonObject = {
        "message": error.message,
        "code": error.code,
        "details": error.details,
        "action": error.action,
        "actionData": error.action_data,
    }
    return {name: value for name, value in fields.items() if value != ""}


def read_error(body: bytes) -> ErrorAnswer:
    """Read a refusal; raises ``MalformedCall``."""
    source = read_object(body)
    return ErrorAnswer(
        message=text_of(source, "message"),
        code=optional_text_of(source, "code"),
        details=optional_text_of(source, "details"),
        action=optional_text_of(source, "action"),
        action_data=optional_text_of(source, "actionData"),
    )


def _bet_type(source: JsonObject) -> BetType:
    try:
        return BetType(text_of(source, "type", 16))
    except ValueError as error:
        raise MalformedCall("the type must be regular or free", field="type") from error
