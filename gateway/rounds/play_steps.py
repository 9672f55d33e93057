"""What atomic and gateway-driven play share: asking the adapter for a step, and reading a step that was played
before.
"""

from adapters.contract.adapter import SupportsSpin
from adapters.contract.ids import GameId, RoundId
from adapters.contract.money import Money
from adapters.contract.rounds import Session, SpinRequest
from adapters.contract.wallet_calls import ActionResult, OutcomeCode, WalletReply
from gateway.errors import (
    GatewayError,
    IdempotencyKeyReused,
    PermissionDenied,
    RoundClosed,
    RoundInDoubt,
    RoundInProgress,
    RoundNotFound,
    RoundRolledBack,
    StepOutOfOrder,
)
from gateway.rounds.asked_steps import asked_step, round_state
from gateway.rounds.ports import (
    CatalogueGame,
    PlayerSession,
    SpinAnswer,
    SpinCommand,
    StepStatus,
    WalletPort,
    WalletRound,
)
from gateway.rounds.records import BetRecord, RoundState, StepRecord
from gateway.rounds.refusals import refusal_of_reply
from gateway.rounds.round_calls import RoundFacts
from gateway.rounds.stored_rounds import (
    bet_record_of,
    refuse_other_content,
    round_ref,
    status_of,
    step_answer,
)
from gateway.rounds.transaction_ids import win_id


def adapter_of(game: CatalogueGame) -> SupportsSpin:
    """Return the adapter as one that spins; its manifest said that it does."""
    adapter: SupportsSpin = game.adapter  # type: ignore[assignment]  # the manifest, not the type, declares capabilities
    return adapter


def facts_of(command: SpinCommand, game: CatalogueGame) -> RoundFacts:
    """Return which round the command plays."""
    session = command.session
    return RoundFacts(
        session.brand_id,
        session.player_id,
        session.currency_code,
        game.manifest.provider_id,
        GameId(game.game_id),
        RoundId(command.round_id),
        session.session_id,
        session.demo,
    )


def adapter_session(session: PlayerSession) -> Session:
    """Return the session as adapters may know it."""
    if session.adapter_session is not None:
        return session.adapter_session
    return Session(
        session.session_id,
        session.operator_id,
        session.brand_id,
        session.player_id,
        session.currency_code,
        session.country_code,
        session.language_code,
        session.demo,
        session.platform,
        session.ip_address,
        session.lobby_url,
        session.deposit_url,
    )


def first_request(command: SpinCommand, game: CatalogueGame, stake_micros: int) -> SpinRequest:
    """Return the request for step 0."""
    session = command.session
    return SpinRequest(
        adapter_session(session),
        game.game.game_id,
        RoundId(command.round_id),
        Money(session.currency_code, stake_micros),
        bet_mode=command.bet_mode,
        line_count=command.line_count,
    )


def later_request(command: SpinCommand, game: CatalogueGame, stored: WalletRound, state: RoundState) -> SpinRequest:
    """Return the request for a later step, on the version of the game that the round began with."""
    return SpinRequest(
        adapter_session(command.session),
        GameId(game.game.game_id),
        RoundId(command.round_id),
        Money(stored.currency_code, state.stake_micros),
        command.step,
        state.state,
        command.choice,
        state.bet_mode,
        state.line_count,
        stored.game_version,
    )


class StepReader:
    """Finds what was played before, in the wallet."""

    def __init__(self, wallet: WalletPort) -> None:
        self._wallet = wallet

    async def find(self, command: SpinCommand, game: CatalogueGame) -> SpinAnswer | None:
        """Return the stored answer of the command's step; raises ``IdempotencyKeyReused`` when it asks for another."""
        stored = await self._wallet.get_round(round_ref(command, game.manifest.provider_id))
        return None if stored is None else stored_answer(command, stored)

    async def open_round(
        self, command: SpinCommand, game: CatalogueGame
    ) -> SpinAnswer | tuple[WalletRound, RoundState]:
        """Return the stored answer of a later step, or the round that waits for exactly this step."""
        stored = await self._wallet.get_round(round_ref(command, game.manifest.provider_id))
        if stored is None or stored.currency_code != command.session.currency_code:
            raise RoundNotFound("no such round; begin with step 0")
        answer = stored_answer(command, stored)
        if answer is not None:
            return answer
        if stored.game_id != command.game_id:
            raise PermissionDenied("the round is of another game")
        return stored, waiting_state(command, stored)

    async def conflict(self, command: SpinCommand, game: CatalogueGame, error: GatewayError) -> GatewayError:
        """Return the conflict that names the field in the words of the request."""
        stored = await self._wallet.get_round(round_ref(command, game.manifest.provider_id))
        bet = None if stored is None else bet_record_of(command.round_id, stored.transactions)
        if stored is None or bet is None:
            return error
        try:
            refuse_other_content(command, bet, stored.game_id)
        except IdempotencyKeyReused as conflict:
            return conflict
        return error


def being_played(command: SpinCommand, message: str = "the step is being played right now") -> RoundInProgress:
    """Return the error for a step that somebody else has asked for: it may be booked any moment."""
    error = RoundInProgress(message, round_id=command.round_id)
    return error.uncertain()


def stored_answer(command: SpinCommand, stored: WalletRound) -> SpinAnswer | None:
    """Return the stored answer of the command's step, if there is one, after comparing what was asked."""
    answer = step_answer(stored, command.step, replayed=True)
    bet = bet_record_of(command.round_id, stored.transactions)
    if answer is None or bet is None:
        return None
    refuse_other_content(command, bet, stored.game_id, _choice_of(stored, command.step))
    return answer


def waiting_state(command: SpinCommand, stored: WalletRound) -> RoundState:
    """Return the state of a round that waits for exactly this step; raises what else it may be."""
    status = status_of(stored)
    if status is StepStatus.ROLLED_BACK:
        raise RoundRolledBack("the round was rolled back; begin a new one")
    if status is StepStatus.CLOSED:
        raise RoundClosed("the round is complete; begin a new one")
    if not stored.state:
        raise being_played(command, "the first step has no outcome yet")
    state = round_state(stored.state)
    if command.step != state.next_step:
        raise StepOutOfOrder(f"the next step is {state.next_step}", next_step=str(state.next_step))
    if command.stake_micros is not None and command.stake_micros != state.stake_micros:
        raise IdempotencyKeyReused("the round has another stake", field="stake.micros")
    asked = asked_step(stored.state)
    if asked is not None and asked.choice != command.choice:
        raise IdempotencyKeyReused("the step is being played with another choice", field="choice")
    return state


def refuse_taken_back(command: SpinCommand, reply: WalletReply) -> None:
    """Return unless the attempt was taken back before its outcome came; raises ``RoundInDoubt``: ask again."""
    key = win_id(command.round_id, command.step)
    if reply.code is OutcomeCode.OK and all(result.transaction_id != key for result in reply.results):
        raise RoundInDoubt("the step was taken back before its outcome came; repeat it", round_id=command.round_id)


def answer_of_reply(command: SpinCommand, record: StepRecord, reply: WalletReply) -> SpinAnswer:
    """Return the answer to a step that was booked just now, or, when the wallet replays, the one booked first."""
    if reply.code is not OutcomeCode.OK:
        raise refusal_of_reply(reply)
    last = reply.results[-1]
    replayed = last.replayed
    if replayed:
        record = _replayed_record(command, reply.results)
    return SpinAnswer(
        command.round_id,
        record.step,
        command.session.currency_code,
        record.bet_micros,
        record.win_micros,
        record.total_win_micros,
        last.balance_micros or 0,
        StepStatus.CLOSED if record.complete else StepStatus.OPEN,
        record.choices,
        record.presentation,
        record.game_version,
        last.processed_time_ms,
        replayed,
        record.fair,
    )


def _replayed_record(command: SpinCommand, results: tuple[ActionResult, ...]) -> StepRecord:
    key = win_id(command.round_id, command.step)
    details = {result.transaction_id: result.detail for result in results if result.detail}
    record = StepRecord.decode(details[key])
    bet_detail = details.get(command.round_id)  # type: ignore[call-overload]  # ids are strings
    if bet_detail:
        refuse_other_content(command, BetRecord.decode(bet_detail), command.game_id, record.choice)
    elif command.choice != record.choice:
        raise IdempotencyKeyReused("the step was played before with another choice", field="choice")
    return record


def _choice_of(stored: WalletRound, step: int) -> str:
    key = win_id(stored.ref.round_id, step)
    for row in stored.transactions:
        if row.transaction_id == key and row.detail:
            return StepRecord.decode(row.detail).choice
    return ""
