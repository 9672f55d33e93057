"""Plays rounds of providers that are asked: the bet is booked, the provider plays, the win is booked.

Once the bet is booked, nothing that happens to the caller stops the round. An error with ``outcome_known`` gives the
bet back; anything else leaves the round in doubt with its stake held, for the resolver to end.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Coroutine
from typing import Any

from adapters.contract import errors as adapter_errors
from adapters.contract.deadline import Deadline
from adapters.contract.games import BetMode
from adapters.contract.rounds import SpinOutcome, SpinRequest
from adapters.contract.to_its_end import to_its_end
from adapters.contract.wallet_calls import OutcomeCode
from gateway.errors import (
    AdapterContractBroken,
    BetLimit,
    GatewayError,
    ProviderRefused,
    ProviderUnavailable,
    RoundClosed,
    RoundInDoubt,
    RoundNotFound,
    RoundRolledBack,
    TooManyRequests,
)
from gateway.rounds.asked_calls import answered_step_call, ask_call, take_back_call
from gateway.rounds.asked_steps import ATTEMPTS_MAX, AskedStep, asked_step, attempts_of
from gateway.rounds.check_outcome import check_outcome
from gateway.rounds.play_steps import (
    StepReader,
    adapter_of,
    answer_of_reply,
    being_played,
    facts_of,
    first_request,
    later_request,
    refuse_taken_back,
    stored_answer,
)
from gateway.rounds.ports import CatalogueGame, Clock, SpinAnswer, SpinCommand, StepStatus, WalletPort, WalletRound
from gateway.rounds.records import BetRecord, RoundState
from gateway.rounds.refusals import refusal_of_adapter, refusal_of_reply
from gateway.rounds.resolve_round import Resolution, ResolveRound
from gateway.rounds.round_calls import RoundFacts, StepFacts, bet_call, rollback_call, settle_call, step_record
from gateway.rounds.stored_rounds import bet_record_of, refuse_other_content, round_ref, status_of

_log = logging.getLogger("reelgate.rounds")
_RETRY_AFTER_MS = 100
_PPM = 1_000_000


class PlayGatewayDriven:
    """Bet, ask, settle."""

    def __init__(self, wallet: WalletPort, resolve: ResolveRound, clock: Clock, reserve_ms: int, grace_ms: int) -> None:
        self._wallet = wallet
        self._resolve = resolve
        self._clock = clock
        self._reserve_ms = reserve_ms
        self._grace_ms = grace_ms
        self._steps = StepReader(wallet)
        self._running: set[tuple[str, str, str]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._in_flight: Counter[str] = Counter()

    async def first_step(self, command: SpinCommand, game: CatalogueGame) -> SpinAnswer:
        """Play step 0, to its end even when the caller leaves."""
        return await self._to_its_end(command, game, self._first(command, game))

    async def later_step(self, command: SpinCommand, game: CatalogueGame) -> SpinAnswer:
        """Play the next step of an open round."""
        found = await self._steps.open_round(command, game)
        if isinstance(found, SpinAnswer):
            return found
        return await self._to_its_end(command, game, self._later(command, game, *found))

    async def _to_its_end(
        self, command: SpinCommand, game: CatalogueGame, play: Coroutine[Any, Any, SpinAnswer]
    ) -> SpinAnswer:
        key = (command.session.brand_id, game.manifest.provider_id, command.round_id)
        adapter_id = game.manifest.adapter_id
        refusal: GatewayError | None = None
        if key in self._running:
            refusal = being_played(command)
        elif self._in_flight[adapter_id] >= game.manifest.in_flight_max:
            refusal = TooManyRequests("too many spins of this provider at once", _RETRY_AFTER_MS)
        if refusal is not None:
            play.close()
            raise refusal.uncertain()  # an earlier try, at any process, may be on its way
        self._running.add(key)
        self._in_flight[adapter_id] += 1
        return await to_its_end(self._counted(key, adapter_id, play), self._tasks)

    async def _counted(
        self, key: tuple[str, str, str], adapter_id: str, play: Coroutine[Any, Any, SpinAnswer]
    ) -> SpinAnswer:
        """Play, and be counted out before the caller is told: he may repeat at once."""
        try:
            return await play
        finally:
            self._running.discard(key)
            self._in_flight[adapter_id] -= 1

    async def _first(self, command: SpinCommand, game: CatalogueGame) -> SpinAnswer:
        stake_micros = command.stake_micros or 0
        bet = BetRecord(stake_micros, command.line_count, command.bet_mode)
        bet_micros = _price(game, command.bet_mode, stake_micros)
        round_ = facts_of(command, game)
        reply = await self._wallet.apply(bet_call(round_, bet, bet_micros))
        if reply.code is OutcomeCode.KEY_REUSED:
            raise await self._steps.conflict(command, game, refusal_of_reply(reply))
        if reply.code is not OutcomeCode.OK:
            raise refusal_of_reply(reply)
        if reply.results[0].replayed:
            return await self._repeated(command, game)
        facts = StepFacts(0, bet, bet_micros)
        try:
            outcome = await self._ask(first_request(command, game, stake_micros), command, game)
            _require_price(outcome, bet_micros)
        except _BetStays as stays:
            raise stays.error from stays
        except GatewayError as error:
            if not error.certain:
                raise
            await self._give_back(command, game)
            raise
        record = step_record(facts, outcome)
        settled = await self._wallet.apply(settle_call(round_, facts, outcome, record))
        return answer_of_reply(command, record, settled)

    async def _later(
        self, command: SpinCommand, game: CatalogueGame, stored: WalletRound, state: RoundState
    ) -> SpinAnswer:
        round_ = facts_of(command, game)
        before = asked_step(stored.state)
        asked = before or await self._asked(round_, command, stored)
        try:
            outcome = await self._ask(later_request(command, game, stored, state), command, game)
        except _BetStays as stays:
            raise stays.error from stays
        except GatewayError as error:
            if not error.certain:
                raise
            if before is not None:  # this says nothing about who asked first
                raise _in_doubt(command) from error
            await self._take_back(round_, command, asked)
            raise
        facts = StepFacts(
            command.step,
            BetRecord(state.stake_micros, state.line_count, state.bet_mode),
            outcome.price_micros or 0,
            state.total_win_micros,
            command.choice,
        )
        record = step_record(facts, outcome)
        reply = await self._wallet.apply(answered_step_call(round_, facts, outcome, record, asked))
        if reply.code is OutcomeCode.KEY_REUSED:  # another device's answer was booked after we had read the round
            raise being_played(command, "the step was played meanwhile; repeat to get its answer")
        refuse_taken_back(command, reply)
        return answer_of_reply(command, record, reply)

    async def _asked(self, round_: RoundFacts, command: SpinCommand, stored: WalletRound) -> AskedStep:
        """Write down what will be asked, before it is asked."""
        attempt = attempts_of(stored, command.step)
        if attempt == ATTEMPTS_MAX:
            raise ProviderRefused("the provider has refused this step too often")
        now_ms, session_id = self._clock.now_ms(), command.session.session_id
        asked = AskedStep(now_ms, attempt, command.choice, session_id, stored.state)
        reply = await self._wallet.apply(ask_call(round_, command.step, asked))
        # The key is ours: who has used it asked for this step after we had read the round. A repeat reads what he got.
        taken = reply.code is OutcomeCode.KEY_REUSED
        if reply.code is not OutcomeCode.OK and not taken:
            raise refusal_of_reply(reply)
        if taken or reply.results[0].replayed:
            raise being_played(command)
        return asked

    async def _take_back(self, round_: RoundFacts, command: SpinCommand, asked: AskedStep) -> None:
        reply = await self._wallet.apply(take_back_call(round_, command.step, asked))
        if not reply.accepted:
            raise _in_doubt(command)

    async def _ask(self, request: SpinRequest, command: SpinCommand, game: CatalogueGame) -> SpinOutcome:
        """Return the provider's sound answer; raises a certain error when it did nothing, an uncertain one
        otherwise.
        """
        deadline = self._deadline(command, game)
        if deadline.passed():
            raise ProviderUnavailable("no time was left to ask the provider; nothing was played")
        try:
            async with asyncio.timeout(deadline.left_ms() / 1000):
                outcome = await adapter_of(game).spin(request, deadline)
        except adapter_errors.RoundInProgress as error:
            raise _BetStays(refusal_of_adapter(error)) from error
        except adapter_errors.AdapterError as error:
            if error.outcome_known:
                raise refusal_of_adapter(error) from error
            raise _in_doubt(command) from error
        except TimeoutError as error:
            raise _in_doubt(command) from error
        except Exception as error:
            _log.exception("adapter %s broke during round %s", game.manifest.adapter_id, command.round_id)
            raise _in_doubt(command) from error
        stake = request.stake
        check_outcome(outcome, game.manifest, request.round_id, request.step, stake.currency_code, stake.micros)
        return outcome

    async def _give_back(self, command: SpinCommand, game: CatalogueGame) -> None:
        reply = await self._wallet.apply(rollback_call(facts_of(command, game)))
        if not reply.accepted:
            raise _in_doubt(command)

    async def _repeated(self, command: SpinCommand, game: CatalogueGame) -> SpinAnswer:
        """Answer a repeat: from what is stored, or after finding out what became of a round in doubt."""
        for may_resolve in (True, False):
            stored = await self._wallet.get_round(round_ref(command, game.manifest.provider_id))
            bet = None if stored is None else bet_record_of(command.round_id, stored.transactions)
            if stored is None or bet is None:
                raise RoundNotFound("no such round")
            refuse_other_content(command, bet, stored.game_id)
            answer = stored_answer(command, stored)
            if answer is not None:
                return answer
            _refuse_ended(status_of(stored))
            if may_resolve:
                await self._resolved(command, game, stored)
        raise _in_doubt(command)

    async def _resolved(self, command: SpinCommand, game: CatalogueGame, stored: WalletRound) -> None:
        age_ms = self._clock.now_ms() - stored.open_time_ms
        if age_ms < game.manifest.spin_timeout_ms + self._grace_ms:
            raise being_played(command)
        resolution = await self._resolve(stored)
        if resolution in (Resolution.RUNNING, Resolution.UNKNOWN):
            raise _in_doubt(command)

    def _deadline(self, command: SpinCommand, game: CatalogueGame) -> Deadline:
        left_ms = game.manifest.spin_timeout_ms
        if command.time_left_ms is not None:
            left_ms = max(0, min(left_ms, command.time_left_ms - self._reserve_ms))
        return Deadline.after_ms(left_ms, self._clock.monotonic)


class _BetStays(Exception):
    """The provider is at work on this very round: the bet must not be given back."""

    def __init__(self, error: GatewayError) -> None:
        super().__init__(error.message)
        self.error = error


def _in_doubt(command: SpinCommand) -> RoundInDoubt:
    return RoundInDoubt("the outcome is not known yet; the stake is held", round_id=command.round_id)


def _refuse_ended(status: StepStatus) -> None:
    if status is StepStatus.ROLLED_BACK:
        raise RoundRolledBack("the round was rolled back; begin a new one")
    if status is StepStatus.CLOSED:
        raise RoundClosed("the round is complete; begin a new one")


def _price(game: CatalogueGame, bet_mode: str, stake_micros: int) -> int:
    """Return what step 0 costs in a bet mode: exact, or refused."""
    if not bet_mode:
        return stake_micros
    mode = next((mode for mode in game.game.bet_modes if mode.bet_mode == bet_mode), BetMode(bet_mode, ""))
    price_micros, rest = divmod(stake_micros * mode.cost_ppm, _PPM)
    if rest:
        raise BetLimit("the bet mode has no exact price at this stake", field="stake.micros").uncertain()
    return price_micros


def _require_price(outcome: SpinOutcome, bet_micros: int) -> None:
    if outcome.price_micros is not None and outcome.price_micros != bet_micros:
        raise AdapterContractBroken("the provider asks another price than was booked", field="price_micros")
