"""Stateful test of the real PostgreSQL store: any commands in any order, with a death between any two statements.

A proxy that reads the protocol drops the connection at a statement; the store is then thrown away (its process died) or
goes on with a new connection (only its backend died).
"""

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from functools import partial
from typing import Any, TypeVar

import asyncpg  # type: ignore[import-untyped]  # has no stubs
from hypothesis.stateful import run_state_machine_as_test

from tests.support.postgres import PostgresServer
from tests.support.statement_proxy import StatementProxy, statement_proxy
from tests.support.wallet_load import report
from tests.support.wallet_machine import EXAMPLES_MIN, StoreMachine, machine_settings, straight
from wallet.bootstrap import system_now_ms
from wallet.ledger.decide import decide
from wallet.ledger.evolve import evolve
from wallet.ledger.state import Account, Round
from wallet.ledger.types import JournalRow
from wallet.settlement.admin_call import Answer, Instruction
from wallet.settlement.ports import StoreConflict, StoreUnavailable
from wallet.settlement.writes import Ledger
from wallet.storage.addresses import parse_address
from wallet.storage.migrate import migrate
from wallet.storage.postgres_store import PostgresStore
from wallet.storage.tables import ACCOUNT_COLUMNS, JOURNAL_COLUMNS, ROUND_COLUMNS

_T = TypeVar("_T")
TABLES = "accounts, journal, rounds, grants, notes"


class Bench:
    """One database, the proxy before it and a connection beside it, for all examples."""

    def __init__(self, server: PostgresServer) -> None:
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self.run(self._open(server))

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        return self._runner.run(work)

    async def _open(self, server: PostgresServer) -> None:
        name = server.create_database()
        await migrate(parse_address(server.dsn(name)))
        self.proxy: StatementProxy = await self._stack.enter_async_context(statement_proxy(server.socket_path))
        self.dsn = f"postgresql://postgres@127.0.0.1:{self.proxy.port}/{name}?sslmode=disable"
        self.beside = await asyncpg.connect(server.raw_dsn(name))
        self._stack.push_async_callback(self.beside.close)

    def close(self) -> None:
        self.run(self._stack.aclose())
        self._runner.close()


class PostgresMachine(StoreMachine):
    """A process on the bench's database, which begins empty."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self.bench = bench
        bench.proxy.spare()
        bench.run(bench.beside.execute(f"truncate {TABLES}"))
        self._open()

    def _open(self) -> None:
        self.store = PostgresStore(self.bench.dsn, Ledger(decide, evolve, system_now_ms), writer_count=1)

    def teardown(self) -> None:
        self.bench.run(self.store.aclose())

    def settle_group(self, commands: list[Instruction]) -> list[Answer]:
        try:
            return self.bench.run(self.store.settle(0, straight(commands), locked=len(commands) % 2 == 0)).replies
        except StoreConflict:
            return self.bench.run(self.store.settle(0, commands, locked=True)).replies

    def settle_and_die(self, commands: list[Instruction], statement: int, executed: bool) -> list[Answer] | None:
        proxy = self.bench.proxy
        proxy.cut(statement, executed=executed)
        answers = failure = None
        try:
            answers = self.settle_group(commands)
        except StoreUnavailable as failed:
            failure = failed
        proxy.spare()
        if failure is not None and not failure.committed_maybe:
            assert self._row_count() == self._rows_seen, "what had been committed was called impossible"
        if statement % 3:
            self.bench.run(self.store.aclose())
            self._open()
        return answers

    def _row_count(self) -> int:
        count: int = self.bench.run(self.bench.beside.fetchval("select count(*) from journal"))
        return count

    def books(self) -> tuple[list[Any], list[Any], list[Any]]:
        accounts = [Account(*record) for record in self._all(ACCOUNT_COLUMNS, "accounts")]
        rows = [JournalRow._make(record) for record in self._all(JOURNAL_COLUMNS, "journal")]
        rounds = [Round(*record) for record in self._all(ROUND_COLUMNS, "rounds")]
        self._rows_seen = len(rows)
        return accounts, rows, rounds

    def _all(self, columns: tuple[str, ...], table: str) -> list[Any]:
        statement = f"select {', '.join(columns)} from {table} order by 1, 2, 3, 4"
        records: list[Any] = self.bench.run(self.bench.beside.fetch(statement))
        return records


def test_w27_a_death_between_any_two_statements_on_postgres_leaves_the_books_right(postgres: PostgresServer) -> None:
    bench = Bench(postgres)
    try:
        run_state_machine_as_test(partial(PostgresMachine, bench), settings=machine_settings())  # type: ignore[arg-type]  # a factory will do
        report(f"PostgreSQL: {bench.proxy.cuts} connections cut between two statements")
        assert bench.proxy.cuts >= EXAMPLES_MIN
    finally:
        bench.close()
