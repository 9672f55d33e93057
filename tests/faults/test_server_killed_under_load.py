"""The whole server dies by SIGKILL at random moments while players spin: nothing is lost, nothing is doubled."""

import json
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from adapters.reels.library import SHIPPED_GAMES
from gateway.cli.demo import Demo, play

KILL_COUNT = 20
GAME = "ember-crown"


def one_game(folder: Path) -> str:
    """Return the adapters' setting for a server that offers one game, so that it is back in a moment."""
    for file in SHIPPED_GAMES.rglob(f"{GAME}.*"):
        target = folder / file.relative_to(SHIPPED_GAMES)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)
    return json.dumps([{"factory": "adapters.reels.adapter:create_adapter", "config": {"games": str(folder)}}])


@pytest.mark.timeout(600)
def test_twenty_kills_lose_and_double_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REELGATE_ADAPTERS", one_game(tmp_path / "games"))
    demo = Demo(rounds=300, kills=KILL_COUNT, replay_percent=100, provider_rounds=0)

    books, verdict = play(demo, tmp_path, Console(quiet=True))

    # Every round was answered, sent again, and got its first answer, byte for byte; every balance is what the players
    # reckoned from the answers that they saw; the ledger agrees with itself.
    assert books.wrong == []
    assert books.holds(demo.rounds, KILL_COUNT), books
    assert books.replays >= demo.rounds
    assert verdict["ok"], verdict
