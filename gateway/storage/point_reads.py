"""Reads of a few rows by an index: on SQLite in the event loop's own thread, on PostgreSQL through the pool.

A read through the pool goes to a thread and back five times (connect, execute, fetch, close, roll back), and beside a
busy loop each way costs a switch interval of the interpreter, a hundred times the read. In WAL mode a reader waits for
no writer. Where it would have to wait after all (somebody recovers or closes the file) the pool does it, patiently.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Engine, RowMapping, Select, StaticPool, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine


class PointReads:
    """Reads from the database of ``engine``, always what is committed by then; ends with it."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._here = _in_this_thread(engine)

    async def rows(self, query: Select[Any], values: Mapping[str, Any] | None = None) -> Sequence[RowMapping]:
        """Return the rows of a query that finds few of them by an index."""
        if self._here is not None:
            try:
                return _rows(self._here, query, values)
            except OperationalError:
                pass  # it would have to wait; where the database is broken, the pool says so
        async with self._engine.connect() as patient:
            found: Sequence[RowMapping] = (await patient.execute(query, values)).mappings().all()
            return found

    async def first(self, query: Select[Any], values: Mapping[str, Any] | None = None) -> RowMapping | None:
        """Return the first row of such a query."""
        return next(iter(await self.rows(query, values)), None)


def _rows(engine: Engine, query: Select[Any], values: Mapping[str, Any] | None) -> Sequence[RowMapping]:
    with engine.connect() as connection:
        return connection.execute(query, values).mappings().all()


def _in_this_thread(engine: AsyncEngine) -> Engine | None:
    """Return an engine of one connection that waits for nothing and leaves no transaction open, or ``None``."""
    url = engine.url
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    here = create_engine(
        url.set(drivername="sqlite+pysqlite"),
        poolclass=StaticPool,
        isolation_level="AUTOCOMMIT",
        connect_args={"timeout": 0, "check_same_thread": False},
    )
    event.listen(engine.sync_engine, "engine_disposed", lambda _: here.dispose())
    return here
