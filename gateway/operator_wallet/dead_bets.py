"""Tells the ledger here of bets that it never books: the operator refused them, or they are undone there.

Unseen, such a bet would look like one that is still to come: a win that names it would be granted ahead of it, and its
rollback would find it settled by that win. Stored as refused, it gets no wins, and its rollback takes back what was
granted.
"""

from collections.abc import Sequence
from dataclasses import replace

from adapters.contract.ids import BrandId, GameId, PlayerId, ProviderId, RoundId, TransactionId
from adapters.contract.wallet_calls import Action, ActionKind, Certainty, OutcomeCode, WalletCall
from gateway.operator_wallet.movements import MovementKey, MovementState, RecordedMovement
from gateway.operator_wallet.store import MovementStore
from gateway.rounds.ports import WalletPort

REASONS_OF_CALLERS = frozenset(
    {
        OutcomeCode.SESSION_NOT_FOUND,
        OutcomeCode.SESSION_EXPIRED,
        OutcomeCode.GAME_NOT_ENABLED,
        OutcomeCode.CURRENCY_MISMATCH,
    }
)
"""Why the gateway itself refuses a bet."""
_STORED_CODES = REASONS_OF_CALLERS | {
    OutcomeCode.INSUFFICIENT_FUNDS,
    OutcomeCode.LIMIT_REACHED,
    OutcomeCode.PLAYER_BLOCKED,
}
"""What the ledger stores as the word of its caller; any other refusal is stored as ``rolled_back``."""
_DEAD = (MovementState.REFUSED, MovementState.UNDOING, MovementState.UNDONE)


async def store_refused(ledger: WalletPort, call: WalletCall, ids: Sequence[str], code: OutcomeCode) -> None:
    """Store bets of a call as refused. Where the ledger cannot be reached, their rollback brings it (below)."""
    for action in call.actions:
        if action.kind is ActionKind.BET and action.transaction_id in ids:
            await ledger.apply(_refusal(replace(call, actions=(action,)), code))


async def store_dead_targets(ledger: WalletPort, store: MovementStore, call: WalletCall) -> bool:
    """Store as refused the bets that the call rolls back and that do not stand; false: the ledger cannot say."""
    keys = [
        MovementKey(call.brand_id, call.provider_id, ActionKind.BET, action.reference_transaction_id)
        for action in call.actions
        if action.kind is ActionKind.ROLLBACK
        and action.reference_transaction_id
        and action.reference_kind in (None, ActionKind.BET)
    ]
    for recorded in await store.find(keys):
        if recorded.state not in _DEAD:
            continue
        reply = await ledger.apply(_refusal(_call_of(recorded), recorded.code))
        if reply.certainty is Certainty.UNCERTAIN:
            return False
    return True


def _refusal(call: WalletCall, code: OutcomeCode | None) -> WalletCall:
    reason = code if code in _STORED_CODES else OutcomeCode.ROLLED_BACK
    return replace(
        call, close_round=False, one_unit=False, exclusive_game=False, round_state=None, refuse_new_bets=reason
    )


def _call_of(recorded: RecordedMovement) -> WalletCall:
    movement = recorded.movement
    return WalletCall(
        BrandId(recorded.key.brand_id),
        PlayerId(movement.player_id),
        movement.currency_code,
        ProviderId(recorded.key.provider_id),
        (Action(ActionKind.BET, TransactionId(movement.transaction_id), movement.amount_micros),),
        GameId(movement.game_id) if movement.game_id else None,
        RoundId(movement.round_id) if movement.round_id else None,
    )
