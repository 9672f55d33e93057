"""The one statement that writes a group of spins leaves the tables as the general way does."""

from typing import Any

import asyncpg  # type: ignore[import-untyped]  # has no stubs
import pytest

from tests.support.postgres import PostgresServer
from tests.support.wallets import BRAND, CURRENCY, EURO, PROVIDER
from wallet.bootstrap import system_now_ms
from wallet.ledger.decide import decide
from wallet.ledger.evolve import evolve
from wallet.ledger.kinds import ActionKind
from wallet.ledger.straight import spin_of
from wallet.ledger.types import Action, Command
from wallet.settlement.admin_call import Instruction
from wallet.settlement.ports import StoreConflict
from wallet.settlement.writes import Ledger
from wallet.storage.addresses import parse_address
from wallet.storage.migrate import migrate
from wallet.storage.postgres_lane import PostgresLane
from wallet.storage.postgres_store import PostgresStore

LAST_TIME_MS = {"ann": 4_000_000_000_001, "bob": 4_000_000_000_002, "zoe": 4_000_000_000_003}
"""Ahead of any clock, so the rows bear these: the same at each try, and another one for each account."""
ODD_VERSION = 'v"1\\, {NULL}'


def spin(
    player_id: str, number: int, stake: int, *prizes: int, version: str = "", state: bytes | None = None
) -> Command:
    bet = Action(ActionKind.BET, f"bet-{number}", stake, detail=bytes([number, 0, 255]))
    wins = tuple(Action(ActionKind.WIN, f"win-{number}", prize, detail=b"won") for prize in prizes)
    return Command(
        BRAND, player_id, CURRENCY, PROVIDER, 0, (bet, *wins), "game", f"round-{number}",
        close_round=True, one_unit=True, exclusive_game=True, game_version=version, round_state=state,
    )  # fmt: skip


SPINS = [
    spin("zoe", 1, EURO, 3 * EURO),
    spin("ann", 2, EURO),
    spin("zoe", 3, 2 * EURO, 0, version=ODD_VERSION, state=b"\\x00state"),
    spin("bob", 4, 0, EURO, version="NULL"),
    spin("zoe", 5, EURO, version="é", state=b""),
]


async def open_store(server: PostgresServer) -> tuple[PostgresStore, Any]:
    name = server.create_database()
    await migrate(parse_address(server.dsn(name)))
    beside = await asyncpg.connect(server.raw_dsn(name))
    await beside.execute(
        f"insert into accounts select '{BRAND}', id, '{CURRENCY}', 'open', false, {100 * EURO}, 7, 5, 0, 0, "
        "decode(repeat('00', 32), 'hex'), 0, '', '', 1, time_ms, 1 "
        "from unnest($1::text[], $2::bigint[]) as known (id, time_ms)",
        [*LAST_TIME_MS],
        [*LAST_TIME_MS.values()],
    )
    return PostgresStore(server.raw_dsn(name), Ledger(decide, evolve, system_now_ms), writer_count=1), beside


async def tables(beside: Any) -> list[list[Any]]:
    orders = {"accounts": "2", "journal": "2, 4", "rounds": "2, 4", "notes": "1", "grants": "1"}
    return [await beside.fetch(f"select * from {table} order by {order}") for table, order in orders.items()]


async def test_spins_written_by_one_statement_leave_the_same_rows(postgres: PostgresServer) -> None:
    straight: list[Instruction] = [spin for command in SPINS if (spin := spin_of(command)) is not None]
    assert len(straight) == len(SPINS)
    left = []
    for commands in (straight, SPINS):
        store, beside = await open_store(postgres)
        settled = await store.settle(0, commands, locked=False)
        left.append((settled.replies, await tables(beside)))
        await store.aclose()
        await beside.close()

    assert left[0] == left[1]
    assert len(left[0][1][1]) == 8


@pytest.mark.parametrize(
    "meanwhile",
    [
        "update accounts set version = version + 1 where player_id = 'ann'",
        "delete from accounts where player_id = 'ann'",
    ],
)
async def test_an_account_changed_meanwhile_lets_nothing_of_the_group_in(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    store, beside = await open_store(postgres)
    before = await tables(beside)
    spins: list[Instruction] = [spin for command in SPINS if (spin := spin_of(command)) is not None]
    write = PostgresLane.write_spins

    async def write_late(self: PostgresLane, *values: Any) -> None:
        await beside.execute(meanwhile)
        await write(self, *values)

    monkeypatch.setattr(PostgresLane, "write_spins", write_late)
    try:
        with pytest.raises(StoreConflict):
            await store.settle(0, spins, locked=False)
        after = await tables(beside)
    finally:
        await store.aclose()
        await beside.close()

    assert after[1:] == before[1:]
    assert all(account["sequence"] == 0 for account in after[0])
