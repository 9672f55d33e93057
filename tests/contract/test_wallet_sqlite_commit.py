"""Where the SQLite store commits: a lone caller's sync in the loop's thread, everybody else's in the writer's."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.wallet_machine import opening
from tests.support.wallets import BRAND, CURRENCY, EURO, FakeClock, deposit, spin
from wallet.ledger.decide import decide
from wallet.ledger.evolve import evolve
from wallet.ledger.straight import spin_of
from wallet.ledger.types import Command
from wallet.settlement.ports import StoreConflict
from wallet.settlement.writes import Ledger
from wallet.storage import sqlite_pace
from wallet.storage.addresses import parse_address
from wallet.storage.migrate import migrate
from wallet.storage.sqlite_pace import HELD_COMMITS_MAX, LONE_GROUPS_MIN
from wallet.storage.sqlite_store import SqliteStore, connect

PLAYER = "player-0"


class Watched:
    """A cursor that notes in which thread it commits and makes checkpoints."""

    def __init__(self, raw: sqlite3.Cursor, seen: list[tuple[str, bool]]) -> None:
        self._raw = raw
        self._seen = seen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def execute(self, statement: str, values: Any = ()) -> sqlite3.Cursor:
        if statement == "commit" or "checkpoint" in statement:
            self._seen.append((statement, threading.current_thread() is threading.main_thread()))
        return self._raw.execute(statement, values)


class WatchedConnection:
    """A connection whose cursors are watched."""

    def __init__(self, path: Path) -> None:
        self._raw = connect(path, "OFF")
        self.seen: list[tuple[str, bool]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def cursor(self) -> Watched:
        return Watched(self._raw.cursor(), self.seen)


@pytest.fixture
async def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[SqliteStore, Any]]:
    monkeypatch.setattr(sqlite_pace, "HOLD_NS_MAX", 10**12)  # whatever this machine's disk is like
    path = tmp_path / "wallet.db"
    await migrate(parse_address(f"sqlite:///{path}"))
    connection = WatchedConnection(path)
    store = SqliteStore(path, Ledger(decide, evolve, FakeClock().now_ms), lambda _: connection)  # type: ignore[arg-type, return-value]  # has the manners of sqlite3
    store.settle_now([opening((BRAND, PLAYER, CURRENCY)), deposit("d0", 10_000 * EURO, PLAYER)])
    yield store, connection.seen
    await store.aclose()


def one(name: str) -> Command:
    return spin(name, EURO, 0, PLAYER)


async def play(store: SqliteStore, first: int, count: int) -> None:
    for number in range(first, first + count):
        await store.settle(0, [one(f"r{number}")], locked=False)


async def test_a_lone_caller_commits_in_the_loop_after_a_while_and_two_never(watched: Any) -> None:
    store, seen = watched
    await play(store, 0, LONE_GROUPS_MIN + 2)
    assert len(seen) == LONE_GROUPS_MIN + 3
    assert seen[-3:] == [("commit", False), ("commit", True), ("commit", True)]

    await store.settle(0, [one("a"), one("b")], locked=False)
    await play(store, 1_000, 1)

    assert seen[-2:] == [("commit", False), ("commit", False)]


async def test_checkpoints_never_hold_the_loop(watched: Any) -> None:
    store, seen = watched

    await play(store, 0, LONE_GROUPS_MIN + HELD_COMMITS_MAX + 2)

    checkpoints = [in_loop for statement, in_loop in seen if "checkpoint" in statement]
    assert checkpoints == [False]


async def swift_store(watched: Any) -> SqliteStore:
    """Play until a lone caller's command is settled before the call returns."""
    store: SqliteStore = watched[0]
    await play(store, 0, LONE_GROUPS_MIN + 1)
    settled = store.settle_swiftly(one("swift"))
    assert settled is not None
    return store


def kept(path: Path) -> tuple[int, int, int]:
    """Return the cash of the account, its sequence, and the rows of the journal."""
    with sqlite3.connect(path) as reader:
        cash_micros, sequence = reader.execute("select cash_micros, sequence from accounts").fetchone()
        row_count = reader.execute("select count(*) from journal").fetchone()[0]
    reader.close()
    return cash_micros, sequence, row_count


async def test_w01_a_spin_that_meets_a_taken_key_swiftly_moves_nothing(watched: Any, tmp_path: Path) -> None:
    store = await swift_store(watched)
    before = kept(tmp_path / "wallet.db")
    known = spin_of(one("swift"))
    assert known is not None

    with pytest.raises(StoreConflict) as conflict:
        store.settle_swiftly(known)
    replayed = store.settle_swiftly(one("swift"))

    assert conflict.value.key_taken
    assert replayed is not None
    assert kept(tmp_path / "wallet.db") == before


async def test_w13_what_another_process_wrote_is_seen_by_a_spin_that_is_settled_swiftly(
    watched: Any, tmp_path: Path
) -> None:
    store = await swift_store(watched)
    cash_micros = kept(tmp_path / "wallet.db")[0]
    other = SqliteStore(tmp_path / "wallet.db", Ledger(decide, evolve, FakeClock().now_ms))
    other.settle_now([spin("other", 100 * EURO, 0, PLAYER)])
    await other.aclose()
    other._close()
    mine = spin_of(one("mine"))
    assert mine is not None

    settled = store.settle_swiftly(mine)

    assert settled is not None
    assert kept(tmp_path / "wallet.db")[0] == cash_micros - 101 * EURO


async def test_w15_a_lone_caller_does_not_hold_the_loop_while_another_process_writes(
    watched: Any, tmp_path: Path
) -> None:
    store = await swift_store(watched)
    other = sqlite3.connect(tmp_path / "wallet.db", isolation_level=None)
    other.execute("begin immediate")

    with pytest.raises(StoreConflict) as conflict:
        store.settle_swiftly(one("late"))
    other.execute("commit")
    other.close()

    assert not conflict.value.key_taken
    assert store.settle_swiftly(one("late")) is not None


async def test_a_held_loop_waits_for_the_write_lock_in_the_thread(watched: Any, tmp_path: Path) -> None:
    store, _ = watched
    await play(store, 0, LONE_GROUPS_MIN + 1)
    other = sqlite3.connect(tmp_path / "wallet.db", isolation_level=None)
    other.execute("begin immediate")

    waiting = asyncio.create_task(store.settle(0, [one("late")], locked=False))
    await asyncio.sleep(0)  # it has met the lock, and the loop still turns
    other.execute("commit")
    other.close()

    assert len((await waiting).replies) == 1
