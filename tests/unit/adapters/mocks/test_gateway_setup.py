"""What a gateway is told of the mocks: files that it reads, adapters that it can make, keys for their owner alone."""

import shlex
import tomllib
from pathlib import Path

import pytest

from adapters.loader import load_adapter
from adapters.mocks.gateway_setup import toml_value, write_setup
from adapters.mocks.known_words import PROVIDERS
from adapters.mocks.serving import ServeTerms, build_host


@pytest.mark.parametrize(
    "value",
    [
        'a "b"\n\\ c \x7f é',
        17,
        True,
        [1, 2],
        ["a", {"b": False}],
        {"a b": {"c": [{"d": "e"}]}, "*": []},
    ],
)
def test_a_value_written_as_toml_is_read_back_equal(value: object) -> None:
    assert tomllib.loads(f"x = {toml_value(value)}") == {"x": value}


def test_what_is_not_set_is_left_out() -> None:
    assert tomllib.loads(f"x = {toml_value({'a': None, 'b': 1})}") == {"x": {"b": 1}}


async def test_every_adapter_that_is_written_down_is_one_that_the_gateway_can_make(tmp_path: Path) -> None:
    host = build_host(ServeTerms(list(PROVIDERS), "http://127.0.0.1:8600"))

    setup = write_setup(host, "casino", "127.0.0.1:7780", tmp_path / "setup")

    written = tomllib.loads(setup.config.read_text())
    assert written["callbacks_listen"] == "127.0.0.1:7780"
    made = [load_adapter(each["factory"], each["config"]) for each in written["adapters"]]
    adapter_ids = [(await adapter.describe()).adapter_id for adapter in made]
    assert [command.split()[5] for command in setup.commands] == adapter_ids
    assert {path.stat().st_mode & 0o777 for path in setup.config.parent.iterdir()} == {0o600}


def test_a_mock_calls_the_wallet_below_the_name_that_its_adapter_has_in_the_gateway() -> None:
    terms = ServeTerms(["softswiss.a8r"], "http://127.0.0.1:8600", "http://127.0.0.1:7780/callbacks/{provider}/demo")

    tenant = build_host(terms).tenant("softswiss.a8r", "default")

    assert tenant.wallet_url == "http://127.0.0.1:7780/callbacks/softswiss-a8r/demo"


def test_a_configuration_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    host = build_host(ServeTerms(["hub88"], "http://127.0.0.1:8600"))
    mine = tmp_path / "gateway.toml"
    mine.write_text("callbacks_listen = 'mine'\n")

    with pytest.raises(ValueError, match="not written by this command"):
        write_setup(host, "casino", "127.0.0.1:7780", tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["gateway.toml"]
    assert mine.read_text() == "callbacks_listen = 'mine'\n"


def test_what_was_written_before_is_written_anew_for_its_owner_alone_and_named_as_a_shell_reads_it(
    tmp_path: Path,
) -> None:
    host = build_host(ServeTerms(["hub88"], "http://127.0.0.1:8600"))
    folder = tmp_path / "set up"
    first = write_setup(host, "casino", "127.0.0.1:7780", folder)
    for path in folder.iterdir():
        path.chmod(0o644)

    second = write_setup(host, "casino", "127.0.0.1:7780", folder)

    assert second == first
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    words = shlex.split(second.commands[0])
    assert {Path(word) for word in words if "set up" in word} == set(folder.iterdir()) - {second.config}
