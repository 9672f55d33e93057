"""The wallet calls and answers of the protocol as types, and their bytes: ``read(write(x)) == x`` both ways.

Amounts stand here in micros; on the wire they are integers of hundred-thousandths of a currency unit.
"""

from collections.abc import Mapping
from enum import StrEnum
from json import JSONEncoder

from adapters.contract.amounts import integer_from_micros, micros_from_integer
from adapters.contract.errors import MalformedCall
from adapters.contract.json_text import JsonObject, flag_of, optional_text_of, read_object, text_of
from adapters.contract.value import value

UNITS_PER_CURRENCY_UNIT = 100_000
_COMPACT = JSONEncoder(separators=(",", ":"))
"""Answers hold texts and integers alone, so the standard library's encoder says them exactly, and faster."""
TIMESTAMP_HEADER = "x-msg-timestamp"


class Method(StrEnum):
    """What the supplier asks; by Hub88's paths or Caleta's."""

    INFO = "info"
    CHECK = "check"
    BALANCE = "balance"
    BET = "bet"
    WIN = "win"
    ROLLBACK = "rollback"


PATHS: Mapping[str, Method] = {
    "user/info": Method.INFO,
    "user/balance": Method.BALANCE,
    "transaction/bet": Method.BET,
    "transaction/win": Method.WIN,
    "transaction/rollback": Method.ROLLBACK,
    "wallet/check": Method.CHECK,
    "wallet/balance": Method.BALANCE,
    "wallet/bet": Method.BET,
    "wallet/win": Method.WIN,
    "wallet/rollback": Method.ROLLBACK,
}
MONEY_METHODS = frozenset({Method.BET, Method.WIN, Method.ROLLBACK})


@value(frozen=True, slots=True)
class WalletRequest:
    """One call of the supplier. Empty text: the field was not there."""

    method: Method
    request_uuid: str
    token: str
    user: str = ""
    supplier_user: str = ""
    game_code: str = ""
    transaction_uuid: str = ""
    reference_transaction_uuid: str = ""
    round: str = ""
    round_closed: bool = False
    currency: str = ""
    amount_micros: int = 0
    jackpot_win_micros: int = 0
    is_free: bool = False
    is_supplier_promo: bool = False
    reward_uuid: str = ""
    campaign_uuid: str = ""
    supplier_transaction_id: str = ""
    bet: str = ""


_TEXTS = (
    "user",
    "supplier_user",
    "reward_uuid",
    "campaign_uuid",
    "supplier_transaction_id",
    "bet",
)


def method_of(path: str) -> Method:
    """Return the method that a path (without its brand) names; raises ``MalformedCall``."""
    method = PATHS.get(path)
    if method is None:
        raise MalformedCall("the protocol has no such path", field="path")
    return method


def read_request(method: Method, body: bytes) -> WalletRequest:
    """Read a call; unknown fields are let be. Raises ``MalformedCall``."""
    source = read_object(body)
    texts = {name: optional_text_of(source, name) for name in _TEXTS if name in source}
    is_money = method in MONEY_METHODS
    moves = method in (Method.BET, Method.WIN)
    promo = flag_of(source, "is_supplier_promo") if method is Method.WIN else False
    needs_reference = method is Method.ROLLBACK or (method is Method.WIN and not promo)
    reference = text_of if needs_reference else optional_text_of
    return WalletRequest(
        method=method,
        request_uuid=text_of(source, "request_uuid", 255),
        token=text_of(source, "token", 512),
        game_code=(text_of if moves else optional_text_of)(source, "game_code", 255),
        transaction_uuid=text_of(source, "transaction_uuid", 255) if is_money else "",
        reference_transaction_uuid=reference(source, "reference_transaction_uuid", 255) if is_money else "",
        round=text_of(source, "round", 255) if is_money else "",
        round_closed=flag_of(source, "round_closed") if is_money else False,
        currency=text_of(source, "currency", 16) if moves else optional_text_of(source, "currency", 16),
        amount_micros=_amount(source, "amount") if moves else 0,
        jackpot_win_micros=_optional_amount(source, "jackpot_win") if method is Method.WIN else 0,
        is_free=flag_of(source, "is_free") if is_money else False,
        is_supplier_promo=promo,
        **texts,
    )


def write_request(request: WalletRequest) -> JsonObject:
    """Return a call as the supplier writes it (before fields are set by hand and the whole is signed)."""
    fields: JsonObject = {"token": request.token, "request_uuid": request.request_uuid, "game_code": request.game_code}
    fields |= {name: value for name in _TEXTS if (value := getattr(request, name))}
    if request.method in MONEY_METHODS:
        fields |= {
            "transaction_uuid": request.transaction_uuid,
            "round": request.round,
            "round_closed": request.round_closed,
            "is_free": request.is_free,
        }
    if request.reference_transaction_uuid:
        fields["reference_transaction_uuid"] = request.reference_transaction_uuid
    if request.currency:
        fields["currency"] = request.currency
    if request.method in (Method.BET, Method.WIN):
        fields["amount"] = integer_from_micros(request.amount_micros, UNITS_PER_CURRENCY_UNIT)
    if request.jackpot_win_micros:
        fields["jackpot_win"] = integer_from_micros(request.jackpot_win_micros, UNITS_PER_CURRENCY_UNIT)
    if request.is_supplier_promo:
        fields["is_supplier_promo"] = True
    return {name: value for name, value in fields.items() if value != ""}


@value(frozen=True, slots=True)
class WalletAnswer:
    """One answer of the operator; only ``request_uuid`` and ``status`` are always there."""

    request_uuid: str
    status: str
    user: str = ""
    currency: str = ""
    balance_micros: int | None = None
    country: str = ""
    jurisdiction: str = ""


def write_answer(answer: WalletAnswer) -> bytes:
    """Return the bytes of an answer; a balance that is not known is left out, never 0, and rounded down."""
    fields: JsonObject = {"request_uuid": answer.request_uuid, "status": answer.status}
    if answer.user:
        fields["user"] = answer.user
    if answer.currency:
        fields["currency"] = answer.currency
    if answer.balance_micros is not None:
        fields["balance"] = integer_from_micros(answer.balance_micros, UNITS_PER_CURRENCY_UNIT)
    if answer.country:
        fields["country"] = answer.country
    if answer.jurisdiction:
        fields["jurisdiction"] = answer.jurisdiction
    return _COMPACT.encode(fields).encode()


def read_answer(body: bytes) -> WalletAnswer:
    """Read an answer; raises ``MalformedCall``."""
    source = read_object(body)
    balance = source.get("balance")
    if balance is not None and type(balance) is not int:
        raise MalformedCall("a balance must be a whole number", field="balance")
    return WalletAnswer(
        request_uuid=optional_text_of(source, "request_uuid"),
        status=text_of(source, "status"),
        user=optional_text_of(source, "user"),
        currency=optional_text_of(source, "currency"),
        balance_micros=None if balance is None else balance * (1_000_000 // UNITS_PER_CURRENCY_UNIT),
        country=optional_text_of(source, "country"),
        jurisdiction=optional_text_of(source, "jurisdiction"),
    )


def request_uuid_in(body: bytes) -> str:
    """Return the request id of a body that may be anything; empty where there is none."""
    try:
        return optional_text_of(read_object(body), "request_uuid", 255)
    except MalformedCall:
        return ""


def _amount(source: JsonObject, name: str) -> int:
    if name not in source:
        raise MalformedCall("an amount is missing", field=name)
    try:
        return micros_from_integer(source[name], UNITS_PER_CURRENCY_UNIT, name)
    except MalformedCall as wrong:
        raise MalformedCall(wrong.message, field=name, wrong="type") from wrong


def _optional_amount(source: JsonObject, name: str) -> int:
    return 0 if source.get(name) is None else _amount(source, name)
