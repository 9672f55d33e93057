"""A cancelled caller of the SQLite store leaves its work to the writer's thread, and the next group waits for it."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.wallet_machine import opening, straight
from tests.support.wallets import BRAND, CURRENCY, EURO, FakeClock, deposit, spin
from wallet.ledger.decide import decide
from wallet.ledger.evolve import evolve
from wallet.settlement.admin_call import Instruction
from wallet.settlement.writes import Ledger
from wallet.storage.addresses import parse_address
from wallet.storage.migrate import migrate
from wallet.storage.sqlite_pace import CommitPace
from wallet.storage.sqlite_store import SqliteStore, connect

PLAYER = "player-0"
PATIENCE_S = 20


class HeldCursor:
    """A cursor whose next COMMIT in the thread waits for ``go`` and may fail."""

    def __init__(self, raw: sqlite3.Cursor) -> None:
        self._raw = raw
        self.said: list[str] = []
        self.hold = False
        self.fails = False
        self.reached, self.go = threading.Event(), threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def execute(self, statement: str, values: Any = ()) -> sqlite3.Cursor:
        self.said.append(statement)
        if statement == "commit" and self.hold:
            self.hold = False
            self.reached.set()
            assert self.go.wait(PATIENCE_S)
            if self.fails:
                raise sqlite3.OperationalError("the disk is full")
        return self._raw.execute(statement, values)


class HeldConnection:
    def __init__(self, path: Path) -> None:
        self._raw = connect(path, "OFF")
        self.one_cursor = HeldCursor(self._raw.cursor())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def cursor(self) -> HeldCursor:
        return self.one_cursor


@pytest.fixture
async def held(tmp_path: Path) -> AsyncIterator[tuple[SqliteStore, HeldCursor, sqlite3.Connection]]:
    """A store, its cursor, and the connection of another process."""
    path = tmp_path / "wallet.db"
    await migrate(parse_address(f"sqlite:///{path}"))
    connection = HeldConnection(path)
    store = SqliteStore(path, Ledger(decide, evolve, FakeClock().now_ms), lambda _: connection)  # type: ignore[arg-type, return-value]  # has the manners of sqlite3
    await store.settle(0, [opening((BRAND, PLAYER, CURRENCY)), deposit("d0", 100 * EURO, PLAYER)], locked=False)
    other = sqlite3.connect(path, isolation_level=None, timeout=PATIENCE_S, check_same_thread=False)
    yield store, connection.one_cursor, other
    connection.one_cursor.go.set()
    await store.aclose()
    other.close()


def spins(*names: str) -> list[Instruction]:
    return straight([spin(name, EURO, 0, PLAYER) for name in names])


def kept(other: sqlite3.Connection) -> tuple[list[str], int, int]:
    """Return the bets in the journal, and the cash and the sequence of the account."""
    bets = [row[0] for row in other.execute("select transaction_id from journal where kind = 'bet' order by sequence")]
    cash_micros, sequence = other.execute("select cash_micros, sequence from accounts").fetchone()
    return bets, cash_micros, sequence


async def cancelled(task: "asyncio.Task[Any]") -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def turns_of_the_loop() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_w27_no_group_begins_while_the_commit_of_a_cancelled_one_is_under_way(held: Any) -> None:
    store, cursor, other = held
    cursor.hold = True
    first = asyncio.create_task(store.settle(0, spins("first"), locked=False))
    await asyncio.to_thread(cursor.reached.wait, PATIENCE_S)
    await cancelled(first)
    cursor.said.clear()

    second = asyncio.create_task(store.settle(0, spins("second"), locked=False))
    await turns_of_the_loop()
    begun = list(cursor.said)
    cursor.go.set()
    settled = await second

    assert begun == []
    assert settled.replies[0].accepted
    assert kept(other) == (["first", "second"], 98 * EURO, 6)


async def test_w27_the_commit_of_a_cancelled_group_never_commits_half_of_the_next_one(held: Any) -> None:
    store, cursor, other = held
    busy = threading.Event()
    store._thread.run(lambda: busy.wait(PATIENCE_S))
    first = asyncio.create_task(store.settle(0, spins("first"), locked=False))
    await turns_of_the_loop()
    await cancelled(first)  # its COMMIT waits behind other work of the thread

    second = asyncio.create_task(store.settle(0, spins("second"), locked=False))
    await turns_of_the_loop()
    busy.set()
    settled = await second

    assert settled.replies[0].accepted
    assert cursor.said.count("commit") == 3
    assert kept(other) == (["first", "second"], 98 * EURO, 6)


async def test_w27_a_commit_that_fails_after_its_caller_left_gives_the_lock_back(held: Any) -> None:
    store, cursor, other = held
    cursor.hold = cursor.fails = True
    first = asyncio.create_task(store.settle(0, spins("first"), locked=False))
    await asyncio.to_thread(cursor.reached.wait, PATIENCE_S)
    await cancelled(first)
    cursor.go.set()

    await asyncio.to_thread(other.execute, "begin immediate")
    other.execute("rollback")

    assert kept(other) == ([], 100 * EURO, 2)
    assert (await store.settle(0, spins("second"), locked=False)).replies[0].accepted


async def test_w27_the_write_lock_that_a_cancelled_group_waited_for_is_given_back(held: Any) -> None:
    store, _, other = held
    other.execute("begin immediate")
    first = asyncio.create_task(store.settle(0, spins("first"), locked=False))
    await turns_of_the_loop()
    await cancelled(first)
    other.execute("commit")
    await store._thread.run(lambda: None)  # it has got the lock, and was told to let go

    await asyncio.to_thread(other.execute, "begin immediate")
    other.execute("rollback")

    assert kept(other) == ([], 100 * EURO, 2)


async def test_w27_a_lone_caller_waits_for_the_thread_of_a_cancelled_group(held: Any, monkeypatch: Any) -> None:
    store, cursor, other = held
    cursor.hold = True
    first = asyncio.create_task(store.settle(0, spins("first"), locked=False))
    await asyncio.to_thread(cursor.reached.wait, PATIENCE_S)
    await cancelled(first)
    monkeypatch.setattr(CommitPace, "may_hold_loop", lambda *_: True)

    swift = store.settle_swiftly(*spins("second"))
    cursor.go.set()
    await store.settle(0, spins("second"), locked=False)
    swift_later = store.settle_swiftly(*spins("third"))

    assert swift is None
    assert swift_later is not None
    assert kept(other) == (["first", "second", "third"], 97 * EURO, 8)
