"""Builds the wallet calls of a round; every call is one unit, so a repeat answers with what was booked first."""

from adapters.contract.ids import BrandId, GameId, PlayerId, ProviderId, RoundId, SessionId
from adapters.contract.rounds import SpinOutcome
from adapters.contract.value import value
from adapters.contract.wallet_calls import Action, ActionKind, WalletCall
from gateway.rounds.records import BetRecord, RoundState, StepRecord
from gateway.rounds.transaction_ids import bet_id, paid_win_id, rollback_id, step_bet_id, win_id


@value(frozen=True, slots=True)
class RoundFacts:
    """Which round money moves in."""

    brand_id: BrandId
    player_id: PlayerId
    currency_code: str
    provider_id: ProviderId
    game_id: GameId
    round_id: RoundId
    session_id: SessionId | None = None
    demo: bool = False


@value(frozen=True, slots=True)
class StepFacts:
    """Which step was played, and on what."""

    step: int
    bet: BetRecord
    bet_micros: int
    total_win_before_micros: int = 0
    choice: str = ""


def step_record(facts: StepFacts, outcome: SpinOutcome) -> StepRecord:
    """Return what is stored about a step."""
    win_micros = outcome.win.micros + outcome.jackpot_win_micros
    return StepRecord(
        facts.step,
        outcome.round_complete,
        facts.bet_micros,
        win_micros,
        facts.total_win_before_micros + win_micros,
        facts.choice,
        outcome.game_version,
        outcome.provider_round_id,
        outcome.presentation,
        outcome.record,
        outcome.choices,
    )


def atomic_round_call(round_: RoundFacts, facts: StepFacts, outcome: SpinOutcome, record: StepRecord) -> WalletCall:
    """Bet, win and outcome of step 0 in one commit."""
    bet = Action(
        ActionKind.BET,
        bet_id(round_.round_id),
        facts.bet_micros,
        jackpot_contribution_micros=outcome.jackpot_contribution_micros,
        detail=facts.bet.encode(),
    )
    win = Action(ActionKind.WIN, win_id(round_.round_id, 0), outcome.win.micros, detail=record.encode())
    return _call(round_, (bet, *_jackpot(round_, facts.step, outcome), win), outcome, facts, record, exclusive=True)


def step_call(round_: RoundFacts, facts: StepFacts, outcome: SpinOutcome, record: StepRecord) -> WalletCall:
    """Win and outcome of a step whose stake, if any, is not booked yet; keyed by the step's win (see
    transaction_ids).
    """
    detail = record.encode()
    key = win_id(round_.round_id, facts.step)
    if not facts.bet_micros:
        win = Action(ActionKind.WIN, key, outcome.win.micros, detail=detail)
        return _call(round_, (win, *_jackpot(round_, facts.step, outcome)), outcome, facts, record)
    actions = (
        Action(ActionKind.WIN, key, 0, detail=detail),
        Action(ActionKind.BET, step_bet_id(round_.round_id, facts.step), facts.bet_micros),
        *_jackpot(round_, facts.step, outcome),
        Action(ActionKind.WIN, paid_win_id(round_.round_id, facts.step), outcome.win.micros),
    )
    return _call(round_, actions, outcome, facts, record)


def bet_call(round_: RoundFacts, bet: BetRecord, bet_micros: int) -> WalletCall:
    """The bet alone, before a provider is asked."""
    action = Action(ActionKind.BET, bet_id(round_.round_id), bet_micros, detail=bet.encode())
    return WalletCall(
        round_.brand_id,
        round_.player_id,
        round_.currency_code,
        round_.provider_id,
        (action,),
        round_.game_id,
        round_.round_id,
        round_.session_id,
        one_unit=True,
        exclusive_game=True,
        demo=round_.demo,
    )


def settle_call(round_: RoundFacts, facts: StepFacts, outcome: SpinOutcome, record: StepRecord) -> WalletCall:
    """The win and outcome of a step whose bet is booked."""
    win = Action(ActionKind.WIN, win_id(round_.round_id, facts.step), outcome.win.micros, detail=record.encode())
    return _call(round_, (win, *_jackpot(round_, facts.step, outcome)), outcome, facts, record)


def rollback_call(round_: RoundFacts) -> WalletCall:
    """Undo the bet and close the round."""
    action = Action(
        ActionKind.ROLLBACK,
        rollback_id(round_.round_id),
        reference_transaction_id=bet_id(round_.round_id),
        reference_kind=ActionKind.BET,
    )
    return WalletCall(
        round_.brand_id,
        round_.player_id,
        round_.currency_code,
        round_.provider_id,
        (action,),
        round_.game_id,
        round_.round_id,
        close_round=True,
        demo=round_.demo,
    )


def _jackpot(round_: RoundFacts, step: int, outcome: SpinOutcome) -> tuple[Action, ...]:
    if not outcome.jackpot_win_micros:
        return ()
    return (Action(ActionKind.JACKPOT_WIN, win_id(round_.round_id, step), outcome.jackpot_win_micros),)


def _call(
    round_: RoundFacts,
    actions: tuple[Action, ...],
    outcome: SpinOutcome,
    facts: StepFacts,
    record: StepRecord,
    *,
    exclusive: bool = False,
) -> WalletCall:
    return WalletCall(
        round_.brand_id,
        round_.player_id,
        round_.currency_code,
        round_.provider_id,
        actions,
        round_.game_id,
        round_.round_id,
        round_.session_id,
        close_round=outcome.round_complete,
        one_unit=True,
        exclusive_game=exclusive,
        round_state=_next_state(outcome, facts, record),
        game_version=outcome.game_version,
        demo=round_.demo,
    )


def _next_state(outcome: SpinOutcome, facts: StepFacts, record: StepRecord) -> bytes | None:
    if outcome.round_complete:
        return b"" if facts.step else None
    bet = facts.bet
    return RoundState(
        facts.step + 1, bet.stake_micros, bet.line_count, record.total_win_micros, bet.bet_mode, outcome.state
    ).encode()
