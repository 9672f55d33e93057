"""Sends one movement once, within a deadline, and records the attempt whatever comes of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from adapters.contract.errors import AdapterError
from adapters.contract.operator_wallet import AnswerClass, Movement, OperatorAnswer, OperatorWalletDialect
from adapters.contract.wallet_calls import ActionKind, OutcomeCode
from gateway.operator_wallet.link import LinkFailed, OperatorLink
from gateway.operator_wallet.movements import MovementKey
from gateway.operator_wallet.settings import OperatorWalletSettings
from gateway.operator_wallet.store import Attempt, MovementStore
from gateway.rounds.ports import Clock

NOT_SENT = OperatorAnswer(AnswerClass.REFUSED, OutcomeCode.UNAVAILABLE, "not sent")
"""The request certainly did not leave: a bet did not happen, anything else is tried again."""
NO_ANSWER = OperatorAnswer(AnswerClass.UNCERTAIN, OutcomeCode.UNAVAILABLE, "no answer")
_OK = 200
_MICROS_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class BrandWallet:
    """One brand's operator: how it is spoken to, and over which line."""

    settings: OperatorWalletSettings
    dialect: OperatorWalletDialect
    link: OperatorLink


class Sender:
    """Sends movements of all brands."""

    def __init__(self, store: MovementStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def send(self, brand: BrandWallet, key: MovementKey, movement: Movement, number: int) -> OperatorAnswer:
        """Send once; returns the answer's class, UNCERTAIN when none came."""
        start_ms = self._clock.now_ms()
        answer, problem = await self._answered(brand, movement, number, start_ms)
        took_ms = self._clock.now_ms() - start_ms
        kept = None if answer is NO_ANSWER else answer
        await self._store.note(Attempt(key, number, movement.kind, start_ms, took_ms, kept, problem))
        return answer

    async def _answered(
        self, brand: BrandWallet, movement: Movement, number: int, now_ms: int
    ) -> tuple[OperatorAnswer, str]:
        timeout_ms = brand.settings.timeout_ms
        try:
            call = brand.dialect.render(movement, number, now_ms)
        except AdapterError as error:
            # The protocol cannot say it (an amount finer than its unit): certainly not sent.
            return replace(NOT_SENT, code=OutcomeCode.INVALID, operator_code="cannot be said"), error.message
        try:
            async with asyncio.timeout(timeout_ms / 1000):
                reply = await brand.link.send(call, timeout_ms)
        except LinkFailed as error:
            return NO_ANSWER if error.sent else NOT_SENT, error.problem
        except TimeoutError:
            return NO_ANSWER, "timeout"
        if reply.status == _OK and call.answer_mark.lower() not in reply.body.lower():
            return NO_ANSWER, "the answer to another request"
        try:
            return _sound(brand.dialect.read(movement.kind, movement.currency_code, reply.status, reply.body)), ""
        except AdapterError as error:  # it was sent, so who cannot read the answer knows nothing
            return NO_ANSWER, error.message

    async def balance(self, brand: BrandWallet, player_id: str, currency_code: str, session_id: str = "") -> int | None:
        """Ask for a balance; ``None`` when the operator cannot say."""
        timeout_ms = brand.settings.balance_timeout_ms
        try:
            call = brand.dialect.render_balance(player_id, currency_code, session_id, self._clock.now_ms())
            async with asyncio.timeout(timeout_ms / 1000):
                reply = await brand.link.send(call, timeout_ms)
            answer = _sound(brand.dialect.read(None, currency_code, reply.status, reply.body))
        except (AdapterError, LinkFailed, TimeoutError):
            return None
        return answer.balance_micros if answer.answer_class is AnswerClass.DONE else None


def _sound(answer: OperatorAnswer) -> OperatorAnswer:
    """Leave out a balance that nobody can have: it is kept and told on, and says nothing about what moved."""
    if answer.balance_micros is None or abs(answer.balance_micros) <= _MICROS_MAX:
        return answer
    return replace(answer, balance_micros=None)


def undo_of(movement: Movement) -> Movement:
    """Return the rollback that undoes a bet at the operator."""
    return replace(
        movement,
        kind=ActionKind.ROLLBACK,
        transaction_id=f"{movement.transaction_id}:undo",
        reference_transaction_id=movement.transaction_id,
        closes_round=True,
    )


def why_unsayable(brand: BrandWallet, movements: Sequence[Movement]) -> str:
    """Return why the dialect cannot carry one of the movements; empty: it can carry all."""
    for movement in movements:
        try:
            brand.dialect.render(movement, 1, 0)
        except AdapterError as error:
            return error.message
    return ""
