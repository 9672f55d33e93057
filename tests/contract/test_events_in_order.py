"""Who reads the journal by time misses nothing: what would come in behind him is not committed, or he waits for it."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # has no stubs
import pytest

from tests.support.wallet_load import Play, open_players
from tests.support.wallet_machine import opening, straight
from tests.support.wallets import BRAND, CURRENCY, EURO, FakeClock, deposit, spin
from wallet.bootstrap import open_wallet, system_now_ms
from wallet.ledger.decide import decide
from wallet.ledger.evolve import evolve
from wallet.settlement.group_commit import GroupSettings
from wallet.settlement.ports import StoreConflict, StoreUnavailable
from wallet.settlement.wallet import Wallet
from wallet.settlement.writes import Ledger, Writes
from wallet.storage import event_times
from wallet.storage.addresses import asyncpg_dsn, parse_address
from wallet.storage.migrate import migrate
from wallet.storage.postgres_lane import PostgresLane
from wallet.storage.postgres_spins import Guard, in_time
from wallet.storage.postgres_store import PostgresStore
from wallet.storage.reads import SqlReads
from wallet.storage.snapshot import audit_database
from wallet.storage.sqlite_store import SqliteStore

ANN = (BRAND, "ann", CURRENCY)
ALL_OF_TIME_MS = 2**60
PLAY_S = 6
PLAYERS = 24
GROUPS = {"spins": ["spin"], "other commands": ["deposit"], "both": ["spin", "deposit"]}


def group(kinds: list[str]) -> Any:
    commands = {"spin": spin("late", EURO, 0, "ann"), "deposit": deposit("late", EURO, "ann")}
    return straight([commands[kind] for kind in kinds])


@pytest.fixture
async def store(postgres_url: str) -> AsyncIterator[PostgresStore]:
    """A store whose clock runs, with a funded player."""
    await migrate(parse_address(postgres_url))
    ledger = Ledger(decide, evolve, system_now_ms)
    one = PostgresStore(asyncpg_dsn(parse_address(postgres_url)), ledger, writer_count=1)
    await one.settle(0, [opening(ANN), deposit("d0", 100 * EURO, "ann")], locked=False)
    yield one
    await one.aclose()


@pytest.fixture
async def beside(postgres_url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(asyncpg_dsn(parse_address(postgres_url)))
    yield connection
    await connection.close()


@pytest.mark.parametrize("kinds", GROUPS.values(), ids=GROUPS)
@pytest.mark.parametrize("locked", [False, True])
async def test_w28_what_comes_too_late_for_its_time_is_not_committed(
    postgres_url: str, store: PostgresStore, beside: Any, monkeypatch: Any, kinds: list[str], locked: bool
) -> None:
    await beside.execute("create table before as table accounts")
    with monkeypatch.context() as patch:
        patch.setattr(event_times, "STAMP_AGE_MAX_MS", -1)
        with pytest.raises(StoreConflict, match="too late"):
            await store.settle(0, group(kinds), locked=locked)
    left = await beside.fetchval("select count(*) from (table accounts except table before) changed")
    row_count = await beside.fetchval("select count(*) from journal where transaction_id like 'late%'")

    settled = await store.settle(0, group(kinds), locked=locked)

    assert (left, row_count) == (0, 0)
    assert all(reply.accepted for reply in settled.replies)


@pytest.mark.parametrize("kinds", GROUPS.values(), ids=GROUPS)
async def test_w28_the_time_that_a_write_waits_for_another_session_counts(
    store: PostgresStore, beside: Any, monkeypatch: Any, kinds: list[str]
) -> None:
    monkeypatch.setattr(event_times, "STAMP_AGE_MAX_MS", 300)
    await beside.execute("begin; select 1 from accounts for update")
    settling = asyncio.create_task(store.settle(0, group(kinds), locked=False))
    await asyncio.sleep(0.5)  # by the server's clock, which nobody can move
    await beside.execute("commit")

    with pytest.raises(StoreConflict, match="too late"):
        await settling
    assert await beside.fetchval("select count(*) from journal where transaction_id like 'late%'") == 0


@pytest.mark.parametrize("kinds", GROUPS.values(), ids=GROUPS)
async def test_w28_on_postgres_a_row_bears_the_time_at_which_the_lock_of_its_account_was_got(
    postgres_url: str, store: PostgresStore, beside: Any, kinds: list[str]
) -> None:
    clock = FakeClock(system_now_ms())
    locking = PostgresStore(
        asyncpg_dsn(parse_address(postgres_url)), Ledger(decide, evolve, clock.now_ms), writer_count=1
    )
    await beside.execute("begin; select 1 from accounts for update")
    settling = asyncio.create_task(locking.settle(0, group(kinds), locked=True))
    async with asyncio.timeout(10):
        while not await beside.fetchval("select count(*) from pg_locks where not granted"):  # noqa: ASYNC110 - in the server
            await asyncio.sleep(0.01)
    clock.advance(4_000)
    called_ms = clock.time_ms
    await beside.execute("commit")
    await settling
    await locking.aclose()

    assert await beside.fetchval("select min(time_ms) from journal where transaction_id like 'late%'") >= called_ms


async def test_w28_a_process_that_stands_still_before_its_commit_does_not_commit(
    store: PostgresStore, beside: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(event_times, "STAMP_AGE_MAX_MS", 300)
    commit = PostgresLane.commit

    async def commit_late(self: PostgresLane, guard: Guard) -> None:
        await asyncio.sleep(0.5)
        await commit(self, guard)

    monkeypatch.setattr(PostgresLane, "commit", commit_late)
    with pytest.raises(StoreConflict, match="too late"):
        await store.settle(0, group(["deposit"]), locked=True)
    assert await beside.fetchval("select count(*) from journal where transaction_id like 'late%'") == 0


async def test_w28_a_clock_that_differs_from_the_servers_is_reckoned_with(postgres_url: str) -> None:
    """What counts is how long a group took, not what its clock says; when the clock is set, the clocks are compared."""
    shift_ms = -(10**9)
    wallet = await open_wallet(postgres_url, lambda: system_now_ms() + shift_ms)
    try:
        await wallet.open_account(ANN)
        assert (await wallet.apply(deposit("d0", 100 * EURO, "ann"))).accepted
        shift_ms -= 10**9

        assert (await wallet.apply(spin("r1", EURO, 0, "ann"))).accepted
    finally:
        await wallet.aclose()


@pytest.mark.parametrize("name", [event_times.WRITER_NAME, "psql"])
async def test_w28_while_a_wallets_write_hangs_nothing_is_shown(
    postgres_url: str, store: PostgresStore, beside: Any, monkeypatch: Any, name: str
) -> None:
    monkeypatch.setattr(event_times, "WRITE_MS_MAX", 200)
    reads = SqlReads(parse_address(postgres_url))
    lane = await PostgresLane.open(asyncpg_dsn(parse_address(postgres_url)), 10)
    try:
        await lane.connection.execute(f"set application_name = '{name}'" if name == "psql" else "select 1")
        await lane.connection.execute("begin; insert into notes select '', '', '', '', '', '', '', '', true, '', '', 1")
        at_once = await reads.events(None, ALL_OF_TIME_MS, 10)
        await asyncio.sleep(0.3)
        meanwhile = await reads.events(None, ALL_OF_TIME_MS, 10)
        await lane.connection.execute("commit")
        afterwards = await reads.events(None, ALL_OF_TIME_MS, 10)
    finally:
        await lane.connection.close()
        await reads.aclose()

    assert len(at_once) == len(afterwards) == 2
    assert len(meanwhile) == (0 if name == event_times.WRITER_NAME else 2)


async def test_w28_a_statement_that_waits_too_long_is_ended_by_the_server(
    store: PostgresStore, beside: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(event_times, "WRITE_MS_MAX", 200)
    await store.aclose()
    await beside.execute("begin; select 1 from accounts for update")

    with pytest.raises(StoreUnavailable, match="statement timeout"):
        await store.settle(0, group(["spin"]), locked=False)
    await beside.execute("commit")
    assert (await store.settle(0, group(["spin"]), locked=False)).replies[0].accepted


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_w28_a_reader_misses_nothing_while_writes_hang_and_wait(postgres_url: str, monkeypatch: Any) -> None:
    """All times a tenth of what they are; rows are locked by others, and processes stand still before they commit."""
    for name in ("STAMP_AGE_MAX_MS", "WRITE_MS_MAX"):
        monkeypatch.setattr(event_times, name, getattr(event_times, name) // 10)
    delay_ms = event_times.STAMP_AGE_MAX_MS + event_times.WRITE_MS_MAX + 50
    rng = random.Random(7)
    commit = PostgresLane.commit

    async def commit_some_time(self: PostgresLane, guard: Guard) -> None:
        chance = rng.random()
        if chance < 0.1:
            await asyncio.sleep(rng.uniform(0, 1.2))
        elif chance < 0.2:  # a COMMIT that hangs for its standby: what it writes may not be taken back any more
            await self.connection.execute(f"select {in_time(str(guard.deadline_ms))}")
            await asyncio.sleep(rng.uniform(0, 1.2))
            await self.connection.execute("commit")
            return
        await commit(self, guard)

    write_spins = PostgresLane.write_spins

    async def write_some_time(self: PostgresLane, writes: Writes, guard: Guard) -> None:
        if rng.random() < 0.5:
            await asyncio.sleep(rng.uniform(0, 1.2))
        await write_spins(self, writes, guard)

    monkeypatch.setattr(PostgresLane, "commit", commit_some_time)
    monkeypatch.setattr(PostgresLane, "write_spins", write_some_time)
    settings = GroupSettings(group_size_max=3)
    wallets = [await open_wallet(postgres_url, settings=settings, event_delay_ms=delay_ms) for _ in range(2)]
    seen: list[Any] = []
    try:
        await open_players(wallets[0], PLAYERS)
        plays = [Play(seed=seed, client_count=12, player_count=PLAYERS) for seed in range(2)]
        reading = asyncio.create_task(_read(wallets[0], seen))
        locking = asyncio.create_task(_lock(postgres_url, rng))
        asyncio.get_running_loop().call_later(PLAY_S, _stop, plays)
        spinning = asyncio.gather(*(_spin(wallets[0], f"player-{number}", plays[0]) for number in range(0, PLAYERS, 2)))
        await asyncio.gather(spinning, *(play.run(wallets[1].apply, 10_000) for play in plays))
        locking.cancel()
        await asyncio.gather(locking, return_exceptions=True)
        await asyncio.sleep(2 * delay_ms / 1000)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    finally:
        for wallet in wallets:
            await wallet.aclose()
    monkeypatch.undo()
    reads = SqlReads(parse_address(postgres_url))
    rows = [row async for row in reads.all_rows()]
    await reads.aclose()

    assert sorted(row.key for row in seen) == sorted(row.key for row in rows)
    assert len(rows) > 200
    assert (await audit_database(parse_address(postgres_url))).findings == []


def _stop(plays: list[Play]) -> None:
    for play in plays:
        play.stopping = True


async def _spin(wallet: Wallet, player_id: str, play: Play) -> None:
    turn = 0
    while not play.stopping:
        await wallet.apply(spin(f"{player_id}.{turn}", EURO, EURO, player_id))
        turn += 1


async def _read(wallet: Wallet, seen: list[Any]) -> None:
    cursor = ""
    while True:
        page = await wallet.events(cursor=cursor)
        seen += page.items
        cursor = page.next_token
        await asyncio.sleep(0.01)


async def _lock(database_url: str, rng: random.Random) -> None:
    connection = await asyncpg.connect(asyncpg_dsn(parse_address(database_url)))
    try:
        while True:
            player_id = f"player-{rng.randrange(PLAYERS)}"
            await connection.execute(f"begin; select 1 from accounts where player_id = '{player_id}' for update")
            await asyncio.sleep(rng.uniform(0, 0.3))
            await connection.execute("commit")
            await asyncio.sleep(rng.uniform(0, 0.4))
    finally:
        connection.terminate()


async def test_w28_on_sqlite_a_row_bears_the_time_at_which_the_write_lock_was_got(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/wallet.db"
    await migrate(parse_address(url))
    clock = FakeClock()
    stores = [SqliteStore(tmp_path / "wallet.db", Ledger(decide, evolve, clock.now_ms)) for _ in range(2)]
    await stores[0].settle(0, [opening(ANN), deposit("d0", 100 * EURO, "ann")], locked=False)
    cursor = stores[0]._cursor()
    cursor.execute("begin immediate")
    waiting = asyncio.create_task(stores[1].settle(0, group(["spin"]), locked=False))
    await asyncio.sleep(0)  # it has met the lock
    clock.advance(4_000)
    cursor.execute("rollback")
    await waiting
    reads = SqlReads(parse_address(url))
    rows = await reads.events(None, ALL_OF_TIME_MS, 10)
    await reads.aclose()
    for store in stores:
        await store.aclose()

    assert rows[2].kind == "bet"
    assert rows[2].time_ms - rows[1].time_ms >= 4_000
