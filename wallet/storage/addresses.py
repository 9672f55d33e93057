"""Database addresses: ``sqlite+aiosqlite:///PATH`` or ``postgresql+asyncpg://...``; a bare scheme will do."""

from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from protos.wire.addresses import DatabaseRefused


class DatabaseAddressRefused(DatabaseRefused):
    """The address names no database that the wallet can use."""


_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}


def parse_address(address: str) -> URL:
    """Return the address with its asyncio driver, or refuse it."""
    try:
        url = make_url(address)
    except ArgumentError:
        raise DatabaseAddressRefused("not a database address (sqlite:///PATH or postgresql://...)") from None
    dialect = url.drivername.partition("+")[0]
    if dialect not in _DRIVERS:
        raise DatabaseAddressRefused(f"cannot use a {dialect} database; SQLite and PostgreSQL are known")
    if dialect == "sqlite" and url.database in (None, "", ":memory:"):
        raise DatabaseAddressRefused("an SQLite address must name a file: sqlite:///PATH")
    return url.set(drivername=_DRIVERS[dialect])


def is_sqlite(url: URL) -> bool:
    """Say whether ``url`` names an SQLite file."""
    return url.drivername.startswith("sqlite")


def sqlite_path(url: URL) -> Path:
    """Return the file that ``url`` names."""
    assert url.database
    return Path(url.database)


def asyncpg_dsn(url: URL) -> str:
    """Return the address as asyncpg reads it: SQLAlchemy's ``ssl`` is ``sslmode`` there."""
    query = {("sslmode" if name == "ssl" else name): value for name, value in url.query.items()}
    return url.set(drivername="postgresql", query=query).render_as_string(hide_password=False)
