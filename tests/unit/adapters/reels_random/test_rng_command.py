"""The command deals through the production path, judges, and streams raw bytes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapters.reels.random import cli, outcomes
from adapters.reels.random.battery.run import run_battery
from adapters.reels.random.cli import rng_app
from adapters.reels.random.mapping import block_words
from adapters.reels.random.source import RandomSource
from tests.unit.adapters.reels_simulate.games import WEIGHTED


def test_prints_one_json_object_and_passes() -> None:
    result = CliRunner().invoke(rng_app, ["test", "--outcomes", "20000", "--json"])
    document = json.loads(result.stdout)

    assert document["outcomes"] == 20000
    assert result.exit_code == (0 if document["passed"] else 1)
    assert min(finding["p_value"] for finding in document["findings"]) > 1e-7
    assert {finding["test"] for finding in document["findings"]} == {
        "total distribution", "serial correlation", "runs", "overlaps of 2", "overlaps of 3", "coupon collector",
        "duplicates", "interplay",
    }  # fmt: skip


def test_shows_a_table_and_fails_with_a_bad_source(monkeypatch: pytest.MonkeyPatch) -> None:
    def biased(stops, reels, progress):
        return run_battery(stops % 31, reels, progress)

    monkeypatch.setattr(cli, "run_battery", biased)
    result = CliRunner().invoke(rng_app, ["test", "--outcomes", "20000", "--reels", "3"])

    assert result.exit_code == 1
    assert "FAILED" in result.stdout


def test_streams_the_words_of_successive_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    class Counting(RandomSource):
        rounds = 0

        def round_seed(self) -> bytes:
            self.rounds += 1
            return self.rounds.to_bytes(32, "big")

    written: list[bytes] = []

    outcomes.raw_stream(Counting(), written.append, 100_000)

    content = b"".join(written)
    words = [word for number in (1, 2) for word in block_words(number.to_bytes(32, "big"), 0, 1)]
    assert len(content) == 100_000
    assert content[:128] == b"".join(word.to_bytes(8, "big") for word in words)


def test_a_reader_that_goes_away_ends_the_stream_quietly() -> None:
    script = "from adapters.reels.random.cli import rng_app; rng_app(['test', '--stream'])"
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = process.stdout.read(100_000)
        process.stdout.close()
        complaint = process.stderr.read()

    assert len(set(first)) == 256
    assert complaint == b""


def test_deals_the_base_spin_of_a_game_file(tmp_path: Path) -> None:
    file = tmp_path / "weighted.toml"
    file.write_text(WEIGHTED)

    good = CliRunner().invoke(rng_app, ["test", "--outcomes", "20000", "--json", "--game", str(file)])
    file.write_text("format = 3")
    bad = CliRunner().invoke(rng_app, ["test", "--outcomes", "20000", "--game", str(file)])

    document = json.loads(good.stdout)
    assert "reel 3 symbol" in {finding["subject"] for finding in document["findings"]}
    assert min(finding["p_value"] for finding in document["findings"]) > 1e-7
    assert bad.exit_code == 1
