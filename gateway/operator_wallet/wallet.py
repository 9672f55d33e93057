"""``WalletPort`` for brands whose money is at the operator; all other brands go straight to the ledger here.

A bet is written down, sent, and only then booked here; a win or rollback is booked here and then sent until it is
acknowledged. The ledger keeps rounds, keys, replays and tombstones as for every brand; its balance of such a player
follows the operator's.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar, cast
from weakref import WeakValueDictionary

from adapters.contract.ids import TransactionId
from adapters.contract.operator_wallet import AnswerClass, Movement, OperatorAnswer
from adapters.contract.wallet_calls import (
    Action,
    ActionKind,
    Certainty,
    OutcomeCode,
    WalletCall,
    WalletReply,
)
from gateway.errors import WalletUnavailable
from gateway.operator_wallet.answers import told_before
from gateway.operator_wallet.dead_bets import store_dead_targets, store_refused
from gateway.operator_wallet.deliver import Deliverer
from gateway.operator_wallet.held_money import holds_money
from gateway.operator_wallet.movements import OPEN_STATES, MovementKey, MovementState, RecordedMovement
from gateway.operator_wallet.sender import BrandWallet, Sender, why_unsayable
from gateway.operator_wallet.store import MovementStore, attempt_event
from gateway.operator_wallet.take_backs import write_down_take_backs
from gateway.operator_wallet.translate import TOLD, key_of, movements_of
from gateway.rounds.free_bets import FreeBetLedger, FreeBets
from gateway.rounds.ports import (
    AccountRef,
    Balance,
    Clock,
    RoundEvent,
    RoundPage,
    RoundRef,
    TransactionPage,
    WalletPort,
    WalletRound,
    WalletTransaction,
)
from gateway.rounds.wallet_replies import held, is_held, refused, uncertain

Answer = TypeVar("Answer")
_KEPT_HERE = frozenset({ActionKind.CLOSE})
_AUTHOR = "operator-wallet"


class OperatorWallets:
    """The wallet of a gateway some of whose brands keep their money at the operator."""

    def __init__(
        self, ledger: WalletPort, brands: Mapping[str, BrandWallet], store: MovementStore, clock: Clock
    ) -> None:
        self._ledger = ledger
        self._brands = brands
        self._store = store
        self._clock = clock
        self._sender = Sender(store, clock)
        self.deliverer = Deliverer(brands, store, self._sender, ledger, clock)
        self._locks: WeakValueDictionary[AccountRef, asyncio.Lock] = WeakValueDictionary()
        self._running: set[asyncio.Task[Any]] = set()

    async def apply(self, call: WalletCall) -> WalletReply:
        """Move money, once per key; what was begun is ended even when the caller leaves."""
        brand = self._brands.get(call.brand_id)
        if brand is None or call.demo:
            return await self._ledger.apply(call)
        return await self._to_its_end(self._applied(brand, call))

    async def _applied(self, brand: BrandWallet, call: WalletCall) -> WalletReply:
        account = AccountRef(call.brand_id, call.player_id, call.currency_code)
        async with self._lock_of(account):
            if not call.actions:
                await self._follow(account, await self._balance_at_operator(brand, account), call)
                return await self._ledger.apply(call)
            reply = await self._decided(brand, call, account)
            if reply.accepted or reply.certainty is Certainty.UNCERTAIN:
                return reply
            return await self._refused(call, reply)

    async def _decided(self, brand: BrandWallet, call: WalletCall, account: AccountRef) -> WalletReply:
        foreign = [action for action in call.actions if action.kind not in TOLD | _KEPT_HERE]
        if foreign:
            return refused(call, OutcomeCode.INVALID, "kind", "the money of this brand is at the operator")
        if any(action.kind is ActionKind.BET for action in call.actions):
            return await self._bet(brand, call, account)
        return await self._book(brand, call)

    async def _refused(self, call: WalletCall, reply: WalletReply) -> WalletReply:
        """Return a certain refusal, unless an earlier call has moved money of this one: whoever refuses the rest.

        A unit is one transaction: what it shares with another call is a conflict, and says so. One action has no rest.
        """
        if len(call.actions) == 1 or (call.one_unit and reply.code is OutcomeCode.KEY_REUSED):
            return reply
        try:
            return held(call, reply.code) if await holds_money(self._ledger, call) else reply
        except WalletUnavailable:
            return uncertain(call, "the ledger cannot say whether an earlier call has moved money of this one")

    # Bets: written down, sent, booked here.

    async def _bet(self, brand: BrandWallet, call: WalletCall, account: AccountRef) -> WalletReply:
        """Place what is new of a call with bets; a batch may repeat some and bring others."""
        movements = await movements_of(call, self._store)
        known = {item.key: item for item in await self._store.find([key_of(call, item) for item in movements])}
        bets = [movement for movement in movements if movement.kind is ActionKind.BET]
        told = told_before(call, bets, known)
        if told is not None:
            return told
        new = [bet for bet in bets if key_of(call, bet) not in known and not await self._is_booked(call, bet)]
        if call.one_unit and len(new) < len(bets):
            return await self._ledger.apply(call)
        if not new:
            return await self._book(brand, call)
        if call.refuse_new_bets is not None:
            return await self._refused_by_caller(call, new, call.refuse_new_bets)
        fresh = [item for item in movements if item in new or (item not in bets and key_of(call, item) not in known)]
        unsayable = why_unsayable(brand, fresh)
        if unsayable:
            return refused(call, OutcomeCode.INVALID, "amount_micros", unsayable)
        if not await self._store.add(map(self._begun(call), fresh)):
            return uncertain(call, "the bet is being placed")
        refusal = await self._placed(brand, call, new, fresh, account)
        return refusal if refusal is not None else await self._booked(brand, call, new, movements, fresh)

    async def _is_booked(self, call: WalletCall, bet: Movement) -> bool:
        """Say whether the ledger knows a bet that was never told to the operator: the brand was not there then."""
        stored = await self._ledger.get_transaction(call.brand_id, call.provider_id, bet.kind, bet.transaction_id)
        return stored is not None

    async def _refused_by_caller(self, call: WalletCall, bets: Sequence[Movement], code: OutcomeCode) -> WalletReply:
        """Refuse bets for ever of which the operator was never told, so that no late try of them is sent to it."""
        begun = self._begun(call)
        if not await self._store.add(replace(begun(bet), state=MovementState.REFUSED, code=code) for bet in bets):
            return uncertain(call, "the bet is being placed")
        return await self._ledger.apply(call)

    async def _placed(
        self,
        brand: BrandWallet,
        call: WalletCall,
        bets: Sequence[Movement],
        movements: Sequence[Movement],
        account: AccountRef,
    ) -> WalletReply | None:
        """Place the bets at the operator, in order; ``None``: all are placed and the balance here follows."""
        balance_micros: int | None = None
        for number, bet in enumerate(bets):
            answer = await self._sender.send(brand, key_of(call, bet), bet, 1)
            if answer.answer_class is not AnswerClass.DONE:
                return await self._not_placed(brand, call, bets[: number + 1], movements, answer)
            balance_micros = answer.balance_micros
        cost_micros = sum(bet.amount_micros for bet in bets if not bet.free)
        await self._follow(account, None if balance_micros is None else balance_micros + cost_micros, call, cost_micros)
        return None

    async def _not_placed(
        self,
        brand: BrandWallet,
        call: WalletCall,
        tried: Sequence[Movement],
        movements: Sequence[Movement],
        answer: OperatorAnswer,
    ) -> WalletReply:
        """Undo what was placed before, and leave the rest of the call behind."""
        last, now_ms = tried[-1], self._clock.now_ms()
        certain = answer.answer_class is AnswerClass.REFUSED
        undone = [*tried[:-1]] if certain else [*tried]
        rest = [key_of(call, movement) for movement in movements if movement not in tried]
        never_left = certain and answer.code is OutcomeCode.UNAVAILABLE
        if undone:
            keys = [key_of(call, bet) for bet in undone]
            await self._store.move(keys, [MovementState.SENDING], MovementState.UNDOING, now_ms)
        if never_left:
            rest.append(key_of(call, last))
        elif certain:
            to, key = MovementState.REFUSED, [key_of(call, last)]
            await self._store.move(key, [MovementState.SENDING], to, now_ms, answer.code, answer.balance_micros)
            await store_refused(self._ledger, call, [last.transaction_id], answer.code)
        await store_refused(self._ledger, call, [bet.transaction_id for bet in undone], OutcomeCode.ROLLED_BACK)
        await self._store.drop(rest)
        await self._deliver(brand, [key_of(call, bet) for bet in undone])
        if certain:
            return refused(call, answer.code, balance_micros=answer.balance_micros, reason=answer.operator_code)
        return uncertain(call, "the operator did not say whether it took the bet; it is being rolled back")

    async def _booked(
        self,
        brand: BrandWallet,
        call: WalletCall,
        bets: Sequence[Movement],
        movements: Sequence[Movement],
        fresh: Sequence[Movement],
    ) -> WalletReply:
        """Book here what the operator has taken; what cannot be booked is undone there."""
        reply = await self._ledger.apply(call)
        if reply.certainty is Certainty.UNCERTAIN and not is_held(reply):  # it may be booked yet: the worker asks later
            return reply
        keys, now_ms = [key_of(call, bet) for bet in bets], self._clock.now_ms()
        to = MovementState.BOOKED if reply.accepted else MovementState.UNDOING
        await self._store.move(keys, [MovementState.SENDING], to, now_ms)
        if reply.accepted:
            due = [key_of(call, movement) for movement in movements if movement.kind is not ActionKind.BET]
            await self._take_up(due)
            taken_back = await self._taken_back(call, reply)
            due = due if taken_back is not None else _but_rollbacks(due)
            await self._store.move(due, [MovementState.PREPARED], MovementState.DUE, now_ms)
            await self._deliver(brand, [*(taken_back or ()), *due])
        else:
            await self._store.drop(key_of(call, movement) for movement in fresh if movement not in bets)
            await self._deliver(brand, keys)
        return reply

    # Everything else: written down, booked here, sent.

    async def _book(self, brand: BrandWallet, call: WalletCall) -> WalletReply:
        movements = [item for item in await movements_of(call, self._store) if item.kind is not ActionKind.BET]
        known = {recorded.key for recorded in await self._store.find([key_of(call, item) for item in movements])}
        fresh = [movement for movement in movements if key_of(call, movement) not in known]
        if not await store_dead_targets(self._ledger, self._store, call):
            return uncertain(call, "the ledger cannot be told that the bet does not stand")
        await self._store.add(map(self._begun(call), fresh))
        reply = await self._ledger.apply(call)
        if reply.certainty is Certainty.UNCERTAIN and not is_held(reply):
            return reply
        moved = {result.transaction_id for result in reply.results if result.code is OutcomeCode.OK}
        stands = [movement for movement in movements if movement.transaction_id in moved]
        for movement in stands:  # another process whose try was refused may have dropped it meanwhile
            await self._store.add([self._begun(call)(movement)])
        due = [key_of(call, movement) for movement in stands]
        await self._take_up(due)
        dropped = [key_of(call, movement) for movement in fresh if movement not in stands]
        taken_back = await self._taken_back(call, reply)
        if taken_back is None:
            due, dropped = _but_rollbacks(due), _but_rollbacks(dropped)
        await self._store.move(due, [MovementState.PREPARED], MovementState.DUE, self._clock.now_ms())
        await self._store.drop(dropped)
        await self._deliver(brand, [*(taken_back or ()), *due])
        return reply

    async def _take_up(self, keys: Sequence[MovementKey]) -> None:
        """Go on with what was given up, because the ledger had not booked it, and is booked now."""
        await self._store.move(keys, [MovementState.VOID], MovementState.PREPARED, self._clock.now_ms())

    async def _taken_back(self, call: WalletCall, reply: WalletReply) -> list[MovementKey] | None:
        """Write down the wins that the ledger took back with a bet, also with one that it has never seen.

        ``None``: it cannot be asked. The call's rollbacks stay as they were begun, and the worker asks again.
        """
        undoes = any(action.kind is ActionKind.ROLLBACK for action in call.actions)
        if not (undoes and reply.accepted and call.round_id):
            return []
        ref = RoundRef(call.brand_id, call.player_id, call.provider_id, call.round_id)
        try:
            return await write_down_take_backs(ref, self._ledger, self._store, self._clock.now_ms())
        except WalletUnavailable:
            return None

    async def _deliver(self, brand: BrandWallet, keys: Sequence[MovementKey]) -> None:
        """Try what is open once, now and in order; the worker goes on with what fails."""
        for recorded in sorted(await self._store.find(keys), key=lambda recorded: keys.index(recorded.key)):
            if recorded.state in OPEN_STATES:
                await self.deliverer.end(brand, recorded)

    def _begun(self, call: WalletCall) -> Any:
        now_ms = self._clock.now_ms()

        def begun(movement: Movement) -> RecordedMovement:
            bet = movement.kind is ActionKind.BET
            state = MovementState.SENDING if bet else MovementState.PREPARED
            return RecordedMovement(key_of(call, movement), movement, state, 0, now_ms, now_ms)

        return begun

    # Balances.

    async def _balance_at_operator(self, brand: BrandWallet, account: AccountRef, session_id: str = "") -> int | None:
        return await self._sender.balance(brand, account.player_id, account.currency_code, session_id)

    async def _follow(
        self, account: AccountRef, target_micros: int | None, call: WalletCall, floor_micros: int = 0
    ) -> None:
        """Bring the balance here to the operator's (or at least to what a bet needs), by an adjustment."""
        here = await self._ledger.get_balance(account)
        if here is None:
            here, _ = await self._ledger.open_account(account)
        wanted_micros = max(here.balance_micros, floor_micros) if target_micros is None else target_micros
        difference = wanted_micros - here.balance_micros
        if difference == 0:
            return
        first = call.actions[0].transaction_id if call.actions else "balance"
        seed = f"{call.brand_id}|{call.provider_id}|{first}|{self._clock.now_ms()}|{here.balance_micros}"
        adjust = Action(
            ActionKind.ADJUST,
            TransactionId(f"follow-{hashlib.sha256(seed.encode()).hexdigest()[:32]}"),
            difference,
            author=_AUTHOR,
            reason="follows the balance at the operator",
        )
        await self._ledger.apply(replace(_bare(call), actions=(adjust,)))

    async def open_account(self, account: AccountRef, *, demo: bool = False) -> tuple[Balance, bool]:
        """Make sure that the ledger here knows the player, with the operator's balance."""
        opened, created = await self._ledger.open_account(account, demo=demo)
        if demo or account.brand_id not in self._brands:
            return opened, created
        return await self.get_balance(account) or opened, created

    async def get_balance(self, account: AccountRef) -> Balance | None:
        """Ask the operator; while it cannot say, the balance is the last that it told."""
        here = await self._ledger.get_balance(account)
        brand = self._brands.get(account.brand_id)
        if here is None or brand is None:
            return here
        told = await self._balance_at_operator(brand, account)
        return here if told is None else Balance(told, 0, here.open_round_count)

    # The rest is the ledger's.

    def watch_balance(self, account: AccountRef) -> AsyncIterator[Balance]:
        """Yield the balance as the ledger here follows it."""
        return self._ledger.watch_balance(account)

    async def get_round(self, ref: RoundRef) -> WalletRound | None:
        """Read a round."""
        return await self._ledger.get_round(ref)

    async def round_timeline(self, ref: RoundRef) -> tuple[RoundEvent, ...]:
        """Tell everything that happened in a round: what is booked here, and each attempt to tell the operator."""
        events = await self._ledger.round_timeline(ref)
        told = map(attempt_event, await self._store.attempts_of_round(ref))
        return tuple(sorted((*events, *told), key=lambda event: event.time_ms))

    async def note_round(self, ref: RoundRef, author: str, text: str) -> bool:
        """Leave a note in a round's story."""
        return await self._ledger.note_round(ref, author, text)

    async def get_transaction(
        self, brand_id: str, provider_id: str, kind: ActionKind, transaction_id: str
    ) -> WalletTransaction | None:
        """Read the stored answer under a key."""
        return await self._ledger.get_transaction(brand_id, provider_id, kind, transaction_id)

    async def list_transactions(self, account: AccountRef, page_size: int, page_token: str) -> TransactionPage:
        """List an account's transactions."""
        return await self._ledger.list_transactions(account, page_size, page_token)

    async def list_rounds(self, account: AccountRef, page_size: int, page_token: str, game_id: str = "") -> RoundPage:
        """List an account's rounds."""
        return await self._ledger.list_rounds(account, page_size, page_token, game_id)

    async def list_open_rounds(self, brand_id: str, page_size: int, page_token: str, **filters: Any) -> RoundPage:
        """List open rounds of a brand."""
        return await self._ledger.list_open_rounds(brand_id, page_size, page_token, **filters)

    async def set_free_bets(self, free_bets: FreeBets, *, cancelled: bool = False) -> int:
        """Let the ledger here count the free bets of a grant."""
        return await cast("FreeBetLedger", self._ledger).set_free_bets(free_bets, cancelled=cancelled)

    async def aclose(self) -> None:
        """End what has entered, then let go."""
        while self._running:
            await asyncio.wait(self._running)
        for brand in self._brands.values():
            await brand.link.aclose()
        await self._ledger.aclose()

    def _lock_of(self, account: AccountRef) -> asyncio.Lock:
        lock = self._locks.get(account)
        if lock is None:
            lock = self._locks[account] = asyncio.Lock()
        return lock

    async def _to_its_end(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        task = asyncio.ensure_future(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)


def _but_rollbacks(keys: Sequence[MovementKey]) -> list[MovementKey]:
    return [key for key in keys if key.kind is not ActionKind.ROLLBACK]


def _bare(call: WalletCall) -> WalletCall:
    return WalletCall(call.brand_id, call.player_id, call.currency_code, call.provider_id)
