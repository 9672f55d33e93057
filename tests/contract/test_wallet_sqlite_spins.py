"""The one line that writes a spin on SQLite leaves the tables as the general way does."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.contract.test_wallet_postgres_spins import LAST_TIME_MS, SPINS
from tests.support.wallets import BRAND, CURRENCY, EURO
from wallet.bootstrap import system_now_ms
from wallet.ledger.decide import decide
from wallet.ledger.evolve import evolve
from wallet.ledger.straight import spin_of
from wallet.settlement.admin_call import Instruction
from wallet.settlement.ports import StoreConflict
from wallet.settlement.writes import Ledger
from wallet.storage.addresses import parse_address
from wallet.storage.migrate import migrate
from wallet.storage.sqlite_store import SqliteStore

ORDERS = {"accounts": "2", "journal": "2, 4", "rounds": "2, 4", "notes": "1", "grants": "1"}


async def open_store(path: Path) -> SqliteStore:
    await migrate(parse_address(f"sqlite:///{path}"))
    with sqlite3.connect(path) as connection:
        connection.executemany(
            f"insert into accounts values ('{BRAND}', ?, '{CURRENCY}', 'open', 0, {100 * EURO}, 7, 5, 0, 0, "
            "zeroblob(32), 0, '', '', 1, ?, 1)",
            LAST_TIME_MS.items(),
        )
    connection.close()
    return SqliteStore(path, Ledger(decide, evolve, system_now_ms))


def tables(path: Path) -> list[list[Any]]:
    with sqlite3.connect(path) as connection:
        left = [connection.execute(f"select * from {name} order by {by}").fetchall() for name, by in ORDERS.items()]
    connection.close()
    return left


async def test_spins_written_by_lines_leave_the_same_rows(tmp_path: Path) -> None:
    straight: list[Instruction] = [spin for command in SPINS if (spin := spin_of(command)) is not None]
    assert len(straight) == len(SPINS)
    left = []
    for name, commands in (("straight", straight), ("general", SPINS)):
        store = await open_store(tmp_path / name)
        settled = await store.settle(0, commands, locked=False)
        await store.aclose()
        left.append((settled.replies, tables(tmp_path / name)))

    assert left[0] == left[1]
    assert len(left[0][1][1]) == 8
    assert [account[-1] for account in left[0][1][0]] == [2, 2, 2]


async def test_spins_that_come_alone_leave_the_same_rows(tmp_path: Path) -> None:
    """From the second of a player on, they are decided without a group (``wallet.settlement.lone_spin``)."""
    straight: list[Instruction] = [spin for command in SPINS if (spin := spin_of(command)) is not None]
    left = []
    for name, commands in (("alone", straight), ("general", SPINS)):
        store = await open_store(tmp_path / name)
        settled = [await store.settle(0, [command], locked=False) for command in commands]
        await store.aclose()
        left.append(([(one.replies, one.accounts) for one in settled], tables(tmp_path / name)))

    assert left[0] == left[1]
    assert [account[-1] for account in left[0][1][0]] == [2, 2, 4]


@pytest.mark.parametrize("times", [2, 3])
async def test_w01_the_same_spin_twice_in_a_group_lets_nothing_in(tmp_path: Path, times: int) -> None:
    store = await open_store(tmp_path / "ledger")
    before = tables(tmp_path / "ledger")
    group: list[Instruction] = [spin for command in SPINS[:1] * times if (spin := spin_of(command)) is not None]

    with pytest.raises(StoreConflict) as conflict:
        await store.settle(0, group, locked=False)
    await store.aclose()

    assert conflict.value.key_taken
    assert tables(tmp_path / "ledger") == before
