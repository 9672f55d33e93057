"""Keeps movements and attempts; every change is committed before it returns."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, RowMapping, and_, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.contract.operator_wallet import Movement, OperatorAnswer
from adapters.contract.wallet_calls import ActionKind, OutcomeCode
from gateway.operator_wallet.movements import MovementKey, MovementState, RecordedMovement
from gateway.operator_wallet.tables import ATTEMPTS, MOVEMENTS
from gateway.rounds.ports import RoundEvent, RoundRef
from gateway.storage.upsert import insert_once

_OPERATOR_CODE_LENGTH_MAX = 128
_MOVEMENT_COLUMNS = (
    "player_id",
    "currency_code",
    "amount_micros",
    "reference_transaction_id",
    "game_id",
    "round_id",
    "session_id",
    "closes_round",
    "free",
    "reference_kind",
    "id_scope",
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request that went out; ``answer`` is ``None`` when none came."""

    key: MovementKey
    number: int
    sent_kind: ActionKind
    time_ms: int
    took_ms: int
    answer: OperatorAnswer | None
    problem: str = ""


class MovementStore:
    """The movements of all brands whose money is at the operator; shared by all processes."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def add(self, movements: Iterable[RecordedMovement]) -> bool:
        """Write down movements that are not there yet, all or none; false when one is there already."""
        async with self._engine.begin() as connection:
            for recorded in movements:
                if not await insert_once(connection, MOVEMENTS, _values(recorded)):
                    await connection.rollback()
                    return False
        return True

    async def find(self, keys: Sequence[MovementKey]) -> list[RecordedMovement]:
        """Return those of the movements that are there."""
        if not keys:
            return []
        return await self._select(or_(*(and_(*_of(key)) for key in keys)))

    async def bet_of_round(self, brand_id: str, player_id: str, provider_id: str, round_id: str) -> str:
        """Return the transaction id of a round's first bet; empty when there is none."""
        mine = MOVEMENTS.c.brand_id == brand_id, MOVEMENTS.c.player_id == player_id
        query = (
            select(MOVEMENTS.c.transaction_id)
            .where(*mine, MOVEMENTS.c.provider_id == provider_id, MOVEMENTS.c.round_id == round_id)
            .where(MOVEMENTS.c.kind == ActionKind.BET.value)
            .order_by(MOVEMENTS.c.changed_time_ms)
            .limit(1)
        )
        async with self._engine.connect() as connection:
            return (await connection.execute(query)).scalar() or ""

    async def has_due_rollback_of_win(self, recorded: RecordedMovement) -> bool:
        """Say whether the rollback of a win of the movement's round has yet to arrive."""
        key, movement = recorded.key, recorded.movement
        mine = MOVEMENTS.c.brand_id == key.brand_id, MOVEMENTS.c.player_id == movement.player_id
        query = (
            select(MOVEMENTS.c.transaction_id)
            .where(*mine, MOVEMENTS.c.provider_id == key.provider_id, MOVEMENTS.c.round_id == movement.round_id)
            .where(MOVEMENTS.c.kind == ActionKind.ROLLBACK.value, MOVEMENTS.c.state == MovementState.DUE.value)
            .where(MOVEMENTS.c.reference_kind.in_([ActionKind.WIN.value, ActionKind.JACKPOT_WIN.value]))
            .limit(1)
        )
        async with self._engine.connect() as connection:
            return (await connection.execute(query)).first() is not None

    async def due(self, now_ms: int, stale_ms: int, limit: int) -> list[RecordedMovement]:
        """Return what must be ended now: what is due, and what was begun so long ago that nobody is at it."""
        begun = MOVEMENTS.c.state.in_([MovementState.SENDING.value, MovementState.PREPARED.value])
        sending = MOVEMENTS.c.state.in_([MovementState.DUE.value, MovementState.UNDOING.value])
        stale = and_(begun, MOVEMENTS.c.next_time_ms <= now_ms, MOVEMENTS.c.changed_time_ms <= now_ms - stale_ms)
        return await self._select(or_(stale, and_(sending, MOVEMENTS.c.next_time_ms <= now_ms)), limit)

    async def claim(self, recorded: RecordedMovement, until_ms: int) -> bool:
        """Take a movement for this process until a time; false when another was faster."""
        mine = (*_of(recorded.key), MOVEMENTS.c.state == recorded.state.value)
        same = MOVEMENTS.c.next_time_ms == recorded.next_time_ms
        async with self._engine.begin() as connection:
            result = await connection.execute(update(MOVEMENTS).where(*mine, same).values(next_time_ms=until_ms))
        return bool(result.rowcount)

    async def move(
        self,
        keys: Iterable[MovementKey],
        states: Iterable[MovementState],
        to: MovementState,
        now_ms: int,
        code: OutcomeCode | None = None,
        balance_micros: int | None = None,
    ) -> None:
        """Bring movements that are in one of ``states`` to another; due at once."""
        values: dict[str, object] = {"state": to.value, "changed_time_ms": now_ms, "next_time_ms": now_ms}
        if code is not None:
            values |= {"code": code.value, "balance_micros": balance_micros}
        known = MOVEMENTS.c.state.in_([state.value for state in states])
        async with self._engine.begin() as connection:
            for key in keys:
                await connection.execute(update(MOVEMENTS).where(*_of(key), known).values(**values))

    async def drop(self, keys: Iterable[MovementKey]) -> None:
        """Forget movements that certainly were neither sent nor booked, so that they may be tried again."""
        begun = MOVEMENTS.c.state.in_([MovementState.SENDING.value, MovementState.PREPARED.value])
        async with self._engine.begin() as connection:
            for key in keys:
                await connection.execute(delete(MOVEMENTS).where(*_of(key), begun))

    async def postpone(self, key: MovementKey, attempt_count: int, next_time_ms: int) -> None:
        """Note a failed attempt, and when the next one is due."""
        values = {"attempt_count": attempt_count, "next_time_ms": next_time_ms}
        async with self._engine.begin() as connection:
            await connection.execute(update(MOVEMENTS).where(*_of(key)).values(**values))

    async def note(self, attempt: Attempt) -> None:
        """Record an attempt."""
        answer = attempt.answer
        values = {
            **_key_values(attempt.key),
            "attempt": attempt.number,
            "sent_kind": attempt.sent_kind.value,
            "time_ms": attempt.time_ms,
            "took_ms": attempt.took_ms,
            "answer_class": answer.answer_class.value if answer else "",
            "operator_code": answer.operator_code[:_OPERATOR_CODE_LENGTH_MAX] if answer else "",
            "problem": attempt.problem,
        }
        async with self._engine.begin() as connection:
            await connection.execute(insert(ATTEMPTS).values(**values))

    async def attempts(self, key: MovementKey) -> list[RowMapping]:
        """Return every attempt of a movement, oldest first."""
        mine = [ATTEMPTS.c[name] == value for name, value in _key_values(key).items()]
        query = select(ATTEMPTS).where(*mine).order_by(ATTEMPTS.c.time_ms, ATTEMPTS.c.attempt)
        async with self._engine.connect() as connection:
            return list((await connection.execute(query)).mappings())

    async def attempts_of_round(self, ref: RoundRef) -> list[RowMapping]:
        """Return every attempt to tell the operator of a movement of a round, oldest first."""
        key = ("brand_id", "provider_id", "kind", "transaction_id")
        same = [ATTEMPTS.c[name] == MOVEMENTS.c[name] for name in key]
        names = ("brand_id", "player_id", "provider_id", "round_id")
        of_round = [MOVEMENTS.c[name] == getattr(ref, name) for name in names]
        query = select(ATTEMPTS).join(MOVEMENTS, and_(*same)).where(*of_round)
        async with self._engine.connect() as connection:
            found = await connection.execute(query.order_by(ATTEMPTS.c.time_ms, ATTEMPTS.c.attempt))
            return list(found.mappings())

    async def _select(self, where: ColumnElement[bool], limit: int | None = None) -> list[RecordedMovement]:
        query = select(MOVEMENTS).where(where).order_by(MOVEMENTS.c.next_time_ms).limit(limit)
        async with self._engine.connect() as connection:
            return [_recorded(row) for row in (await connection.execute(query)).mappings()]


def attempt_event(row: RowMapping) -> RoundEvent:
    """Tell of an attempt in words."""
    answer = row["answer_class"] or row["problem"] or "no answer"
    code = f" ({row['operator_code']})" if row["operator_code"] else ""
    return RoundEvent(
        row["time_ms"],
        f"told the operator of {row['sent_kind']} {row['transaction_id']}, attempt {row['attempt']}: "
        f"{answer}{code} after {row['took_ms']} ms",
    )


def _key_values(key: MovementKey) -> dict[str, str]:
    return {
        "brand_id": key.brand_id,
        "provider_id": key.provider_id,
        "kind": key.kind.value,
        "transaction_id": key.transaction_id,
    }


def _of(key: MovementKey) -> list[ColumnElement[bool]]:
    return [MOVEMENTS.c[name] == value for name, value in _key_values(key).items()]


def _values(recorded: RecordedMovement) -> dict[str, object]:
    return {
        **_key_values(recorded.key),
        **{name: getattr(recorded.movement, name) for name in _MOVEMENT_COLUMNS},
        "reference_kind": recorded.movement.reference_kind.value,
        "state": recorded.state.value,
        "attempt_count": recorded.attempt_count,
        "next_time_ms": recorded.next_time_ms,
        "changed_time_ms": recorded.changed_time_ms,
        "code": recorded.code.value if recorded.code else "",
        "balance_micros": recorded.balance_micros,
    }


def _recorded(row: RowMapping) -> RecordedMovement:
    kind = ActionKind(row["kind"])
    return RecordedMovement(
        MovementKey(row["brand_id"], row["provider_id"], kind, row["transaction_id"]),
        replace(
            Movement(kind, row["transaction_id"], **{name: row[name] for name in _MOVEMENT_COLUMNS}),
            reference_kind=ActionKind(row["reference_kind"]),
        ),
        MovementState(row["state"]),
        row["attempt_count"],
        row["next_time_ms"],
        row["changed_time_ms"],
        OutcomeCode(row["code"]) if row["code"] else None,
        row["balance_micros"],
    )
