"""SIGKILL of the wallet process at random moments under load: nothing acknowledged is lost, nothing is doubled."""

import base64
import os
import pickle
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.support.postgres import PostgresServer
from tests.support.wallet_load import Sent, check, open_players, report
from wallet.bootstrap import open_wallet

KILLS = int(os.environ.get("FAULT_KILLS", "4"))
TIMEOUT_S = 120 + 15 * KILLS


def life(database_url: str, seed: int, rng: random.Random) -> list[Sent]:
    """Run one wallet process until it is killed at a random moment; return what it said."""
    command = [sys.executable, "-m", "tests.faults.wallet_process", database_url, str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline()]  # it plays
        killer = threading.Timer(rng.uniform(0.02, 0.5), process.send_signal, [signal.SIGKILL])
        killer.start()
        lines += process.stdout.readlines()
        killer.join()
    history: dict[object, Sent] = {}
    for line in lines:
        word, _, text = line.partition(" ")
        if not text.endswith("\n"):
            continue  # cut by the kill
        value = pickle.loads(base64.b64decode(text))
        if word == "sent":
            history[value] = Sent(value)
        else:
            history[value[0]].reply = value[1]
    return list(history.values())


async def killed_again_and_again(database_url: str, seed: int) -> tuple[int, int]:
    wallet = await open_wallet(database_url)
    await open_players(wallet, 4)
    await wallet.aclose()
    rng = random.Random(seed)
    history = [sent for number in range(KILLS) for sent in life(database_url, 100 * seed + number, rng)]
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
