"""The rows of a group on SQLite: loaded before it is decided, written afterwards, inside of its transaction."""

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from wallet.ledger.ids import AccountKey
from wallet.ledger.state import Account, Grant, LoadPlan, Round, State
from wallet.ledger.types import JournalRow
from wallet.settlement.writes import Writes
from wallet.storage import sqlite_sql as sql
from wallet.storage.sqlite_spins import INSERT_LINE, spin_parameters


def load(cursor: sqlite3.Cursor, plan: LoadPlan, state: State, versions: dict[AccountKey, int]) -> None:
    """Put the rows that ``plan`` names into ``state``, and the versions of their accounts into ``versions``."""
    for player_key in plan.players:  # whoever else asks for the player waits for our write lock
        _take_accounts(cursor.execute(sql.SELECT_PLAYER, player_key).fetchall(), state, versions)
    if plan.accounts:
        _take_accounts(_look_up(cursor, sql.SELECT_ACCOUNTS, list(plan.accounts)), state, versions)
    if plan.transactions:
        keys: list[tuple[str, ...]] = [("|".join(key),) for key in plan.transactions]
        for found in _look_up(cursor, sql.SELECT_TRANSACTIONS, keys):
            row = JournalRow._make(found)
            state.transactions[row.key] = row
    if plan.rounds:
        for found in _look_up(cursor, sql.SELECT_ROUNDS, list(plan.rounds)):
            round_ = Round(*found)
            state.rounds[round_.key] = round_
    if plan.grants or plan.resolutions or plan.units or plan.open_games or plan.currencies:
        _load_rare(cursor, plan, state)


def _take_accounts(found: Iterable[Any], state: State, versions: dict[AccountKey, int]) -> None:
    for *values, version in found:
        account = Account(*values)
        account.demo = bool(account.demo)  # SQLite has no booleans
        state.accounts[account.key] = account
        versions[account.key] = version


def _look_up(cursor: sqlite3.Cursor, statements: dict[int, str], keys: list[tuple[str, ...]]) -> Iterator[Any]:
    """Yield the rows under ``keys``, many keys a statement."""
    start = 0
    for size in sql.BATCH_SIZES:
        while len(keys) - start >= size:
            some = keys[start : start + size]
            start += size
            yield from cursor.execute(statements[size], tuple(chain.from_iterable(some))).fetchall()


def _load_rare(cursor: sqlite3.Cursor, plan: LoadPlan, state: State) -> None:
    execute = cursor.execute
    for grant_key in plan.grants:
        found = execute(sql.SELECT_GRANT, grant_key).fetchone()
        if found is not None:
            grant = state.grants[grant_key] = Grant(*found)
            grant.cancelled = bool(grant.cancelled)
    for key in plan.resolutions:
        found = execute(sql.SELECT_RESOLUTION, ("|".join(key),)).fetchone()
        if found is not None:
            state.resolutions[key] = JournalRow._make(found)
    for key in plan.units:
        first = state.transactions[key]
        until = first.sequence + first.unit_size - 1
        rows = execute(sql.SELECT_UNIT, (*first.account_key, first.sequence, until))
        state.units[key] = tuple(map(JournalRow._make, rows))
    for game_key in plan.open_games:
        state.open_games[game_key] = {found[0] for found in execute(sql.SELECT_OPEN_ROUNDS, game_key)}
    for player_key in plan.currencies:
        state.currencies[player_key] = {found[0] for found in execute(sql.SELECT_CURRENCIES, player_key)}


def write(cursor: sqlite3.Cursor, writes: Writes, versions: dict[AccountKey, int]) -> None:
    """Write what a group has decided on accounts of these ``versions``."""
    if writes.lines:
        cursor.executemany(INSERT_LINE, spin_parameters(writes, versions))
        return
    if writes.rows:
        _write_rows(cursor, writes.rows)
    if writes.accounts:
        values = sql.account_values
        cursor.executemany(
            sql.UPSERT_ACCOUNT,
            [(*values(account), versions.get(key, 0) + 1) for key, account in writes.accounts.items()],
        )
    if writes.rounds:
        _write_rounds(cursor, writes)
    if writes.grants:
        cursor.executemany(sql.UPSERT_GRANT, [sql.grant_values(grant) for grant in writes.grants.values()])
    if writes.notes:
        cursor.executemany(sql.INSERT_NOTE, writes.notes)


def _write_rows(cursor: sqlite3.Cursor, rows: list[JournalRow]) -> None:
    usual, others = [], []
    parameters, unusual_part, usual_values = sql.usual_parameters, sql.unusual_part, sql.USUAL_VALUES
    for row in rows:
        detail, fingerprint, head = row[-3:]
        if unusual_part(row) == usual_values:
            # As bytearray: bytes are offered to adapters first, which costs more than the copy.
            usual.append((*parameters(row), bytearray(detail), bytearray(fingerprint), bytearray(head)))
        else:
            others.append(row)
    if usual:
        cursor.executemany(sql.INSERT_USUAL, usual)
    if others:
        cursor.executemany(sql.INSERT_JOURNAL, others)


def _write_rounds(cursor: sqlite3.Cursor, writes: Writes) -> None:
    """Insert the new rounds, which must not be there (a spin has not looked), and update the known ones."""
    values, spans, known = sql.round_values, writes.spans, writes.known_rounds
    new: list[tuple[Any, ...]] = []
    old: list[tuple[Any, ...]] = []
    for key, round_ in writes.rounds.items():
        (old if key in known else new).append((*values(round_), *spans.get(key, (0, 0))))
    if new:
        cursor.executemany(sql.INSERT_ROUND, new)
    if old:
        cursor.executemany(sql.UPSERT_ROUND, old)
