"""Processes that remember accounts play the same players over one database, are killed, and are meddled with meanwhile.

Two processes spin; a third undoes their spins (also before they come), blocks and opens, pays in, spins.
"""

import asyncio
import os
import random
from pathlib import Path

import pytest

from tests.support.postgres import PostgresServer
from tests.support.wallet_child import live
from tests.support.wallet_load import Play, Sent, check, open_players, report
from tests.support.wallets import BRAND, CURRENCY, EURO, deposit, rollback, spin
from wallet.bootstrap import open_wallet
from wallet.ledger.kinds import AccountStatus
from wallet.settlement.wallet import Wallet

LIVES = int(os.environ.get("FAULT_KILLS", "4"))
TIMEOUT_S = 120 + 20 * LIVES
PLAYERS, CLIENTS = 4, 16


async def killed_lives(database_url: str, seeds: list[int], rng: random.Random) -> list[Sent]:
    """Let one life follow the other, each ended by SIGKILL."""
    history: list[Sent] = []
    for seed in seeds:
        told, _ = await asyncio.to_thread(live, database_url, seed, load=("spins",), kill_after_s=rng.uniform(0.1, 0.5))
        history += told
    return history


async def meddle(wallet: Wallet, play: Play, rng: random.Random, seeds: list[int]) -> None:
    """Do to the others' players whatever moves their accounts behind the others' backs."""
    number = 0
    while not play.stopping:
        number += 1
        player_id = f"player-{rng.randrange(PLAYERS)}"
        key = (BRAND, player_id, CURRENCY)
        match rng.randrange(8):
            case 0 | 1 | 2:  # of a spin that was, or may come
                name = f"s{rng.choice(seeds)}.c{rng.randrange(CLIENTS)}.t{rng.randrange(60)}"
                await play.send(wallet.apply, rollback(f"undo.{number}", name, player_id, name))
            case 3:
                await wallet.set_status(key, AccountStatus.BLOCKED, "desk", f"block {number}")
                await wallet.set_status(key, AccountStatus.OPEN, "desk", f"open {number}")
            case 4:
                await play.send(wallet.apply, deposit(f"in.{number}", 20 * EURO, player_id))
            case _:
                await play.send(wallet.apply, spin(f"desk.{number}", EURO, rng.choice((0, 2)) * EURO, player_id))
        await asyncio.sleep(rng.choice((0, 0, 0.002, 0.05)))


async def live_together(database_url: str, seed: int) -> tuple[int, int]:
    rng = random.Random(seed)
    wallet = await open_wallet(database_url)
    await open_players(wallet, PLAYERS)
    sides = [[1000 * seed + 100 * side + number for number in range(LIVES)] for side in range(2)]
    play = Play(seed=seed)
    meddling = asyncio.create_task(meddle(wallet, play, rng, [each for side in sides for each in side]))
    lives = await asyncio.gather(*(killed_lives(database_url, side, rng) for side in sides))
    play.stopping = True
    await meddling
    await wallet.aclose()
    history = [sent for told in lives for sent in told] + play.sent
    return len(history), await check(database_url, history)


@pytest.mark.slow
@pytest.mark.timeout(TIMEOUT_S)
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
async def test_w13_processes_that_share_their_players_lose_and_double_nothing(
    database: str, tmp_path: Path, postgres: PostgresServer
) -> None:
    url = f"sqlite:///{tmp_path}/wallet.db" if database == "sqlite" else postgres.dsn(postgres.create_database())

    sent, acknowledged = await live_together(url, 3)

    report(f"{database}: {2 * LIVES} kills, {sent} commands sent, {acknowledged} acknowledged")
    assert acknowledged > 100
