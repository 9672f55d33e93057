"""The command prints figures or JSON, refuses bad files in one line, and goes on from a checkpoint."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from adapters.reels.simulate.cli import add_simulate
from tests.unit.adapters.reels_simulate.games import SMALL


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    app.callback()(lambda: None)
    add_simulate(app)
    return app


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(SMALL)
    return path


def run(app: typer.Typer, *arguments: str):
    return CliRunner().invoke(app, ["simulate", *arguments, "--kernel", "numpy"])


def test_json_holds_the_whole_result_and_the_same_seed_gives_it_again(app, file: Path) -> None:
    first, again, other = (
        run(app, str(file), "--rounds", "5000", "--seed", seed, "--json") for seed in ("a", "a", "b")
    )

    assert first.exit_code == 0
    assert json.loads(first.stdout)["figures"]["rounds"] == 5000
    assert first.stdout == again.stdout != other.stdout


def test_shows_a_table(app, file: Path) -> None:
    result = run(app, str(file), "--rounds", "5000")

    assert result.exit_code == 0
    assert "RTP" in result.stdout
    assert "from free" in result.stdout


def test_goes_on_from_a_checkpoint(app, file: Path, tmp_path: Path) -> None:
    kept = str(tmp_path / "kept.json")
    run(app, str(file), "--rounds", str(1 << 20), "--checkpoint", kept)

    longer = run(app, str(file), "--rounds", str((1 << 20) + 5), "--checkpoint", kept, "--json")

    assert json.loads(longer.stdout)["figures"]["rounds"] == (1 << 20) + 5


def test_a_bad_file_a_bad_checkpoint_and_a_bad_kernel_are_named(app, file: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("format = 2")
    kept = tmp_path / "kept.json"
    kept.write_text("{")

    assert run(app, str(broken)).exit_code == 1
    assert run(app, str(file), "--checkpoint", str(kept)).exit_code == 1
    assert CliRunner().invoke(app, ["simulate", str(file), "--kernel", "gpu"]).exit_code == 2
