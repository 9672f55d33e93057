"""``reelgate demo``: real rounds over real gRPC, a server that dies in the middle, and an audit of what is left."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from gateway.cli.demo_data import DEMO_API_KEY, DEMO_BRAND_ID, DEMO_CURRENCY_CODE
from gateway.cli.demo_providers import Mocks, add_credentials, environment, print_providers, providers_hold
from gateway.cli.demo_report import Books, as_json, print_summary

PLAYER_COUNT = 8
DEPOSIT_MICROS = 10_000_000_000
STOP_TIMEOUT_S = 20
SERVE = (sys.executable, "-m", "gateway.cli.main", "serve")


@dataclass
class Server:
    """``reelgate serve`` as a process of its own, on one port and one database for all its lives."""

    database_url: str
    log: IO[bytes]
    port: int
    environment: dict[str, str] = field(default_factory=dict)
    """Settings beside those of this process."""
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start it; whoever calls waits for the port."""
        command = [*SERVE, "--database", self.database_url, "--listen", f"127.0.0.1:{self.port}", "--demo-data"]
        self.process = subprocess.Popen(  # noqa: S603 - our own module
            command,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
            env=os.environ | self.environment,
        )

    def kill(self) -> None:
        """End it as a power cut would: no warning, no last word."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> bool:
        """End it politely; return whether it went by itself and without complaint."""
        assert self.process is not None
        self.process.terminate()
        try:
            return self.process.wait(STOP_TIMEOUT_S) == 0
        except subprocess.TimeoutExpired:
            self.kill()
            return False


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Demo:
    """What the demo does; the defaults are those of ``make demo``."""

    rounds: int = 1_000
    kills: int = 1
    replay_percent: int = 5
    game: str = ""
    database_url: str = ""
    provider_rounds: int = 40
    """How many rounds each provider's mock plays beside them; 0: no providers."""
    seed: int = field(default_factory=lambda: int.from_bytes(os.urandom(3), "big"))

    def kill_after(self) -> list[int]:
        """Return after how many answered rounds the server is killed: in the middle, or spread by chance."""
        if self.kills == 1:
            return [self.rounds // 2]
        chance = random.Random(self.seed)  # noqa: S311 - when to kill, no outcome
        return sorted(chance.sample(range(1, self.rounds), self.kills))


def start_client(server: Server, demo: Demo) -> subprocess.Popen[str]:
    """Start the players' process with its plan."""
    plan = {
        "address": f"127.0.0.1:{server.port}",
        "api_key": DEMO_API_KEY,
        "brand_id": DEMO_BRAND_ID,
        "game_id": demo.game,
        "currency_code": DEMO_CURRENCY_CODE,
        "player_count": PLAYER_COUNT,
        "round_count": demo.rounds,
        "replay_percent": demo.replay_percent,
        "deposit_micros": DEPOSIT_MICROS,
        "seed": demo.seed,
        "run": f"demo{demo.seed}",
    }
    client = subprocess.Popen(
        [sys.executable, "-m", "gateway.cli.demo_client"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=server.log,
        text=True,
    )
    assert client.stdin is not None
    client.stdin.write(json.dumps(plan))
    client.stdin.close()
    return client


def start_mocks(mocks: Mocks, server: Server, demo: Demo) -> None:
    """Start the providers' mocks and prepare database and server for them."""
    setup = mocks.start(f"127.0.0.1:{server.port}", demo.seed, server.log)
    add_credentials(server.database_url, setup, f"demo-{demo.seed}")
    server.environment = environment(setup, mocks.callbacks_port)


def follow(client: subprocess.Popen[str], server: Server, mocks: Mocks, demo: Demo, progress: Progress) -> Books:
    """Read the players' lines, kill and restart the server as planned, and return what they saw.

    The providers' rounds keep step with the in-house ones.
    """
    books = Books()
    bar = progress.add_task(f"{PLAYER_COUNT} players spin", total=demo.rounds)
    kill_after = demo.kill_after()
    assert client.stdout is not None
    for text in client.stdout:
        line: dict[str, Any] = json.loads(text)
        books.take(line)
        if "bet_micros" in line:
            progress.advance(bar)
            mocks.allow(demo.provider_rounds * books.rounds // demo.rounds)
        if books.restarts < len(kill_after) and books.rounds >= kill_after[books.restarts]:
            progress.update(bar, description="[red]SIGKILL[/], start again, go on")
            mocks.allow_through_an_outage()
            server.kill()
            server.start()
            books.restarts += 1
    books.client_ok = client.wait() == 0
    if demo.provider_rounds:
        progress.update(bar, description="providers end their rounds")
        books.providers = mocks.finish()
    books.providers_ok = providers_hold(books.providers, demo.provider_rounds)
    return books


def audit(database_url: str) -> dict[str, Any]:
    """Run ``reelgate wallet audit`` in a process of its own and return its verdict."""
    command = [sys.executable, "-m", "gateway.cli.main", "wallet", "audit", "--database", database_url, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own module
    try:
        verdict: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        verdict = {"error": done.stderr[-2000:] or done.stdout[-2000:]}
    verdict["ok"] = done.returncode == 0
    return verdict


def play(demo: Demo, folder: Path, console: Console) -> tuple[Books, dict[str, Any]]:
    """Play, kill, go on, stop, audit; return the players' books and the auditor's verdict."""
    url = demo.database_url or f"sqlite+aiosqlite:///{folder}/reelgate.db"
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with (folder / "server.log").open("ab") as log:
        server = Server(url, log, free_port())
        mocks = Mocks(demo.provider_rounds, free_port(), f"127.0.0.1:{free_port()}")
        client, stopped_ok = None, False
        try:
            if demo.provider_rounds:
                start_mocks(mocks, server, demo)
            server.start()
            if demo.provider_rounds:
                mocks.play_first()
            client = start_client(server, demo)
            with Progress(*columns, console=console) as progress:
                books = follow(client, server, mocks, demo, progress)
        finally:
            mocks.kill()
            if client is not None:
                client.kill()
                with client:  # closes its pipe and waits for it
                    pass
            if server.process is not None:
                stopped_ok = server.stop()
    books.stopped_ok = stopped_ok
    return books, audit(url)


def run_demo(demo: Demo, *, json_only: bool) -> int:
    """Play the demo and report; return the exit code, which is 0 only if everything holds."""
    console = Console(stderr=json_only)
    with tempfile.TemporaryDirectory(prefix="reelgate-demo-") as name:
        folder = Path(name)
        books, verdict = play(demo, folder, console)
        if json_only:
            sys.stdout.write(json.dumps(as_json(books, verdict)) + "\n")
        else:
            print_summary(console, books, verdict)
            if demo.provider_rounds:
                print_providers(console, books.providers)
        ok = books.holds(demo.rounds, demo.kills) and verdict["ok"]
        if not ok:
            console.print((folder / "server.log").read_text(errors="replace")[-4000:], markup=False)
        return 0 if ok else 1
