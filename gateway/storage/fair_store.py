"""Fair seeds and the nonces of rounds in the database.

A transaction that gives out a nonce first writes to the row of its server seed, and so does one that ends or tells the
seed: so they follow each other, on SQLite and on PostgreSQL, whichever process they come from.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from gateway.rounds.ports import RoundRef
from gateway.sessions.fair_seeds import (
    BegunRound,
    FairSeedUsedUp,
    NewSeed,
    SeedRow,
    SeedStatus,
)
from gateway.storage.tables import FAIR_ROUNDS, FAIR_SEEDS
from gateway.storage.upsert import insert_once

_ATTEMPTS_MAX = 5
_IN_USE = FAIR_SEEDS.c.status == SeedStatus.IN_USE.value
_NOT_TOLD = FAIR_SEEDS.c.status.in_((SeedStatus.IN_USE.value, SeedStatus.ENDED.value))
"""A round that was begun under such a seed may be dealt again: nobody who plays it can know what it will be."""


class SqlFairStore:
    """The fair seeds that all processes share."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def open(
        self, operator_id: str, session_id: str, client_seed: str, seeds: tuple[NewSeed, NewSeed], now_ms: int
    ) -> None:
        """Give a session its first two seeds, unless it has them."""
        async with self._engine.begin() as connection:
            for series, (seed, status) in enumerate(zip(seeds, (SeedStatus.IN_USE, SeedStatus.NEXT), strict=True)):
                row = SeedRow(operator_id, session_id, series, status, seed.commitment, seed.sealed, client_seed, 0)
                if not await insert_once(connection, FAIR_SEEDS, _values(row, now_ms)):
                    return

    async def in_use(self, operator_id: str, session_id: str) -> tuple[SeedRow, SeedRow] | None:
        """Return the seed in use and the one after it."""
        mine = (FAIR_SEEDS.c.operator_id == operator_id, FAIR_SEEDS.c.session_id == session_id)
        waiting = FAIR_SEEDS.c.status.in_((SeedStatus.IN_USE.value, SeedStatus.NEXT.value))
        query = select(FAIR_SEEDS).where(*mine, waiting).order_by(FAIR_SEEDS.c.series)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return (_seed(rows[0]), _seed(rows[1])) if len(rows) == 2 else None

    async def find_seed(self, commitment: str) -> SeedRow | None:
        """Return the seed with a commitment."""
        async with self._engine.connect() as connection:
            return await _one_seed(connection, FAIR_SEEDS.c.commitment == commitment)

    async def find_round(self, ref: RoundRef) -> tuple[SeedRow, int] | None:
        """Return seed and nonce of a round."""
        async with self._engine.connect() as connection:
            begun = await _begun(connection, ref)
            if begun is None:
                return None
            seed = await _one_seed(connection, FAIR_SEEDS.c.commitment == begun.commitment)
        return None if seed is None else (seed, begun.nonce)

    async def begin(self, operator_id: str, session_id: str, ref: RoundRef, now_ms: int) -> tuple[SeedRow, int] | None:
        """Return seed and nonce of a round, giving it the next nonce when it has none; ``None``: its seed was told.

        Raises ``FairSeedUsedUp`` when the seed in use has served enough rounds.
        """
        for attempt in range(_ATTEMPTS_MAX):
            try:
                async with self._engine.begin() as connection:
                    return await _begin(connection, operator_id, session_id, ref, now_ms)
            except IntegrityError:
                # The same round began in another process, which has won: read what it was given.
                if attempt == _ATTEMPTS_MAX - 1:
                    raise
        raise AssertionError("unreachable")

    async def rotate(self, ended: SeedRow, client_seed: str, seed: NewSeed, now_ms: int) -> bool:
        """End a seed; the next one is in use from now on, and ``seed`` comes after it. False: it was ended before."""
        mine = (FAIR_SEEDS.c.operator_id == ended.operator_id, FAIR_SEEDS.c.session_id == ended.session_id)
        used = update(FAIR_SEEDS).where(FAIR_SEEDS.c.commitment == ended.commitment, _IN_USE)
        follows = update(FAIR_SEEDS).where(*mine, FAIR_SEEDS.c.series == ended.series + 1)
        after = SeedRow(
            ended.operator_id,
            ended.session_id,
            ended.series + 2,
            SeedStatus.NEXT,
            seed.commitment,
            seed.sealed,
            client_seed,
            0,
        )
        async with self._engine.begin() as connection:
            result = await connection.execute(used.values(status=SeedStatus.ENDED.value, changed_ms=now_ms))
            if not result.rowcount:
                return False
            values = {"status": SeedStatus.IN_USE.value, "client_seed": client_seed, "changed_ms": now_ms}
            await connection.execute(follows.values(**values))
            await connection.execute(insert(FAIR_SEEDS).values(**_values(after, now_ms)))
        return True

    async def begun_since(self, commitment: str, since_ms: int) -> list[RoundRef]:
        """Return the rounds under a seed that were begun, or begun again, since then."""
        async with self._engine.connect() as connection:
            return await _begun_since(connection, commitment, since_ms)

    async def mark_revealed(self, commitment: str, now_ms: int, since_ms: int, finished: Collection[RoundRef]) -> bool:
        """Note that an ended seed may be told. False: another round than ``finished`` was begun since then."""
        ended = (FAIR_SEEDS.c.commitment == commitment, FAIR_SEEDS.c.status == SeedStatus.ENDED.value)
        told = update(FAIR_SEEDS).where(*ended).values(status=SeedStatus.REVEALED.value, changed_ms=now_ms)
        async with self._engine.begin() as connection:
            await connection.execute(told)  # first: who begins a round now waits for it, and then is too late
            if not set(await _begun_since(connection, commitment, since_ms)) <= set(finished):
                await connection.rollback()
                return False
        return True


async def _begin(
    connection: AsyncConnection, operator_id: str, session_id: str, ref: RoundRef, now_ms: int
) -> tuple[SeedRow, int] | None:
    begun = await _begun(connection, ref)
    if begun is not None:
        seed = await _locked(connection, now_ms, FAIR_SEEDS.c.commitment == begun.commitment, _NOT_TOLD)
        if seed is None:
            return None
        await connection.execute(update(FAIR_ROUNDS).where(*_is(ref)).values(begun_ms=now_ms))
        return seed, begun.nonce
    mine = (FAIR_SEEDS.c.operator_id == operator_id, FAIR_SEEDS.c.session_id == session_id)
    seed = await _locked(connection, now_ms, *mine, _IN_USE)
    if seed is None:
        return None
    if seed.next_nonce >= seed.round_count_max:
        raise FairSeedUsedUp(seed)
    of_round = {
        "brand_id": ref.brand_id,
        "player_id": ref.player_id,
        "provider_id": ref.provider_id,
        "round_id": ref.round_id,
        "commitment": seed.commitment,
        "nonce": seed.next_nonce,
        "begun_ms": now_ms,
    }
    await connection.execute(insert(FAIR_ROUNDS).values(**of_round))
    following = update(FAIR_SEEDS).where(FAIR_SEEDS.c.commitment == seed.commitment)
    await connection.execute(following.values(next_nonce=seed.next_nonce + 1))
    return seed, seed.next_nonce


async def _locked(connection: AsyncConnection, now_ms: int, *conditions: ColumnElement[bool]) -> SeedRow | None:
    """Write to the row of a seed, and so keep others from it until the transaction ends."""
    statement = update(FAIR_SEEDS).where(*conditions).values(changed_ms=now_ms).returning(FAIR_SEEDS)
    row = (await connection.execute(statement)).mappings().first()
    return None if row is None else _seed(row)


async def _begun(connection: AsyncConnection, ref: RoundRef) -> BegunRound | None:
    row = (await connection.execute(select(FAIR_ROUNDS).where(*_is(ref)))).mappings().first()
    return None if row is None else BegunRound(row["commitment"], row["nonce"])


async def _begun_since(connection: AsyncConnection, commitment: str, since_ms: int) -> list[RoundRef]:
    query = select(FAIR_ROUNDS).where(FAIR_ROUNDS.c.commitment == commitment, FAIR_ROUNDS.c.begun_ms >= since_ms)
    rows = (await connection.execute(query)).mappings().all()
    return [RoundRef(row["brand_id"], row["player_id"], row["provider_id"], row["round_id"]) for row in rows]


async def _one_seed(connection: AsyncConnection, condition: ColumnElement[bool]) -> SeedRow | None:
    row = (await connection.execute(select(FAIR_SEEDS).where(condition))).mappings().first()
    return None if row is None else _seed(row)


def _is(ref: RoundRef) -> tuple[ColumnElement[bool], ...]:
    return (
        FAIR_ROUNDS.c.brand_id == ref.brand_id,
        FAIR_ROUNDS.c.player_id == ref.player_id,
        FAIR_ROUNDS.c.provider_id == ref.provider_id,
        FAIR_ROUNDS.c.round_id == ref.round_id,
    )


def _values(row: SeedRow, now_ms: int) -> dict[str, Any]:
    return {
        "operator_id": row.operator_id,
        "session_id": row.session_id,
        "series": row.series,
        "status": row.status.value,
        "commitment": row.commitment,
        "sealed_seed": row.sealed_seed,
        "client_seed": row.client_seed,
        "next_nonce": row.next_nonce,
        "changed_ms": now_ms,
    }


def _seed(row: Any) -> SeedRow:
    return SeedRow(
        row["operator_id"],
        row["session_id"],
        row["series"],
        SeedStatus(row["status"]),
        row["commitment"],
        bytes(row["sealed_seed"]),
        row["client_seed"],
        row["next_nonce"],
    )
