"""The store suite on PostgreSQL, at READ COMMITTED and at SERIALIZABLE."""

from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from tests.support.postgres import PostgresServer
from tests.support.wallet_store_suite import WalletStoreSuite


class TestPostgresStore(WalletStoreSuite):
    @pytest.fixture
    def database_url(self, tmp_path: Path, postgres_url: str) -> str:
        return postgres_url


class TestPostgresStoreSerializable(WalletStoreSuite):
    @pytest.fixture
    def database_url(self, tmp_path: Path, postgres: PostgresServer, postgres_url: str) -> str:
        name = make_url(postgres_url).database
        postgres.execute(f"alter database {name} set default_transaction_isolation = 'serializable'")
        return postgres_url
