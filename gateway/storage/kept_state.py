"""What adapters keep between processes, in the database (``adapters.contract.returns.StateStore``)."""

from collections.abc import Callable

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.rounds.ports import Clock
from gateway.storage.tables import KEPT_STATE
from gateway.storage.upsert import insert_once


class SqlKeptState:
    """The kept values of one adapter; changes of several processes follow each other."""

    def __init__(self, engine: AsyncEngine, adapter_id: str, clock: Clock) -> None:
        self._engine = engine
        self._adapter_id = adapter_id
        self._clock = clock

    async def read(self) -> dict[str, bytes]:
        """Return everything that is kept."""
        query = select(KEPT_STATE).where(KEPT_STATE.c.adapter_id == self._adapter_id)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return {row["state_key"]: bytes(row["content"]) for row in rows}

    async def change(self, key: str, merge: Callable[[bytes], bytes]) -> bytes:
        """Put ``merge`` of what is kept (empty: nothing) in its place, and return it."""
        mine, now_ms = self._is(key), self._clock.now_ms()
        empty = {"adapter_id": self._adapter_id, "state_key": key, "content": b"", "changed_ms": now_ms}
        # The first statement writes to the row and so keeps others from it until the transaction ends.
        held = update(KEPT_STATE).where(*mine).values(changed_ms=now_ms).returning(KEPT_STATE.c.content)
        async with self._engine.begin() as connection:
            await insert_once(connection, KEPT_STATE, empty)
            kept: bytes = (await connection.execute(held)).scalar_one()
            content = merge(bytes(kept))
            await connection.execute(update(KEPT_STATE).where(*mine).values(content=content))
        return content

    async def drop(self, key: str) -> bool:
        """Forget a value; false when there is none."""
        async with self._engine.begin() as connection:
            result = await connection.execute(delete(KEPT_STATE).where(*self._is(key)))
        return bool(result.rowcount)

    def _is(self, key: str) -> tuple[ColumnElement[bool], ...]:
        return KEPT_STATE.c.adapter_id == self._adapter_id, KEPT_STATE.c.state_key == key
