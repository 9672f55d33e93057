"""Planted mutants of the real stores: the mistakes that a store can make with a right ``decide``.

A mutant sits between the store and its database and changes what is said there, statement by statement; so it
needs to know little of the store's inside. One that is never reached was not planted, and ``Mutant.planted`` says so.
"""

import re
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # has no stubs
import pytest

from wallet import bootstrap
from wallet.ledger.decide import decide
from wallet.ledger.state import Decision, State
from wallet.ledger.types import Command
from wallet.storage import postgres_lane, sqlite_store
from wallet.storage.sqlite_store import SqliteStore

LOST_COMMIT_EVERY = 9
LOST_ROUNDS_EVERY = 5
WINDOW_S = 0.003


@dataclass
class Mutant:
    """How a statement is changed (``None``: it is left out), and what else is wrong."""

    name: str
    change: Callable[["Mutant", str], str | None] = lambda mutant, statement: statement
    key_is_unique: bool = True
    stores: tuple[str, ...] = ("sqlite", "postgres")
    """Where it can be planted: what guards a store is not the same in both."""

    sequence_is_unique: bool = True
    decide: Callable[..., Decision] = decide
    planted: int = 0
    """How often it did something wrong."""

    @property
    def is_planted(self) -> bool:
        """Say whether anything was wrong."""
        return self.planted > 0 or self.decides_wrongly or not self.key_is_unique

    @property
    def decides_wrongly(self) -> bool:
        """Say whether what is wrong lies in what the store makes of a decision."""
        return self.decide is not decide

    def said(self, statement: str) -> str | None:
        """Return what is really said."""
        changed = self.change(self, statement)
        self.planted += changed != statement
        return changed

    def plant(self, patch: pytest.MonkeyPatch) -> None:
        """Put it between the stores and their databases."""
        if self.decides_wrongly:
            patch.setattr(bootstrap, "decide", self.decide)
        patch.setattr(postgres_lane, "asyncpg", _Driver(self))
        connect = partial(_connect_sqlite, self)
        patch.setattr(bootstrap, "SqliteStore", partial(SqliteStore, open_connection=connect))  # type: ignore[arg-type]  # has the manners of sqlite3


class _Driver:
    """``asyncpg``, but what it connects goes through the mutant."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncpg, name)

    async def connect(self, *values: Any, **named: Any) -> "_Connection":
        return _Connection(await asyncpg.connect(*values, **named), self._mutant)


class _Connection:
    def __init__(self, raw: Any, mutant: Mutant) -> None:
        self._raw = raw
        self._mutant = mutant

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    async def execute(self, statement: str, *values: Any) -> Any:
        said = self._mutant.said(statement)
        return None if said is None else await self._raw.execute(said, *values)

    async def prepare(self, statement: str, *values: Any, **named: Any) -> Any:
        prepared = await self._raw.prepare(self._mutant.said(statement), *values, **named)
        return _CommittingStatement(prepared, self) if statement.startswith("with spins") else prepared

    async def copy_to_table(self, table: str, **named: Any) -> Any:
        if self._mutant.said(f"insert into {table}") is not None:
            await self._raw.copy_to_table(table, **named)


class _CommittingStatement:
    """A statement that commits as it ends; what a mutant says in place of ``commit`` is done to it."""

    def __init__(self, raw: Any, connection: _Connection) -> None:
        self._raw = raw
        self._connection = connection

    async def fetch(self, *values: Any) -> Any:
        said = self._connection._mutant.said("commit")
        if said == "commit":
            return await self._raw.fetch(*values)
        await self._connection._raw.execute("begin")
        answer = await self._raw.fetch(*values)
        await self._connection._raw.execute(said)
        return answer


def _connect_sqlite(mutant: Mutant, path: Path) -> "_SqliteConnection":
    return _SqliteConnection(sqlite_store.connect(path), mutant)


class _SqliteConnection:
    def __init__(self, raw: sqlite3.Connection, mutant: Mutant) -> None:
        self._raw = raw
        self._mutant = mutant

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def cursor(self) -> "_SqliteCursor":
        return _SqliteCursor(self._raw, self._mutant)


class _SqliteCursor:
    def __init__(self, raw: sqlite3.Connection, mutant: Mutant) -> None:
        self._connection = raw
        self._raw = raw.cursor()
        self._mutant = mutant

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def execute(self, statement: str, values: Sequence[Any] = ()) -> Any:
        said = self._mutant.said(statement)
        if said is None or (said == "commit" and not self._connection.in_transaction):
            return self._raw
        return self._raw.execute(said, values)

    def executemany(self, statement: str, rows: Any) -> Any:
        said = self._mutant.said(statement)
        if said is None:
            return self._raw
        if not self._connection.in_transaction:
            time.sleep(WINDOW_S)  # a mutant took the lock away: leave it the time to do harm
            self._raw.execute("begin immediate")
        return self._raw.executemany(said, rows)


def no_lock_and_no_version(mutant: Mutant, statement: str) -> str | None:
    """Reads before anything is locked, never looks again, and writes over the row that another process numbered alike.

    The journal's own key, the account's sequence, catches what the lock and the version let through: it goes too.
    """
    if statement == "begin immediate":
        return None
    if statement.startswith("insert into journal"):
        return statement.replace("insert into", "insert or replace into")
    statement = statement.replace(" for update", "")
    return no_version(mutant, statement)


def no_version(mutant: Mutant, statement: str) -> str | None:
    """An account is written over, whatever has become of it since it was read."""
    guards = (
        " and accounts.version = spins.version and accounts.chain_head = spins.read_head",
        " and t.version = k.version - 1 and t.chain_head = k.read_head",
    )
    for guard in guards:
        statement = statement.replace(guard, "")
    return statement


def chain_skipped(mutant: Mutant, statement: str) -> str | None:
    """The account's chain head is not moved on."""
    return re.sub(r", chain_head = [a-z0-9_.]*chain_head", "", statement)


_turns = count(1)


def acknowledged_before_the_commit(mutant: Mutant, statement: str) -> str | None:
    """The answer goes out; now and then there is no commit behind it."""
    if statement.endswith("commit") and next(_turns) % LOST_COMMIT_EVERY == 0:
        return "rollback"
    return statement


def rounds_in_another_transaction(mutant: Mutant, statement: str) -> str | None:
    """A group's rounds are written apart; now and then nobody comes to it."""
    is_insert = statement.startswith("insert into rounds") and "unnest" not in statement
    return None if is_insert and next(_turns) % LOST_ROUNDS_EVERY == 0 else statement


def rows_forgotten(mutant: Mutant, statement: str) -> str | None:
    """The balance moves; now and then the journal does not know why."""
    if statement.startswith("insert into journal") and next(_turns) % LOST_COMMIT_EVERY == 0:
        return None
    return statement


def key_not_looked_up(mutant: Mutant, statement: str) -> str | None:
    """The keys of a group are not looked for in the journal."""
    by_key = "from journal" in statement and "flags &" not in statement and "between" not in statement
    return statement.replace(" where ", " where 1 = 0 and ") if by_key else statement


def _without_refusals(state: State, command: Command) -> Decision:
    decision = decide(state, command)
    return decision if decision.reply.accepted else Decision(decision.reply)


MUTANTS = {
    mutant.name: mutant
    for mutant in (
        Mutant("no lock and no version check", no_lock_and_no_version, sequence_is_unique=False),
        Mutant("account written over", no_version, sequence_is_unique=False, stores=("postgres",)),
        Mutant("chain skipped", chain_skipped),
        Mutant("acknowledged before the commit", acknowledged_before_the_commit),
        Mutant("rounds written in another transaction", rounds_in_another_transaction),
        Mutant("journal rows forgotten", rows_forgotten),
        Mutant("key neither unique nor looked up", key_not_looked_up, key_is_unique=False),
        Mutant("spins' keys not unique", key_is_unique=False),
        Mutant("refusal not stored", decide=_without_refusals),
    )
}
