"""Says a wallet call in the movements that its operator is told of."""

from collections.abc import Mapping, Sequence

from adapters.contract.operator_wallet import Movement
from adapters.contract.wallet_calls import Action, ActionKind, WalletCall
from gateway.operator_wallet.movements import MovementKey
from gateway.operator_wallet.store import MovementStore

MOVES_MONEY = (ActionKind.BET, ActionKind.WIN, ActionKind.JACKPOT_WIN, ActionKind.PROMO_WIN)
"""What moves money by itself; a movement may refer to it, and who does not say to which means the first there is."""
TOLD = frozenset({*MOVES_MONEY, ActionKind.ROLLBACK})


def key_of(call: WalletCall, movement: Movement) -> MovementKey:
    """Return the key under which a movement of the call is kept."""
    return MovementKey(call.brand_id, call.provider_id, movement.kind, movement.transaction_id)


async def movements_of(call: WalletCall, store: MovementStore) -> list[Movement]:
    """Return the movements of the call, in its order and each once; a win or rollback that names no bet means its
    round's first.
    """
    told = list(
        {(action.kind, action.transaction_id): action for action in call.actions if action.kind in TOLD}.values()
    )
    bet_id = next((str(action.transaction_id) for action in told if action.kind is ActionKind.BET), "")
    if not bet_id and call.round_id:
        bet_id = await store.bet_of_round(call.brand_id, call.player_id, call.provider_id, call.round_id)
    last = told[-1] if told else None
    known = await _referred(call, told, bet_id, store)
    return [_movement(call, action, bet_id, known, closes=call.close_round and action is last) for action in told]


async def _referred(
    call: WalletCall, told: Sequence[Action], bet_id: str, store: MovementStore
) -> dict[MovementKey, Movement]:
    """Find what the actions refer to beyond their own call, as the operator was told of it."""
    here = {str(action.transaction_id) for action in told if action.kind is ActionKind.BET}
    names = {action.reference_transaction_id or bet_id for action in told} - here - {""}
    keys = [MovementKey(call.brand_id, call.provider_id, kind, name) for name in names for kind in MOVES_MONEY]
    return {recorded.key: recorded.movement for recorded in await store.find(keys)}


def _movement(
    call: WalletCall, action: Action, bet_id: str, known: Mapping[MovementKey, Movement], *, closes: bool
) -> Movement:
    """Say one action. What refers to another keeps the kind and the scope under which that one went out."""
    reference = "" if action.kind is ActionKind.BET else action.reference_transaction_id or bet_id
    kinds = (action.reference_kind,) if action.reference_kind else MOVES_MONEY
    keys = (MovementKey(call.brand_id, call.provider_id, kind, reference) for kind in kinds)
    referred = next((known[key] for key in keys if key in known), None)
    return Movement(
        kind=action.kind,
        transaction_id=action.transaction_id,
        player_id=call.player_id,
        currency_code=call.currency_code,
        amount_micros=action.amount_micros,
        reference_transaction_id=reference,
        game_id=call.game_id or "",
        round_id=call.round_id or "",
        session_id=call.session_id or "",
        closes_round=closes,
        free=action.grant_id is not None,
        reference_kind=referred.kind if referred else kinds[0],
        id_scope=referred.id_scope if referred else f"{call.brand_id}/{call.provider_id}",
    )
