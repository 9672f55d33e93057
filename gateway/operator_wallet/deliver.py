"""Tells the operator what is booked here until it is acknowledged, and ends what a dead process has begun."""

import logging
from collections.abc import Mapping
from dataclasses import replace

from adapters.contract.operator_wallet import AnswerClass, OperatorAnswer
from adapters.contract.wallet_calls import ActionKind, OutcomeCode
from gateway.errors import WalletUnavailable
from gateway.operator_wallet.movements import MovementState, RecordedMovement
from gateway.operator_wallet.sender import BrandWallet, Sender, undo_of
from gateway.operator_wallet.store import MovementStore
from gateway.operator_wallet.take_backs import write_down_take_backs
from gateway.rounds.ports import Clock, RoundRef, WalletPort

_log = logging.getLogger("reelgate.operator_wallet")
_ACCEPTED = (OutcomeCode.OK, OutcomeCode.NO_EFFECT)
_UNDO_DONE = (OutcomeCode.BET_NOT_FOUND, OutcomeCode.ROLLED_BACK)
"""A rollback that is refused like this has nothing left to undo."""
PAGE_SIZE = 100


class Deliverer:
    """Ends open movements, one attempt each time it is asked."""

    def __init__(
        self,
        brands: Mapping[str, BrandWallet],
        store: MovementStore,
        sender: Sender,
        ledger: WalletPort,
        clock: Clock,
    ) -> None:
        self._brands = brands
        self._store = store
        self._sender = sender
        self._ledger = ledger
        self._clock = clock

    async def deliver_due(self) -> int:
        """Do one turn over all that is due; returns how many movements were looked at."""
        count = 0
        stale_ms = min((brand.settings.stale_ms for brand in self._brands.values()), default=0)
        for recorded in await self._store.due(self._clock.now_ms(), stale_ms, PAGE_SIZE):
            brand = self._brands.get(recorded.key.brand_id)
            if brand is None:
                continue
            count += 1
            await self.end(brand, recorded)
        return count

    async def end(self, brand: BrandWallet, recorded: RecordedMovement) -> None:
        """Take one step towards the end of a movement, unless another process is at it."""
        lease_ms = brand.settings.timeout_ms * 2
        if not await self._store.claim(recorded, self._clock.now_ms() + lease_ms):
            return
        if recorded.state in (MovementState.SENDING, MovementState.PREPARED):
            await self._decide(recorded)
        elif recorded.state is MovementState.UNDOING:
            await self._tell(brand, recorded, MovementState.UNDONE)
        elif await self._waits(recorded):
            pause_ms = brand.settings.pause_ms(1)
            await self._store.postpone(recorded.key, recorded.attempt_count, self._clock.now_ms() + pause_ms)
        else:
            await self._tell(brand, recorded, MovementState.ACKNOWLEDGED)

    async def _waits(self, recorded: RecordedMovement) -> bool:
        """Say whether a rollback must wait: what it undoes has yet to arrive, and would be taken after it.

        That of a bet waits for those of its wins too, or a stake would be given back whose win stands.
        """
        movement, key = recorded.movement, recorded.key
        if movement.kind is not ActionKind.ROLLBACK:
            return False
        is_of_bet = movement.reference_kind is ActionKind.BET and movement.round_id != ""
        if is_of_bet and await self._store.has_due_rollback_of_win(recorded):
            return True
        undone = replace(key, kind=movement.reference_kind, transaction_id=movement.reference_transaction_id)
        found = await self._store.find([undone])
        return any(item.state in (MovementState.PREPARED, MovementState.DUE) for item in found)

    async def _decide(self, recorded: RecordedMovement) -> None:
        """Let the ledger say whether a movement stands that was begun and not ended."""
        key, movement = recorded.key, recorded.movement
        try:
            stored = await self._ledger.get_transaction(key.brand_id, key.provider_id, key.kind, key.transaction_id)
            stands = stored is not None and stored.code in _ACCEPTED
            if stands and key.kind is ActionKind.ROLLBACK and movement.round_id:
                ref = RoundRef(key.brand_id, movement.player_id, key.provider_id, movement.round_id)
                await write_down_take_backs(ref, self._ledger, self._store, self._clock.now_ms())
        except WalletUnavailable:
            return
        if key.kind is ActionKind.BET:
            to = MovementState.BOOKED if stands else MovementState.UNDOING
        else:
            to = MovementState.DUE if stands else MovementState.VOID
        await self._store.move([key], [recorded.state], to, self._clock.now_ms())

    async def _tell(self, brand: BrandWallet, recorded: RecordedMovement, done: MovementState) -> None:
        undo = recorded.state is MovementState.UNDOING
        movement = undo_of(recorded.movement) if undo else recorded.movement
        number = recorded.attempt_count + 1
        answer = await self._sender.send(brand, recorded.key, movement, number)
        now_ms = self._clock.now_ms()
        if answer.answer_class is AnswerClass.DONE or _nothing_left(movement.kind, answer):
            await self._store.move([recorded.key], [recorded.state], done, now_ms, answer.code, answer.balance_micros)
        elif answer.answer_class is AnswerClass.REFUSED and answer.code is not OutcomeCode.UNAVAILABLE:
            _log.error(
                "the operator finally refused %s %s of brand %s with %s: a person must look",
                movement.kind,
                recorded.key.transaction_id,
                recorded.key.brand_id,
                answer.operator_code,
            )
            await self._store.move(
                [recorded.key], [recorded.state], MovementState.REJECTED, now_ms, answer.code, answer.balance_micros
            )
        else:
            pause_ms = brand.settings.pause_ms(number)
            await self._store.postpone(recorded.key, number, now_ms + pause_ms)


def _nothing_left(kind: ActionKind, answer: OperatorAnswer) -> bool:
    return kind is ActionKind.ROLLBACK and answer.code in _UNDO_DONE and answer.answer_class is AnswerClass.REFUSED
