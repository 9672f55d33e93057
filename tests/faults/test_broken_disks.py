"""Files that may not grow, full file systems and failing syncs under real processes, on both databases.

Which of the three methods work depends on the machine; ``test_the_methods_that_this_machine_forbids_are_named`` says
which were used. The first works everywhere, so there is no machine on which nothing is tested.
"""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import shake_256
from pathlib import Path

import pytest

from tests.support.broken_disks import (
    SmallDisk,
    failing_sync,
    file_size,
    injected_count,
    obstacles,
    small_disk,
)
from tests.support.postgres import PostgresMissing, PostgresServer, postgres_server
from tests.support.wallet_child import live
from tests.support.wallet_load import Play, Sent, check, open_players, report
from wallet.bootstrap import open_wallet
from wallet.ledger.kinds import Certainty
from wallet.ledger.types import Command, Reply
from wallet.settlement.group_commit import GroupSettings

OBSTACLES = obstacles()
METHODS = [method for method, obstacle in OBSTACLES.items() if not obstacle]
IN_DOUBT = int(os.environ.get("FAULT_DISKS", "10"))
"""How often a client has to be left in doubt before the disk is repaired."""
PANICS = max(1, IN_DOUBT // 10)
"""How often PostgreSQL has to learn that a sync failed: it panics, and all its processes start again."""
WAL_SYNC = "fdatasync"
ROOM_BYTES = 300_000
POSTGRES_DISK_MB = 96
POSTGRES_ROOM_BYTES = 2_000_000
POSTGRES_FILE_BYTES = 1_100_000
"""Above a WAL segment and every file of an empty database."""
DETAIL_BYTES = 5_000
PATIENCE_S = 60


def test_the_methods_that_this_machine_forbids_are_named() -> None:
    for method, obstacle in OBSTACLES.items():
        report(f"broken disks: {method} {f'was not possible ({obstacle})' if obstacle else 'was used'}")
    assert "file_size" in METHODS


async def funded(url: str) -> None:
    wallet = await open_wallet(url)
    await open_players(wallet, 4)
    await wallet.aclose()


@contextmanager
def disk_for(method: str, tmp_path: Path, megabytes: int) -> Iterator[tuple[Path, SmallDisk | None]]:
    """Give the folder of a database: on a small disk when it is to be filled."""
    if method == "full_tmpfs":
        with small_disk(megabytes) as disk:
            yield disk.folder, disk
    else:
        yield tmp_path, None


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
async def test_w15_a_broken_disk_under_sqlite_is_uncertain_and_loses_nothing(method: str, tmp_path: Path) -> None:
    with disk_for(method, tmp_path, 8) as (folder, disk):
        url = f"sqlite:///{folder}/wallet.db"
        await funded(url)
        log = tmp_path / "strace"
        size = (folder / "wallet.db").stat().st_size
        wrap = {"file_size": file_size(size + ROOM_BYTES), "failing_sync": failing_sync(log, 12, 3)}.get(method, ())
        if disk is not None:
            disk.fill(ROOM_BYTES)

        def has_enough(in_doubt: int) -> bool:
            return (injected_count(log) if method == "failing_sync" else in_doubt) >= IN_DOUBT

        history, uncertain = await asyncio.to_thread(live, url, 5, wrap=wrap, has_enough=has_enough)
        if disk is not None:
            disk.make_room()

        checked = await check(url, history)

    failed = f", {injected_count(log)} syncs failed" if method == "failing_sync" else ""
    report(f"SQLite, {method}: {len(history)} commands, {checked} acknowledged, {uncertain} times in doubt{failed}")
    assert has_enough(uncertain)
    assert checked > 0


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
async def test_w15_a_broken_disk_under_postgres_is_uncertain_and_loses_nothing(method: str, tmp_path: Path) -> None:
    with disk_for(method, tmp_path, POSTGRES_DISK_MB) as (folder, disk), small_postgres(folder, disk) as server:
        assert server.folder is not None
        log = server.folder / "strace"  # where the server may write
        url = server.dsn(server.create_database())
        await funded(url)
        server.stop()
        wraps = {"file_size": file_size(POSTGRES_FILE_BYTES), "failing_sync": failing_sync(log, 12, 10, WAL_SYNC)}
        server.wrap = wraps.get(method, ())
        server.start()
        if disk is not None:
            disk.fill(POSTGRES_ROOM_BYTES)

        def has_enough(in_doubt: int) -> bool:
            return injected_count(log) >= PANICS if method == "failing_sync" else in_doubt >= IN_DOUBT

        history, uncertain = await play_until(has_enough, url, server)
        failed = f", {injected_count(log)} syncs failed" if method == "failing_sync" else ""
        repair(server, disk)

        checked = await check(url, history)

    report(f"PostgreSQL, {method}: {len(history)} commands, {checked} acknowledged, {uncertain} times in doubt{failed}")
    assert checked > 0


@contextmanager
def small_postgres(folder: Path, disk: SmallDisk | None) -> Iterator[PostgresServer]:
    """A server that keeps little WAL, so that a small disk holds it."""
    place = folder if disk is not None else None
    small = {"min_wal_size": "2MB", "max_wal_size": "8MB", "shared_buffers": "16MB", "max_connections": "20"}
    with postgres_server(durable=True, place=place, wal_segment_mb=1, **small) as server:
        yield server


async def play_until(has_enough: Callable[[int], bool], url: str, server: PostgresServer) -> tuple[list[Sent], int]:
    """Play until the harm has been done often enough, or the server has given up."""
    wallet = await open_wallet(url, settings=GroupSettings(tries_max=3))
    play = Play(seed=6, client_count=16, tries_max=3)
    uncertain = 0

    async def apply(command: Command) -> Reply:
        nonlocal uncertain
        reply = await wallet.apply(bulky(command))
        uncertain += reply.certainty is Certainty.UNCERTAIN
        return reply

    load = asyncio.create_task(play.run(apply, 1_000_000))

    async with asyncio.timeout(PATIENCE_S):
        while not has_enough(uncertain) and server.process is not None and server.process.poll() is None:  # noqa: ASYNC110 - it happens in another process
            await asyncio.sleep(0.05)
    play.stopping = True
    await load
    await wallet.aclose()
    return play.sent, uncertain


def bulky(command: Command) -> Command:
    """Return the command with a presentation that fills files quickly and that nothing can compress."""
    return command._replace(
        actions=tuple(
            action._replace(detail=shake_256(action.transaction_id.encode()).digest(DETAIL_BYTES))
            for action in command.actions
        )
    )


def repair(server: PostgresServer, disk: SmallDisk | None) -> None:
    """Make room, and start the server again without what broke its disk."""
    if disk is not None:
        disk.make_room()
    server.wrap = ()
    server.stop()
    for attempt in range(20):
        try:
            server.start()
        except PostgresMissing:
            if attempt == 19:
                raise
        else:
            return
