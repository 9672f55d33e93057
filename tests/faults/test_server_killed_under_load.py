"""The whole server dies by SIGKILL at random moments while players spin: nothing is lost, nothing is doubled."""

import json
import os
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from adapters.reels.library import SHIPPED_GAMES
from gateway.cli.demo import Demo, play

KILLS = int(os.environ.get("FAULT_KILLS", "10"))
ROUNDS_A_KILL = 15
GAME = "ember-crown"


def one_game(folder: Path) -> str:
    """Return the adapters' setting for a server that offers one game, so that it is back in a moment."""
    for file in SHIPPED_GAMES.rglob(f"{GAME}.*"):
        target = folder / file.relative_to(SHIPPED_GAMES)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)
    return json.dumps([{"factory": "adapters.reels.adapter:create_adapter", "config": {"games": str(folder)}}])


@pytest.mark.slow
@pytest.mark.timeout(120 + 15 * KILLS)
def test_kills_of_the_whole_server_lose_and_double_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REELGATE_ADAPTERS", one_game(tmp_path / "games"))
    demo = Demo(rounds=ROUNDS_A_KILL * KILLS, kills=KILLS, replay_percent=100, provider_rounds=0)

    books, verdict = play(demo, tmp_path, Console(quiet=True))

    # Every round was answered, sent again, and got its first answer, byte for byte; every balance is what the players
    # reckoned from the answers that they saw; the ledger agrees with itself.
    assert books.wrong == []
    assert books.holds(demo.rounds, KILLS), books
    assert books.replays >= demo.rounds
    assert verdict["ok"], verdict
