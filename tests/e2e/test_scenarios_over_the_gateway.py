"""Every scenario file over HTTP: the provider's mock against our callback server, gateway and ledger on SQLite.

Every reply on the way is held against the field list of its protocol (``tests/support/reply_checks.py``).
"""

from pathlib import Path

import pytest

from adapters.mocks.scenario_words import load_scenario, scenario_files
from tests.support.gateway_target import gateway_bench
from wallet.storage.addresses import parse_address
from wallet.storage.snapshot import audit_database

ROOT = Path(__file__).parent / "scenarios"
PROVIDERS = sorted(folder.name for folder in ROOT.iterdir() if folder.is_dir())


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_all_scenarios_of_a_provider_hold(provider: str, tmp_path: Path) -> None:
    failures: dict[str, list[str]] = {}

    database = tmp_path / "e2e.db"
    async with gateway_bench(provider, database) as bench:
        for path in scenario_files(ROOT / provider):
            result = await bench.run(load_scenario(path))
            if not result.holds:
                failures[path.stem] = result.failures

        assert bench.link.checked_count >= len(scenario_files(ROOT / provider))

    assert failures == {}
    audit = await audit_database(parse_address(f"sqlite:///{database}"))
    assert audit.row_count > 0
    assert audit.findings == []
