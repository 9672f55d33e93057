"""PostgreSQL killed, backends killed, the network between broken, connections refused: nothing is lost or doubled."""

import asyncio
import contextlib
import os
import random
import signal
from collections.abc import Iterator

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from tests.support.chaos_proxy import chaos_proxy
from tests.support.postgres import PostgresServer, postgres_server
from tests.support.wallet_load import Play, check, open_players, report
from wallet.bootstrap import open_wallet
from wallet.settlement.group_commit import GroupSettings

KILLS = int(os.environ.get("FAULT_KILLS", "10"))
PATIENT = GroupSettings(tries_max=12, backoff_ms_max=1000)


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A durable server of this module, since its tests kill it."""
    with postgres_server(durable=True) as server:
        yield server


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_w27_killing_every_process_of_postgres_loses_and_doubles_nothing(server: PostgresServer) -> None:
    name = server.create_database()
    url, rng = server.dsn(name), random.Random(1)
    wallet = await open_wallet(url, settings=PATIENT)
    await open_players(wallet, 4)
    play = Play(seed=1, client_count=16)
    load = asyncio.create_task(play.run(wallet.apply, 1_000_000))
    for _ in range(KILLS):
        await asyncio.sleep(rng.uniform(0.1, 0.5))
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.start)
    await asyncio.sleep(0.3)
    play.stopping = True
    await load
    await wallet.aclose()

    checked = await check(url, play.sent)

    report(f"{KILLS} kills of all processes, {len(play.sent)} commands, {checked} acknowledged")
    assert checked > 10 * KILLS


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_w27_killing_single_backends_loses_and_doubles_nothing(server: PostgresServer) -> None:
    name = server.create_database()
    url, rng = server.dsn(name), random.Random(2)
    wallets = [await open_wallet(url, settings=PATIENT) for _ in range(2)]
    await open_players(wallets[0], 4)
    play = Play(seed=2, client_count=16)
    calls = iter(range(10**9))
    load = asyncio.create_task(play.run(lambda command: wallets[next(calls) % 2].apply(command), 1_000_000))
    killed = 0
    watcher = await asyncpg.connect(server.raw_dsn("postgres"))
    while killed < KILLS:
        await asyncio.sleep(rng.uniform(0.02, 0.2))
        pids = await watcher.fetch("select pid from pg_stat_activity where datname = $1", name)
        if pids:
            with contextlib.suppress(asyncpg.PostgresError):
                await watcher.fetchval("select pg_terminate_backend($1)", rng.choice(pids)["pid"])
            killed += 1
    await watcher.close()
    play.stopping = True
    await load
    for wallet in wallets:
        await wallet.aclose()

    checked = await check(url, play.sent)

    report(f"{killed} backends killed, {len(play.sent)} commands, {checked} acknowledged")
    assert checked > killed


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [3, 4])
async def test_w15_a_broken_network_to_postgres_loses_and_doubles_nothing(server: PostgresServer, seed: int) -> None:
    name = server.create_database()
    url = server.dsn(name)
    direct = await open_wallet(url)
    await open_players(direct, 4)
    await direct.aclose()
    async with chaos_proxy(lambda: asyncio.open_unix_connection(str(server.socket_path)), seed, 0.0) as proxy:
        through = make_url(url).set(host="127.0.0.1", port=proxy.port, query={"ssl": "disable"})
        address = through.render_as_string(hide_password=False)
        wallet = await open_wallet(address, settings=PATIENT)
        proxy.fault_rate = 0.03
        play = Play(seed=seed, client_count=16)
        await play.run(wallet.apply, 160)
        proxy.fault_rate = 0.0
        await wallet.aclose()

    checked = await check(url, play.sent)

    report(
        f"{sum(proxy.faults.values())} faults {dict(proxy.faults)}, {len(play.sent)} commands, {checked} acknowledged"
    )
    assert sum(proxy.faults.values()) > 5
    assert checked > 150


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_w15_no_connection_left_is_uncertain_or_retried_never_wrong(server: PostgresServer) -> None:
    name = server.create_database()
    url = server.dsn(name)
    wallet = await open_wallet(url, settings=GroupSettings(tries_max=2))
    await open_players(wallet, 4)
    server.execute(f"alter database {name} connection limit 0")
    pids = await _backends(server, name)
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    play = Play(seed=5, client_count=8, tries_max=3)
    await play.run(wallet.apply, 40)
    server.execute(f"alter database {name} connection limit -1")
    again = Play(seed=6, client_count=8)
    await again.run(wallet.apply, 80)
    await wallet.aclose()

    assert await check(url, play.sent + again.sent) > 40


async def _backends(server: PostgresServer, name: str) -> list[int]:
    connection = await asyncpg.connect(server.raw_dsn("postgres"))
    try:
        return [
            row["pid"] for row in await connection.fetch("select pid from pg_stat_activity where datname = $1", name)
        ]
    finally:
        await connection.close()
