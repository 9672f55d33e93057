import json
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from adapters.reels.certificate import SHEETS
from adapters.reels.cli import game_app
from adapters.reels.integrity import engine_hash
from adapters.reels.library import SHIPPED_GAMES

ORCHARD = str(SHIPPED_GAMES / "orchard-five.toml")


def test_the_game_commands_simulate() -> None:
    result = CliRunner().invoke(
        game_app, ["simulate", ORCHARD, "--rounds", "1000", "--seed", "x", "--kernel", "numpy", "--json"]
    )

    assert result.exit_code == 0, result.output
    assert sum(count for _, count in json.loads(result.stdout)["rounds_by_pay"]) == 1000


def test_the_help_of_the_game_commands_imports_no_numbers() -> None:
    code = "import sys, adapters.reels.cli; sys.exit(bool({'numba', 'numpy'} & set(sys.modules)))"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_verify_says_which_game_is_not_what_its_sheet_certifies(tmp_path: Path) -> None:
    (tmp_path / SHEETS).mkdir()
    for game in ("orchard-five", "bar-royale"):
        for name in (f"{game}.toml", f"{SHEETS}/{game}.par.json"):
            (tmp_path / name).write_bytes((SHIPPED_GAMES / name).read_bytes())
    good = CliRunner().invoke(game_app, ["verify", str(tmp_path), "--json"])
    edited = tmp_path / "bar-royale.toml"
    edited.write_text(edited.read_text(encoding="utf-8").replace("3 = 355", "3 = 356"), encoding="utf-8")

    bad = CliRunner().invoke(game_app, ["verify", str(tmp_path), "--json"])

    assert (good.exit_code, bad.exit_code) == (0, 1)
    verdicts = {game["game_id"]: game["ok"] for game in json.loads(bad.stdout)["games"]}
    assert verdicts == {"bar-royale": False, "orchard-five": True}


def test_verify_refuses_an_engine_that_is_not_the_certified_one(tmp_path: Path) -> None:
    result = CliRunner().invoke(game_app, ["verify", str(tmp_path), "--engine-hash", "00" * 32])

    assert result.exit_code == 1
    assert "the engine's files are not what was certified" in result.stdout
    assert "make certify-engine" in result.stdout


def test_a_folder_is_certified_with_its_sheets(tmp_path: Path) -> None:
    (tmp_path / "bar-royale.toml").write_bytes((SHIPPED_GAMES / "bar-royale.toml").read_bytes())

    made = CliRunner().invoke(game_app, ["certify", str(tmp_path)])
    sheet = tmp_path / SHEETS / "bar-royale.par.json"
    good = CliRunner().invoke(game_app, ["verify", str(tmp_path), "--engine-hash", engine_hash(), "--json"])
    sheet.write_text(sheet.read_text(encoding="utf-8") + " ", encoding="utf-8")
    bad = CliRunner().invoke(game_app, ["verify", str(tmp_path), "--json"])

    assert made.exit_code == 0, made.output
    assert good.exit_code == 0, good.output
    assert json.loads(bad.stdout)["games"][0]["reason"] == "its PAR sheet is not what was certified"


def test_a_game_is_published_once_under_its_name(tmp_path: Path) -> None:
    game, folder = SHIPPED_GAMES / "bar-royale.toml", tmp_path / "live"
    twin = tmp_path / "twin.toml"
    twin.write_bytes(game.read_bytes())

    first = CliRunner().invoke(game_app, ["publish", str(game), "--folder", str(folder)])
    again = CliRunner().invoke(game_app, ["publish", str(game), "--folder", str(folder)])
    other = CliRunner().invoke(game_app, ["publish", str(twin), "--folder", str(folder)])

    assert (first.exit_code, again.exit_code, other.exit_code) == (0, 0, 1)
    assert "already declared by bar-royale.toml" in other.output
    assert [file.name for file in folder.iterdir()] == ["bar-royale.toml"]
