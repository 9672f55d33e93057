"""Plays rounds of adapters that only draw: bet, win and outcome are committed together afterwards.

A repeat draws anew, and the wallet keeps the first: the draw of the repeat is thrown away and the stored answer
returned.
"""

from adapters.contract import errors as adapter_errors
from adapters.contract.deadline import Deadline
from adapters.contract.rounds import SpinOutcome, SpinRequest
from adapters.contract.wallet_calls import OutcomeCode
from gateway.errors import AdapterContractBroken, GatewayError, NotDealing
from gateway.rounds.check_outcome import check_outcome
from gateway.rounds.play_steps import (
    StepReader,
    adapter_of,
    answer_of_reply,
    facts_of,
    first_request,
    later_request,
)
from gateway.rounds.ports import CatalogueGame, Clock, SpinAnswer, SpinCommand, WalletPort
from gateway.rounds.records import BetRecord
from gateway.rounds.refusals import refusal_of_adapter, refusal_of_reply
from gateway.rounds.round_calls import StepFacts, atomic_round_call, step_call, step_record


class PlayAtomic:
    """Draw, then commit everything at once."""

    def __init__(self, wallet: WalletPort, clock: Clock) -> None:
        self._wallet = wallet
        self._clock = clock
        self._steps = StepReader(wallet)

    async def first_step(self, command: SpinCommand, game: CatalogueGame) -> SpinAnswer:
        """Play step 0; the answer of a repeat is the stored one."""
        stake_micros = command.stake_micros or 0
        try:
            outcome = await self._draw(first_request(command, game, stake_micros), game)
        except GatewayError:
            stored = await self._steps.find(command, game)
            if stored is None:
                raise
            return stored
        bet_micros = stake_micros if outcome.price_micros is None else outcome.price_micros
        facts = StepFacts(0, BetRecord(stake_micros, command.line_count, command.bet_mode), bet_micros)
        record = step_record(facts, outcome)
        reply = await self._wallet.apply(atomic_round_call(facts_of(command, game), facts, outcome, record))
        if reply.code is OutcomeCode.KEY_REUSED:
            raise await self._steps.conflict(command, game, refusal_of_reply(reply))
        return answer_of_reply(command, record, reply)

    async def later_step(self, command: SpinCommand, game: CatalogueGame) -> SpinAnswer:
        """Play the next step of an open round, wherever it was begun."""
        found = await self._steps.open_round(command, game)
        if isinstance(found, SpinAnswer):
            return found
        stored, state = found
        outcome = await self._draw(later_request(command, game, stored, state), game)
        facts = StepFacts(
            command.step,
            BetRecord(state.stake_micros, state.line_count, state.bet_mode),
            outcome.price_micros or 0,
            state.total_win_micros,
            command.choice,
        )
        record = step_record(facts, outcome)
        reply = await self._wallet.apply(step_call(facts_of(command, game), facts, outcome, record))
        return answer_of_reply(command, record, reply)

    async def _draw(self, request: SpinRequest, game: CatalogueGame) -> SpinOutcome:
        manifest = game.manifest
        deadline = Deadline.after_ms(manifest.spin_timeout_ms, self._clock.monotonic)
        try:
            outcome = await adapter_of(game).spin(request, deadline)
            stake = request.stake
            check_outcome(outcome, manifest, request.round_id, request.step, stake.currency_code, stake.micros)
        except adapter_errors.AdapterError as error:
            raise _nothing_booked(error) from error
        except AdapterContractBroken as error:
            raise AdapterContractBroken(error.message, certain=True, **error.facts) from error
        return outcome


def _nothing_booked(error: adapter_errors.AdapterError) -> GatewayError:
    """Before the commit nothing has moved, whatever went wrong; a source that is down deals nothing."""
    if isinstance(error, adapter_errors.ProviderUnavailable) or not error.outcome_known:
        return NotDealing(error.message)
    return refusal_of_adapter(error)
