"""PostgreSQL set back to an older state under living connections: what a process remembers is not believed."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # has no stubs
import pytest

from tests.support.wallet_machine import opening, straight
from tests.support.wallets import BRAND, CURRENCY, EURO, deposit, spin
from wallet.bootstrap import system_now_ms
from wallet.ledger.decide import decide
from wallet.ledger.evolve import evolve
from wallet.ledger.types import Command
from wallet.settlement.ports import StoreConflict
from wallet.settlement.writes import Ledger
from wallet.storage.addresses import asyncpg_dsn, parse_address
from wallet.storage.migrate import migrate
from wallet.storage.postgres_store import PostgresStore
from wallet.storage.snapshot import audit_database

TABLES = ("accounts", "journal", "rounds")
GROUPS = {
    "spins": [spin("next", EURO, 0, "ann")],
    "a spin among others": [spin("next", EURO, 0, "ann"), deposit("next", EURO, "bob")],
}


@pytest.fixture
async def beside(postgres_url: str) -> AsyncIterator[Any]:
    await migrate(parse_address(postgres_url))
    connection = await asyncpg.connect(asyncpg_dsn(parse_address(postgres_url)))
    yield connection
    await connection.close()


def store_on(postgres_url: str) -> PostgresStore:
    return PostgresStore(
        asyncpg_dsn(parse_address(postgres_url)), Ledger(decide, evolve, system_now_ms), writer_count=1
    )


async def play(store: PostgresStore, *commands: Command, locked: bool = False) -> list[Any]:
    return (await store.settle(0, straight([*commands]), locked=locked)).replies


async def backed_up(beside: Any) -> None:
    for table in TABLES:
        await beside.execute(f"create table old_{table} as table {table}")


async def restored(beside: Any) -> None:
    for table in TABLES:
        await beside.execute(f"truncate {table}; insert into {table} table old_{table}")


@pytest.mark.parametrize("commands", GROUPS.values(), ids=GROUPS)
async def test_w13_a_version_that_comes_again_is_not_taken_for_the_account_that_is_remembered(
    postgres_url: str, beside: Any, commands: list[Command]
) -> None:
    first, second = store_on(postgres_url), store_on(postgres_url)
    for player_id in ("ann", "bob"):
        await first.settle(0, [opening((BRAND, player_id, CURRENCY))], locked=False)
        await play(first, deposit(f"d-{player_id}", 10 * EURO, player_id))
    await backed_up(beside)
    await play(first, spin("won", EURO, 100 * EURO, "ann"))
    await restored(beside)
    await play(second, spin("lost", EURO, 0, "ann"))  # the version that the first one remembers, of another account

    with pytest.raises(StoreConflict):
        await play(first, *commands)
    remembered = first._memory.recall((BRAND, "ann", CURRENCY))
    replies = await play(first, *commands, locked=True)
    for store in (first, second):
        await store.aclose()

    assert remembered is None
    assert replies[0].balance_micros == 8 * EURO
    assert (await audit_database(parse_address(postgres_url))).findings == []


@pytest.mark.parametrize("commands", GROUPS.values(), ids=GROUPS)
async def test_w13_an_account_that_is_gone_does_not_come_back_out_of_memory(
    postgres_url: str, beside: Any, commands: list[Command]
) -> None:
    store = store_on(postgres_url)
    await store.settle(0, [opening((BRAND, "bob", CURRENCY))], locked=False)
    await backed_up(beside)
    await store.settle(0, [opening((BRAND, "ann", CURRENCY))], locked=False)
    await play(store, deposit("d-ann", 10 * EURO, "ann"))
    await play(store, spin("won", EURO, 100 * EURO, "ann"))
    await restored(beside)

    with pytest.raises(StoreConflict):
        await play(store, *commands)
    replies = await play(store, *commands, locked=True)
    await store.aclose()

    assert not replies[0].accepted
    assert await beside.fetchval("select sum(cash_micros) from accounts where player_id = 'ann'") in (None, 0)
    assert (await audit_database(parse_address(postgres_url))).findings == []
