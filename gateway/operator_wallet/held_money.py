"""Finds what an earlier call has moved of a call that is refused: its stake is with the operator still, its win paid.

Told for certain that nothing moved, a provider would leave it so. Such a call is answered uncertain, as the ledger
answers it, and its provider rolls all of it back.
"""

from adapters.contract.wallet_calls import Action, ActionKind, OutcomeCode, WalletCall
from gateway.operator_wallet.translate import MOVES_MONEY
from gateway.rounds.ports import RoundRef, WalletPort, WalletTransaction


async def holds_money(ledger: WalletPort, call: WalletCall) -> bool:
    """Say whether a bet or win of the call is booked and not undone; raises ``WalletUnavailable``."""
    for action in call.actions:
        if action.kind in MOVES_MONEY and await _is_held(ledger, call, action):
            return True
    return False


async def _is_held(ledger: WalletPort, call: WalletCall, action: Action) -> bool:
    stored = await ledger.get_transaction(call.brand_id, call.provider_id, action.kind, action.transaction_id)
    if stored is None or stored.code is not OutcomeCode.OK or not _is_same(stored, call, action):
        return False
    if action.kind is not ActionKind.BET and stored.amount_micros == 0:
        return False
    round_ = await ledger.get_round(RoundRef(call.brand_id, stored.player_id, call.provider_id, stored.round_id))
    return round_ is None or not any(_undoes(item, action) for item in round_.transactions)


def _is_same(stored: WalletTransaction, call: WalletCall, action: Action) -> bool:
    """Say whether the call repeats what is stored: with other content it is a conflict, and moved nothing."""
    asked = (call.player_id, call.currency_code, call.round_id or "", call.game_id or "", action.amount_micros)
    return asked == (stored.player_id, stored.currency_code, stored.round_id, stored.game_id, stored.amount_micros)


def _undoes(item: WalletTransaction, action: Action) -> bool:
    """Say whether the action was undone by this: a bet by a credit; a win, which may have the same id, by a debit."""
    if item.kind is not ActionKind.ROLLBACK or item.code is not OutcomeCode.OK:
        return False
    gave_micros = item.delta_micros if action.kind is ActionKind.BET else -item.delta_micros
    return item.reference_transaction_id == action.transaction_id and gave_micros >= 0
