"""The command line: what is there, what it costs to ask, and how it refuses."""

import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from gateway.cli import asked
from gateway.cli.amounts import amount_text
from gateway.cli.decimals import micros_of
from gateway.cli.demo_data import NotLoopback, require_loopback
from gateway.cli.main import COMMANDS, Mounted, app, is_there
from gateway.cli.workers import reserve_port


def test_the_list_of_commands_imports_none_of_them():
    program = (
        "import sys; from typer.testing import CliRunner; from gateway.cli.main import app; "
        "result = CliRunner().invoke(app, ['--help']); assert result.exit_code == 0, result.output; "
        "print([name for name in ('grpc', 'sqlalchemy', 'numpy', 'wallet.cli') if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_every_command_that_is_listed_can_be_asked_for_help():
    listed = [name for name, mounted in COMMANDS.items() if is_there(mounted)]

    for name in listed:
        result = CliRunner().invoke(app, [name, "--help"])
        assert result.exit_code == 0, (name, result.output)


def test_a_command_whose_module_is_missing_is_not_there():
    assert not is_there(Mounted("gateway.cli.nothing", "app", ""))
    assert not is_there(Mounted("nothing.at.all", "app", ""))


@pytest.mark.parametrize("listen", ["127.0.0.1:1", "localhost:1", "[::1]:1"])
def test_demo_data_is_for_the_loopback_address(listen):
    require_loopback(listen)


@pytest.mark.parametrize("listen", ["0.0.0.0:1", "[::]:1", "10.0.0.1:1", "example.org:1", ":1"])
def test_demo_data_is_not_for_other_machines(listen):
    with pytest.raises(NotLoopback):
        require_loopback(listen)


@pytest.mark.parametrize(
    ("micros", "text"),
    [(0, "0.00"), (1_500_000, "1.50"), (-250_000, "-0.25"), (1, "0.000001"), (10**12, "1,000,000.00")],
)
def test_amounts_are_shown_exactly(micros, text):
    assert amount_text(micros) == text


@pytest.mark.parametrize(("text", "micros"), [("", 0), ("1", 1_000_000), ("0.05", 50_000), ("0.000001", 1)])
def test_amounts_are_read_exactly(text, micros):
    assert micros_of(text) == micros


@pytest.mark.parametrize("text", ["-1", "1e3", "0.0000001", "1,5", "x", "1."])
def test_what_is_no_exact_amount_is_refused(text):
    with pytest.raises(typer.BadParameter):
        micros_of(text)


def test_a_reserved_port_can_be_shared():
    holder, listen = reserve_port("127.0.0.1:0")
    with holder:
        twin, again = reserve_port(listen)
        twin.close()

    assert again == listen


def test_play_says_that_nobody_answers_in_place_of_waiting(monkeypatch):
    monkeypatch.setattr(asked, "CONNECT_WAIT_S", 0.05)
    done = CliRunner().invoke(app, ["play", "--address", "127.0.0.1:1"])
    assert done.exit_code == 1
    assert "nobody answers at 127.0.0.1:1" in done.output
