import json
import subprocess
import sys

from typer.testing import CliRunner

from adapters.reels.cli import game_app
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
