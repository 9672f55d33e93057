"""Reads rounds back from the wallet: the stored answer of a step, the whole round, and what differs in a repeat."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from adapters.contract.wallet_calls import ActionKind
from gateway.errors import IdempotencyKeyReused
from gateway.rounds.asked_steps import asked_step, round_state
from gateway.rounds.ports import RoundRef, SpinAnswer, SpinCommand, StepStatus, WalletRound, WalletTransaction
from gateway.rounds.records import BetRecord, StepRecord
from gateway.rounds.transaction_ids import bet_id, paid_win_id, win_id


@dataclass(frozen=True, slots=True)
class StoredRound:
    """A round as the player may see it."""

    round_id: str
    game_id: str
    game_version: str
    currency_code: str
    status: StepStatus
    bet_micros: int
    win_micros: int
    open_time_ms: int
    close_time_ms: int
    next_step: int
    steps: tuple[SpinAnswer, ...]


def round_ref(command: SpinCommand, provider_id: str) -> RoundRef:
    """Return the name of the round that a spin is about."""
    session = command.session
    return RoundRef(session.brand_id, session.player_id, provider_id, command.round_id)


def status_of(stored: WalletRound) -> StepStatus:
    """Say where a round stands: what was asked for and has no outcome is in doubt, a round with state waits for its
    next step, and one that holds nothing any more, by its sums or bet by bet, was rolled back.

    Only what the gateway asked for can be in doubt: a round that its provider drives is open until that ends it.
    A round without its transactions does not tell who drives it.
    """
    if stored.undone or (stored.rolled_back_micros >= stored.bet_micros > 0 and not stored.win_micros):
        return StepStatus.ROLLED_BACK
    if stored.closed:
        return StepStatus.CLOSED
    if stored.state:
        return StepStatus.OPEN if asked_step(stored.state) is None else StepStatus.IN_DOUBT
    return StepStatus.OPEN if stored.transactions and not _was_asked_for(stored) else StepStatus.IN_DOUBT


def _was_asked_for(stored: WalletRound) -> bool:
    try:
        return bet_record_of(stored.ref.round_id, stored.transactions) is not None
    except ValueError:  # a provider's words beside a bet that is called as its round
        return False


def next_step_of(stored: WalletRound) -> int:
    """Return the step to play next."""
    return round_state(stored.state).next_step if stored.state and not stored.closed else 0


def step_answer(stored: WalletRound, step: int, *, replayed: bool) -> SpinAnswer | None:
    """Return the stored answer of a step; ``None``: it has none."""
    by_id = {row.transaction_id: row for row in stored.transactions if _pays(row)}
    row = by_id.get(win_id(stored.ref.round_id, step))
    if row is None or not row.detail:
        return None
    last = by_id.get(paid_win_id(stored.ref.round_id, step), row)
    record = StepRecord.decode(row.detail)
    return answer_of_record(record, stored.ref.round_id, stored.currency_code, last, replayed=replayed)


def answer_of_record(
    record: StepRecord, round_id: str, currency_code: str, last: WalletTransaction, *, replayed: bool
) -> SpinAnswer:
    """Build the answer from what is stored; the same function builds first answers and replays."""
    return SpinAnswer(
        round_id=round_id,
        step=record.step,
        currency_code=currency_code,
        bet_micros=record.bet_micros,
        win_micros=record.win_micros,
        total_win_micros=record.total_win_micros,
        balance_micros=last.balance_micros,
        status=StepStatus.CLOSED if record.complete else StepStatus.OPEN,
        choices=record.choices,
        presentation=record.presentation,
        game_version=record.game_version,
        settle_time_ms=last.processed_time_ms,
        replayed=replayed,
        fair=record.fair,
    )


def stored_round(stored: WalletRound) -> StoredRound:
    """Return the round with all its steps, in order."""
    records = [StepRecord.decode(row.detail) for row in stored.transactions if _is_step(row, stored.ref.round_id)]
    answers = (step_answer(stored, record.step, replayed=False) for record in sorted(records))
    return StoredRound(
        round_id=stored.ref.round_id,
        game_id=stored.game_id,
        game_version=stored.game_version,
        currency_code=stored.currency_code,
        status=status_of(stored),
        bet_micros=stored.bet_micros,
        win_micros=stored.win_micros,
        open_time_ms=stored.open_time_ms,
        close_time_ms=stored.close_time_ms,
        next_step=next_step_of(stored),
        steps=tuple(answer for answer in answers if answer is not None),
    )


def refuse_other_content(command: SpinCommand, bet: BetRecord, game_id: str, choice: str | None = None) -> None:
    """Return when a repeat asks for what was asked first; raises ``IdempotencyKeyReused`` naming the field."""
    checks = [("game_id", command.game_id != game_id)]
    if command.step == 0:
        checks += [
            ("stake.micros", command.stake_micros != bet.stake_micros),
            ("bet_mode", command.bet_mode != bet.bet_mode),
            ("line_count", command.line_count != bet.line_count),
        ]
    elif command.stake_micros is not None:
        checks.append(("stake.micros", command.stake_micros != bet.stake_micros))
    if choice is not None:
        checks.append(("choice", command.choice != choice))
    for field, differs in checks:
        if differs:
            raise IdempotencyKeyReused(f"the round id was used before with another {field}", field=field)


def bet_record_of(round_id: str, transactions: Iterable[WalletTransaction]) -> BetRecord | None:
    """Return what step 0 asked for."""
    for row in transactions:
        if row.kind is ActionKind.BET and row.transaction_id == bet_id(round_id) and row.detail:
            return BetRecord.decode(row.detail)
    return None


def as_replay(answer: SpinAnswer) -> SpinAnswer:
    """Return the same answer, marked as coming from memory."""
    return replace(answer, replayed=True)


def _pays(row: WalletTransaction) -> bool:
    return row.kind is ActionKind.WIN


def _is_step(row: WalletTransaction, round_id: str) -> bool:
    return _pays(row) and bool(row.detail) and row.transaction_id.startswith(f"{round_id}:")
