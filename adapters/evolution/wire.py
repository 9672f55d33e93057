"""OneWallet on the wire: its methods, requests and replies. Amounts are JSON numbers, up to 6 decimals."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from adapters.contract.amounts import decimal_from_micros, micros_from_number
from adapters.contract.errors import MalformedCall
from adapters.contract.json_text import flag_of, object_of, optional_text_of, read_object, text_of, write_json

ID_LENGTH_MAX = 255


class Method(StrEnum):
    """The last part of the path."""

    CHECK = "check"
    BALANCE = "balance"
    DEBIT = "debit"
    CREDIT = "credit"
    CANCEL = "cancel"
    PROMO_PAYOUT = "promo_payout"


MOVES = frozenset({Method.DEBIT, Method.CREDIT, Method.CANCEL})


@dataclass(frozen=True, slots=True)
class Game:
    """The game round: one at a table for all players, ``game_id`` is the round's."""

    game_id: str
    game_type: str = ""
    table_id: str = ""
    vid: str = ""


@dataclass(frozen=True, slots=True)
class Transaction:
    """``ref_id`` groups debit, credit and cancel of one bet."""

    transaction_id: str
    ref_id: str
    amount_micros: int


@dataclass(frozen=True, slots=True)
class PromoTransaction:
    """A payout without a bet."""

    transaction_id: str
    promo_type: str
    amount_micros: int
    voucher_id: str = ""
    remaining_rounds: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """Any method: what each does not have stays empty."""

    sid: str
    user_id: str
    uuid: str
    currency: str = ""
    channel: str = ""
    game: Game | None = None
    transaction: Transaction | None = None
    promo: PromoTransaction | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to any method; ``sid`` is there for ``check`` alone."""

    status: str
    uuid: str = ""
    balance_micros: int | None = None
    bonus_micros: int | None = None
    sid: str = ""
    retransmission: bool = False


def read_request(method: Method, body: bytes) -> Request:
    """Read a request; raises ``MalformedCall``."""
    source = read_object(body)
    needs_currency = method is not Method.CHECK
    return Request(
        sid=text_of(source, "sid", ID_LENGTH_MAX),
        user_id=text_of(source, "userId", ID_LENGTH_MAX),
        uuid=text_of(source, "uuid", ID_LENGTH_MAX),
        currency=text_of(source, "currency", ID_LENGTH_MAX) if needs_currency else "",
        channel=_channel(source),
        game=_read_game(source, must=method in MOVES),
        transaction=_read_transaction(source) if method in MOVES else None,
        promo=_read_promo(source) if method is Method.PROMO_PAYOUT else None,
    )


def write_request(request: Request, extra: Mapping[str, object] | None = None) -> bytes:
    """Write a request."""
    written: dict[str, object] = {"sid": request.sid, "userId": request.user_id}
    if request.currency:
        written["currency"] = request.currency
    if request.channel:
        written["channel"] = {"type": request.channel}
    if request.game:
        written["game"] = _written_game(request.game)
    if request.transaction:
        moved = request.transaction
        amount = decimal_from_micros(moved.amount_micros)
        written["transaction"] = {"id": moved.transaction_id, "refId": moved.ref_id, "amount": amount}
    if request.promo:
        written["promoTransaction"] = _written_promo(request.promo)
    return write_json({**written, "uuid": request.uuid, **(extra or {})})


def write_reply(reply: Reply) -> bytes:
    """Write an answer: cash and bonus apart, left out where not known."""
    written: dict[str, object] = {"status": reply.status}
    if reply.sid:
        written["sid"] = reply.sid
    if reply.balance_micros is not None:
        written["balance"] = decimal_from_micros(reply.balance_micros)
        written["bonus"] = decimal_from_micros(reply.bonus_micros or 0)
    if reply.retransmission:
        written["retransmission"] = True
    return write_json({**written, "uuid": reply.uuid})


def read_reply(body: bytes) -> Reply:
    """Read an answer as the provider does; raises ``MalformedCall``."""
    source = read_object(body)
    return Reply(
        status=text_of(source, "status"),
        uuid=optional_text_of(source, "uuid"),
        balance_micros=_optional_amount(source, "balance"),
        bonus_micros=_optional_amount(source, "bonus"),
        sid=optional_text_of(source, "sid"),
        retransmission=flag_of(source, "retransmission"),
    )


def _channel(source: Mapping[str, object]) -> str:
    return "" if source.get("channel") is None else optional_text_of(object_of(source, "channel"), "type", 16)


def _read_game(source: Mapping[str, object], must: bool) -> Game | None:
    if source.get("game") is None and not must:
        return None
    game = object_of(source, "game")
    details = object_of(game, "details") if game.get("details") is not None else {}
    table = object_of(details, "table") if details.get("table") is not None else {}
    read_id = text_of if must else optional_text_of
    return Game(
        game_id=read_id(game, "id", ID_LENGTH_MAX),
        game_type=optional_text_of(game, "type", ID_LENGTH_MAX),
        table_id=optional_text_of(table, "id", ID_LENGTH_MAX),
        vid=optional_text_of(table, "vid", ID_LENGTH_MAX),
    )


def _written_game(game: Game) -> dict[str, object]:
    table = {"id": game.table_id} if game.table_id else {}
    vid = {"vid": game.vid} if game.vid else {}
    kind = {"type": game.game_type} if game.game_type else {}
    return {"id": game.game_id, **kind, "details": {"table": {**table, **vid}}}


def _read_transaction(source: Mapping[str, object]) -> Transaction:
    item = object_of(source, "transaction")
    return Transaction(
        text_of(item, "id", ID_LENGTH_MAX),
        text_of(item, "refId", ID_LENGTH_MAX),
        micros_from_number(item.get("amount"), "amount"),
    )


def _read_promo(source: Mapping[str, object]) -> PromoTransaction:
    item = object_of(source, "promoTransaction")
    remaining = item.get("remainingRounds")
    if remaining is not None and type(remaining) is not int:
        raise MalformedCall("a whole number is expected", field="remainingRounds")
    return PromoTransaction(
        transaction_id=text_of(item, "id", ID_LENGTH_MAX),
        promo_type=text_of(item, "type", ID_LENGTH_MAX),
        amount_micros=micros_from_number(item.get("amount"), "amount"),
        voucher_id=optional_text_of(item, "voucherId", ID_LENGTH_MAX),
        remaining_rounds=remaining,
    )


def _written_promo(promo: PromoTransaction) -> dict[str, object]:
    written: dict[str, object] = {
        "type": promo.promo_type,
        "id": promo.transaction_id,
        "amount": decimal_from_micros(promo.amount_micros),
    }
    if promo.voucher_id:
        written["voucherId"] = promo.voucher_id
    if promo.remaining_rounds is not None:
        written["remainingRounds"] = promo.remaining_rounds
    return written


def _optional_amount(source: Mapping[str, object], name: str) -> int | None:
    value: object = source.get(name)
    return None if value is None else micros_from_number(value, name)
