"""Finds the bets of a refused call that an earlier call has booked: their stakes are with the operator still.

Told for certain that nothing moved, a provider would leave them there. So such a call is answered uncertain, as the
ledger answers it, and its provider rolls all of it back.
"""

from adapters.contract.wallet_calls import Action, ActionKind, OutcomeCode, WalletCall
from gateway.rounds.ports import RoundRef, WalletPort, WalletTransaction


async def holds_a_bet(ledger: WalletPort, call: WalletCall) -> bool:
    """Say whether a bet of the call is booked and not undone; raises ``WalletUnavailable``."""
    for action in call.actions:
        if action.kind is ActionKind.BET and await _is_held(ledger, call, action):
            return True
    return False


async def _is_held(ledger: WalletPort, call: WalletCall, bet: Action) -> bool:
    stored = await ledger.get_transaction(call.brand_id, call.provider_id, bet.kind, bet.transaction_id)
    if stored is None or stored.code is not OutcomeCode.OK or not _is_same(stored, call, bet):
        return False
    round_ = await ledger.get_round(RoundRef(call.brand_id, stored.player_id, call.provider_id, stored.round_id))
    return round_ is None or not any(_undoes(item, bet) for item in round_.transactions)


def _is_same(stored: WalletTransaction, call: WalletCall, bet: Action) -> bool:
    """Say whether the call repeats what is stored: under the key of another bet it is a conflict, and moved nothing."""
    asked = (call.player_id, call.currency_code, call.round_id or "", call.game_id or "", bet.amount_micros)
    return asked == (stored.player_id, stored.currency_code, stored.round_id, stored.game_id, stored.amount_micros)


def _undoes(item: WalletTransaction, bet: Action) -> bool:
    """Say whether the bet was given back by this; a win may have its id, but is taken back by a debit."""
    is_rollback = item.kind is ActionKind.ROLLBACK and item.code is OutcomeCode.OK
    return is_rollback and item.reference_transaction_id == bet.transaction_id and item.delta_micros >= 0
