"""Money that comes and goes outside of rounds: deposit, withdrawal in two steps, adjust."""

from wallet.ledger import limits
from wallet.ledger.bets import player_refusal, standing_refusal
from wallet.ledger.kinds import (
    CASH_DEPOSITS,
    CASH_WITHDRAWALS,
    FLAG_RESOLVES,
    FLAG_TOMBSTONE,
    HOUSE_ADJUSTMENTS,
    ActionKind,
    OutcomeCode,
)
from wallet.ledger.load_plan import reference_keys
from wallet.ledger.movements import credit, stake
from wallet.ledger.rollbacks import bury, target_refusal
from wallet.ledger.types import Action, JournalRow
from wallet.ledger.wins import OVERFLOW
from wallet.ledger.work import Posting, Refusal, Work, is_unknown

_OK = OutcomeCode.OK.value
_FUNDS = Refusal(OutcomeCode.INSUFFICIENT_FUNDS, "amount_micros", "the balance is too small")


def deposit(work: Work, action: Action) -> JournalRow | Refusal:
    """Take money in; refused for a blocked or excluded player and above a deposit limit."""
    refusal = standing_refusal(work)
    if refusal is not None:
        return refusal
    account = work.account
    if account.limits:
        refusal = limits.check_deposit(account, work.command, action)
        if refusal is not None:
            return refusal
        limits.count_deposit(account, work.command, action)
    posting = credit(account, action.amount_micros - action.bonus_micros, action.bonus_micros, CASH_DEPOSITS)
    return OVERFLOW if posting is None else work.write(action, posting)


def withdraw_reserve(work: Work, action: Action) -> JournalRow | Refusal:
    """Set cash aside; it can neither be bet nor withdrawn twice. Allowed for blocked and excluded players."""
    account = work.account
    if is_unknown(account):
        return player_refusal(work)
    if account.demo or work.command.demo:
        return Refusal(OutcomeCode.INVALID, "demo", "demo money cannot be withdrawn")
    if action.amount_micros > account.cash_micros:
        return _FUNDS
    return work.write(action, Posting(-action.amount_micros, 0, action.amount_micros))


def withdraw_end(work: Work, action: Action) -> JournalRow | Refusal:
    """Confirm (the money has left) or cancel (it comes back) a reservation, once; a cancel may come before it."""
    keys = reference_keys(work.command, action)
    confirms = action.kind is ActionKind.WITHDRAW_CONFIRM
    target = work.find(keys[0])
    if target is None or target.flags & FLAG_TOMBSTONE:
        if not confirms:
            return bury(work, action, keys)
        if target is None:
            return Refusal(OutcomeCode.BET_NOT_FOUND, "reference_transaction_id", "no such reservation")
        return Refusal(OutcomeCode.ROLLED_BACK, "reference_transaction_id", "the reservation was cancelled")
    refusal = target_refusal(work, target)
    if refusal is not None:
        return refusal
    if target.code != _OK:
        if confirms:
            return Refusal(OutcomeCode.BET_NOT_FOUND, "reference_transaction_id", "the reservation was refused")
        return work.write_as(action, code=OutcomeCode.NO_EFFECT.value, reference_kind=target.kind)
    ended = work.find_resolution(target.key)
    if ended is not None:
        return _ended_before(work, action, target, ended)
    amount_micros = target.amount_micros
    posting = Posting(0, 0, -amount_micros, 0, CASH_WITHDRAWALS) if confirms else _release(work, amount_micros)
    row = work.write_as(action, posting, flags=FLAG_RESOLVES, amount_micros=amount_micros, reference_kind=target.kind)
    work.resolutions[target.key] = row
    return row


def _release(work: Work, amount_micros: int) -> Posting:
    recovered = min(work.account.receivable_micros, amount_micros)
    return Posting(amount_micros - recovered, 0, -amount_micros, -recovered)


def _ended_before(work: Work, action: Action, target: JournalRow, ended: JournalRow) -> JournalRow | Refusal:
    if ended.kind == action.kind.value:
        return work.write_as(
            action, code=OutcomeCode.NO_EFFECT.value, reference_kind=target.kind, field="reference_transaction_id",
            reason="ended before",
        )  # fmt: skip
    if action.kind is ActionKind.WITHDRAW_CONFIRM:
        return Refusal(OutcomeCode.ROLLED_BACK, "reference_transaction_id", "the reservation was cancelled")
    return Refusal(OutcomeCode.ALREADY_SETTLED, "reference_transaction_id", "the withdrawal was confirmed")


def adjust(work: Work, action: Action) -> JournalRow | Refusal:
    """Correct a balance by hand; author and reason are in the row, and so are the value before and after."""
    account = work.account
    if is_unknown(account):
        return player_refusal(work)
    if action.amount_micros >= 0:
        posting = credit(account, action.amount_micros - action.bonus_micros, action.bonus_micros, HOUSE_ADJUSTMENTS)
        return OVERFLOW if posting is None else work.write(action, posting)
    if action.bonus_micros == 0 and -action.amount_micros > account.cash_micros:
        return _FUNDS
    posting = stake(account, -action.amount_micros, -action.bonus_micros, HOUSE_ADJUSTMENTS)
    return _FUNDS if posting is None else work.write(action, posting)
