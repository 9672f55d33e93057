"""``reelgate mock scenario``: green means that something was played and held, against the wallet that was named."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import uvicorn
from click.testing import Result
from starlette.types import Receive, Scope, Send
from typer.testing import CliRunner

from adapters.mocks.cli import mock_app
from adapters.mocks.clock import wall_ms
from adapters.mocks.operator import OperatorMock
from adapters.mocks.serving import ServeTerms, build_host

WINDOW_MS = 60_000
KEYS = '{"hub88": {}}'
HOLDS = """
proves: a round takes its bet and pays its win.
provider: hub88
steps:
  - spin: {bet: "1.00", win: "3.00"}
    expect: {state: settled, balance: "102.00"}
  - advance: 48h
  - spin: {bet: "1.00", win: "0.00"}
    expect: {state: settled, balance: "101.00"}
"""
NEEDS_OPERATOR = """
proves: a thing that its operator alone can do.
provider: hub88
steps:
  - operator: {block_player: true}
"""
FAILS = """
proves: something that is not so.
provider: hub88
steps:
  - spin: {bet: "1.00", win: "3.00"}
    expect: {balance: "55.00"}
"""


def run(*arguments: object) -> Result:
    return CliRunner().invoke(mock_app, ["scenario", *map(str, arguments)])


def written(folder: Path, text: str, name: str = "it_does.yaml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


class WindowedWallet:
    """The play wallet behind a replay window: what is not stamped with a time of now is refused."""

    def __init__(self, operator: OperatorMock) -> None:
        self._operator = operator
        self.stale_count = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        stamp = next((int(value) for name, value in scope["headers"] if name == b"x-msg-timestamp"), 0)
        if abs(wall_ms() - stamp) > WINDOW_MS:
            self.stale_count += 1
            await send({"type": "http.response.start", "status": 401, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})
            return
        await self._operator(scope, receive, send)


@contextmanager
def served_files() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(20)


@contextmanager
def served_wallet(keys: Path) -> Iterator[tuple[str, WindowedWallet]]:
    terms = ServeTerms(["hub88"], "http://mock.test", with_wallet=True, keys_file=keys)
    build_host(terms)
    wallet = WindowedWallet(terms.operators["hub88"])
    server = uvicorn.Server(uvicorn.Config(wallet, port=0, log_config=None, lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    end_s = time.monotonic() + 20
    while not server.started and time.monotonic() < end_s:
        threading.Event().wait(0.01)
    try:
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/play", wallet
    finally:
        server.should_exit = True
        thread.join(20)


def against(url: str, keys: Path, *paths: Path) -> Result:
    return run(
        *paths, "--wallet-url", url, "--player", "player-1", "--token", "token-player-1~player-1_EUR", "--keys", keys
    )


def test_a_wallet_with_a_replay_window_is_played_with_even_after_48_virtual_hours(tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    with served_wallet(keys) as (url, wallet):
        done = against(url, keys, written(tmp_path, HOLDS))

    assert wallet.stale_count == 0
    assert "1 of 1 hold, 0 not possible" in done.output
    assert done.exit_code == 0


def test_nothing_tested_is_exit_1_and_says_so(tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    with served_wallet(keys) as (url, _):
        done = against(url, keys, written(tmp_path, NEEDS_OPERATOR))
        mixed = against(url, keys, written(tmp_path, NEEDS_OPERATOR), written(tmp_path, HOLDS, "other.yaml"))

    assert (done.exit_code, mixed.exit_code) == (1, 0), done.output
    assert "nothing was tested" in done.output


def test_a_wallet_that_is_not_there_is_exit_1(tmp_path: Path) -> None:
    keys = written(tmp_path, KEYS, "keys.json")

    done = against("http://127.0.0.1:9", keys, written(tmp_path, HOLDS))

    assert done.exit_code == 1
    assert "nothing was tested" in done.output


def test_a_folder_without_scenarios_is_refused_by_name(tmp_path: Path) -> None:
    done = run(tmp_path)

    assert done.exit_code == 2
    assert "there is no scenario below it" in " ".join(done.output.replace("│", "").split())


@pytest.mark.parametrize("name", ["it_does.yml", "it_does.yaml"])
def test_both_spellings_of_yaml_are_found_in_a_folder(tmp_path: Path, name: str) -> None:
    written(tmp_path, HOLDS, name)

    done = run(tmp_path)

    assert done.exit_code == 0, done.output
    assert "1 of 1 hold" in done.output


def test_what_does_not_hold_is_exit_1(tmp_path: Path) -> None:
    assert run(written(tmp_path, FAILS)).exit_code == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- nonsense", "valid dictionary"),
        (": :", "line 1"),
        (HOLDS.replace("hub88", "hub89"), "there is no mock of 'hub89'"),
        (HOLDS.replace("spin", "spinn", 1), "spinn: there is no such word"),
        ("", "valid dictionary"),
    ],
)
def test_a_file_that_is_no_scenario_is_refused_with_its_reason(tmp_path: Path, text: str, says: str) -> None:
    done = run(written(tmp_path, text, "s.yaml"))

    assert done.exit_code == 2, done.output
    assert says in " ".join(done.output.replace("│", " ").split())


@pytest.mark.parametrize(
    "options",
    [
        ("--wallet-url", "http://127.0.0.1:9"),
        ("--wallet-url", "http://127.0.0.1:9", "--player", "p"),
        ("--player", "p"),
        ("--token", "t"),
        ("--wallet-url", "http://127.0.0.1:9", "--player", "p", "--token", "t", "--keys", "no-such-file.json"),
    ],
)
def test_a_wallet_that_is_half_named_is_refused(tmp_path: Path, options: tuple[str, ...]) -> None:
    assert run(written(tmp_path, HOLDS), *options).exit_code == 2


@pytest.mark.parametrize(
    "text", ["no json", "[]", "{}", '{"hub88": "key"}', '{"hub88": {"key": 5}}', '{"hub88": {"kye": "x"}}']
)
def test_keys_that_are_none_are_refused(tmp_path: Path, text: str) -> None:
    done = against("http://127.0.0.1:9", written(tmp_path, text, "keys.json"), written(tmp_path, HOLDS))

    assert done.exit_code == 2, done.output


def test_the_keys_of_the_wallet_are_read_and_never_written(tmp_path: Path) -> None:
    keys = written(tmp_path, KEYS, "keys.json")

    against("http://127.0.0.1:9", keys, written(tmp_path, HOLDS))

    assert keys.read_text() == KEYS


def test_a_server_that_is_no_mock_is_told_as_such() -> None:
    with served_files() as url:
        done = CliRunner().invoke(mock_app, ["spin", "hub88", "--server", url])

    assert done.exit_code == 1
    assert "is no mock server" in done.output


def test_a_mock_is_served_with_one_wallet_and_not_two() -> None:
    done = CliRunner().invoke(mock_app, ["serve", "hub88", "--with-wallet", "--wallet-url", "http://127.0.0.1:9"])

    assert done.exit_code == 2
    assert "one wallet, not both" in done.output
