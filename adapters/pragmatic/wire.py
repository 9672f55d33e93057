"""The methods of the seamless API on the wire: which fields each has, in and out. Amounts are decimals."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from enum import StrEnum

from adapters.contract.amounts import decimal_text_from_micros, micros_from_decimal_text
from adapters.contract.errors import MalformedCall
from adapters.contract.json_text import read_object, write_json

PROVIDER = "PragmaticPlay"
TEXT_LENGTH_MAX = 4_096
_TIMESTAMP = re.compile(r"[0-9]{1,15}\Z", re.ASCII)


class Method(StrEnum):
    """The last part of the path, without ``.html``."""

    AUTHENTICATE = "authenticate"
    BALANCE = "balance"
    BET = "bet"
    RESULT = "result"
    BONUS_WIN = "bonusWin"
    JACKPOT_WIN = "jackpotWin"
    PROMO_WIN = "promoWin"
    END_ROUND = "endRound"
    REFUND = "refund"
    ADJUSTMENT = "adjustment"
    BALANCE_PER_GAME = "getBalancePerGame"
    SESSION_EXPIRED = "sessionExpired"


_PLAY = ("user_id", "game_id", "round_id", "amount", "reference", "timestamp")
REQUIRED: dict[Method, tuple[str, ...]] = {
    Method.AUTHENTICATE: ("token",),
    Method.BALANCE: ("user_id",),
    Method.BET: (*_PLAY, "round_details"),
    Method.RESULT: (*_PLAY, "round_details"),
    Method.BONUS_WIN: (*_PLAY, "bonus_code"),
    Method.JACKPOT_WIN: (*_PLAY, "jackpot_id"),
    Method.PROMO_WIN: (
        "user_id", "campaign_id", "campaign_type", "amount", "currency", "reference", "timestamp",
    ),
    Method.END_ROUND: ("user_id", "game_id", "round_id"),
    Method.REFUND: ("user_id", "reference"),
    Method.ADJUSTMENT: (*_PLAY, "valid_bet_amount"),
    Method.BALANCE_PER_GAME: ("user_id",),
    Method.SESSION_EXPIRED: ("user_id",),
}  # fmt: skip
MONEY_FIELDS = ("currency", "cash", "bonus")
REPLY_FIELDS: dict[Method, tuple[str, ...]] = {
    Method.AUTHENTICATE: ("userId", *MONEY_FIELDS),
    Method.BALANCE: MONEY_FIELDS,
    Method.BET: ("transactionId", *MONEY_FIELDS, "usedPromo"),
    Method.RESULT: ("transactionId", *MONEY_FIELDS),
    Method.BONUS_WIN: ("transactionId", *MONEY_FIELDS),
    Method.JACKPOT_WIN: ("transactionId", *MONEY_FIELDS),
    Method.PROMO_WIN: ("transactionId", *MONEY_FIELDS),
    Method.END_ROUND: ("cash", "bonus"),
    Method.REFUND: ("transactionId",),
    Method.ADJUSTMENT: ("transactionId", *MONEY_FIELDS),
    Method.BALANCE_PER_GAME: ("gamesBalances",),
    Method.SESSION_EXPIRED: (),
}
"""Beside ``error`` and ``description``."""


@dataclass(frozen=True, slots=True)
class Request:
    """The fields of any method that mean something to a wallet; texts as they came, empty where missing."""

    token: str = ""
    user_id: str = ""
    game_id: str = ""
    round_id: str = ""
    amount: str = ""
    reference: str = ""
    timestamp: str = ""
    round_details: str = ""
    bonus_code: str = ""
    jackpot_id: str = ""
    campaign_id: str = ""
    campaign_type: str = ""
    currency: str = ""
    valid_bet_amount: str = ""
    promo_win_amount: str = ""
    promo_win_reference: str = ""
    jackpot_contribution: str = ""
    game_id_list: str = ""
    platform: str = ""
    language: str = ""
    win: str = ""


_NAMES = {
    field.name: "".join(part.title() if index else part for index, part in enumerate(field.name.split("_")))
    for field in fields(Request)
}


def read_request(method: Method, form: Mapping[str, str]) -> Request:
    """Take the fields from a form; what else it holds is tolerated. Raises ``MalformedCall``."""
    for name in REQUIRED[method]:
        if not form.get(_NAMES[name]):
            raise MalformedCall("a field is missing or empty", field=_NAMES[name])
    found = {name: form[wire] for name, wire in _NAMES.items() if wire in form}
    if any(len(text) > TEXT_LENGTH_MAX for text in found.values()):
        raise MalformedCall("a field is too long", field="body")
    request = Request(**found)
    if request.timestamp and not _TIMESTAMP.match(request.timestamp):
        raise MalformedCall("milliseconds since the epoch are expected", field="timestamp")
    return request


def write_request(request: Request) -> dict[str, str]:
    """Write the fields of a form; empty ones are left out."""
    values = {wire: str(getattr(request, name)) for name, wire in _NAMES.items()}
    return {wire: text for wire, text in values.items() if text} | {"providerId": PROVIDER}


def read_signed_amount(text: str, field: str) -> int:
    """Read an amount that may be negative; raises ``MalformedCall``."""
    if text.startswith("-"):
        return -micros_from_decimal_text(text[1:], field)
    return micros_from_decimal_text(text, field)


def write_amount(micros: int) -> str:
    """Write an amount exactly, with two decimals at least."""
    return f"-{decimal_text_from_micros(-micros)}" if micros < 0 else decimal_text_from_micros(micros)


def write_reply(error: int, description: str, values: Mapping[str, object]) -> bytes:
    """Write a reply: the error is a number, amounts are numbers."""
    return write_json({**values, "error": error, "description": description})


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply as the provider reads it."""

    error: int
    description: str
    cash: Decimal | int | None = None
    bonus: Decimal | int | None = None
    transaction_id: str = ""
    user_id: str = ""


def read_reply(body: bytes) -> Reply:
    """Read a reply as the provider does; raises ``MalformedCall``."""
    source = read_object(body)
    error = source.get("error")
    if type(error) is not int:
        raise MalformedCall("a number is expected", field="error")
    return Reply(
        error=error,
        description=str(source.get("description", "")),
        cash=_number(source, "cash"),
        bonus=_number(source, "bonus"),
        transaction_id=str(source.get("transactionId", "")),
        user_id=str(source.get("userId", "")),
    )


def _number(source: Mapping[str, object], name: str) -> Decimal | int | None:
    value = source.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | Decimal)):
        raise MalformedCall("a number is expected", field=name)
    return value
