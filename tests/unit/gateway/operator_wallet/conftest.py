"""One bench for all tests of operators' own wallets; a module with rules of its own has a fixture ``policies``."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.gateway.operator_wallet.operator_bench import DIALECTS, Bench, open_bench
from wallet.ledger.policy import DEFAULT_POLICIES, Policies


@pytest.fixture
def policies() -> Policies:
    """The rules of the ledger."""
    return DEFAULT_POLICIES


@pytest.fixture(params=DIALECTS)
async def bench(request: pytest.FixtureRequest, tmp_path: Path, policies: Policies) -> AsyncIterator[Bench]:
    async with open_bench(tmp_path, request.param, policies) as bench:
        yield bench
