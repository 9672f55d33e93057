"""SIGKILL of the wallet process at random moments under load: nothing acknowledged is lost, nothing is doubled."""

import os
import random
from pathlib import Path

import pytest

from tests.support.postgres import PostgresServer
from tests.support.wallet_child import live
from tests.support.wallet_load import check, open_players, report
from wallet.bootstrap import open_wallet

KILLS = int(os.environ.get("FAULT_KILLS", "4"))
TIMEOUT_S = 120 + 15 * KILLS


async def killed_again_and_again(database_url: str, seed: int) -> tuple[int, int]:
    wallet = await open_wallet(database_url)
    await open_players(wallet, 4)
    await wallet.aclose()
    rng = random.Random(seed)
    lives = [live(database_url, 1000 * seed + number, kill_after_s=rng.uniform(0.02, 0.5)) for number in range(KILLS)]
    history = [sent for told, _ in lives for sent in told]
    return len(history), await check(database_url, history)


@pytest.mark.slow
@pytest.mark.timeout(TIMEOUT_S)
async def test_w27_killing_the_wallet_on_sqlite_loses_and_doubles_nothing(tmp_path: Path) -> None:
    sent, acknowledged = await killed_again_and_again(f"sqlite:///{tmp_path}/wallet.db", 1)

    report(f"SQLite: {KILLS} kills, {sent} commands sent, {acknowledged} acknowledged")
    assert acknowledged > KILLS


@pytest.mark.slow
@pytest.mark.timeout(TIMEOUT_S)
async def test_w27_killing_the_wallet_on_postgres_loses_and_doubles_nothing(durable_postgres: PostgresServer) -> None:
    name = durable_postgres.create_database()
    sent, acknowledged = await killed_again_and_again(durable_postgres.dsn(name), 2)

    report(f"PostgreSQL: {KILLS} kills, {sent} commands sent, {acknowledged} acknowledged")
    assert acknowledged > KILLS
