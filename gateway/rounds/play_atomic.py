"""Plays rounds of adapters that only draw: bet, win and outcome are committed together afterwards.

A repeat draws anew, and the wallet keeps the first: the draw of the repeat is thrown away and the stored answer
returned. A provably fair round draws the same again: its seeds and its nonce are fixed before the first draw.
"""

from dataclasses import replace

from adapters.contract import errors as adapter_errors
from adapters.contract.deadline import Deadline
from adapters.contract.rounds import SpinOutcome, SpinRequest
from adapters.contract.wallet_calls import OutcomeCode
from gateway.errors import CapabilityNotSupported, GatewayError, NotDealing
from gateway.rounds.check_outcome import check_outcome
from gateway.rounds.fair_rounds import FairBook, has_fair_steps
from gateway.rounds.play_steps import (
    StepReader,
    adapter_of,
    answer_of_reply,
    facts_of,
    first_request,
    later_request,
)
from gateway.rounds.ports import CatalogueGame, Clock, SpinAnswer, SpinCommand, WalletPort, WalletRound
from gateway.rounds.records import BetRecord, StepRecord
from gateway.rounds.refusals import refusal_of_adapter, refusal_of_reply
from gateway.rounds.round_calls import StepFacts, atomic_round_call, step_call, step_record
from gateway.rounds.stored_rounds import round_ref


class PlayAtomic:
    """Draw, then commit everything at once."""

    def __init__(self, wallet: WalletPort, clock: Clock, fair: FairBook | None = None) -> None:
        self._wallet = wallet
        self._clock = clock
        self._fair = fair
        self._steps = StepReader(wallet)

    async def first_step(self, command: SpinCommand, game: CatalogueGame) -> SpinAnswer:
        """Play step 0; the answer of a repeat is the stored one."""
        stake_micros = command.stake_micros or 0
        try:
            request = first_request(command, game, stake_micros)
            if command.session.provably_fair:
                request = await self._with_seeds(request, command, game)
            outcome = await self._draw(request, game)
        except GatewayError as refusal:
            stored = await self._steps.find(command, game)
            if stored is not None:
                return stored
            refusal.uncertain()  # the wallet was not asked: an earlier try, at any process, may be on its way to it
            raise
        bet_micros = stake_micros if outcome.price_micros is None else outcome.price_micros
        facts = StepFacts(0, BetRecord(stake_micros, command.line_count, command.bet_mode), bet_micros)
        record = _stored_record(facts, outcome, request)
        reply = await self._wallet.apply(atomic_round_call(facts_of(command, game), facts, outcome, record))
        if reply.code is OutcomeCode.KEY_REUSED:
            raise await self._steps.conflict(command, game, refusal_of_reply(reply))
        return _booked(answer_of_reply(command, record, reply), request, outcome, game)

    async def later_step(self, command: SpinCommand, game: CatalogueGame) -> SpinAnswer:
        """Play the next step of an open round, wherever it was begun."""
        found = await self._steps.open_round(command, game)
        if isinstance(found, SpinAnswer):
            return found
        stored, state = found
        request = later_request(command, game, stored, state)
        try:
            if has_fair_steps(stored):
                request = await self._with_seeds(request, command, game, stored)
            outcome = await self._draw(request, game)
        except GatewayError as refusal:
            refusal.uncertain()  # as above
            raise
        facts = StepFacts(
            command.step,
            BetRecord(state.stake_micros, state.line_count, state.bet_mode),
            outcome.price_micros or 0,
            state.total_win_micros,
            command.choice,
        )
        record = _stored_record(facts, outcome, request)
        reply = await self._wallet.apply(step_call(facts_of(command, game), facts, outcome, record))
        return _booked(answer_of_reply(command, record, reply), request, outcome, game)

    async def _with_seeds(
        self, request: SpinRequest, command: SpinCommand, game: CatalogueGame, stored: WalletRound | None = None
    ) -> SpinRequest:
        """Return the request with what a provably fair round is dealt from; ``stored``: the round that goes on."""
        ref = round_ref(command, game.manifest.provider_id)
        if self._fair is None:
            raise CapabilityNotSupported("provably fair rounds are not dealt here")
        found = await self._fair.begin(command.session, ref) if stored is None else await self._fair.find(ref)
        if found is None:
            raise NotDealing("the seeds of this provably fair round are not known here")
        return replace(request, fair=found)

    async def _draw(self, request: SpinRequest, game: CatalogueGame) -> SpinOutcome:
        manifest = game.manifest
        deadline = Deadline.after_ms(manifest.spin_timeout_ms, self._clock.monotonic)
        try:
            outcome = await adapter_of(game).spin(request, deadline)
            stake = request.stake
            check_outcome(outcome, manifest, request.round_id, request.step, stake.currency_code, stake.micros)
        except adapter_errors.AdapterError as error:
            raise _nothing_booked(error) from error
        return outcome


def _stored_record(facts: StepFacts, outcome: SpinOutcome, request: SpinRequest) -> StepRecord:
    record = step_record(facts, outcome)
    return record if request.fair is None else record._replace(fair=request.fair.terms)


def _booked(answer: SpinAnswer, request: SpinRequest, outcome: SpinOutcome, game: CatalogueGame) -> SpinAnswer:
    """Tell an adapter that wants to know that a step was booked: this time, and not by an earlier call."""
    if not answer.replayed and game.told_of_booked is not None:
        game.told_of_booked(request, outcome)
    return answer


def _nothing_booked(error: adapter_errors.AdapterError) -> GatewayError:
    """A source that is down deals nothing."""
    if isinstance(error, adapter_errors.ProviderUnavailable) or not error.outcome_known:
        return NotDealing(error.message)
    return refusal_of_adapter(error)
