"""Stateful test of the real SQLite store: any commands in any order, with a crash between any two statements."""

import sqlite3
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from tests.support.wallet_load import report
from tests.support.wallet_machine import EXAMPLES_MIN, StoreMachine, machine_settings, straight
from tests.support.wallets import FakeClock
from wallet.ledger.decide import decide
from wallet.ledger.evolve import evolve
from wallet.ledger.state import Account, Round
from wallet.ledger.types import JournalRow
from wallet.settlement.admin_call import Answer, Instruction
from wallet.settlement.ports import StoreConflict
from wallet.settlement.writes import Ledger
from wallet.storage.sqlite_pace import CommitPace
from wallet.storage.sqlite_store import SqliteStore, connect
from wallet.storage.tables import ACCOUNT_COLUMNS, JOURNAL_COLUMNS, ROUND_COLUMNS, metadata

MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""A dead process loses nothing that was written: no disk need turn for this test."""


class Crash(BaseException):
    """The process died between two statements."""


class CrashingConnection:
    """A connection whose process dies before or after the statement of a chosen number."""

    def __init__(self, path: Path) -> None:
        self.raw = connect(path)
        self.crash_at = -1
        self.executed = False

    def cursor(self) -> "CrashingConnection":
        self._cursor = self.raw.cursor()
        return self

    def _run(self, statement: Any, *arguments: Any) -> Any:
        self.crash_at -= 1
        if self.crash_at != 0:
            return statement(*arguments)
        if self.executed:
            with suppress(sqlite3.Error):  # whatever the answer was, nobody is there any more to hear it
                statement(*arguments)
        raise Crash

    def execute(self, *arguments: Any) -> Any:
        return self._run(self._cursor.execute, *arguments)

    def executemany(self, *arguments: Any) -> Any:
        return self._run(self._cursor.executemany, *arguments)

    @property
    def in_transaction(self) -> bool:
        # A dead process rolls nothing back: SQLite does when it is opened again.
        return self.crash_at != 0 and self.raw.in_transaction

    def rollback(self) -> None:
        self.raw.rollback()

    def close(self) -> None:
        self.raw.close()


class AlwaysSwift(CommitPace):
    """Lets a lone command hold the loop from the first one on."""

    def may_hold_loop(self, group_size: int) -> bool:
        return group_size == 1


class WalletMachine(StoreMachine):
    """A process on a file; lone commands are settled swiftly."""

    swift_count = 0

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger(decide, evolve, FakeClock().now_ms)
        self.folder = tempfile.TemporaryDirectory(prefix="rg-state-", dir=MEMORY)
        self.path = Path(self.folder.name) / "wallet.db"
        engine = create_engine(f"sqlite:///{self.path}", poolclass=NullPool)
        metadata.create_all(engine)
        engine.dispose()
        self._open()

    def _open(self) -> None:
        self.connection = CrashingConnection(self.path)
        self.store = SqliteStore(self.path, self.ledger, lambda _: self.connection)  # type: ignore[arg-type, return-value]
        self.store._patient = False  # nobody else writes to the file
        self.store._pace = AlwaysSwift()

    def teardown(self) -> None:
        self.connection.close()
        self.folder.cleanup()

    def settle_group(self, commands: list[Instruction]) -> list[Answer]:
        try:
            swift = self.store.settle_swiftly(*straight(commands)) if len(commands) == 1 else None
            WalletMachine.swift_count += swift is not None
            return (swift or self.store.settle_now(straight(commands))).replies
        except StoreConflict:
            return self.store.settle_now(commands).replies

    def settle_and_die(self, commands: list[Instruction], statement: int, executed: bool) -> list[Answer] | None:
        self.connection.crash_at, self.connection.executed = statement, executed
        answers = None
        with suppress(Crash):
            answers = self.settle_group(commands)
        with suppress(sqlite3.Error):
            self.connection.close()
        self._open()
        return answers

    def books(self) -> tuple[list[Any], list[Any], list[Any]]:
        reader = sqlite3.connect(self.path)
        rows = [JournalRow._make(row) for row in _all(reader, JOURNAL_COLUMNS, "journal")]
        accounts = [Account(*row) for row in _all(reader, ACCOUNT_COLUMNS, "accounts")]
        rounds = [Round(*row) for row in _all(reader, ROUND_COLUMNS, "rounds")]
        reader.close()
        return accounts, rows, rounds


def _all(reader: sqlite3.Connection, columns: tuple[str, ...], table: str) -> list[tuple[Any, ...]]:
    return reader.execute(f"select {', '.join(columns)} from {table} order by 1, 2, 3, 4").fetchall()


def test_w27_a_crash_between_any_two_statements_on_sqlite_leaves_the_books_right() -> None:
    run_state_machine_as_test(WalletMachine, settings=machine_settings())

    report(f"SQLite: {WalletMachine.swift_count} commands settled swiftly")
    assert WalletMachine.swift_count >= EXAMPLES_MIN
