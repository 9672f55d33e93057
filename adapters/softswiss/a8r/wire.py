"""A8R v2 on the wire: Twirp-style JSON below ``/v2/``, amounts as decimal strings, errors in Twirp's envelope."""

from collections.abc import Mapping
from dataclasses import dataclass

from adapters.contract.amounts import decimal_text_from_micros, micros_from_decimal_text
from adapters.contract.errors import MalformedCall
from adapters.contract.json_text import object_of, objects_of, optional_text_of, read_object, text_of, write_json
from adapters.softswiss.batches import ACTIONS_MAX
from adapters.softswiss.codes import Code
from adapters.softswiss.wire import ID_LENGTH_MAX

PREFIX = "v2/a8r_casino."
PREFIXES = (PREFIX, "v2/provider_a8r.")
"""The methods are the same whether the aggregator calls the casino or a provider's server calls in its place."""


@dataclass(frozen=True, slots=True)
class Movement:
    """A transaction of ``Round/BetWin`` (``bet``, ``win``) or of ``Round/Rollback`` (``rollback``)."""

    movement_id: str
    kind: str
    amount_micros: int = 0
    original_id: str = ""
    bet_id: str = ""


@dataclass(frozen=True, slots=True)
class RoundRequest:
    """``Player/Balance``, ``Round/BetWin``, ``Round/Rollback`` and ``Round/Finish``: the fields that each has."""

    player_id: str
    round_id: str = ""
    game_id: str = ""
    transactions: tuple[Movement, ...] = ()


@dataclass(frozen=True, slots=True)
class SeriesRequest:
    """``Freespins/Finish``: a series has ended."""

    issue_id: str
    status: str
    total_micros: int


@dataclass(frozen=True, slots=True)
class BookedMovement:
    """One movement as the casino booked it; an empty ``casino_id`` says that nothing moved."""

    movement_id: str
    casino_id: str
    processed_at: str
    bonus_micros: int = 0


@dataclass(frozen=True, slots=True)
class RoundReply:
    """The answer to every method; the two that touch no round carry the balance alone."""

    balance_micros: int
    round_id: str = ""
    transactions: tuple[BookedMovement, ...] = ()


def read_round(body: bytes, method: str) -> RoundRequest:
    """Read the request of one method; raises ``MalformedCall``."""
    source = read_object(body)
    of_round = method != "Player/Balance"
    return RoundRequest(
        player_id=text_of(source, "player_id", ID_LENGTH_MAX),
        round_id=text_of(source, "round_id", ID_LENGTH_MAX) if of_round else "",
        game_id=(text_of if method == "Round/BetWin" else optional_text_of)(source, "game_id", ID_LENGTH_MAX),
        transactions=tuple(_read_movement(item, method) for item in objects_of(source, "transactions", ACTIONS_MAX)),
    )


def write_round(request: RoundRequest, extra: Mapping[str, object] | None = None) -> bytes:
    """Write the request of a method."""
    return write_json(
        {
            "player_id": request.player_id,
            **({"round_id": request.round_id} if request.round_id else {}),
            **({"game_id": request.game_id} if request.game_id else {}),
            **({"transactions": [_written_movement(m) for m in request.transactions]} if request.round_id else {}),
            **(extra or {}),
        }
    )


def read_series(body: bytes) -> SeriesRequest:
    """Read ``Freespins/Finish``; raises ``MalformedCall``."""
    source = read_object(body)
    total_micros = micros_from_decimal_text(source.get("total_amount"), "total_amount")
    return SeriesRequest(
        text_of(source, "issue_id", ID_LENGTH_MAX), optional_text_of(source, "status", 64), total_micros
    )


def write_series(request: SeriesRequest) -> bytes:
    """Write ``Freespins/Finish``."""
    return write_json(
        {
            "issue_id": request.issue_id,
            "status": request.status,
            "total_amount": decimal_text_from_micros(request.total_micros),
        }
    )


def write_reply(reply: RoundReply, of_round: bool) -> bytes:
    """Write an answer."""
    balance = decimal_text_from_micros(reply.balance_micros)
    if not of_round:
        return write_json({"balance": balance})
    booked = [
        {
            "id": item.movement_id,
            "id_casino": item.casino_id,
            "bonus_amount": decimal_text_from_micros(item.bonus_micros),
            "processed_at": item.processed_at,
        }
        for item in reply.transactions
    ]
    return write_json({"balance": balance, "round_id_casino": reply.round_id, "transactions": booked})


def read_reply(body: bytes) -> RoundReply:
    """Read an answer as the caller does; raises ``MalformedCall``."""
    source = read_object(body)
    return RoundReply(
        balance_micros=micros_from_decimal_text(source.get("balance"), "balance"),
        round_id=optional_text_of(source, "round_id_casino"),
        transactions=tuple(
            BookedMovement(
                text_of(item, "id"),
                optional_text_of(item, "id_casino"),
                text_of(item, "processed_at"),
                micros_from_decimal_text(item.get("bonus_amount"), "bonus_amount"),
            )
            for item in objects_of(source, "transactions", ACTIONS_MAX)
        ),
    )


def write_error(code: Code, balance_micros: int | None) -> bytes:
    """Write a refusal in Twirp's envelope: the number of the protocol stands in ``meta``."""
    meta = {"api_code": str(code.code), "api_message": code.message}
    if balance_micros is not None:
        meta["balance"] = decimal_text_from_micros(balance_micros)
    return write_json({"code": _twirp_code(code), "msg": code.message, "meta": meta})


def read_error(body: bytes) -> tuple[str, str, int | None]:
    """Read a refusal as the caller does: (Twirp's code, the protocol's number, balance); raises ``MalformedCall``."""
    source = read_object(body)
    meta = object_of(source, "meta") if source.get("meta") is not None else {}
    balance = meta.get("balance")
    return (
        text_of(source, "code"),
        optional_text_of(meta, "api_code"),
        None if balance is None else micros_from_decimal_text(balance, "balance"),
    )


def status_of(code: Code) -> int:
    """Return Twirp's HTTP status: 400 and 403 are certain, 500 is not."""
    return {"internal": 500, "permission_denied": 403}.get(_twirp_code(code), 400)


def _twirp_code(code: Code) -> str:
    if code.status >= 500:
        return "internal"
    return "permission_denied" if code.code == 403 else "invalid_argument"


def _read_movement(item: Mapping[str, object], method: str) -> Movement:
    movement_id = text_of(item, "id", ID_LENGTH_MAX)
    if method == "Round/Rollback":
        return Movement(movement_id, "rollback", original_id=text_of(item, "original_id", ID_LENGTH_MAX))
    kind = text_of(item, "type", 64)
    if kind not in ("bet", "win") or method != "Round/BetWin":
        raise MalformedCall("no such transaction here", field="type")
    amount_micros = micros_from_decimal_text(item.get("amount"), "amount")
    return Movement(movement_id, kind, amount_micros, bet_id=optional_text_of(item, "bet_id", ID_LENGTH_MAX))


def _written_movement(movement: Movement) -> dict[str, object]:
    if movement.kind == "rollback":
        return {"id": movement.movement_id, "original_id": movement.original_id}
    written = {"id": movement.movement_id, "type": movement.kind}
    written["amount"] = decimal_text_from_micros(movement.amount_micros)
    return {**written, **({"bet_id": movement.bet_id} if movement.bet_id else {})}
