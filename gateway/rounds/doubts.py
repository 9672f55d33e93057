"""Which step of a round has no outcome, and what was asked of the provider for it; pure readings of a stored round."""

from dataclasses import dataclass, replace

from adapters.contract.ids import BrandId, GameId, OperatorId, PlayerId, ProviderId, RoundId, SessionId
from adapters.contract.manifest import Capability, Manifest
from adapters.contract.money import Money
from adapters.contract.rounds import Session, SpinOutcome, SpinRequest
from adapters.contract.wallet_calls import WalletCall
from gateway.rounds.asked_calls import answered_step_call, take_back_call
from gateway.rounds.asked_steps import AskedStep, asked_step
from gateway.rounds.ports import WalletRound
from gateway.rounds.records import BetRecord, RoundState
from gateway.rounds.round_calls import RoundFacts, StepFacts, rollback_call, settle_call, step_record
from gateway.rounds.stored_rounds import bet_record_of

_MS_PER_S = 1000


@dataclass(frozen=True, slots=True)
class Doubt:
    """A step that was asked for and has no outcome."""

    stored: WalletRound
    facts: StepFacts
    asked_time_ms: int
    session_id: str = ""
    asked: AskedStep | None = None
    """How a later step was asked for; step 0 has its bet instead."""

    def settle_call(self, outcome: SpinOutcome) -> WalletCall:
        """Book the outcome."""
        round_ = facts_of(self.stored)
        if self.asked is None:
            return settle_call(round_, self.facts, outcome, step_record(self.facts, outcome))
        facts = replace(self.facts, bet_micros=outcome.price_micros or 0)
        return answered_step_call(round_, facts, outcome, step_record(facts, outcome), self.asked)

    def undo_call(self) -> WalletCall:
        """Undo the step: give the stake back, or let the round wait for its player again."""
        round_ = facts_of(self.stored)
        if self.asked is None:
            return rollback_call(round_)
        return take_back_call(round_, self.facts.step, self.asked)

    def request(self, session: Session | None) -> SpinRequest:
        """Return what the provider was asked, to be asked again under the same key."""
        stored, bet = self.stored, self.facts.bet
        request = SpinRequest(
            session or _session_of(stored),
            GameId(stored.game_id.removeprefix(f"{stored.ref.provider_id}:")),
            RoundId(stored.ref.round_id),
            Money(stored.currency_code, bet.stake_micros),
            bet_mode=bet.bet_mode,
            line_count=bet.line_count,
        )
        if self.asked is None:
            return request
        state = RoundState.decode(self.asked.state).state
        return replace(
            request, step=self.facts.step, state=state, choice=self.facts.choice, game_version=stored.game_version
        )


def doubt_of(stored: WalletRound) -> Doubt | None:
    """Return the doubt of a round with its transactions; ``None``: it has none, or its bet cannot be read."""
    if stored.closed:
        return None
    asked = asked_step(stored.state)
    if asked is not None:
        state = RoundState.decode(asked.state)
        bet = BetRecord(state.stake_micros, state.line_count, state.bet_mode)
        facts = StepFacts(state.next_step, bet, 0, state.total_win_micros, asked.choice)
        return Doubt(stored, facts, asked.asked_time_ms, asked.session_id, asked)
    first = bet_record_of(stored.ref.round_id, stored.transactions)
    if stored.state or first is None:
        return None
    return Doubt(stored, StepFacts(0, first, stored.bet_micros), stored.open_time_ms)


def asked_time_ms_of(stored: WalletRound) -> int | None:
    """Return since when an open round waits for its provider; ``None``: it waits for its player."""
    asked = asked_step(stored.state)
    if asked is not None:
        return asked.asked_time_ms
    return None if stored.state else stored.open_time_ms


def may_repeat(manifest: Manifest, asked_time_ms: int, now_ms: int) -> bool:
    """Say whether the provider still answers a repeat from memory, so that asking again cannot play anew."""
    if not manifest.supports(Capability.SPIN):
        return False
    return not manifest.replay_window_s or now_ms - asked_time_ms < manifest.replay_window_s * _MS_PER_S


def facts_of(stored: WalletRound) -> RoundFacts:
    """Return which round it is, as wallet calls name it."""
    ref = stored.ref
    return RoundFacts(
        BrandId(ref.brand_id),
        PlayerId(ref.player_id),
        stored.currency_code,
        ProviderId(ref.provider_id),
        GameId(stored.game_id),
        RoundId(ref.round_id),
    )


def _session_of(stored: WalletRound) -> Session:
    """Return what is known of a session that is not: who plays. A repeat may come from any session of the player."""
    ref = stored.ref
    return Session(
        SessionId("resolver"), OperatorId(""), BrandId(ref.brand_id), PlayerId(ref.player_id), stored.currency_code
    )
