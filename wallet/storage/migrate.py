"""Bring a database to the newest schema, in this process; several processes may start at once."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from protos.wire.addresses import DatabaseRefused
from wallet.storage.addresses import is_sqlite, sqlite_path

_LOCK_ID = 7_223_471_001
"""The advisory lock that lets one process migrate while the others wait."""


class ReplicaRefused(DatabaseRefused):
    """The database is a standby: money is decided on the primary only."""


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _upgrade_sqlite(url: URL) -> None:
    path = sqlite_path(url)
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=30)) as raw:
        raw.execute("pragma journal_mode = wal")
    engine = create_engine(url.set(drivername="sqlite"), poolclass=NullPool, connect_args={"timeout": 30})
    with engine.connect() as connection:
        connection.exec_driver_sql("begin immediate")
        _upgrade(connection)
        connection.commit()


def _upgrade_postgres(connection: Connection) -> None:
    if connection.scalar(text("select pg_is_in_recovery()")):
        raise ReplicaRefused("the database is a standby; point the wallet at the primary")
    connection.execute(text("select pg_advisory_xact_lock(:id)"), {"id": _LOCK_ID})
    _upgrade(connection)


async def migrate(url: URL) -> None:
    """Create or upgrade the wallet's tables at ``url``."""
    if is_sqlite(url):
        await asyncio.to_thread(_upgrade_sqlite, url)
        return
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade_postgres)
    finally:
        await engine.dispose()
