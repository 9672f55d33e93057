"""The trap of the fresh database: on empty, never analysed tables every hot statement must use the right index."""

import pytest

from tests.support.postgres import PostgresServer
from wallet.ledger.state import LoadPlan, State
from wallet.storage import postgres_sql as sql
from wallet.storage.addresses import parse_address
from wallet.storage.migrate import migrate
from wallet.storage.postgres_lane import PostgresLane
from wallet.storage.postgres_spins import WRITE_SPINS

EXPECTED = {
    "SELECT_ACCOUNTS": "accounts_pkey",
    "LOCK_ACCOUNTS": "accounts_pkey",
    "SELECT_TRANSACTIONS": "journal_key",
    "SELECT_RESOLUTIONS": "journal_resolution",
    "SELECT_ROUNDS": "rounds_pkey",
    "SELECT_GRANTS": "grants_pkey",
    "SELECT_OPEN_ROUNDS": "rounds_open_by_game",
}


async def explained(lane: PostgresLane, text: str, arguments: list[str]) -> str:
    await lane.connection.execute(f"prepare hot as {text}")
    return "\n".join(row[0] for row in await lane.connection.fetch(f"explain execute hot({', '.join(arguments)})"))


@pytest.mark.parametrize(("name", "index"), EXPECTED.items())
async def test_the_plan_of_an_empty_database_is_the_plan_of_a_full_one(
    postgres: PostgresServer, postgres_url: str, name: str, index: str
) -> None:
    url = parse_address(postgres_url)
    await migrate(url)
    lane = await PostgresLane.open(postgres.raw_dsn(url.database or ""), 10)
    try:
        text = getattr(sql, name)
        count = max(place for place in range(1, 10) if f"${place}" in text)
        plan = await explained(lane, text, ["array['x']"] * count)
    finally:
        await lane.connection.close()

    assert f"Index Scan using {index}" in plan, plan
    assert "Seq Scan" not in plan
    for line in plan.splitlines():
        assert "Filter:" not in line or "flags" in line or "status" in line, plan


async def test_spins_find_their_accounts_by_key_when_the_database_is_empty(
    postgres: PostgresServer, postgres_url: str
) -> None:
    url = parse_address(postgres_url)
    await migrate(url)
    lane = await PostgresLane.open(postgres.raw_dsn(url.database or ""), 10)
    try:
        count = max(place for place in range(1, 40) if f"${place}:" in WRITE_SPINS)
        plan = await explained(lane, WRITE_SPINS, ["'{}'"] * (count - 2) + ["0", "0"])
    finally:
        await lane.connection.close()

    assert "Index Scan using accounts_pkey on accounts" in plan, plan
    assert "Index Cond: ((brand_id = (spins.brand_id)::text) AND (player_id = " in plan, plan
    assert "Seq Scan" not in plan
    assert "Join Filter" not in plan


async def test_statements_are_parsed_once_for_a_connection(postgres: PostgresServer, postgres_url: str) -> None:
    url = parse_address(postgres_url)
    await migrate(url)
    lane = await PostgresLane.open(postgres.raw_dsn(url.database or ""), 10)
    try:
        for _ in range(3):
            await lane.load(LoadPlan(accounts={("brand", "player", "EUR")}), State(), {}, locked=False)
        runs = await lane.connection.fetch(
            "select generic_plans + custom_plans from pg_prepared_statements where name = 'wallet_select_accounts'"
        )
    finally:
        await lane.connection.close()

    assert [row[0] for row in runs] == [3]
