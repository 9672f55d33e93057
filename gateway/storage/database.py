"""Opens the database of the gateway's own tables and brings it to the newest version."""

import asyncio
import sqlite3
from contextlib import closing
from importlib import resources
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from protos.wire.addresses import DatabaseRefused

VERSION_TABLE = "gateway_version"
_BUSY_MS = 10_000
_POOL_SIZE = 4
_MIGRATION_LOCK = 0x5265656C67617465 >> 1


def async_url(database_url: str) -> URL:
    """Return the URL with the asynchronous driver of its dialect; raises ``DatabaseRefused`` for anything else."""
    try:
        url = make_url(database_url)
    except ArgumentError as error:
        raise DatabaseRefused("the database must be a URL such as sqlite:///PATH or postgresql://...") from error
    driver = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}.get(
        url.get_backend_name()
    )
    if driver is None:
        raise DatabaseRefused(f"the database must be sqlite or postgresql, not {url.get_backend_name()}")
    return url.set(drivername=driver)


def open_engine(database_url: str) -> AsyncEngine:
    """Return an engine; no connection is made yet."""
    url = async_url(database_url)
    engine = create_async_engine(url, pool_size=_POOL_SIZE, max_overflow=0)
    if url.get_backend_name() == "sqlite":
        event.listen(engine.sync_engine, "connect", _on_sqlite_connect)
    return engine


async def migrate(engine: AsyncEngine) -> None:
    """Bring the gateway's tables to the newest version; several processes may try at once."""
    if engine.dialect.name == "sqlite" and engine.url.database not in (None, "", ":memory:"):
        await asyncio.to_thread(_try_file, str(engine.url.database))
    async with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
        else:
            await connection.exec_driver_sql("BEGIN IMMEDIATE")
        await connection.run_sync(_upgrade)


def _try_file(path: str) -> None:
    """Open the file once, to raise at once where that fails: aiosqlite's thread would outlive its loop and complain."""
    with closing(sqlite3.connect(path)):
        pass


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    with resources.as_file(resources.files("gateway.storage")) as folder:
        config.set_main_option("script_location", str(Path(folder) / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _on_sqlite_connect(connection: Any, _record: Any) -> None:
    try:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.close()
    except Exception:
        connection.close()  # the pool never gets to know it, and its thread would wait for ever
        raise
