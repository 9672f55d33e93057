"""The trap of the fresh database: on empty, never analysed tables every hot statement must use the right index."""

import pytest

from tests.support.postgres import PostgresServer
from wallet.storage import postgres_sql as sql
from wallet.storage.addresses import parse_address
from wallet.storage.migrate import migrate
from wallet.storage.postgres_lane import PostgresLane

EXPECTED = {
    "SELECT_ACCOUNTS": "accounts_pkey",
    "LOCK_ACCOUNTS": "accounts_pkey",
    "SELECT_TRANSACTIONS": "journal_key",
    "SELECT_RESOLUTIONS": "journal_resolution",
    "SELECT_ROUNDS": "rounds_pkey",
    "SELECT_GRANTS": "grants_pkey",
    "SELECT_OPEN_ROUNDS": "rounds_open_by_game",
}


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
        await lane.connection.execute(f"prepare hot as {text}")
        arguments = ", ".join(["array['x']"] * count)
        plan = "\n".join(row[0] for row in await lane.connection.fetch(f"explain execute hot({arguments})"))
    finally:
        await lane.connection.close()

    assert f"Index Scan using {index}" in plan, plan
    assert "Seq Scan" not in plan
    for line in plan.splitlines():
        assert "Filter:" not in line or "flags" in line or "status" in line, plan
