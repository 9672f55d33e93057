"""``decide(state, command) -> Decision``: what every call does to the ledger, as a pure function."""

from collections.abc import Callable
from typing import TypeAlias

from wallet.ledger import limits
from wallet.ledger.bets import bet
from wallet.ledger.cashier import adjust, deposit, withdraw_end, withdraw_reserve
from wallet.ledger.chain import FINGERPRINT_BYTES, fingerprint_of, first_difference
from wallet.ledger.dead_rounds import mark_dead
from wallet.ledger.kinds import FLAG_TOMBSTONE, KIND_NAMES, AccountStatus, ActionKind, Certainty, OutcomeCode
from wallet.ledger.legs import LETTERS, is_undone
from wallet.ledger.policy import DEFAULT_POLICY, Policy
from wallet.ledger.receipts import encode_receipt
from wallet.ledger.rollbacks import rollback
from wallet.ledger.state import Account, Decision, State
from wallet.ledger.types import Action, ActionResult, Command, JournalRow, Reply
from wallet.ledger.validate import action_refusal, command_refusal
from wallet.ledger.wins import close, promo_win, win
from wallet.ledger.work import CODES, Refusal, Work, result_of

Handler: TypeAlias = Callable[[Work, Action], JournalRow | ActionResult | Refusal]
"""An ``ActionResult`` accepts without a row: the action has no effect now, and is decided again when it comes again."""

HANDLERS: dict[ActionKind, Handler] = {
    ActionKind.BET: bet,
    ActionKind.WIN: win,
    ActionKind.JACKPOT_WIN: win,
    ActionKind.PROMO_WIN: promo_win,
    ActionKind.ROLLBACK: rollback,
    ActionKind.CLOSE: close,
    ActionKind.DEPOSIT: deposit,
    ActionKind.WITHDRAW_RESERVE: withdraw_reserve,
    ActionKind.WITHDRAW_CONFIRM: withdraw_end,
    ActionKind.WITHDRAW_CANCEL: withdraw_end,
    ActionKind.ADJUST: adjust,
}
_STICKY_KINDS = frozenset(
    {ActionKind.BET, ActionKind.DEPOSIT, ActionKind.WITHDRAW_RESERVE, ActionKind.ADJUST}
)  # what takes or makes money: told no once, it must never happen later under the same id
_UNSTORED_CODES = frozenset(
    {
        OutcomeCode.INVALID,
        OutcomeCode.KEY_REUSED,
        OutcomeCode.CURRENCY_UNKNOWN,
        OutcomeCode.ROUND_IN_PROGRESS,
    }
)  # refused by the request or by the key itself, again and again; or explicitly "not now"
_ACCEPTED = frozenset({OutcomeCode.OK.value, OutcomeCode.NO_EFFECT.value})
_OF_ANOTHER_CALL = "the transaction is already part of another call"
_BY_CALLER = "the caller refuses the bet"
_HELD = "an action of the call was booked before, and another is refused: roll both back"
_HOLDING_KINDS = _STICKY_KINDS | {ActionKind.WIN, ActionKind.JACKPOT_WIN, ActionKind.PROMO_WIN}
"""What moves money by itself. A rollback, close, confirmation or cancellation is sent until it is accepted, anyway."""
_BET = ActionKind.BET.value
_CERTAIN = Certainty.CERTAIN
_UNCERTAIN = Certainty.UNCERTAIN
_OK = OutcomeCode.OK
_CONFIRM = ActionKind.WITHDRAW_CONFIRM.value
_UNKNOWN = AccountStatus.UNKNOWN.value
_new = tuple.__new__


def decide(state: State, command: Command, policy: Policy = DEFAULT_POLICY) -> Decision:
    """Decide one command on the rows that its load plan named. Changes nothing: ``evolve`` carries the result on."""
    stored = state.accounts.get((command.brand_id, command.player_id, command.currency_code))
    refusal = command_refusal(command)
    if refusal is None:
        for index, action in enumerate(command.actions):
            refusal = action_refusal(command, action)
            if refusal is not None:
                return _malformed(stored, command, refusal, index)
    if refusal is not None:
        return _malformed(stored, command, refusal, -1)
    if not command.actions:
        return _balance(stored, command)
    if command.refuse_new_bets is not None and (stored is None or stored.status == _UNKNOWN):
        return _malformed(stored, command, Refusal(command.refuse_new_bets, "", _BY_CALLER), -1)
    account = _unknown_account(command) if stored is None else stored.copy()
    work = Work(state, command, policy, account)
    if command.one_unit:
        replay = _replayed_unit(work)
        if replay is not None:
            return replay
        work.unit_size = len(command.actions)
    if command.refuse_new_bets is not None:
        refused = _refused_by_caller(work, stored, command.refuse_new_bets)
        if refused is not None:
            return refused
    return _decide_actions(work, stored)


def _decide_actions(work: Work, stored: Account | None) -> Decision:
    command = work.command
    brand_id, provider_id, actions = command.brand_id, command.provider_id, command.actions
    results: list[ActionResult] = []
    last = len(actions) - 1
    for index, action in enumerate(actions):
        if index == last:
            work.closing = command.close_round
        row = work.find((brand_id, provider_id, KIND_NAMES[action.kind], action.transaction_id))
        answer = HANDLERS[action.kind](work, action) if row is None else _replay(work, action, row, index)
        if isinstance(answer, Refusal):
            return _refuse(work, stored, index, answer)
        results.append(answer if isinstance(answer, ActionResult) else result_of(answer, row is not None))
    account = work.account
    if not work.rows:
        return Decision(_reply(stored, command, tuple(results)), notes=work.notes)
    account.updated_time_ms = command.now_ms
    if command.round_state is not None:
        _replace_state(work, command.round_state)
    reply = _reply(account, command, tuple(results))
    return Decision(reply, work.rows, account, [*work.rounds.values()], [*work.grants.values()], work.notes)


def _refused_by_caller(work: Work, stored: Account | None, code: OutcomeCode) -> Decision | None:
    """Refuse a call that holds a new bet; ``None``: it holds none. Nothing is kept for who has no account."""
    command = work.command
    for index, action in enumerate(command.actions):
        key = (command.brand_id, command.provider_id, _BET, action.transaction_id)
        if action.kind is ActionKind.BET and work.find(key) is None:
            return _refuse(work, stored, index, Refusal(code, "", _BY_CALLER))
    return None


def _replay(work: Work, action: Action, row: JournalRow, index: int) -> JournalRow | Refusal:
    refusal = _known_key_refusal(work, action, row)
    if refusal is not None:
        return refusal
    if work.command.one_unit and index > 0:
        return Refusal(OutcomeCode.KEY_REUSED, "one_unit", _OF_ANOTHER_CALL)
    if work.policy.note_replays:
        work.note(action, None, replayed=True)
    return row


def _known_key_refusal(work: Work, action: Action, row: JournalRow) -> Refusal | None:
    command = work.command
    if row.flags & FLAG_TOMBSTONE:
        if row.player_id != command.player_id:
            return Refusal(OutcomeCode.KEY_REUSED, "player_id", "the key is another player's")
        return Refusal(OutcomeCode.ROLLED_BACK, "transaction_id", "it was rolled back before it came", row)
    if row.fingerprint[:FINGERPRINT_BYTES] != fingerprint_of(command, action):
        field = first_difference(row, command, action)
        return Refusal(OutcomeCode.KEY_REUSED, field, f"the key was used before with another {field}")
    if row.code not in _ACCEPTED:
        return Refusal(CODES[row.code], row.field, row.reason, row)
    return None


def _replayed_unit(work: Work) -> Decision | None:
    command = work.command
    action = command.actions[0]
    key = (command.brand_id, command.provider_id, KIND_NAMES[action.kind], action.transaction_id)
    row = work.state.transactions.get(key)
    if row is None or _known_key_refusal(work, action, row) is not None:
        return None
    if row.unit_size == 0:  # what it booked was no unit: answering for the rest of this one would lose it
        stored = work.state.accounts.get((command.brand_id, command.player_id, command.currency_code))
        return _refuse(work, stored, 0, Refusal(OutcomeCode.KEY_REUSED, "one_unit", _OF_ANOTHER_CALL))
    rows = work.state.units[key] if row.unit_size > 1 else (row,)
    if work.policy.note_replays:
        work.note(action, None, replayed=True)
    results = tuple(result_of(row, replayed=True) for row in rows)
    return Decision(_reply(work.state.accounts.get(row.account_key), command, results), notes=work.notes)


def _replace_state(work: Work, state: bytes) -> None:
    command = work.command
    key = (command.brand_id, command.player_id, command.provider_id, command.round_id)
    seen = work.see_round(key)
    if seen is not None and seen.currency_code == command.currency_code and (round_ := work.find_round(key)):
        round_.state = state
        round_.updated_time_ms = command.now_ms


def _refuse(failed: Work, stored: Account | None, index: int, refusal: Refusal) -> Decision:
    """Drop what the call did so far; keep the refusals that must never turn into a debit."""
    command = failed.command
    account = _unknown_account(command) if stored is None else stored.copy()
    work = Work(failed.state, command, failed.policy, account)
    if refusal.stored is not None and refusal.stored.key not in failed.state.transactions:
        refusal = refusal._replace(stored=None)  # it met a row of this very call, which is dropped now
    # A unit is one transaction: what it shares with another call is a conflict, and says so.
    in_conflict = command.one_unit and refusal.code is OutcomeCode.KEY_REUSED
    held = [] if in_conflict else [action for action in command.actions if _is_held(work, action)]
    held_reason = f"{_HELD} ({refusal.code.value})"
    if held and refusal.code is OutcomeCode.LIMIT_WARNING:  # nobody would see it, and it is given only once
        refusal = refusal._replace(code=OutcomeCode.BATCH_REFUSED, stored=None)
    results = []
    for position, action in enumerate(command.actions):
        own = refusal if position == index else _later_refusal(work, action, refusal)
        results.append(_refuse_action(work, action, own, refusal))
    reply = _reply(account if stored is not None else None, command, tuple(results), refusal)
    if held:  # told for certain that nothing moved, a caller would leave a stake with us, or pay in once more
        for action in held:
            work.note(action, Refusal(OutcomeCode.UNAVAILABLE, "", held_reason), replayed=True)
        code, currency_code = OutcomeCode.BATCH_REFUSED, command.currency_code
        reply = Reply(_UNCERTAIN, code=code, currency_code=currency_code, reason=held_reason)
    if not work.rows:
        return Decision(reply, notes=work.notes)
    if refusal.code is OutcomeCode.LIMIT_WARNING and refusal.stored is None:
        limits.mark_warned(account, command, refusal)
    account.updated_time_ms = command.now_ms
    return Decision(reply, work.rows, account, notes=work.notes)


def _is_held(work: Work, action: Action) -> bool:
    """Say whether an earlier call has moved money for this action, and nobody has undone it."""
    command = work.command
    if action.kind not in _HOLDING_KINDS:
        return False
    kind = KIND_NAMES[action.kind]
    row = work.state.transactions.get((command.brand_id, command.provider_id, kind, action.transaction_id))
    if row is None or row.code != _OK or _known_key_refusal(work, action, row) is not None:
        return False
    letter = LETTERS.get(kind)
    if letter is None:
        ended = work.find_resolution(row.key)
        return row.amount_micros != 0 and (ended is None or ended.kind == _CONFIRM)
    round_ = work.see_round(row.round_key)
    moved = kind == _BET or row.amount_micros != 0  # a free bet uses its grant up
    return moved and (round_ is None or not is_undone(round_.legs, letter, action.transaction_id))


def _later_refusal(work: Work, action: Action, cause: Refusal) -> Refusal:
    command = work.command
    row = work.state.transactions.get(
        (command.brand_id, command.provider_id, KIND_NAMES[action.kind], action.transaction_id)
    )
    own = _known_key_refusal(work, action, row) if row is not None else None
    return own or Refusal(
        OutcomeCode.BATCH_REFUSED, cause.field, f"another action was refused: {cause.code.value}", row
    )


def _refuse_action(work: Work, action: Action, own: Refusal, cause: Refusal) -> ActionResult:
    command = work.command
    key = (command.brand_id, command.provider_id, KIND_NAMES[action.kind], action.transaction_id)
    sticky = action.kind in _STICKY_KINDS and cause.code not in _UNSTORED_CODES and own.code not in _UNSTORED_CODES
    if sticky and work.find(key) is None:
        row = work.write_as(
            action, code=own.code.value, amount_micros=action.amount_micros, grant_id=action.grant_id,
            contribution_micros=action.jackpot_contribution_micros, field=own.field, reason=own.reason,
        )  # fmt: skip
        return result_of(row, replayed=False)
    if action.kind is ActionKind.BET and own.stored is not None and own.stored.flags & FLAG_TOMBSTONE:
        mark_dead(work, action)  # a rollback that named no round, or another, could not do it
    if own.code is not OutcomeCode.BATCH_REFUSED or not _is_held(work, action):  # of that, its call leaves a note
        work.note(action, own, replayed=own.stored is not None)
    if own.stored is not None and own.code.value == own.stored.code:
        return result_of(own.stored, replayed=True)
    return ActionResult(
        own.code, action.transaction_id, field=own.field, reason=own.reason, processed_time_ms=command.now_ms,
        kind=KIND_NAMES[action.kind],
    )  # fmt: skip


def _malformed(account: Account | None, command: Command, refusal: Refusal, index: int) -> Decision:
    results = tuple(
        ActionResult(
            refusal.code if position == index or index < 0 else OutcomeCode.BATCH_REFUSED,
            action.transaction_id,
            field=refusal.field,
            reason=refusal.reason,
            kind=str(action.kind),
        )
        for position, action in enumerate(command.actions)
    )
    return Decision(_reply(account, command, results, refusal))


def _balance(account: Account | None, command: Command) -> Decision:
    if account is None or account.status == _UNKNOWN:
        return Decision(_reply(None, command, (), Refusal(OutcomeCode.PLAYER_NOT_FOUND, "player_id", "no such player")))
    return Decision(_reply(account, command, ()))


def _reply(
    account: Account | None, command: Command, results: tuple[ActionResult, ...], refusal: Refusal | None = None
) -> Reply:
    code, field, reason = (_OK, "", "") if refusal is None else refusal[:3]
    balance_micros = bonus_micros = None
    receipt = b""
    if account is not None:
        if account.status != _UNKNOWN:
            bonus_micros = account.bonus_micros
            balance_micros = account.cash_micros + bonus_micros
        if command.with_receipt:
            receipt = encode_receipt(account)
    return _new(
        Reply,
        (_CERTAIN, results, code, balance_micros, bonus_micros, command.currency_code, field, reason, receipt),
    )


def _unknown_account(command: Command) -> Account:
    return Account(
        command.brand_id,
        command.player_id,
        command.currency_code,
        _UNKNOWN,
        created_time_ms=command.now_ms,
        updated_time_ms=command.now_ms,
    )


__all__ = ["HANDLERS", "decide"]
