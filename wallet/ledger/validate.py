"""What is refused by looking at the request alone: ids, amounts, currency, missing fields. Nothing is written."""

from functools import lru_cache

from wallet.ledger.currencies import CURRENCY_CODES
from wallet.ledger.ids import (
    ACTIONS_MAX,
    DETAIL_BYTES_MAX,
    MICROS_MAX,
    STATE_BYTES_MAX,
    TEXT_LENGTH_MAX,
    is_id,
)
from wallet.ledger.kinds import ActionKind, OutcomeCode
from wallet.ledger.types import Action, Command
from wallet.ledger.work import Refusal

_KINDS_OF_UNIT = frozenset(
    {ActionKind.BET, ActionKind.WIN, ActionKind.JACKPOT_WIN, ActionKind.PROMO_WIN, ActionKind.CLOSE}
)
_NEEDS_ROUND = frozenset({ActionKind.BET, ActionKind.CLOSE})
_NEEDS_REFERENCE = frozenset({ActionKind.ROLLBACK, ActionKind.WITHDRAW_CONFIRM, ActionKind.WITHDRAW_CANCEL})
_CAN_BE_ROLLED_BACK = frozenset({None, ActionKind.BET, ActionKind.WIN, ActionKind.JACKPOT_WIN, ActionKind.PROMO_WIN})
REASONS_OF_CALLERS = frozenset(
    {
        None,
        OutcomeCode.SESSION_NOT_FOUND,
        OutcomeCode.SESSION_EXPIRED,
        OutcomeCode.GAME_NOT_ENABLED,
        OutcomeCode.CURRENCY_MISMATCH,
        OutcomeCode.INSUFFICIENT_FUNDS,
        OutcomeCode.LIMIT_REACHED,
        OutcomeCode.PLAYER_BLOCKED,
        OutcomeCode.ROLLED_BACK,
    }
)  # the last four are of an operator who keeps the money himself: he did not take the bet, or it was undone there
_IDS = "ids are 1 to 64 of A-Z a-z 0-9 . _ : -"
_WINS = frozenset({ActionKind.WIN, ActionKind.JACKPOT_WIN})
_ADJUST = ActionKind.ADJUST
_BET = ActionKind.BET


def _invalid(field: str, reason: str) -> Refusal:
    return Refusal(OutcomeCode.INVALID, field, reason)


def command_refusal(command: Command) -> Refusal | None:
    """Return why the call as a whole is malformed, if it is."""
    refusal = _setting_refusal(
        command.currency_code, command.brand_id, command.provider_id, command.game_id, command.game_version
    )
    if refusal is not None:
        return refusal
    if not is_id(command.player_id):
        return _invalid("player_id", _IDS)
    if command.round_id and not is_id(command.round_id):
        return _invalid("round_id", _IDS)
    if len(command.actions) > ACTIONS_MAX:
        return _invalid("actions", f"at most {ACTIONS_MAX} actions in a call")
    if command.refuse_new_bets not in REASONS_OF_CALLERS:
        return _invalid("refuse_new_bets", "not a reason of a caller")
    if command.round_state is not None and len(command.round_state) > STATE_BYTES_MAX:
        return _invalid("round_state", f"at most {STATE_BYTES_MAX} bytes")
    return None


@lru_cache(maxsize=16_384)
def _setting_refusal(
    currency_code: str, brand_id: str, provider_id: str, game_id: str, game_version: str
) -> Refusal | None:
    """Check what few values repeat in many calls."""
    if currency_code not in CURRENCY_CODES:
        return Refusal(OutcomeCode.CURRENCY_UNKNOWN, "currency_code", "not in the currency table")
    for field, text in (("brand_id", brand_id), ("provider_id", provider_id)):
        if not is_id(text):
            return _invalid(field, _IDS)
    if game_id and not is_id(game_id):
        return _invalid("game_id", _IDS)
    if game_version and not _is_text(game_version):
        return _invalid("game_version", f"printable text of at most {TEXT_LENGTH_MAX} characters")
    return None


def action_refusal(command: Command, action: Action) -> Refusal | None:
    """Return why an action is malformed, if it is."""
    (
        kind, transaction_id, amount_micros, reference, reference_kind, grant_id, bonus_micros, contribution_micros,
        jackpot_id, author, reason, detail,
    ) = action  # fmt: skip
    if not is_id(transaction_id):
        return _invalid("transaction_id", _IDS)
    if type(amount_micros) is not int or type(bonus_micros) is not int:
        return _invalid("amount_micros", "an int of micros")
    if kind is _ADJUST:
        refusal = _adjust_refusal(action)
        if refusal is not None:
            return refusal
    elif not 0 <= bonus_micros <= amount_micros <= MICROS_MAX:
        return _amount_refusal(amount_micros)
    if not command.round_id and (kind in _NEEDS_ROUND or (kind in _WINS and not reference)):
        return _invalid("round_id", f"a {kind.value} belongs to a round")
    if reference:
        if not is_id(reference):
            return _invalid("reference_transaction_id", _IDS)
        if kind is ActionKind.ROLLBACK and reference_kind not in _CAN_BE_ROLLED_BACK:
            return _invalid("reference_kind", "bets and wins can be rolled back")
    elif kind in _NEEDS_REFERENCE:
        return _invalid("reference_transaction_id", f"a {kind.value} names its transaction")
    if command.one_unit and kind not in _KINDS_OF_UNIT:
        return _invalid("one_unit", f"a {kind.value} cannot be part of a unit")
    if grant_id or contribution_micros or jackpot_id or author or reason or len(detail) > DETAIL_BYTES_MAX:
        return _rare_refusal(action)
    return None


def _amount_refusal(amount_micros: int) -> Refusal:
    if amount_micros < 0:
        return _invalid("amount_micros", "never negative")
    if amount_micros > MICROS_MAX:
        return _invalid("amount_micros", "more than 64 bits")
    return _invalid("bonus_micros", "between 0 and the amount")


def _adjust_refusal(action: Action) -> Refusal | None:
    low, high = sorted((0, action.amount_micros))
    if abs(action.amount_micros) > MICROS_MAX:
        return _invalid("amount_micros", "more than 64 bits")
    if not low <= action.bonus_micros <= high:
        return _invalid("bonus_micros", "between 0 and the amount")
    if not action.author.strip():
        return _invalid("author", "an adjust names who made it")
    if not action.reason.strip():
        return _invalid("reason", "an adjust says why")
    return None


def _rare_refusal(action: Action) -> Refusal | None:
    if action.grant_id and (not is_id(action.grant_id) or action.kind is not _BET or action.bonus_micros):
        return _invalid("grant_id", "an id, on bets without a bonus part")
    if action.jackpot_contribution_micros and not (
        action.kind is _BET and 0 < action.jackpot_contribution_micros <= action.amount_micros
    ):
        return _invalid("jackpot_contribution_micros", "on bets, between 0 and the amount")
    if action.jackpot_id and not is_id(action.jackpot_id):
        return _invalid("jackpot_id", _IDS)
    if action.author and not _is_text(action.author):
        return _invalid("author", f"printable text of at most {TEXT_LENGTH_MAX} characters")
    if action.reason and not _is_text(action.reason):
        return _invalid("reason", f"printable text of at most {TEXT_LENGTH_MAX} characters")
    if len(action.detail) > DETAIL_BYTES_MAX:
        return _invalid("detail", f"at most {DETAIL_BYTES_MAX} bytes")
    return None


def _is_text(text: str) -> bool:
    return len(text) <= TEXT_LENGTH_MAX and text.isprintable()
