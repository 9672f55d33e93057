"""One consistent look at the whole ledger, row by row in key order, for the audit and the export."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from wallet.ledger.audit import AuditReport, audit
from wallet.ledger.audit_round import SpannedRound
from wallet.ledger.state import Account, Grant
from wallet.ledger.types import JournalRow
from wallet.storage.addresses import is_sqlite
from wallet.storage.tables import (
    ACCOUNT_COLUMNS,
    GRANT_COLUMNS,
    ROUND_COLUMNS,
    ROUND_SEQUENCES,
    accounts,
    grants,
    journal,
    rounds,
)

_T = TypeVar("_T")
BATCH_ROWS = 2_000


class Snapshot:
    """A read-only transaction; every stream of it sees the same moment."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()

    def accounts(self) -> Iterator[Account]:
        """Yield every account in key order. For another thread than the event loop's, like all streams."""
        columns = [accounts.c[name] for name in ACCOUNT_COLUMNS]
        return (Account(*row) for row in self._rows(select(*columns).order_by(*accounts.primary_key.columns)))

    def rows(self) -> Iterator[JournalRow]:
        """Yield the journal, account by account in sequence."""
        return map(JournalRow._make, self._rows(select(journal).order_by(*journal.primary_key.columns)))

    def rounds(self) -> Iterator[SpannedRound]:
        """Yield every round in key order."""
        columns = [rounds.c[name] for name in (*ROUND_COLUMNS, *ROUND_SEQUENCES)]
        return (SpannedRound(*row) for row in self._rows(select(*columns).order_by(*rounds.primary_key.columns)))

    def grants(self) -> Iterator[Grant]:
        """Yield every grant in key order."""
        columns = [grants.c[name] for name in GRANT_COLUMNS]
        return (Grant(*row) for row in self._rows(select(*columns).order_by(*grants.primary_key.columns)))

    def _rows(self, query: Select[Any]) -> Iterator[Any]:
        result = self._wait(self._connection.stream(query))
        try:
            while batch := self._wait(result.fetchmany(BATCH_ROWS)):
                yield from batch
        finally:
            self._wait(result.close())

    def _wait(self, work: Awaitable[_T]) -> _T:
        async def run() -> _T:
            return await work

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result()


@asynccontextmanager
async def open_snapshot(url: URL) -> AsyncIterator[Snapshot]:
    """Open a snapshot of the ledger at ``url``."""
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            if is_sqlite(url):
                await connection.exec_driver_sql("begin")
            else:
                await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield Snapshot(connection)
    finally:
        await engine.dispose()


async def audit_database(url: URL) -> AuditReport:
    """Recompute the whole ledger at ``url``; see ``wallet.ledger.audit``."""
    async with open_snapshot(url) as snapshot:
        return await asyncio.to_thread(
            lambda: audit(snapshot.accounts(), snapshot.rows(), snapshot.rounds(), snapshot.grants())
        )
