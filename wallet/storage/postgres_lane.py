"""One writer of the PostgreSQL store: a raw asyncpg connection with its prepared statements."""

import math
import time
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from itertools import starmap
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # has no stubs

from wallet.ledger.ids import AccountKey
from wallet.ledger.state import Account, Grant, LoadPlan, Round, State
from wallet.ledger.types import JournalRow
from wallet.settlement.ports import StoreConflict
from wallet.settlement.writes import Writes
from wallet.storage import event_times
from wallet.storage import postgres_sql as sql
from wallet.storage.postgres_copy import journal_text, notes_text, rounds_text
from wallet.storage.postgres_spins import WRITE_SPINS, Guard, in_time, spin_parameters
from wallet.storage.sqlite_sql import account_values, grant_values, round_values

_SETTINGS = (
    # The plans are right by construction (see postgres_sql): keep them, and keep sequential scans out of empty tables.
    "set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set enable_bitmapscan = off; set jit = off; "
    # A connection that we have lost must not keep its locks.
    f"set idle_in_transaction_session_timeout = '5s'; set application_name = '{event_times.WRITER_NAME}'; "
    # None may write for longer than those reckon with who read by time.
    "set statement_timeout = {write_ms_max}"
)
_VERBS = ("SELECT_", "LOCK_", "INSERT_", "UPSERT_", "UPDATE_")
_STATEMENTS = {name: getattr(sql, name) for name in dir(sql) if name.startswith(_VERBS)} | {"WRITE_SPINS": WRITE_SPINS}


class PostgresLane:
    """Loads and writes on one connection; the store above it knows when."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.clock_lead_ms = 0
        """How far the server's clock is ahead of the wallet's, at least."""
        self._clocks_compared_s = -math.inf
        self._prepared: dict[str, Any] = {}

    @classmethod
    async def open(cls, dsn: str, timeout_s: float) -> "PostgresLane":
        """Connect and set what the hot path relies on."""
        connection = await asyncpg.connect(dsn, timeout=timeout_s, statement_cache_size=0)
        try:
            await connection.execute(_SETTINGS.format(write_ms_max=event_times.WRITE_MS_MAX))
            if await connection.fetchval("show synchronous_commit") in ("off", "local"):
                await connection.execute("set synchronous_commit = on")
        except BaseException:
            connection.terminate()
            raise
        return cls(connection)

    async def compare_clocks(self, now_ms: Callable[[], int]) -> None:
        """Compare the server's clock with the wallet's, now and then.

        Ours is asked when the answer is here: what the answer took makes the deadlines of writes earlier, never later.
        """
        if time.monotonic() - self._clocks_compared_s > event_times.CLOCK_AGE_MAX_S:
            server_ms = await self.connection.fetchval("select floor(extract(epoch from clock_timestamp()) * 1000)")
            self.clock_lead_ms = int(server_ms) - now_ms()
            self._clocks_compared_s = time.monotonic()

    async def _statement(self, name: str) -> Any:
        """Return a statement, prepared at its first use."""
        statement = self._prepared.get(name)
        if statement is None:
            # With a name of its own: asyncpg has an unnamed one parsed and planned again at every use.
            statement = await self.connection.prepare(_STATEMENTS[name], name=f"wallet_{name.lower()}")
            self._prepared[name] = statement
        return statement

    async def load(self, plan: LoadPlan, state: State, versions: dict[AccountKey, int], *, locked: bool) -> None:
        """Load what ``plan`` names into ``state``; accounts first, since their version guards all the rest."""
        if plan.players:
            await self._load_players(plan, state, versions)
        if plan.accounts:
            # In key order, so that two processes lock the rows in the same order.
            name = "LOCK_ACCOUNTS" if locked else "SELECT_ACCOUNTS"
            _take_accounts(await self._fetch(name, sorted(plan.accounts)), state, versions)
        if plan.transactions:
            keys = {"|".join(key): key for key in plan.transactions}
            for record in await (await self._statement("SELECT_TRANSACTIONS")).fetch(list(keys)):
                row = JournalRow._make(record)
                state.transactions[row.key] = row
        if plan.rounds:
            for round_ in starmap(Round, await self._fetch("SELECT_ROUNDS", plan.rounds)):
                state.rounds[round_.key] = round_
        if plan.grants or plan.resolutions or plan.units or plan.open_games or plan.currencies:
            await self._load_rare(plan, state)

    async def _load_players(self, plan: LoadPlan, state: State, versions: dict[AccountKey, int]) -> None:
        """Load all accounts of players, one of us at a time: the end of our transaction lets the next one in."""
        players = sorted(plan.players)
        for brand_id, player_id in players:
            name = sha256(f"{brand_id}|{player_id}".encode()).digest()
            await (await self._statement("LOCK_PLAYER")).fetch(int.from_bytes(name[:8], signed=True))
        for player_key in players:
            _take_accounts(await (await self._statement("SELECT_PLAYER")).fetch(*player_key), state, versions)

    async def _load_rare(self, plan: LoadPlan, state: State) -> None:
        if plan.grants:
            for grant in starmap(Grant, await self._fetch("SELECT_GRANTS", plan.grants)):
                state.grants[grant.key] = grant
        if plan.resolutions:
            statement = await self._statement("SELECT_RESOLUTIONS")
            for record in await statement.fetch(["|".join(key) for key in plan.resolutions]):
                row = JournalRow._make(record)
                reference = (row.brand_id, row.provider_id, row.reference_kind, row.reference_transaction_id)
                state.resolutions[reference] = row
        for key in plan.units:
            first = state.transactions[key]
            until = first.sequence + first.unit_size - 1
            statement = await self._statement("SELECT_UNIT")
            records = await statement.fetch(*first.account_key, first.sequence, until)
            state.units[key] = tuple(map(JournalRow._make, records))
        await self._load_sets(plan, state)

    async def _load_sets(self, plan: LoadPlan, state: State) -> None:
        state.open_games.update((key, set()) for key in plan.open_games)
        if plan.open_games:
            for *game_key, round_id in await self._fetch("SELECT_OPEN_ROUNDS", plan.open_games):
                state.open_games[tuple(game_key)].add(round_id)
        state.currencies.update((key, set()) for key in plan.currencies)
        if plan.currencies:
            for *player_key, currency_code in await self._fetch("SELECT_CURRENCIES", plan.currencies):
                state.currencies[tuple(player_key)].add(currency_code)

    async def _fetch(self, name: str, keys: Iterable[Sequence[str]]) -> list[Any]:
        statement = await self._statement(name)
        records: list[Any] = await statement.fetch(*zip(*keys, strict=True))
        return records

    async def write_spins(self, writes: Writes, guard: Guard) -> None:
        """Write and commit a group of spins in one round trip; what was changed meanwhile makes the statement fail."""
        await (await self._statement("WRITE_SPINS")).fetch(*spin_parameters(writes, guard))

    async def commit(self, guard: Guard) -> None:
        """Commit what was written, unless it is too late for that."""
        await self.connection.execute(f"select {in_time(str(guard.deadline_ms))}; commit")

    async def write(self, writes: Writes, guard: Guard) -> None:
        """Write a group's rows; an account that is no longer the one that was read raises ``StoreConflict``."""
        if writes.accounts:
            await self._write_accounts(writes, guard)
        if writes.rows:
            await self._copy(sql.COPY_JOURNAL, journal_text(writes.rows))
        if writes.rounds:
            await self._write_rounds(writes)
        if writes.grants:
            await self._change("UPSERT_GRANTS", [grant_values(grant) for grant in writes.grants.values()], "a grant")
        if writes.notes:
            await self._copy(sql.COPY_NOTES, notes_text(writes.notes))

    async def _write_accounts(self, writes: Writes, guard: Guard) -> None:
        new: list[tuple[Any, ...]] = []
        old: list[tuple[Any, ...]] = []
        for key in sorted(writes.accounts):  # in key order, so that two processes lock the rows in the same order
            version = guard.versions.get(key, 0)
            values = (*account_values(writes.accounts[key]), version + 1)
            if version:
                old.append((*values, guard.heads[key]))
            else:
                new.append(values)
        if old:
            await self._change("UPDATE_ACCOUNTS", old, "an account")
        if new:
            await self._change("INSERT_ACCOUNTS", new, "an account")

    async def _write_rounds(self, writes: Writes) -> None:
        spans, known = writes.spans, writes.known_rounds
        items = writes.rounds.items()
        new = [(*round_values(round_), *spans.get(key, (0, 0))) for key, round_ in items if key not in known]
        old = [(*round_values(round_), *spans.get(key, (0, 0))) for key, round_ in items if key in known]
        if new:
            await self._copy(sql.COPY_ROUNDS, rounds_text(new))
        if old:
            await self._change("UPDATE_ROUNDS", old, "a round")

    async def _change(self, name: str, values: list[tuple[Any, ...]], what: str) -> None:
        statement = await self._statement(name)
        await statement.fetch(*zip(*values, strict=True))
        if int(statement.get_statusmsg().rpartition(" ")[2]) != len(values):
            raise StoreConflict(f"{what} was changed by another writer", key_taken=False)

    async def _copy(self, target: tuple[str, tuple[str, ...]], body: bytes) -> None:
        table, columns = target
        # As a memoryview: bytes would be taken for the path of a file.
        await self.connection.copy_to_table(table, source=memoryview(body), columns=columns)


def _take_accounts(records: Iterable[Any], state: State, versions: dict[AccountKey, int]) -> None:
    for *values, version in records:
        account = Account(*values)
        state.accounts[account.key] = account
        versions[account.key] = version
