"""Rollbacks of bets and wins: the amount is the stored one, an unseen transaction dies for ever."""

from hashlib import sha256

from wallet.ledger import limits
from wallet.ledger.dead_rounds import mark_dead
from wallet.ledger.ids import MICROS_MAX, TransactionKey
from wallet.ledger.kinds import FLAG_RESOLVES, FLAG_TOMBSTONE, ActionKind, OutcomeCode
from wallet.ledger.legs import LETTERS, is_undone, settling_wins, settling_wins_of_unseen, undo_leg, wins_that_name
from wallet.ledger.load_plan import reference_keys
from wallet.ledger.movements import credit, reversal
from wallet.ledger.policy import SettledBet
from wallet.ledger.state import Round
from wallet.ledger.types import Action, JournalRow
from wallet.ledger.wins import OVERFLOW
from wallet.ledger.work import NOTHING, Posting, Refusal, Work

_OK = OutcomeCode.OK.value
_NO_EFFECT = OutcomeCode.NO_EFFECT.value
_BET = ActionKind.BET.value
_PROMO_WIN = ActionKind.PROMO_WIN.value
_SETTLED = Refusal(OutcomeCode.ALREADY_SETTLED, "reference_transaction_id", "a win has settled the bet")
_REFUSED_BEFORE = "the transaction was refused, nothing had moved"
_SHORT = Refusal(OutcomeCode.ALREADY_SETTLED, "reference_transaction_id", "a win has settled the bet and was spent")


def rollback(work: Work, action: Action) -> JournalRow | Refusal:
    """Undo a bet or a win once; the reference may not have been seen yet."""
    keys = reference_keys(work.command, action)
    stored = [row for key in keys if (row := work.find(key)) is not None]
    seen = [row for row in stored if not row.flags & FLAG_TOMBSTONE]
    if not seen:
        ahead = _undo_ahead(work, action, keys)
        return ahead if isinstance(ahead, Refusal) else bury(work, action, keys, ahead)
    target = next((row for row in seen if row.code == _OK), seen[0])
    refusal = target_refusal(work, target)
    if refusal is not None:
        return refusal
    if target.code != _OK:
        return _end_refused(work, action, target)
    if target.kind == _PROMO_WIN:
        if work.find_resolution(target.key) is not None:
            return _without_effect(work, action, target, "rolled back before")
        return _take_back(work, action, target, None)
    round_ = work.find_round(target.round_key)
    if round_ is None:
        raise LookupError(f"round {target.round_key} was not loaded")
    if is_undone(round_.legs, LETTERS[target.kind], target.transaction_id):
        return _without_effect(work, action, target, "rolled back before", round_)
    if target.kind != _BET:
        return _take_back(work, action, target, round_)
    return _give_back(work, action, target, round_)


def _undo_ahead(work: Work, action: Action, keys: tuple[TransactionKey, ...]) -> Refusal | int:
    """Treat an unseen bet as settled by the granted wins that ran ahead of it, as if it had come before its rollback.

    These are the wins that name it, and those that name none where no bet of the round has come: it is the first.
    Returns how many were taken back.
    """
    command = work.command
    key = (command.brand_id, command.player_id, command.provider_id, command.round_id)
    seen = work.see_round(key)
    if seen is None or seen.currency_code != command.currency_code or not any(key[2] == _BET for key in keys):
        return 0
    wins = settling_wins_of_unseen(seen.legs, action.reference_transaction_id)
    if not wins:
        return 0
    round_ = work.find_round(key)
    if round_ is None or work.policy.settled_bet is SettledBet.REFUSE:
        return _SETTLED
    return _take_back_wins(work, action, wins, round_, 0) or len(wins)


def _end_refused(work: Work, action: Action, target: JournalRow) -> JournalRow | Refusal:
    """Answer for what was refused: nothing of it had moved, but the wins that ran ahead of a bet go with it.

    A win that names the bet goes whatever ``settled_bet`` says, for a refused bet is never a settled one; only that it
    must be covered still holds. A win that names none goes as with an unseen bet: where the policy takes wins back.
    """
    if target.kind != _BET:
        return _without_effect(work, action, target, _REFUSED_BEFORE)
    seen = work.see_round(target.round_key)
    legs = seen.legs if seen is not None and seen.currency_code == target.currency_code else ""
    takes_unnamed = work.policy.settled_bet is not SettledBet.REFUSE
    find_wins = settling_wins_of_unseen if takes_unnamed else wins_that_name
    wins = find_wins(legs, target.transaction_id)
    round_ = work.find_round(target.round_key) if wins else None
    reason = _REFUSED_BEFORE
    if round_ is not None:
        refusal = _take_back_wins(work, action, wins, round_, 0)
        if refusal is not None:
            return refusal
        reason = f"the bet was refused: its wins were taken back ({len(wins)})"
    row = _without_effect(work, action, target, reason, round_)
    mark_dead(work, action)
    return row


def bury(work: Work, action: Action, keys: tuple[TransactionKey, ...], wins_taken_back: int = 0) -> JournalRow:
    """Answer for an unseen transaction, and put a tombstone under each key that it may come with.

    Where it may be a bet, the round that the call names is dead with it until another bet of it comes.
    """
    reason = "not seen: it will be refused when it comes"
    if wins_taken_back:
        reason = f"not seen: its wins were taken back ({wins_taken_back}), and it will be refused when it comes"
    command = work.command
    round_key = (command.brand_id, command.player_id, command.provider_id, command.round_id)
    row = work.write_as(
        action, code=_NO_EFFECT, reference_kind=keys[0][2], field="reference_transaction_id", reason=reason,
        round_=work.find_round(round_key) if wins_taken_back else None,
    )  # fmt: skip
    for key in keys:
        if work.find(key) is None:
            work.write_as(
                action, code=OutcomeCode.ROLLED_BACK.value, key=key,  flags=FLAG_TOMBSTONE,
                amount_micros=0, reference_kind=action.kind.value, reason="rolled back before it came",
            )  # fmt: skip
    if any(key[2] == _BET for key in keys):
        mark_dead(work, action)
    return row


def target_refusal(work: Work, target: JournalRow) -> Refusal | None:
    """Refuse to touch what is not this player's, this currency's, this round's."""
    command = work.command
    if target.player_id != command.player_id:
        return Refusal(OutcomeCode.KEY_REUSED, "player_id", "the transaction is another player's")
    if target.currency_code != command.currency_code:
        return Refusal(OutcomeCode.CURRENCY_MISMATCH, "currency_code", f"it was in {target.currency_code}")
    if command.round_id and target.round_id and target.round_id != command.round_id:
        return Refusal(OutcomeCode.ROUND_MISMATCH, "round_id", "the transaction is of another round")
    return None


def _without_effect(
    work: Work, action: Action, target: JournalRow, reason: str, round_: Round | None = None
) -> JournalRow:
    return work.write_as(
        action, code=_NO_EFFECT, round_=round_, reference_kind=target.kind, field="reference_transaction_id",
        reason=reason,
    )  # fmt: skip


def _mismatch(action: Action, amount_micros: int) -> tuple[str, str]:
    if action.amount_micros and action.amount_micros != amount_micros:
        return "amount_micros", f"the request says {action.amount_micros}, the stored amount counts"
    return "", ""


def _give_back(work: Work, action: Action, target: JournalRow, round_: Round) -> JournalRow | Refusal:
    command = work.command
    wins = settling_wins(round_.legs, target.transaction_id)
    if wins and work.policy.settled_bet is SettledBet.REFUSE:
        return _SETTLED
    if work.is_out_of_grace(round_, target):
        return Refusal(OutcomeCode.ALREADY_SETTLED, "round_id", "the round is closed, and its grace is over")
    stake_micros = -(target.cash_delta_micros + target.bonus_delta_micros)
    refusal = _take_back_wins(work, action, wins, round_, stake_micros) if wins else None
    if refusal is not None:
        return refusal
    posting: Posting | None = NOTHING
    if target.grant_id:
        round_.free_bet_micros -= target.amount_micros
        _return_free_bet(work, target)
    else:
        posting = credit(work.account, -target.cash_delta_micros, -target.bonus_delta_micros, target.house_account)
        round_.rolled_back_micros += target.amount_micros
        if work.account.limits:
            limits.count_rollback(work.account, command, target)
    if posting is None or round_.rolled_back_micros > MICROS_MAX:
        return OVERFLOW
    round_.jackpot_contribution_micros -= target.jackpot_contribution_micros
    return _undo(work, action, target, round_, posting)


def _take_back_wins(
    work: Work, action: Action, wins: list[tuple[str, str]], round_: Round, stake_micros: int
) -> Refusal | None:
    """Undo the wins that settle a bet, each by a row of its own under a key that follows from the win's."""
    rows = [work.find((round_.brand_id, round_.provider_id, *win)) for win in wins]
    found = [row for row in rows if row is not None]
    if not work.command.round_id or len(found) < len(wins):  # who names no round has its wins not loaded
        return _SETTLED
    if work.policy.settled_bet is SettledBet.TAKE_BACK_IF_COVERED:
        held_micros = work.account.cash_micros + work.account.bonus_micros + stake_micros
        if held_micros < sum(row.amount_micros for row in found):
            return _SHORT
    closing, work.closing = work.closing, False  # the bet's own row closes the round, not these
    for row in found:
        undo = Action(
            ActionKind.ROLLBACK, take_back_id(row.key), reference_transaction_id=row.transaction_id,
            reference_kind=ActionKind(row.kind), reason=f"taken back with its bet by {action.transaction_id}",
        )  # fmt: skip
        taken = _take_back(work, undo, row, round_)
        if isinstance(taken, Refusal):
            return taken
    work.closing = closing
    return None


def take_back_id(win: TransactionKey) -> str:
    """Return the id of the row that takes a win back with its bet (twin: ``gateway/operator_wallet/take_backs.py``)."""
    return f"takeback.{sha256('|'.join(win).encode()).hexdigest()[:40]}"


def _return_free_bet(work: Work, target: JournalRow) -> None:
    grant = work.find_grant((target.brand_id, target.player_id, target.currency_code, target.grant_id))
    if grant is not None:
        grant.used_count -= 1
        grant.updated_time_ms = work.command.now_ms


def _take_back(work: Work, action: Action, target: JournalRow, round_: Round | None) -> JournalRow | Refusal:
    given_cash = target.cash_delta_micros - target.receivable_delta_micros
    posting = reversal(work.account, given_cash, target.bonus_delta_micros, target.house_account)
    if posting is None:
        return OVERFLOW
    if round_ is not None:
        if round_.reversed_win_micros + target.amount_micros > MICROS_MAX:
            return OVERFLOW
        round_.reversed_win_micros += target.amount_micros
        if work.account.limits:
            limits.count_win(work.account, work.command, -target.amount_micros)
    return _undo(work, action, target, round_, posting)


def _undo(work: Work, action: Action, target: JournalRow, round_: Round | None, posting: Posting) -> JournalRow:
    if round_ is not None:
        round_.legs = undo_leg(round_.legs, LETTERS[target.kind], target.transaction_id)
        round_.updated_time_ms = work.command.now_ms
    field, reason = _mismatch(action, target.amount_micros)
    row = work.write_as(
        action, posting, round_=round_, flags=FLAG_RESOLVES, amount_micros=target.amount_micros,
        reference_kind=target.kind, grant_id=target.grant_id,
        contribution_micros=-target.jackpot_contribution_micros, field=field, reason=reason,
    )  # fmt: skip
    work.resolutions[target.key] = row
    return row
