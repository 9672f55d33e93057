"""Fixtures of PostgreSQL: one server a session (and an xdist worker), a fresh database a test."""

from collections.abc import Iterator

import pytest

from tests.support.postgres import PostgresServer, postgres_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The session's server, fsync off."""
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def durable_postgres() -> Iterator[PostgresServer]:
    """A server with fsync on, for crash tests."""
    with postgres_server(durable=True) as server:
        yield server


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """The address of a fresh, empty database."""
    name = postgres.create_database()
    yield postgres.dsn(name)
    postgres.drop_database(name)
