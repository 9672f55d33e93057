"""The migrations make exactly the tables that the code knows, also where an older version made some at its start."""

from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect

from gateway.operator_wallet import tables as operator_tables
from gateway.storage.database import migrate, open_engine
from gateway.storage.tables import METADATA

MADE_AT_THE_START = [operator_tables.MOVEMENTS, operator_tables.ATTEMPTS]


def shape(connection: Connection) -> dict[str, tuple[set[str], list[str], set[str]]]:
    """Return columns, key and indexes of every table that the code knows."""
    seen = inspect(connection)
    return {
        table.name: (
            {column["name"] for column in seen.get_columns(table.name)},
            seen.get_pk_constraint(table.name)["constrained_columns"],
            {str(index["name"]) for index in seen.get_indexes(table.name)},
        )
        for table in METADATA.sorted_tables
    }


def differences_of(connection: Connection) -> list[Any]:
    """Return what Alembic would still change: types, lengths, nullability, constraints."""
    context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": _is_ours})
    return list(compare_metadata(context, METADATA))


def _is_ours(name: str | None, kind: str, _: object) -> bool:
    return kind != "table" or name in METADATA.tables


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
@pytest.mark.parametrize("older", [False, True])
async def test_the_migrations_make_what_the_code_knows(
    older: bool, database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'gateway.db'}" if database == "sqlite" else request.getfixturevalue("postgres_url")
    engine = open_engine(url)
    if older:
        async with engine.begin() as connection:
            await connection.run_sync(lambda sync: METADATA.create_all(sync, tables=MADE_AT_THE_START))

    await migrate(engine)

    async with engine.connect() as connection:
        found = await connection.run_sync(shape)
        differences = await connection.run_sync(differences_of)
    await engine.dispose()
    assert differences == []
    for table in METADATA.sorted_tables:
        columns, key, indexes = found[table.name]
        assert columns == {column.name for column in table.columns}
        assert key == [column.name for column in table.primary_key.columns]
        assert indexes >= {str(index.name) for index in table.indexes}
