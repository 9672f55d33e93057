"""PostgreSQL killed, backends killed, the network between broken, connections refused: nothing is lost or doubled."""

import asyncio
import contextlib
import os
import random
import signal
from collections.abc import Awaitable, Callable, Iterator

import asyncpg  # type: ignore[import-untyped]  # has no stubs
import pytest
from sqlalchemy.engine import make_url

from tests.support.chaos_proxy import chaos_proxy
from tests.support.postgres import PostgresServer, postgres_server
from tests.support.wallet_load import Play, check, open_players, report
from wallet.bootstrap import open_wallet
from wallet.settlement.group_commit import GroupSettings

KILLS = int(os.environ.get("FAULT_KILLS", "4"))
FAULTS_OF_EACH_KIND = int(os.environ.get("FAULT_NETWORK", "2"))
TIMEOUT_S = 120 + 15 * KILLS
PATIENT = GroupSettings(tries_max=12, backoff_ms_max=1000)
Harm = Callable[[], Awaitable[None]]


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A durable server of this module, since its tests kill it."""
    with postgres_server(durable=True) as server:
        yield server


async def play_under(harm: Harm, url: str, seed: int) -> tuple[int, int]:
    """Play on two wallets while ``harm`` is done again and again; check; return what was sent and acknowledged."""
    rng = random.Random(seed)
    wallets = [await open_wallet(url, settings=PATIENT) for _ in range(2)]
    await open_players(wallets[0], 4)
    play = Play(seed=seed, client_count=16)
    calls = iter(range(10**9))
    load = asyncio.create_task(play.run(lambda command: wallets[next(calls) % 2].apply(command), 1_000_000))
    for _ in range(KILLS):
        await asyncio.sleep(rng.uniform(0.1, 0.5))
        await harm()
    await asyncio.sleep(0.3)
    play.stopping = True
    await load
    for wallet in wallets:
        await wallet.aclose()
    return len(play.sent), await check(url, play.sent)


@pytest.mark.slow
@pytest.mark.timeout(TIMEOUT_S)
@pytest.mark.parametrize("victims", ["every process", "the postmaster alone"])
async def test_w27_killing_postgres_loses_and_doubles_nothing(server: PostgresServer, victims: str) -> None:
    async def kill() -> None:
        await asyncio.to_thread(server.kill if victims == "every process" else server.kill_postmaster)
        await asyncio.to_thread(server.start)

    sent, checked = await play_under(kill, server.dsn(server.create_database()), len(victims))

    report(f"{KILLS} times SIGKILL of {victims}, {sent} commands, {checked} acknowledged")
    assert checked > 10 * KILLS


@pytest.mark.slow
@pytest.mark.timeout(TIMEOUT_S)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=lambda number: number.name)
async def test_w27_killing_single_backends_loses_and_doubles_nothing(
    server: PostgresServer, number: signal.Signals
) -> None:
    name, rng = server.create_database(), random.Random(2)
    killed = 0

    async def kill_a_backend() -> None:
        nonlocal killed
        pids = await _backends(server, name)
        os.kill(rng.choice(pids), number)
        killed += 1

    sent, checked = await play_under(kill_a_backend, server.dsn(name), 2)

    report(f"{killed} backends ended by {number.name}, {sent} commands, {checked} acknowledged")
    assert killed == KILLS
    assert checked > killed


@pytest.mark.slow
async def test_w15_a_broken_network_to_postgres_loses_and_doubles_nothing(server: PostgresServer) -> None:
    name = server.create_database()
    url = server.dsn(name)
    direct = await open_wallet(url)
    await open_players(direct, 4)
    await direct.aclose()
    history, seed = [], 0
    async with chaos_proxy(lambda: asyncio.open_unix_connection(str(server.socket_path)), 3, 0.0) as proxy:
        through = make_url(url).set(host="127.0.0.1", port=proxy.port, query={"ssl": "disable"})
        wallet = await open_wallet(through.render_as_string(hide_password=False), settings=PATIENT)
        proxy.fault_rate = 0.03
        while not proxy.has_met_all(FAULTS_OF_EACH_KIND):
            seed += 1
            play = Play(seed=seed, client_count=16)
            await play.run(wallet.apply, 48)
            history += play.sent
        proxy.fault_rate = 0.0
        await wallet.aclose()

    checked = await check(url, history)

    report(f"{dict(proxy.faults)}, {len(history)} commands, {checked} acknowledged")
    assert checked == len(history)


@pytest.mark.slow
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
    """Return the processes that serve a database, as soon as there are any (the server may be starting again)."""
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(asyncpg.PostgresError, OSError):
                connection = await asyncpg.connect(server.raw_dsn("postgres"))
                try:
                    rows = await connection.fetch("select pid from pg_stat_activity where datname = $1", name)
                finally:
                    await connection.close()
                if rows:
                    return [row["pid"] for row in rows]
            await asyncio.sleep(0.02)
