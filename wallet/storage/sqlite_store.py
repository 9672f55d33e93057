"""The ledger on SQLite: one writer, one thread, WAL with synchronous=FULL.

``BEGIN IMMEDIATE`` takes the write lock before anything is read, so versions need no comparing. After a failed COMMIT
the connection stays: it still knows where the log ends, and writes the frames again (a fresh connection would
take unsynced frames for committed ones).
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from time import perf_counter_ns

from wallet.ledger.ids import AccountKey
from wallet.ledger.straight import Spin
from wallet.settlement.account_memory import AccountMemory
from wallet.settlement.admin_call import Instruction
from wallet.settlement.group import Group
from wallet.settlement.lone_spin import play_remembered
from wallet.settlement.ports import Settled, StoreConflict, StoreFailure, StoreRefused, StoreUnavailable
from wallet.settlement.writes import Ledger
from wallet.storage.sqlite_pace import CommitPace
from wallet.storage.sqlite_rows import load, write
from wallet.storage.sqlite_spins import CREATE_TRIGGER, CREATE_VIEW, INSERT_LINE, line_parameters
from wallet.storage.writer_thread import WriterThread

Connect = Callable[[Path], sqlite3.Connection]
BUSY_TIMEOUT_MS = 5_000
WAL_PAGES_MAX = 8192
_CONFLICTS = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def connect(path: Path, synchronous: str = "FULL") -> sqlite3.Connection:
    """Open the writer's connection."""
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, timeout=BUSY_TIMEOUT_MS // 1000, cached_statements=64
    )
    connection.execute("pragma journal_mode = wal")
    connection.execute(f"pragma synchronous = {synchronous}")
    connection.execute(f"pragma wal_autocheckpoint = {WAL_PAGES_MAX}")
    connection.execute("pragma cache_size = -65536")
    return connection


class SqliteStore:
    """One SQLite file as a ``LedgerStore``."""

    writer_count = 1

    def __init__(self, path: Path, ledger: Ledger, open_connection: Connect = connect) -> None:
        self._path = path
        self._ledger = ledger
        self._open_connection = open_connection
        self._connection: sqlite3.Connection | None = None
        self._thread: WriterThread | None = None
        self._pace = CommitPace()
        self._memory = AccountMemory()
        self._data_version = 0
        """What the file said of others' writes when the memory was last right."""
        self._patient = True
        """Whether the connection waits for the write lock, which may only be done in the thread."""
        self._left_alone = False
        """Whether somebody left while the thread was at work: until it is through, the connection is the thread's."""

    async def settle(self, writer: int, commands: Sequence[Instruction], *, locked: bool) -> Settled:
        """Settle a group: statements in the calling thread, the COMMIT with its sync in the writer's.

        Every statement lets go of the interpreter's lock and has to get it back; in a thread beside a busy event loop
        that costs a switch interval each time, far more than the statement itself. A caller that is alone is spared
        the hand-over of the COMMIT (``CommitPace``).
        """
        thread = self._thread = self._thread or WriterThread("wallet-writer")
        if self._left_alone:
            await thread.run(_nothing)
            self._left_alone = False
        committing = False
        try:
            cursor = self._cursor()
            if self._pace.checkpoint_due():
                self._pace.note_checkpoint()
                await thread.run(lambda: cursor.execute("pragma wal_checkpoint(passive)").fetchall())
            await self._begin(cursor, thread)
            settled, versions = self._prepare(cursor, commands)
            committing = True
            if self._pace.may_hold_loop(len(commands)):
                elapsed_ns = _commit(cursor)
            else:
                elapsed_ns = await thread.run(lambda: _commit(cursor))
            self._pace.note(elapsed_ns)
        except BaseException as error:
            self._memory.forget_all()
            if isinstance(error, asyncio.CancelledError):  # the thread is at it, and ends it
                self._left_alone = True
                thread.run(self._roll_back)  # a COMMIT that failed, and a BEGIN that nobody waits for any more
                raise
            self._give_up(error, committing=committing)
            raise
        self._memory.remember(settled.accounts, versions, settled.rounds)
        return settled

    def settle_swiftly(self, command: Instruction) -> Settled | None:
        """Settle a lone command in the calling thread, where nothing has to be waited for but a swift COMMIT."""
        pace = self._pace
        if self._connection is None or self._patient or self._left_alone:
            return None
        if pace.checkpoint_due() or not pace.may_hold_loop(1):
            return None
        started_ns = perf_counter_ns()
        settled = self.settle_now((command,))
        pace.note(perf_counter_ns() - started_ns)
        return settled

    def settle_now(self, commands: Sequence[Instruction]) -> Settled:
        """Settle a group in the calling thread, which waits for the disk."""
        committing = False
        try:
            cursor = self._cursor()
            cursor.execute("begin immediate")
            settled, versions = self._prepare(cursor, commands)
            committing = True
            cursor.execute("commit")
        except BaseException as error:
            self._memory.forget_all()
            self._give_up(error, committing=committing)
            raise
        self._memory.remember(settled.accounts, versions, settled.rounds)
        return settled

    async def aclose(self) -> None:
        """Close the connection and end the thread."""
        thread, self._thread = self._thread, None
        if thread is not None:
            await thread.run(self._close)
            thread.stop()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            self._memory.forget_all()
            self._patient = True

    def _cursor(self) -> sqlite3.Cursor:
        if self._connection is None:
            connection = self._open_connection(self._path)
            try:
                cursor = connection.cursor()
                cursor.execute(CREATE_VIEW)
                cursor.execute(CREATE_TRIGGER)
            except BaseException:
                connection.close()  # half made, it would refuse every spin
                raise
            self._connection = connection
        return self._connection.cursor()

    async def _begin(self, cursor: sqlite3.Cursor, thread: WriterThread) -> None:
        """Take the write lock at once, or wait for its holder in the thread."""
        if self._patient:
            cursor.execute("pragma busy_timeout = 0")
            self._patient = False
        try:
            cursor.execute("begin immediate")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in _CONFLICTS:
                raise
            self._patient = True
            await thread.run(lambda: _wait_and_begin(cursor))

    def _prepare(
        self, cursor: sqlite3.Cursor, commands: Sequence[Instruction]
    ) -> tuple[Settled, dict[AccountKey, int]]:
        """Load, decide and write inside of the open transaction; return the accounts' versions too, as they were."""
        data_version = cursor.execute("pragma data_version").fetchone()[0]
        if data_version != self._data_version:  # another connection has written since we remembered
            self._memory.forget_all()
            self._data_version = data_version
        if len(commands) == 1 and isinstance(spin := commands[0], Spin):
            lone = play_remembered(spin, self._memory, self._ledger.now_ms())
            if lone is not None:
                cursor.execute(INSERT_LINE, line_parameters(lone.line, lone.version + 1))
                return Settled([lone.reply], {spin.account_key: lone.account}), {spin.account_key: lone.version}
        group, writes = Group(self._ledger, commands, self._memory, as_lines=True), None
        while writes is None:
            while plan := group.next_plan():
                load(cursor, plan, group.state, group.versions)
            writes = group.decide()
        if writes.anything:
            write(cursor, writes, group.versions)
        return Settled(writes.replies, writes.accounts, writes.rounds), group.versions

    def _give_up(self, error: BaseException, *, committing: bool) -> None:
        """Roll back, and raise the store's own failure where the database is at fault."""
        self._roll_back()
        if isinstance(error, sqlite3.Error | OverflowError | UnicodeError):
            raise _failure(error, committing) from error

    def _roll_back(self) -> None:
        with suppress(sqlite3.Error):
            if self._connection is not None and self._connection.in_transaction:
                self._connection.rollback()


def _nothing() -> None:
    """Be done after all that was handed over before."""


def _commit(cursor: sqlite3.Cursor) -> int:
    """Commit and return how many nanoseconds it took."""
    started = perf_counter_ns()
    cursor.execute("commit")
    return perf_counter_ns() - started


def _wait_and_begin(cursor: sqlite3.Cursor) -> None:
    cursor.execute(f"pragma busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("begin immediate")


def _failure(error: Exception, committing: bool) -> StoreFailure:
    if isinstance(error, sqlite3.IntegrityError):
        unique = error.sqlite_errorcode in (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
        return StoreConflict(str(error)) if unique else StoreRefused(str(error))
    if isinstance(error, sqlite3.OperationalError):
        if error.sqlite_errorcode & 0xFF in _CONFLICTS:
            return StoreConflict(str(error), key_taken=False)
        return StoreUnavailable(str(error), committed_maybe=committing)
    if isinstance(error, sqlite3.InterfaceError | sqlite3.ProgrammingError | OverflowError | UnicodeError):
        return StoreRefused(str(error))
    return StoreUnavailable(str(error), committed_maybe=committing)
