"""The whole server dies by SIGKILL at random moments while players spin: nothing is lost, nothing is doubled."""

from pathlib import Path

import pytest
from rich.console import Console

from gateway.cli.demo import Demo, play

KILL_COUNT = 20


@pytest.mark.timeout(300)
def test_twenty_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    demo = Demo(rounds=400, kills=KILL_COUNT, replay_percent=100)

    books, verdict = play(demo, tmp_path, Console(quiet=True))

    # Every round was answered, sent again, and got its first answer, byte for byte; every balance is what the players
    # reckoned from the answers that they saw; the ledger agrees with itself.
    assert books.wrong == []
    assert books.holds(demo.rounds, KILL_COUNT), books
    assert books.replays >= demo.rounds
    assert verdict["ok"], verdict
