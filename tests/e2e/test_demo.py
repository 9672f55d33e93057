"""The demo as ``make demo`` runs it, only shorter: all processes, all five providers, one kill, one audit."""

import json
import subprocess
import sys
from typing import Any

import pytest

from gateway.cli.demo_providers import PROVIDERS, providers_hold

PROVIDER_ROUND_COUNT = 12


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_five_providers_play_beside_the_in_house_games_through_a_kill() -> None:
    command = [sys.executable, "-m", "gateway.cli.main", "demo", "--json", "--seed", "7", "--replay-percent", "50"]

    done = subprocess.run(
        [*command, "--rounds", "60", "--provider-rounds", str(PROVIDER_ROUND_COUNT)],
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )

    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    report: dict[str, Any] = json.loads(done.stdout)
    assert (report["rounds"], report["restarts"]) == (60, 1)
    assert report["audit_ok"]
    assert report["balances_ok"]
    assert report["stopped_ok"]
    assert report["providers_ok"]
    assert [item["provider"] for item in report["providers"]] == list(PROVIDERS)
    for item in report["providers"]:
        assert item["wrong"] == []
        assert item["rounds"] == PROVIDER_ROUND_COUNT
        assert item["settled"] + item["rolled_back"] + item["refused"] == PROVIDER_ROUND_COUNT
        assert item["faults"] > 0
    assert sum(item["retries"] for item in report["providers"]) > 0


def fair_books(provider: str) -> dict[str, Any]:
    return {"provider": provider, "settled": 5, "faults": 3, "wrong": []}


@pytest.mark.parametrize(
    "flaw",
    [{"wrong": ["a balance"]}, {"settled": 0}, {"faults": 0}],
    ids=["a wrong balance", "nothing settled", "no fault met"],
)
def test_one_providers_flaw_fails_the_demo(flaw: dict[str, Any]) -> None:
    books = [fair_books(provider) for provider in PROVIDERS]
    assert providers_hold(books, 8)

    books[-1] |= flaw

    assert not providers_hold(books, 8)


def test_a_provider_without_books_fails_the_demo() -> None:
    books = [fair_books(provider) for provider in PROVIDERS]

    assert not providers_hold(books[:-1], 8)
    assert not providers_hold([], 8)
    assert providers_hold([], 0)
