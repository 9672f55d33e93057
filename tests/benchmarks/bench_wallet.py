"""What settling costs: the wallet without gRPC, beside the raw databases, in one run, durability on.

``python -m tests.benchmarks.bench_wallet [name ...]`` prints the records. Each benchmark takes about half a minute.
"""

import asyncio
import json
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.no_database import NoDatabase
from tests.benchmarks.wallet_baselines import pgbench_simple_update, sqlite_serial_rounds
from tests.support.postgres import PostgresServer, postgres_server
from wallet.bootstrap import calm_collector, open_wallet, system_now_ms
from wallet.ledger.decide import decide
from wallet.ledger.evolve import evolve
from wallet.ledger.kinds import ActionKind
from wallet.ledger.types import Action, Command, Reply
from wallet.settlement.group_commit import GroupCommitter
from wallet.settlement.wallet import Wallet
from wallet.settlement.writes import Ledger

BRAND, CURRENCY, PROVIDER, GAME = "bench", "EUR", "reels", "game-1"
STAKE, PRIZE, RICH = 1_000_000, 500_000, 10**15
CALLERS, SECONDS = 64, 6.0
SQLITE_PLAYERS, POSTGRES_PLAYERS = 10_000, 100_000
Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Load:
    """What a load came to."""

    round_count: int
    elapsed_s: float
    latencies_ms: list[float]

    @property
    def rounds_per_s(self) -> float:
        """Return the rate."""
        return self.round_count / self.elapsed_s

    def percentile_ms(self, share: float) -> float:
        """Return a latency."""
        return sorted(self.latencies_ms)[int(len(self.latencies_ms) * share)]


def spin(player_id: str, round_id: str) -> Command:
    """Return bet, win and close in one command."""
    return Command(
        BRAND,
        player_id,
        CURRENCY,
        PROVIDER,
        0,
        (Action(ActionKind.BET, round_id, STAKE), Action(ActionKind.WIN, f"{round_id}:0", PRIZE, detail=b"x" * 64)),
        GAME,
        round_id,
        close_round=True,
        one_unit=True,
        exclusive_game=True,
    )


async def play(
    wallet: Wallet | GroupCommitter,
    player_count: int,
    callers: int = CALLERS,
    seconds: float = SECONDS,
    rate_per_s: float = 0.0,
) -> Load:
    """Keep ``callers`` calls in flight; with a rate, each caller waits for its time (open loop, latency from then)."""
    latencies_ms: list[float] = []
    started = time.perf_counter()
    stop = started + seconds
    rng = random.Random(1)
    base = f"{time.time_ns() // 1_000_000:x}"

    async def caller(number: int) -> None:
        due, turn = started + number / rate_per_s if rate_per_s else 0.0, 0
        while (now := time.perf_counter()) < stop:
            if rate_per_s:
                if now < due:
                    await asyncio.sleep(due - now)
                now, due = due, due + callers / rate_per_s
            turn += 1
            reply = await wallet.apply(spin(f"player-{rng.randrange(player_count)}", f"{base}-{turn:06x}-{number}"))
            assert isinstance(reply, Reply)
            assert reply.accepted, reply
            latencies_ms.append((time.perf_counter() - now) * 1000)

    await asyncio.gather(*(caller(number) for number in range(callers)))
    return Load(len(latencies_ms), time.perf_counter() - started, latencies_ms)


def record(
    name: str,
    value: float,
    unit: str,
    goal: str,
    baseline: float | None = None,
    ratio: float | None = None,
    note: str = "",
) -> Record:
    """Return one line of ``build/bench.json``."""
    if ratio is None and baseline:
        ratio = value / baseline
    return {
        "name": name,
        "value": round(value, 2),
        "unit": unit,
        "baseline": None if baseline is None else round(baseline, 2),
        "ratio": None if ratio is None else round(ratio, 3),
        "goal": goal,
        "command": f"make bench ONLY={name}",
        "note": note,
    }


@contextmanager
def sqlite_folder() -> Iterator[Path]:
    """Yield a folder on a real disk."""
    with tempfile.TemporaryDirectory(prefix="reelgate-bench-") as name:
        yield Path(name)


async def sqlite_wallet(folder: Path, player_count: int) -> Wallet:
    """Return a wallet on SQLite whose players are rich."""
    path = folder / "wallet.db"
    wallet = await open_wallet(f"sqlite:///{path}")
    rows = ((f"player-{number}",) for number in range(player_count))
    connection = sqlite3.connect(path)
    with connection:
        connection.executemany(
            f"insert into accounts values ('{BRAND}', ?, '{CURRENCY}', 'open', 0, {RICH}, 0, 0, 0, 0, "
            "zeroblob(32), 0, '', '', 1, 1, 1)",
            rows,
        )
    connection.close()
    return wallet


async def postgres_wallet(server: PostgresServer, player_count: int) -> tuple[Wallet, str]:
    """Return a wallet on a fresh database whose players are rich, and the address of the database."""
    name = await asyncio.to_thread(server.create_database)
    wallet = await open_wallet(server.dsn(name))
    await asyncio.to_thread(
        server.execute,
        f"insert into accounts select '{BRAND}', 'player-' || i, '{CURRENCY}', 'open', false, {RICH}, 0, 0, 0, 0, "
        f"decode(repeat('00', 32), 'hex'), 0, '', '', 1, 1, 1 from generate_series(0, {player_count - 1}) i",
        name,
    )
    return wallet, name


def on_sqlite(work: Callable[[Wallet, Path], Awaitable[list[Record]]], players: int = SQLITE_PLAYERS) -> list[Record]:
    """Run ``work`` on a fresh SQLite wallet."""

    async def run(folder: Path) -> list[Record]:
        wallet = await sqlite_wallet(folder, players)
        calm_collector()  # as a serving process does
        try:
            return await work(wallet, folder)
        finally:
            await wallet.aclose()

    with sqlite_folder() as folder:
        return asyncio.run(run(folder))


def on_postgres(
    work: Callable[[Wallet, PostgresServer, str], Awaitable[list[Record]]],
    players: int = POSTGRES_PLAYERS,
    vacuumed: bool = True,
) -> list[Record]:
    """Run ``work`` on a wallet on a fresh, durable PostgreSQL; never vacuumed: as just loaded."""

    async def run(server: PostgresServer) -> list[Record]:
        wallet, name = await postgres_wallet(server, players)
        if vacuumed:  # as pgbench leaves its accounts
            await asyncio.to_thread(server.execute, "vacuum accounts", name)
        calm_collector()  # as a serving process does
        try:
            return await work(wallet, server, name)
        finally:
            await wallet.aclose()

    with postgres_server(durable=True) as server:
        return asyncio.run(run(server))


def apply_sqlite() -> list[Record]:
    """64 callers on SQLite, synchronous=FULL."""

    async def work(wallet: Wallet, _: Path) -> list[Record]:
        load = await play(wallet, SQLITE_PLAYERS)
        return [record("apply_sqlite", load.rounds_per_s, "rounds/s", ">= 10000 (first 6000)")]

    return on_sqlite(work)


def apply_sqlite_serial_vs_raw() -> list[Record]:
    """One caller alone, beside the same rows written by the raw driver, one commit a round."""

    async def work(wallet: Wallet, folder: Path) -> list[Record]:
        baselines, values = [], []
        for turn in range(3):
            baselines.append(await asyncio.to_thread(sqlite_serial_rounds, folder / f"raw-{turn}.db", 2.0))
            values.append((await play(wallet, SQLITE_PLAYERS, callers=1, seconds=2.0)).rounds_per_s)
        return [record("apply_sqlite_serial_vs_raw", max(values), "rounds/s", "ratio >= 0.7", max(baselines))]

    return on_sqlite(work)


def apply_postgres_vs_pgbench() -> list[Record]:
    """64 callers, 100,000 accounts, beside pgbench simple-update on the same server in the same minute."""

    async def work(wallet: Wallet, server: PostgresServer, _: str) -> list[Record]:
        first = await play(wallet, POSTGRES_PLAYERS)
        baseline = await asyncio.to_thread(pgbench_simple_update, server)
        second = await play(wallet, POSTGRES_PLAYERS)
        value = max(first.rounds_per_s, second.rounds_per_s)
        return [record("apply_postgres_vs_pgbench", value, "rounds/s", "ratio >= 2.5, >= 12000", baseline)]

    return on_postgres(work)


def apply_without_database() -> list[Record]:
    """The same load on a store that keeps nothing, beside pgbench: more than this one Python process cannot give."""

    async def ceiling() -> float:
        ledger = Ledger(decide, evolve, system_now_ms)
        committer = GroupCommitter(NoDatabase(ledger, RICH))
        calm_collector()
        await play(committer, POSTGRES_PLAYERS, seconds=2.0)
        return (await play(committer, POSTGRES_PLAYERS)).rounds_per_s

    with postgres_server(durable=True) as server:
        baseline = pgbench_simple_update(server)
    return [record("apply_without_database", asyncio.run(ceiling()), "rounds/s", "none: a ceiling", baseline)]


def apply_hot_accounts() -> list[Record]:
    """Ten accounts take everything."""

    async def work(wallet: Wallet, *_: object) -> list[Record]:
        spread = await play(wallet, POSTGRES_PLAYERS)
        hot = await play(wallet, 10)
        return [record("apply_hot_accounts", hot.rounds_per_s, "rounds/s", "ratio >= 0.5", spread.rounds_per_s)]

    return on_postgres(work)


def apply_first_minute(seconds: float = 20.0) -> list[Record]:
    """A fresh, empty, never analysed database, beside the same database afterwards, analysed."""

    async def work(wallet: Wallet, server: PostgresServer, name: str) -> list[Record]:
        first = await play(wallet, POSTGRES_PLAYERS, seconds=seconds)
        await asyncio.to_thread(server.execute, "vacuum analyze", name)
        steady = await play(wallet, POSTGRES_PLAYERS, seconds=seconds / 2)
        ratio = steady.rounds_per_s / first.rounds_per_s
        return [
            record(
                "apply_first_minute", first.rounds_per_s, "rounds/s", "ratio <= 1.5", steady.rounds_per_s, ratio=ratio
            )
        ]

    return on_postgres(work, vacuumed=False)


def apply_p99() -> list[Record]:
    """Latency at half of the highest rate, measured from the intended start."""

    async def work(wallet: Wallet, *_: object) -> list[Record]:
        full = await play(wallet, POSTGRES_PLAYERS, seconds=4.0)
        half = await play(wallet, POSTGRES_PLAYERS, callers=128, seconds=8.0, rate_per_s=full.rounds_per_s / 2)
        note = f"p50 {half.percentile_ms(0.5):.1f} ms at {half.rounds_per_s:.0f} rounds/s"
        return [record("apply_p99", half.percentile_ms(0.99), "ms", "< 20", full.rounds_per_s, ratio=0.5, note=note)]

    return on_postgres(work)


def apply_growth(sizes: tuple[int, ...] = (10_000, 100_000, 1_000_000)) -> list[Record]:
    """The rate at a growing number of stored rounds; ``REELGATE_BENCH_GROWTH_MAX=10000000`` takes the curve further."""
    from tests.benchmarks.wallet_growth import grow, sizes_wanted

    async def work(wallet: Wallet, server: PostgresServer, name: str) -> list[Record]:
        records, stored, base = [], 0, 0.0
        for size in sizes_wanted(sizes):
            await asyncio.to_thread(grow, server, name, stored, size)
            stored = size
            load = await play(wallet, POSTGRES_PLAYERS, seconds=4.0)
            base = base or load.rounds_per_s
            records.append(
                record(
                    "apply_growth", load.rounds_per_s, "rounds/s", "ratio >= 0.67", base, note=f"{size} stored rounds"
                )
            )
        return records

    return on_postgres(work)


def apply_two_processes() -> list[Record]:
    """Two wallet processes on one database, beside one."""
    from tests.benchmarks.wallet_processes import rate_of_processes

    with postgres_server(durable=True) as server:
        one = rate_of_processes(server, 1)
        two = rate_of_processes(server, 2)
    return [record("apply_two_processes", two, "rounds/s", "ratio >= 1.3", one)]


def benchmarks() -> dict[str, Callable[[], list[Record]]]:
    """Return every benchmark of the wallet by its name."""
    return {
        work.__name__: work
        for work in (
            apply_sqlite,
            apply_sqlite_serial_vs_raw,
            apply_postgres_vs_pgbench,
            apply_without_database,
            apply_hot_accounts,
            apply_first_minute,
            apply_p99,
            apply_growth,
            apply_two_processes,
        )
    }


if __name__ == "__main__":
    for _name, _work in benchmarks().items():
        if _name in sys.argv[1:] or len(sys.argv) == 1:
            for _record in _work():
                sys.stdout.write(json.dumps(_record) + "\n")
