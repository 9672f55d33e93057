"""Wins that the ledger takes back by itself when it undoes their bet: the operator is told of each as its rollback.

The provider sends one rollback, of the bet; the ledger (``settled_bet`` of its policy) books one more for each win that
goes with it. No action names those, so they are read from the round once it is booked.
"""

from dataclasses import replace
from hashlib import sha256

from adapters.contract.operator_wallet import Movement
from adapters.contract.wallet_calls import ActionKind, OutcomeCode
from gateway.operator_wallet.movements import MovementKey, MovementState, RecordedMovement
from gateway.operator_wallet.store import MovementStore
from gateway.rounds.ports import RoundRef, WalletPort

WIN_KINDS = (ActionKind.WIN, ActionKind.JACKPOT_WIN)


def take_back_id(brand_id: str, provider_id: str, kind: str, transaction_id: str) -> str:
    """Return the id under which the ledger takes a win back: twin of ``wallet.ledger``'s; a test keeps them equal."""
    return f"takeback.{sha256('|'.join((brand_id, provider_id, kind, transaction_id)).encode()).hexdigest()[:40]}"


async def write_down_take_backs(
    ref: RoundRef, ledger: WalletPort, store: MovementStore, now_ms: int
) -> list[MovementKey]:
    """Make due, each once, the rollbacks of all wins that the ledger has taken back in a round; returns their keys.

    Raises ``WalletUnavailable``: then what undid the bet must not go out yet, and this is asked again.
    """
    round_ = await ledger.get_round(ref)
    if round_ is None:
        return []
    booked = {
        item.transaction_id
        for item in round_.transactions
        if item.kind is ActionKind.ROLLBACK and item.code is OutcomeCode.OK
    }
    keys = []
    for win in round_.transactions:
        own_id = take_back_id(ref.brand_id, ref.provider_id, win.kind.value, win.transaction_id)
        if win.kind not in WIN_KINDS or own_id not in booked:
            continue
        told = await store.find([MovementKey(ref.brand_id, ref.provider_id, win.kind, win.transaction_id)])
        undo = replace(
            told[0].movement if told else _of_the_ledger(ref, round_.currency_code, round_.game_id),
            kind=ActionKind.ROLLBACK,
            transaction_id=own_id,
            amount_micros=0,
            reference_transaction_id=win.transaction_id,
            reference_kind=win.kind,
            closes_round=False,
            free=False,
        )
        key = MovementKey(ref.brand_id, ref.provider_id, ActionKind.ROLLBACK, own_id)
        await store.add([RecordedMovement(key, undo, MovementState.DUE, 0, now_ms, now_ms)])
        keys.append(key)
    return keys


def _of_the_ledger(ref: RoundRef, currency_code: str, game_id: str) -> Movement:
    """Say a movement of the round of which nothing was written down here."""
    return Movement(
        kind=ActionKind.WIN,
        transaction_id="",
        player_id=ref.player_id,
        currency_code=currency_code,
        game_id=game_id,
        round_id=ref.round_id,
        id_scope=f"{ref.brand_id}/{ref.provider_id}",
    )
