"""GCP v1 on the wire: the three callbacks and their replies, amounts in minor units of the currency."""

from collections.abc import Mapping
from dataclasses import dataclass

from adapters.contract.errors import MalformedCall
from adapters.contract.json_text import (
    flag_of,
    objects_of,
    optional_text_of,
    read_object,
    text_of,
    write_json,
)
from adapters.softswiss.batches import ACTIONS_MAX

ID_LENGTH_MAX = 255
_MINOR_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class PlayAction:
    """A bet, a win, or (in ``/rollback``) a rollback."""

    action: str
    action_id: str
    amount: int = 0
    original_action_id: str = ""
    jackpot_contribution: int = 0
    jackpot_win: int = 0


@dataclass(frozen=True, slots=True)
class PlayRequest:
    """``/play`` and ``/rollback``. No actions: a question for the balance."""

    user_id: str
    currency: str
    game: str
    game_id: str = ""
    session_id: str = ""
    finished: bool = False
    actions: tuple[PlayAction, ...] = ()


@dataclass(frozen=True, slots=True)
class FreespinsRequest:
    """``/freespins``: a series has ended; ``issue_id`` is the one that we made."""

    issue_id: str
    status: str
    total_amount: int


@dataclass(frozen=True, slots=True)
class PlayTransaction:
    """One action as the casino booked it; an empty ``tx_id`` says that nothing moved."""

    action_id: str
    tx_id: str
    processed_at: str
    bonus_amount: int = 0


@dataclass(frozen=True, slots=True)
class PlayReply:
    """The answer to ``/play`` and ``/rollback``."""

    balance: int
    game_id: str = ""
    transactions: tuple[PlayTransaction, ...] = ()


@dataclass(frozen=True, slots=True)
class ErrorReply:
    """A refusal; the balance comes with code 100."""

    code: int
    message: str
    balance: int | None = None


def read_play(body: bytes, kinds: tuple[str, ...]) -> PlayRequest:
    """Read ``/play`` or ``/rollback``, whose actions are of ``kinds``; raises ``MalformedCall``."""
    source = read_object(body)
    actions = tuple(_read_action(item, kinds) for item in objects_of(source, "actions", ACTIONS_MAX))
    read_game_id = text_of if actions else optional_text_of
    return PlayRequest(
        user_id=text_of(source, "user_id", ID_LENGTH_MAX),
        currency=text_of(source, "currency", ID_LENGTH_MAX),
        game=text_of(source, "game", ID_LENGTH_MAX),
        game_id=read_game_id(source, "game_id", ID_LENGTH_MAX),
        session_id=optional_text_of(source, "session_id", ID_LENGTH_MAX),
        finished=flag_of(source, "finished"),
        actions=actions,
    )


def write_play(request: PlayRequest, extra: Mapping[str, object] | None = None) -> bytes:
    """Write ``/play`` or ``/rollback``."""
    return write_json(
        {
            "user_id": request.user_id,
            "currency": request.currency,
            "game": request.game,
            **({"game_id": request.game_id} if request.game_id else {}),
            **({"session_id": request.session_id} if request.session_id else {}),
            "finished": request.finished,
            "actions": [_written_action(action) for action in request.actions],
            **(extra or {}),
        }
    )


def read_freespins(body: bytes) -> FreespinsRequest:
    """Read ``/freespins``; raises ``MalformedCall``."""
    source = read_object(body)
    return FreespinsRequest(
        text_of(source, "issue_id", ID_LENGTH_MAX), text_of(source, "status", 64), _count(source, "total_amount")
    )


def write_freespins(request: FreespinsRequest) -> bytes:
    """Write ``/freespins``."""
    return write_json({"issue_id": request.issue_id, "status": request.status, "total_amount": request.total_amount})


def write_reply(reply: PlayReply, with_game: bool = True) -> bytes:
    """Write the answer; the one to ``/freespins`` is the balance alone."""
    if not with_game:
        return write_json({"balance": reply.balance})
    return write_json(
        {
            "balance": reply.balance,
            "game_id": reply.game_id,
            "transactions": [_written_transaction(item) for item in reply.transactions],
        }
    )


def read_reply(body: bytes) -> PlayReply:
    """Read the answer as the provider does; raises ``MalformedCall``."""
    source = read_object(body)
    return PlayReply(
        balance=_count(source, "balance"),
        game_id=optional_text_of(source, "game_id"),
        transactions=tuple(
            PlayTransaction(
                text_of(item, "action_id"),
                optional_text_of(item, "tx_id"),
                text_of(item, "processed_at"),
                _optional_count(item, "bonus_amount"),
            )
            for item in objects_of(source, "transactions", ACTIONS_MAX)
        ),
    )


def write_error(error: ErrorReply) -> bytes:
    """Write a refusal."""
    balance = {} if error.balance is None else {"balance": error.balance}
    return write_json({"code": error.code, "message": error.message, **balance})


def read_error(body: bytes) -> ErrorReply:
    """Read a refusal as the provider does; raises ``MalformedCall``."""
    source = read_object(body)
    balance = _count(source, "balance") if source.get("balance") is not None else None
    return ErrorReply(_count(source, "code"), optional_text_of(source, "message"), balance)


def _read_action(item: Mapping[str, object], kinds: tuple[str, ...]) -> PlayAction:
    action = text_of(item, "action", 64)
    if action not in kinds:
        raise MalformedCall("no such action here", field="action")
    rolls_back = action == "rollback"
    return PlayAction(
        action=action,
        action_id=text_of(item, "action_id", ID_LENGTH_MAX),
        amount=_optional_count(item, "amount") if rolls_back else _count(item, "amount"),
        original_action_id=text_of(item, "original_action_id", ID_LENGTH_MAX) if rolls_back else "",
        jackpot_contribution=_optional_count(item, "jackpot_contribution"),
        jackpot_win=_optional_count(item, "jackpot_win"),
    )


def _written_action(action: PlayAction) -> dict[str, object]:
    written: dict[str, object] = {"action": action.action, "action_id": action.action_id}
    if action.action != "rollback" or action.amount:
        written["amount"] = action.amount
    if action.original_action_id:
        written["original_action_id"] = action.original_action_id
    if action.jackpot_contribution:
        written["jackpot_contribution"] = action.jackpot_contribution
    if action.jackpot_win:
        written["jackpot_win"] = action.jackpot_win
    return written


def _written_transaction(item: PlayTransaction) -> dict[str, object]:
    bonus = {"bonus_amount": item.bonus_amount} if item.bonus_amount else {}
    return {"action_id": item.action_id, "tx_id": item.tx_id, "processed_at": item.processed_at, **bonus}


def _count(source: Mapping[str, object], name: str) -> int:
    value = source.get(name)
    if type(value) is not int or not 0 <= value <= _MINOR_MAX:
        raise MalformedCall("a whole number, 0 or more, is missing or malformed", field=name)
    return value


def _optional_count(source: Mapping[str, object], name: str) -> int:
    return 0 if source.get(name) is None else _count(source, name)
