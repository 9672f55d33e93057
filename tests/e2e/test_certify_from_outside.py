"""A tester's way, by commands alone: a served gateway's callbacks are certified as an operator's wallet, per dialect.

The mocks, the gateway and the kit are processes of their own, as adapters/README.md says it.
"""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.mocks.host import load_dialect
from adapters.mocks.known_words import PROVIDERS
from gateway.cli.demo import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
REELGATE = (sys.executable, "-m", "gateway.cli.main")


@dataclass(frozen=True)
class House:
    """A running gateway with all mocks beside it, as commands see it."""

    folder: Path
    environment: dict[str, str]
    gateway: str
    mocks: str
    callbacks: str
    """Where providers call; holds ``{provider}``."""

    def reelgate(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the tester's folder."""
        return subprocess.run(
            [*REELGATE, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def session(self, provider: str) -> list[str]:
        """Launch a game of the provider; return what its mock was told, as the kit's options."""
        dialect = load_dialect(provider)
        game = f"{dialect.provider_id}:{dialect.games[0].game_id}"
        played = self.reelgate("play", "--address", self.gateway, "--game", game)
        assert played.returncode == 0, played.stdout + played.stderr
        assert f"open {self.mocks}/{provider}/default/play/" in played.stdout
        told = self.reelgate("mock", "session", provider, "--server", self.mocks)
        assert told.returncode == 0, told.stdout + told.stderr
        return told.stdout.split()


@contextmanager
def running(command: list[str], folder: Path, environment: dict[str, str], until: str) -> Iterator[None]:
    """Run a server until the block ends; it has begun when it prints ``until``."""
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert any(until in line for line in process.stdout), f"{command} ended before it served"
            yield
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("tester")
    mocks, callbacks, gateway = (f"127.0.0.1:{free_port()}" for _ in range(3))
    environment = {
        **{name: text for name, text in os.environ.items() if not name.startswith("REELGATE_")},
        "NO_COLOR": "1",
        "TERM": "dumb",
        "PYTHONUNBUFFERED": "1",
        "REELGATE_DATABASE_URL": f"sqlite:///{folder / 'reelgate.db'}",
        "REELGATE_CONFIG": "setup/gateway.toml",
    }
    mocks_url = f"http://{mocks}"
    wallet = f"http://{callbacks}/callbacks/{{provider}}/demo"
    house = House(folder, environment, gateway, mocks_url, wallet)
    with ExitStack() as servers:
        serve_mocks = ["mock", "serve", *PROVIDERS, "--keys", "keys.json", "--listen", mocks, "--wallet-url", wallet]
        servers.enter_context(running([*REELGATE, *serve_mocks], folder, environment, PROVIDERS[-1]))
        at = ("--keys", "keys.json", "--into", "setup", "--server", mocks_url, "--callbacks-listen", callbacks)
        written = house.reelgate("mock", "gateway-config", *PROVIDERS, *at)
        assert written.returncode == 0, written.stderr
        *take_keys, serve = written.stdout.splitlines()
        assert serve == "REELGATE_CONFIG=setup/gateway.toml reelgate serve"
        for command in take_keys:
            taken = house.reelgate(*shlex.split(command)[1:])
            assert taken.returncode == 0, taken.stderr
        serve_gateway = ["serve", "--demo-data", "--listen", gateway]
        servers.enter_context(running([*REELGATE, *serve_gateway], folder, environment, "reelgate serves on"))
        yield house


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_callbacks_of_a_served_gateway_are_certified_in_every_dialect(house: House, provider: str) -> None:
    session = house.session(provider)

    done = house.reelgate("certify", "wallet", *session, "--credentials", "keys.json", "--json", f"{provider}.json")

    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((house.folder / f"{provider}.json").read_text())["report"]
    assert report["tier"] == "certified"
    assert {result["status"] for result in report["results"]} == {"passed"}


@pytest.mark.parametrize(
    ("option", "wrong", "says"),
    [
        ("player", "demo-player", "did not tell the balance of 'demo-player' in EUR: the answer was refused, '101'"),
        ("url", "http://127.0.0.1:1/callbacks/softswiss-a8r/demo", "nothing answers HTTP at http://127.0.0.1:1/"),
        ("protocol", "softswiss-a8r", "did you mean softswiss.a8r?"),
        ("protocol", "swipegames", "credentials"),
    ],
)
def test_what_a_tester_told_wrongly_is_said_before_any_case_runs(
    house: House, option: str, wrong: str, says: str
) -> None:
    url = house.callbacks.format(provider="softswiss-a8r")
    right = {"url": url, "protocol": "softswiss.a8r", "player": "demo-player_EUR"}
    given = [f"--{name}={text}" for name, text in (right | {option: wrong}).items()]

    done = house.reelgate("certify", "wallet", *given)

    assert done.returncode == 2
    assert done.stdout.startswith("cannot certify: ")
    assert says in done.stdout
    assert "FAIL" not in done.stdout
