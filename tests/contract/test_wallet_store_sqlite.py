"""The store suite on SQLite."""

from pathlib import Path

import pytest

from tests.support.wallet_store_suite import WalletStoreSuite


class TestSqliteStore(WalletStoreSuite):
    @pytest.fixture
    def database_url(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path}/wallet.db"
