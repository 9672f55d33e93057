"""Which rows a command needs: two pure functions for the stores, called before ``decide``.

1. ``plan_load(command, plan)`` adds what can be known from the command alone; load it (accounts locked, in key order).
2. ``plan_follow_up(state, command, plan)`` adds what the loaded rows point to; mostly nothing. One pass suffices.

A store takes the union over a whole group into one plan and one ``State``. For ``units``, ``open_games`` and
``currencies`` the store puts an entry for every key that was asked, empty when there is nothing.
"""

from wallet.ledger.dead_rounds import asks_for_mark, mark_key
from wallet.ledger.ids import RoundKey, TransactionKey
from wallet.ledger.kinds import FLAG_TOMBSTONE, KIND_NAMES, AccountStatus, ActionKind, OutcomeCode, RoundStatus
from wallet.ledger.legs import LETTERS, begins_with_win, last_live_bet, settling_wins_of_unseen
from wallet.ledger.state import LoadPlan, State
from wallet.ledger.types import Action, Command

_OK = OutcomeCode.OK.value
_BET = ActionKind.BET.value
_BET_OR_WIN = (_BET, ActionKind.WIN.value, ActionKind.JACKPOT_WIN.value, ActionKind.PROMO_WIN.value)
_RESERVE = ActionKind.WITHDRAW_RESERVE.value
_ENDED_BY_ROWS = frozenset({ActionKind.PROMO_WIN, ActionKind.WITHDRAW_RESERVE})
_WINS = frozenset({ActionKind.WIN, ActionKind.JACKPOT_WIN})
_OF_A_ROUND = frozenset({ActionKind.BET, ActionKind.WIN, ActionKind.JACKPOT_WIN, ActionKind.CLOSE, ActionKind.ROLLBACK})


def reference_keys(command: Command, action: Action) -> tuple[TransactionKey, ...]:
    """Return the keys of what ``action`` may refer to (a rollback of unsaid kind: the bet, else any kind of win)."""
    reference = action.reference_transaction_id
    if not reference:
        return ()
    brand_id, provider_id = command.brand_id, command.provider_id
    match action.kind:
        case ActionKind.WIN | ActionKind.JACKPOT_WIN:
            return ((brand_id, provider_id, _BET, reference),)
        case ActionKind.ROLLBACK:
            if action.reference_kind is None:
                return tuple((brand_id, provider_id, kind, reference) for kind in _BET_OR_WIN)
            return ((brand_id, provider_id, KIND_NAMES[action.reference_kind], reference),)
        case ActionKind.WITHDRAW_CONFIRM | ActionKind.WITHDRAW_CANCEL:
            return ((brand_id, provider_id, _RESERVE, reference),)
        case _:
            return ()


def plan_load(command: Command, plan: LoadPlan) -> None:
    """Add to ``plan`` the rows that ``command`` names."""
    brand_id, player_id, provider_id = command.brand_id, command.player_id, command.provider_id
    plan.accounts.add((brand_id, player_id, command.currency_code))
    if command.round_id:
        plan.rounds.add((brand_id, player_id, provider_id, command.round_id))
    for action in command.actions:
        key = (brand_id, provider_id, KIND_NAMES[action.kind], action.transaction_id)
        plan.transactions.add(key)
        if command.round_id and key in plan.resolutions and action.kind is ActionKind.BET:
            plan.transactions.add(mark_key(command))  # a call before this one kills the bet, which then names its round
        if action.grant_id:
            plan.grants.add((brand_id, player_id, command.currency_code, action.grant_id))
        if action.reference_transaction_id:
            keys = reference_keys(command, action)
            plan.transactions.update(keys)
            if action.kind not in (ActionKind.WIN, ActionKind.JACKPOT_WIN):
                plan.resolutions.update(keys)


def plan_follow_up(state: State, command: Command, plan: LoadPlan) -> None:
    """Add to ``plan`` the rows that the loaded ones point to and that ``state`` has not."""
    brand_id, player_id, provider_id = command.brand_id, command.player_id, command.provider_id
    account = state.accounts.get((brand_id, player_id, command.currency_code))
    if account is None or account.status == AccountStatus.UNKNOWN:
        if (brand_id, player_id) not in state.currencies:
            plan.currencies.add((brand_id, player_id))
    elif command.exclusive_game and account.open_round_count > 0:
        game_key = (brand_id, player_id, provider_id, command.game_id)
        if game_key not in state.open_games:
            plan.open_games.add(game_key)
    _follow_round(state, command, plan)
    _follow_late_bet(state, command, plan)
    for index, action in enumerate(command.actions):
        if command.one_unit and index == 0:
            key = (brand_id, provider_id, KIND_NAMES[action.kind], action.transaction_id)
            row = state.transactions.get(key)
            if row is not None and row.unit_size > 1 and key not in state.units:
                plan.units.add(key)
        if action.kind in _ENDED_BY_ROWS and len(command.actions) > 1:
            _follow_end(state, (brand_id, provider_id, KIND_NAMES[action.kind], action.transaction_id), plan)
        if action.reference_transaction_id and (action.kind is ActionKind.ROLLBACK or not command.round_id):
            for reference in reference_keys(command, action):
                _follow_target(state, reference, plan)
                if command.round_id:
                    _follow_wins(state, (brand_id, player_id, provider_id, command.round_id), reference, plan)


def _follow_end(state: State, key: TransactionKey, plan: LoadPlan) -> None:
    """Add what ended a known reservation or promo win: if nothing did, a refusal of the call may not hide it."""
    row = state.transactions.get(key)
    if row is not None and row.code == _OK and key not in state.resolutions:
        plan.resolutions.add(key)


def _follow_round(state: State, command: Command, plan: LoadPlan) -> None:
    """Add the mark of a dead round where a win, a close or a rollback comes to a round without any bet.

    A call that begins with a bet has one by then, or is refused; what that does leaves a mark only for a dead bet.
    """
    round_key = (command.brand_id, command.player_id, command.provider_id, command.round_id)
    if not command.round_id or not asks_for_mark(state.rounds.get(round_key)):
        return
    first = next((action.kind for action in command.actions if action.kind in _OF_A_ROUND), None)
    if (first is not None and first is not ActionKind.BET) or any(
        _is_dead_bet(state, command, action) for action in command.actions
    ):
        plan.transactions.add(mark_key(command))


def _follow_late_bet(state: State, command: Command, plan: LoadPlan) -> None:
    """Add the last bet of a closed round that takes late bets: from that one on, its win is waited for."""
    round_ = state.rounds.get((command.brand_id, command.player_id, command.provider_id, command.round_id))
    if round_ is None or round_.status != RoundStatus.CLOSED or not begins_with_win(round_.legs):
        return
    key = (round_.brand_id, round_.provider_id, _BET, last_live_bet(round_.legs))
    if key[3] and key not in state.transactions and any(action.kind in _WINS for action in command.actions):
        plan.transactions.add(key)


def _is_dead_bet(state: State, command: Command, action: Action) -> bool:
    row = state.transactions.get((command.brand_id, command.provider_id, _BET, action.transaction_id))
    return action.kind is ActionKind.BET and row is not None and row.flags & FLAG_TOMBSTONE != 0


def _follow_target(state: State, reference: TransactionKey, plan: LoadPlan) -> None:
    target = state.transactions.get(reference)
    if target is None or target.flags & FLAG_TOMBSTONE:
        return
    # Of a refused bet too: a win may have run ahead of it.
    if target.round_id and target.kind in LETTERS and target.round_key not in state.rounds:
        plan.rounds.add(target.round_key)
    if target.grant_id and target.code == _OK:
        grant_key = (target.brand_id, target.player_id, target.currency_code, target.grant_id)
        if grant_key not in state.grants:
            plan.grants.add(grant_key)


def _follow_wins(state: State, round_key: RoundKey, reference: TransactionKey, plan: LoadPlan) -> None:
    """Add the wins that settle a bet of the call's own round: the provider's policy may take them back with it."""
    target = state.transactions.get(reference)
    round_ = state.rounds.get(round_key)
    is_unseen = target is None or target.flags & FLAG_TOMBSTONE != 0  # a granted win may have settled it all the same
    is_of_round = is_unseen or (target is not None and target.round_key == round_key)
    if round_ is not None and reference[2] == _BET and is_of_round:
        for kind, transaction_id in settling_wins_of_unseen(round_.legs, reference[3]):
            key = (reference[0], reference[1], kind, transaction_id)
            if key not in state.transactions:
                plan.transactions.add(key)
