"""The wallet calls around a later step of a provider that is asked: begun, ended with an outcome, or taken back."""

from dataclasses import replace

from adapters.contract.ids import BrandId, GameId, PlayerId, ProviderId, RoundId, SessionId, TransactionId
from adapters.contract.rounds import SpinOutcome
from adapters.contract.wallet_calls import Action, ActionKind, WalletCall
from gateway.rounds.asked_steps import AskedStep, answer_id, ask_id
from gateway.rounds.records import StepRecord
from gateway.rounds.round_calls import RoundFacts, StepFacts, step_call


def ask_call(round_: RoundFacts, step: int, asked: AskedStep) -> WalletCall:
    """Write down that the step is asked for; whoever is second under the key must not ask."""
    return _mark(round_, ask_id(round_.round_id, step, asked.attempt), asked.encode())


def take_back_call(round_: RoundFacts, step: int, asked: AskedStep) -> WalletCall:
    """End the attempt: the provider certainly did not play it, and the round waits for its player again."""
    return _mark(round_, answer_id(round_.round_id, step, asked.attempt), asked.state)


def answered_step_call(
    round_: RoundFacts, facts: StepFacts, outcome: SpinOutcome, record: StepRecord, asked: AskedStep
) -> WalletCall:
    """End the attempt with its outcome; nothing moves when it was taken back before."""
    call = step_call(round_, facts, outcome, record)
    ends = Action(ActionKind.WIN, answer_id(round_.round_id, facts.step, asked.attempt))
    return replace(call, actions=(ends, *call.actions))


def _mark(round_: RoundFacts, key: TransactionId, state: bytes) -> WalletCall:
    return WalletCall(
        BrandId(round_.brand_id),
        PlayerId(round_.player_id),
        round_.currency_code,
        ProviderId(round_.provider_id),
        (Action(ActionKind.WIN, key),),
        GameId(round_.game_id),
        RoundId(round_.round_id),
        SessionId(round_.session_id) if round_.session_id else None,
        one_unit=True,
        round_state=state,
        demo=round_.demo,
    )
