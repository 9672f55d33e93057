"""Compose a wallet: database, ledger, group commit, reads."""

import gc
import random
import time
from collections.abc import Callable
from functools import partial

from wallet.ledger.decide import decide
from wallet.ledger.evolve import evolve
from wallet.ledger.policy import DEFAULT_POLICIES, DEFAULT_POLICY, Policies
from wallet.ledger.state import Decision, State
from wallet.ledger.types import Command
from wallet.settlement.group_commit import GroupCommitter, GroupSettings
from wallet.settlement.ports import LedgerStore
from wallet.settlement.wallet import Wallet
from wallet.settlement.watch import BalanceWatchers
from wallet.settlement.writes import Decide, Ledger
from wallet.storage.addresses import asyncpg_dsn, is_sqlite, parse_address, sqlite_path
from wallet.storage.event_times import EVENT_DELAY_POSTGRES_MS, EVENT_DELAY_SQLITE_MS
from wallet.storage.migrate import migrate
from wallet.storage.reads import SqlReads
from wallet.storage.sqlite_store import SqliteStore

COLLECTOR_THRESHOLDS = (50_000, 20, 50)


def system_now_ms() -> int:
    """Return the time of the machine."""
    return time.time_ns() // 1_000_000


def calm_collector() -> None:
    """Keep the garbage collector away from what never dies and from what dies by itself; call once all is composed.

    A group of calls makes thousands of objects, in no cycles, and drops them together; with CPython's usual threshold
    the collector walks them several times in between.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTOR_THRESHOLDS)


def decide_by(policies: Policies) -> Decide:
    """Return ``decide`` with each provider's policy bound; without policies of their own it costs nothing."""
    if policies.by_provider:
        policy_of = policies.of

        def decide_as_agreed(state: State, command: Command) -> Decision:
            return decide(state, command, policy_of(command.provider_id))

        return decide_as_agreed
    return decide if policies.usual is DEFAULT_POLICY else partial(decide, policy=policies.usual)


async def open_wallet(
    database_url: str,
    now_ms: Callable[[], int] = system_now_ms,
    *,
    policies: Policies = DEFAULT_POLICIES,
    settings: GroupSettings | None = None,
    writer_count: int = 2,
    event_delay_ms: int | None = None,
    jitter: random.Random | None = None,
) -> Wallet:
    """Migrate the database and return a wallet on it; ``await wallet.aclose()`` settles what waits and closes it."""
    url = parse_address(database_url)
    await migrate(url)
    ledger = Ledger(decide_by(policies), evolve, now_ms)
    store: LedgerStore
    if is_sqlite(url):
        store, delay_ms = SqliteStore(sqlite_path(url), ledger), EVENT_DELAY_SQLITE_MS
    else:
        from wallet.storage.postgres_store import PostgresStore  # asyncpg is an extra

        store, delay_ms = PostgresStore(asyncpg_dsn(url), ledger, writer_count), EVENT_DELAY_POSTGRES_MS
    reads = SqlReads(url)
    watchers = BalanceWatchers(reads.account)
    committer = GroupCommitter(store, settings=settings, jitter=jitter, on_commit=watchers.tell)
    return Wallet(
        ledger, store, reads, committer, watchers, now_ms, delay_ms if event_delay_ms is None else event_delay_ms
    )
