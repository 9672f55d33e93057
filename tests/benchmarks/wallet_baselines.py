"""What the wallet is measured against: pgbench, and the raw SQLite driver writing the same rows."""

import asyncio
import subprocess
import time
from pathlib import Path

from tests.support.postgres import PostgresServer
from wallet.storage import sqlite_sql as sql
from wallet.storage.addresses import parse_address
from wallet.storage.migrate import migrate
from wallet.storage.sqlite_store import connect


def pgbench_simple_update(server: PostgresServer, scale: int = 20, seconds: int = 5) -> float:
    """Return the best rate of ``pgbench -N`` over 4, 16 and 64 clients, in transactions/s."""
    assert server.bin_folder is not None
    name = server.create_database(prefix="pgbench")
    common = [str(server.bin_folder / "pgbench"), "-h", str(server.folder), "-U", "postgres"]
    subprocess.run([*common, "-i", "-q", "-s", str(scale), name], check=True, capture_output=True)
    rates = []
    for clients in (4, 16, 64):
        load = ["-N", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(seconds), name]
        done = subprocess.run([*common, *load], check=True, capture_output=True, text=True)
        line = next(line for line in done.stdout.splitlines() if line.startswith("tps ="))
        rates.append(float(line.split()[2]))
    server.drop_database(name)
    return max(rates)


def sqlite_serial_rounds(path: Path, seconds: float, player_count: int = 10_000) -> float:
    """Return how many rounds/s the raw driver commits one by one: two journal rows, a round, an account."""
    asyncio.run(migrate(parse_address(f"sqlite:///{path}")))
    connection = connect(path)
    head, zero = b"h" * 32, bytes(16)
    player_ids = [f"player-{number}" for number in range(player_count)]
    connection.execute("begin")
    connection.executemany(sql.UPSERT_ACCOUNT, [_account(player_id, 0, head) for player_id in player_ids])
    connection.execute("commit")
    base, count = f"{time.time_ns() // 1_000_000:x}", 0
    started = time.perf_counter()
    while time.perf_counter() < started + seconds:
        count += 1
        player_id, round_id = player_ids[count * 7919 % player_count], f"{base}-{count:06x}"
        connection.execute("begin immediate")
        rows = [_row(player_id, 2 * count + leg, kind, round_id, zero, head) for leg, kind in enumerate(("bet", "win"))]
        connection.executemany(sql.INSERT_JOURNAL, rows)
        connection.execute(sql.UPSERT_ACCOUNT, _account(player_id, count, head))
        connection.execute(sql.UPSERT_ROUND, _round(player_id, round_id))
        connection.execute("commit")
    elapsed_s = time.perf_counter() - started
    connection.close()
    return count / elapsed_s


def _account(player_id: str, sequence: int, head: bytes) -> tuple[object, ...]:
    return ("b", player_id, "EUR", "open", 0, 10**12, 0, 0, 0, sequence, head, 0, "", "", 1, 1, sequence + 1)


def _row(player_id: str, sequence: int, kind: str, round_id: str, zero: bytes, head: bytes) -> tuple[object, ...]:
    key = ("b", player_id, "EUR", sequence, "reels", kind, round_id, round_id, "game-1", "ok")
    amounts = (1_000_000, 0, "", "", "", 0, "", 1_000_000, 0, 0, 0, "house:gaming", 10**12, 0)
    return (*key, *amounts, 0, 2, "", "", "", 1, b"x" * 64, zero, head)


def _round(player_id: str, round_id: str) -> tuple[object, ...]:
    totals = (1_000_000, 500_000, 0, 0, 0, 0, 1, 1, 1, b"", f";b{round_id};w{round_id}", 1, 2)
    return ("b", player_id, "reels", round_id, "EUR", "game-1", "", "closed", *totals)
