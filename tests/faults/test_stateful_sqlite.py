"""Stateful test of the real SQLite store: any commands in any order, with a crash between any two statements."""

import itertools
import sqlite3
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from tests.support.wallet_load import essence
from tests.support.wallets import BRAND, CURRENCY, EURO, START_MS, bet, deposit, rollback, spin, win
from wallet.ledger.admin import Author, open_account
from wallet.ledger.audit import audit
from wallet.ledger.decide import decide
from wallet.ledger.evolve import evolve
from wallet.ledger.state import Account, Round
from wallet.ledger.types import Command, JournalRow, Reply
from wallet.settlement.admin_call import AdminCall
from wallet.settlement.group import Ledger
from wallet.storage.sqlite_store import SqliteStore, connect
from wallet.storage.tables import ACCOUNT_COLUMNS, ROUND_COLUMNS, metadata

IDS = st.sampled_from(("a", "b", "c"))
PLAYERS = st.sampled_from(("player-1", "player-2"))
AMOUNTS = st.sampled_from((0, EURO, 7 * EURO))
COMMANDS = st.one_of(
    st.builds(lambda i, a, p: bet(f"bet-{i}", a, f"round-{i}", p), IDS, AMOUNTS, PLAYERS),
    st.builds(lambda i, a, p, c: win(f"win-{i}", a, f"round-{i}", p, close=c), IDS, AMOUNTS, PLAYERS, st.booleans()),
    st.builds(lambda i, j, p: rollback(f"undo-{j}", f"bet-{i}", p, f"round-{i}"), IDS, IDS, PLAYERS),
    st.builds(lambda i, a, w, p: spin(f"spin-{i}", a, w, p), IDS, AMOUNTS, AMOUNTS, PLAYERS),
    st.builds(lambda i, p: deposit(f"deposit-{i}", 10 * EURO, p), IDS, PLAYERS),
)


class Crash(BaseException):
    """The process died between two statements."""


class CrashingConnection:
    """A connection whose process dies before the statement of a chosen number."""

    def __init__(self, path: Path) -> None:
        self.raw = connect(path)
        self.crash_before = -1

    def cursor(self) -> "CrashingConnection":
        self._cursor = self.raw.cursor()
        return self

    def _step(self) -> None:
        self.crash_before -= 1
        if self.crash_before == 0:
            raise Crash

    def execute(self, *arguments: Any) -> Any:
        self._step()
        return self._cursor.execute(*arguments)

    def executemany(self, *arguments: Any) -> Any:
        self._step()
        return self._cursor.executemany(*arguments)

    @property
    def in_transaction(self) -> bool:
        return False  # a dead process rolls nothing back: SQLite does when it is opened again

    def close(self) -> None:
        self.raw.close()


class WalletMachine(RuleBasedStateMachine):
    """Two players, few ids, so that every key meets every other."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="rg-state-")
        self.path = Path(self.folder.name) / "wallet.db"
        self.answers: dict[Command, Reply] = {}
        self.clock = itertools.count(START_MS)
        engine = create_engine(f"sqlite:///{self.path}", poolclass=NullPool)
        metadata.create_all(engine)
        engine.dispose()
        self._open()

    def _open(self) -> None:
        self.connection = CrashingConnection(self.path)
        self.store = SqliteStore(self.path, Ledger(decide, evolve), lambda _: self.connection)  # type: ignore[arg-type, return-value]

    def teardown(self) -> None:
        self.connection.close()
        self.folder.cleanup()

    @initialize()
    def fund(self) -> None:
        for player_id in ("player-1", "player-2"):
            key = (BRAND, player_id, CURRENCY)
            opening = AdminCall(
                *key, lambda account, _, now_ms, key=key: open_account(account, *key, Author("t", "", now_ms))
            )
            self.store.settle_now(
                [opening, deposit(f"start-{player_id}", 20 * EURO, player_id)._replace(now_ms=START_MS)]
            )

    def _settle(self, commands: list[Command]) -> None:
        stamped = [command._replace(now_ms=next(self.clock)) for command in commands]
        for command, reply in zip(commands, self.store.settle_now(stamped).replies, strict=True):
            assert isinstance(reply, Reply)
            told = self.answers.setdefault(command, reply)
            if essence(told.results):
                assert essence(reply.results) == essence(told.results), "a repeat was answered otherwise"
            else:
                self.answers[command] = reply

    @rule(commands=st.lists(COMMANDS, min_size=1, max_size=4))
    def settle(self, commands: list[Command]) -> None:
        self._settle(commands)

    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        if self.answers:
            self._settle([data.draw(st.sampled_from(sorted(self.answers)))])

    @rule(commands=st.lists(COMMANDS, min_size=1, max_size=4), before=st.integers(1, 12))
    def crash_between_two_statements(self, commands: list[Command], before: int) -> None:
        self.connection.crash_before = before
        crashed = False
        try:
            self._settle(commands)
        except Crash:
            crashed = True
        event(f"crashed before statement {before}" if crashed else "no crash")
        with suppress(sqlite3.Error):
            self.connection.close()
        self._open()

    @invariant()
    def the_books_are_right(self) -> None:
        reader = sqlite3.connect(self.path)
        rows = [JournalRow._make(row) for row in reader.execute("select * from journal order by 1, 2, 3, 4")]
        accounts = [Account(*row) for row in _all(reader, ACCOUNT_COLUMNS, "accounts")]
        rounds = [Round(*row) for row in _all(reader, ROUND_COLUMNS, "rounds")]
        reader.close()
        assert audit(accounts, rows, rounds).findings == []


def _all(reader: sqlite3.Connection, columns: tuple[str, ...], table: str) -> list[tuple[Any, ...]]:
    return reader.execute(f"select {', '.join(columns)} from {table} order by 1, 2, 3, 4").fetchall()


TestWalletMachine = WalletMachine.TestCase
TestWalletMachine.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
