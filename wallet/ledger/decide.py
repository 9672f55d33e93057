"""``decide(state, command) -> Decision``: what every call does to the ledger, as a pure function."""

from collections.abc import Callable
from typing import TypeAlias

from wallet.ledger.bets import bet
from wallet.ledger.cashier import adjust, deposit, withdraw_end, withdraw_reserve
from wallet.ledger.kinds import KIND_NAMES, AccountStatus, ActionKind, OutcomeCode
from wallet.ledger.policy import DEFAULT_POLICY, Policy
from wallet.ledger.refusals import known_key_refusal, malformed, refuse
from wallet.ledger.replies import reply_of, unknown_account
from wallet.ledger.rollbacks import rollback
from wallet.ledger.state import Account, Decision, State
from wallet.ledger.types import Action, ActionResult, Command, JournalRow
from wallet.ledger.validate import action_refusal, command_refusal
from wallet.ledger.wins import close, promo_win, win
from wallet.ledger.work import Refusal, Work, result_of

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
_OF_ANOTHER_CALL = "the transaction is already part of another call"
_BY_CALLER = "the caller refuses the bet"
_BET = ActionKind.BET.value
_UNKNOWN = AccountStatus.UNKNOWN.value


def decide(state: State, command: Command, policy: Policy = DEFAULT_POLICY) -> Decision:
    """Decide one command on the rows that its load plan named. Changes nothing: ``evolve`` carries the result on."""
    stored = state.accounts.get((command.brand_id, command.player_id, command.currency_code))
    refusal = command_refusal(command)
    if refusal is None:
        for index, action in enumerate(command.actions):
            refusal = action_refusal(command, action)
            if refusal is not None:
                return malformed(stored, command, refusal, index)
    if refusal is not None:
        return malformed(stored, command, refusal, -1)
    if not command.actions:
        return _balance(stored, command)
    if command.refuse_new_bets is not None and (stored is None or stored.status == _UNKNOWN):
        return malformed(stored, command, Refusal(command.refuse_new_bets, "", _BY_CALLER), -1)
    account = unknown_account(command) if stored is None else stored.copy()
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
            return refuse(work, stored, index, answer)
        results.append(answer if isinstance(answer, ActionResult) else result_of(answer, row is not None))
    account = work.account
    if not work.rows:
        return Decision(reply_of(stored, command, tuple(results)), notes=work.notes)
    account.updated_time_ms = command.now_ms
    if command.round_state is not None:
        _replace_state(work, command.round_state)
    reply = reply_of(account, command, tuple(results))
    return Decision(reply, work.rows, account, [*work.rounds.values()], [*work.grants.values()], work.notes)


def _refused_by_caller(work: Work, stored: Account | None, code: OutcomeCode) -> Decision | None:
    """Refuse a call that holds a new bet; ``None``: it holds none. Nothing is kept for who has no account."""
    command = work.command
    for index, action in enumerate(command.actions):
        key = (command.brand_id, command.provider_id, _BET, action.transaction_id)
        if action.kind is ActionKind.BET and work.find(key) is None:
            return refuse(work, stored, index, Refusal(code, "", _BY_CALLER))
    return None


def _replay(work: Work, action: Action, row: JournalRow, index: int) -> JournalRow | Refusal:
    refusal = known_key_refusal(work, action, row)
    if refusal is not None:
        return refusal
    if work.command.one_unit and index > 0:
        return Refusal(OutcomeCode.KEY_REUSED, "one_unit", _OF_ANOTHER_CALL)
    if work.policy.note_replays:
        work.note(action, None, replayed=True)
    return row


def _replayed_unit(work: Work) -> Decision | None:
    command = work.command
    action = command.actions[0]
    key = (command.brand_id, command.provider_id, KIND_NAMES[action.kind], action.transaction_id)
    row = work.state.transactions.get(key)
    if row is None or known_key_refusal(work, action, row) is not None:
        return None
    if row.unit_size == 0:  # what it booked was no unit: answering for the rest of this one would lose it
        stored = work.state.accounts.get((command.brand_id, command.player_id, command.currency_code))
        return refuse(work, stored, 0, Refusal(OutcomeCode.KEY_REUSED, "one_unit", _OF_ANOTHER_CALL))
    rows = work.state.units[key] if row.unit_size > 1 else (row,)
    if work.policy.note_replays:
        work.note(action, None, replayed=True)
    results = tuple(result_of(row, replayed=True) for row in rows)
    return Decision(reply_of(work.state.accounts.get(row.account_key), command, results), notes=work.notes)


def _replace_state(work: Work, state: bytes) -> None:
    command = work.command
    key = (command.brand_id, command.player_id, command.provider_id, command.round_id)
    seen = work.see_round(key)
    if seen is not None and seen.currency_code == command.currency_code and (round_ := work.find_round(key)):
        round_.state = state
        round_.updated_time_ms = command.now_ms


def _balance(account: Account | None, command: Command) -> Decision:
    if account is None or account.status == _UNKNOWN:
        refusal = Refusal(OutcomeCode.PLAYER_NOT_FOUND, "player_id", "no such player")
        return Decision(reply_of(None, command, (), refusal))
    return Decision(reply_of(account, command, ()))
