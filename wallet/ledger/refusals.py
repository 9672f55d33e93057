"""What is kept of a refused call, and what its caller is told."""

from wallet.ledger import limits
from wallet.ledger.chain import FINGERPRINT_BYTES, fingerprint_of, first_difference
from wallet.ledger.dead_rounds import mark_dead
from wallet.ledger.kinds import FLAG_TOMBSTONE, KIND_NAMES, ActionKind, Certainty, OutcomeCode
from wallet.ledger.legs import LETTERS, is_undone
from wallet.ledger.replies import reply_of, unknown_account
from wallet.ledger.state import Account, Decision
from wallet.ledger.types import Action, ActionResult, Command, JournalRow, Reply
from wallet.ledger.work import CODES, Refusal, Work, result_of

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
_HELD = "an action of the call was booked before, and another is refused: roll both back"
_HOLDING_KINDS = _STICKY_KINDS | {ActionKind.WIN, ActionKind.JACKPOT_WIN, ActionKind.PROMO_WIN}
"""What moves money by itself. A rollback, close, confirmation or cancellation is sent until it is accepted, anyway."""
_BET = ActionKind.BET.value
_CONFIRM = ActionKind.WITHDRAW_CONFIRM.value
_OK = OutcomeCode.OK


def known_key_refusal(work: Work, action: Action, row: JournalRow) -> Refusal | None:
    """Return why an action is refused by what stands under its key already; ``None``: it repeats what was accepted."""
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


def refuse(failed: Work, stored: Account | None, index: int, refusal: Refusal) -> Decision:
    """Drop what the call did so far; keep the refusals that must never turn into a debit."""
    command = failed.command
    account = unknown_account(command) if stored is None else stored.copy()
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
        results.append(_refuse_action(work, action, own, refusal, noted=action in held))
    reply = reply_of(account if stored is not None else None, command, tuple(results), refusal)
    if held:  # told for certain that nothing moved, a caller would leave a stake with us, or pay in once more
        for action in held:
            work.note(action, Refusal(OutcomeCode.UNAVAILABLE, "", held_reason), replayed=True)
        code, currency_code = OutcomeCode.BATCH_REFUSED, command.currency_code
        reply = Reply(Certainty.UNCERTAIN, code=code, currency_code=currency_code, reason=held_reason)
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
    if row is None or row.code != _OK or known_key_refusal(work, action, row) is not None:
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
    own = known_key_refusal(work, action, row) if row is not None else None
    return own or Refusal(
        OutcomeCode.BATCH_REFUSED, cause.field, f"another action was refused: {cause.code.value}", row
    )


def _refuse_action(work: Work, action: Action, own: Refusal, cause: Refusal, *, noted: bool) -> ActionResult:
    """Keep the refusal of one action; ``noted``: its call leaves the note of it."""
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
    if not noted:
        work.note(action, own, replayed=own.stored is not None)
    if own.stored is not None and own.code.value == own.stored.code:
        return result_of(own.stored, replayed=True)
    return ActionResult(
        own.code, action.transaction_id, field=own.field, reason=own.reason, processed_time_ms=command.now_ms,
        kind=KIND_NAMES[action.kind],
    )  # fmt: skip


def malformed(account: Account | None, command: Command, refusal: Refusal, index: int) -> Decision:
    """Refuse a call unseen: nothing is kept of it. ``index`` is that of the action at fault; below 0 all are."""
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
    return Decision(reply_of(account, command, results, refusal))
