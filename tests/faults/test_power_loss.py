"""SQLite under power loss: with synchronous=FULL no acknowledged round is lost, with NORMAL some are."""

import os
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from tests.support.power_loss import ApswConnection, PowerLossDisk
from tests.support.wallet_load import report
from tests.support.wallet_machine import opening, straight
from tests.support.wallets import BRAND, CURRENCY, EURO, START_MS, bet, deposit, rollback, spin
from wallet.ledger.audit import audit
from wallet.ledger.decide import decide
from wallet.ledger.evolve import evolve
from wallet.ledger.state import Account, Round
from wallet.ledger.types import Command, JournalRow, Reply
from wallet.settlement.ports import StoreUnavailable
from wallet.settlement.writes import Ledger
from wallet.storage.addresses import parse_address
from wallet.storage.migrate import migrate
from wallet.storage.sqlite_store import SqliteStore
from wallet.storage.tables import ACCOUNT_COLUMNS, JOURNAL_COLUMNS, ROUND_COLUMNS

LOSSES = int(os.environ.get("FAULT_POWER_LOSSES", "1000"))
NORMAL_LOSSES = 150
LEDGER = Ledger(decide, evolve, lambda: START_MS)
PLAYERS = 3
DATABASE = "/wallet.db"


@pytest.fixture(scope="module")
def disk() -> Iterator[PowerLossDisk]:
    disk = PowerLossDisk("power-loss")
    yield disk
    disk.unregister()


@pytest.fixture
async def empty(tmp_path: Path, disk: PowerLossDisk) -> dict[str, bytes]:
    """The files of a migrated database with funded players."""
    path = tmp_path / "seed.db"
    await migrate(parse_address(f"sqlite:///{path}"))
    seed = sqlite3.connect(path)
    seed.execute("pragma wal_checkpoint(truncate)")
    seed.execute("pragma journal_mode = delete")
    seed.close()
    disk.restore({DATABASE: path.read_bytes()})
    store = open_store(disk)
    for number in range(PLAYERS):
        funds = deposit(f"d{number}", 10_000 * EURO, f"player-{number}")
        store.settle_now([opening((BRAND, funds.player_id, CURRENCY)), funds])
    store._close()
    return {name: bytes(file.cached) for name, file in disk.files.items()}


def open_store(disk: PowerLossDisk, synchronous: str = "FULL") -> SqliteStore:
    def connect(_: Path) -> ApswConnection:
        return ApswConnection(DATABASE, disk.name, synchronous)

    return SqliteStore(Path(DATABASE), LEDGER, connect)  # type: ignore[arg-type]  # has the manners of sqlite3


def group(rng: random.Random, name: str) -> list[Command]:
    """Return one to six commands."""
    commands = []
    for number in range(rng.randint(1, 6)):
        player_id, round_id = f"player-{rng.randrange(PLAYERS)}", f"{name}.{number}"
        commands.append(spin(round_id, EURO, rng.choice((0, 3 * EURO)), player_id, detail=bytes(rng.randrange(900))))
        if rng.random() < 0.3:
            commands.append(bet(f"{round_id}.b", EURO, f"{round_id}.x", player_id))
            commands.append(rollback(f"{round_id}.r", f"{round_id}.b", player_id, f"{round_id}.x"))
    return commands


def live_until_the_power_fails(disk: PowerLossDisk, rng: random.Random, synchronous: str) -> list[Reply]:
    """Settle groups until the disk dies; return what was acknowledged."""
    store = open_store(disk, synchronous)
    acknowledged: list[Reply] = []
    disk.fail_at = disk.operation_count + rng.randint(1, 260)
    for turn in range(200):
        try:
            settled = store.settle_now(straight([*group(rng, f"g{turn}")]))
        except (StoreUnavailable, apsw.Error):
            break
        acknowledged += [reply for reply in settled.replies if isinstance(reply, Reply)]
    store._close()
    return acknowledged


def lost_after_reboot(disk: PowerLossDisk, rng: random.Random, acknowledged: list[Reply]) -> int:
    """Restart from what survived, audit it, and count acknowledged rows that are gone."""
    disk.restore(disk.survivors(rng))
    connection = ApswConnection(DATABASE, disk.name, "FULL")
    cursor = connection.cursor()
    assert cursor.execute("pragma integrity_check").fetchall() == [("ok",)]
    rows = [JournalRow._make(row) for row in _all(cursor, JOURNAL_COLUMNS, "journal", 4)]
    accounts = [Account(*row) for row in _all(cursor, ACCOUNT_COLUMNS, "accounts", 3)]
    rounds = [Round(*row) for row in _all(cursor, ROUND_COLUMNS, "rounds", 4)]
    connection.close()
    assert audit(accounts, rows, rounds).findings == []
    known = {row.wallet_transaction_id for row in rows}
    told = {result.wallet_transaction_id for reply in acknowledged for result in reply.results} - {""}
    return len(told - known)


def _all(cursor: object, columns: tuple[str, ...], table: str, key_length: int) -> list[tuple[object, ...]]:
    order = ", ".join(columns[:key_length])
    rows: list[tuple[object, ...]] = cursor.execute(
        f"select {', '.join(columns)} from {table} order by {order}"
    ).fetchall()  # type: ignore[attr-defined]
    return rows


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_w27_power_loss_with_synchronous_full_loses_no_acknowledged_round(
    disk: PowerLossDisk, empty: dict[str, bytes]
) -> None:
    acknowledged_count = 0
    for seed in range(LOSSES):
        rng = random.Random(seed)
        disk.restore(empty)
        acknowledged = live_until_the_power_fails(disk, rng, "FULL")
        acknowledged_count += len(acknowledged)
        assert lost_after_reboot(disk, rng, acknowledged) == 0, f"seed {seed}"

    report(f"FULL: {LOSSES} power losses, {acknowledged_count} acknowledged commands, none lost")
    assert acknowledged_count > LOSSES


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_power_loss_with_synchronous_normal_would_lose_acknowledged_rounds(
    disk: PowerLossDisk, empty: dict[str, bytes]
) -> None:
    lost = []
    for seed in range(NORMAL_LOSSES):
        rng = random.Random(seed)
        disk.restore(empty)
        acknowledged = live_until_the_power_fails(disk, rng, "NORMAL")
        lost.append(lost_after_reboot(disk, rng, acknowledged))

    report(f"NORMAL: acknowledged rows lost in {sum(map(bool, lost))} of {NORMAL_LOSSES} losses, up to {max(lost)}")
    assert any(lost)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("error", [apsw.FullError, apsw.IOError])
def test_w15_a_full_or_failing_disk_is_reported_and_nothing_acknowledged_is_lost(
    disk: PowerLossDisk, empty: dict[str, bytes], error: type[Exception]
) -> None:
    failures = 0
    for seed in range(60):
        rng = random.Random(seed)
        disk.restore(empty)
        store = open_store(disk)
        acknowledged: list[Reply] = []
        for turn in range(8):
            if turn % 2:
                disk.broken[disk.operation_count + rng.randint(1, 40)] = error
            commands = group(rng, f"g{turn}")
            for _ in range(3):
                try:
                    settled = store.settle_now(commands)
                except StoreUnavailable:
                    failures += 1
                    continue
                acknowledged += [reply for reply in settled.replies if isinstance(reply, Reply)]
                break
        disk.broken.clear()
        store._close()
        assert lost_after_reboot(disk, rng, acknowledged) == 0, f"seed {seed}"

    report(f"{error.__name__}: {failures} failed groups, none wrong")
    assert failures > 20
