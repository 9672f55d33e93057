"""The providers' part of the demo, as its parent sees it: start the mocks, set the gateway up, read the books."""

import asyncio
import base64
import json
import subprocess
import sys
from dataclasses import dataclass, field
from typing import IO, Any

from rich.console import Console
from rich.table import Table

from gateway.cli.demo_data import DEMO_API_KEY, DEMO_BRAND_ID, DEMO_CURRENCY_CODE
from gateway.clock import SystemClock
from gateway.config import Settings
from gateway.storage.credential_store import NewCredential, SqlCredentialStore
from gateway.storage.database import migrate, open_engine

# Folders below adapters/; each has an adapter and a mock.
PROVIDERS = ("hub88", "softswiss", "pragmatic", "evolution", "swipegames")
PLAYER_COUNT = 2
DEPOSIT_MICROS = 1_000_000_000
THROUGH_THE_OUTAGE_PERCENT = 10
"""So many of each provider's rounds begin when the server dies, and find nobody."""


@dataclass
class Mocks:
    """The process of the mocks. Who makes one starts it with ``start`` and ends it with ``kill``."""

    round_count: int
    callbacks_port: int
    listen: str
    process: subprocess.Popen[str] | None = field(default=None, init=False)
    allowed_count: int = field(default=0, init=False)

    def start(self, address: str, seed: int, log: IO[bytes]) -> dict[str, Any]:
        """Start it; return what the gateway must be told, once the mocks listen."""
        plan = {
            "providers": PROVIDERS,
            "listen": self.listen,
            "wallet_url": f"http://127.0.0.1:{self.callbacks_port}/callbacks/{{provider}}/{DEMO_BRAND_ID}",
            "callbacks_port": self.callbacks_port,
            "address": address,
            "api_key": DEMO_API_KEY,
            "brand_id": DEMO_BRAND_ID,
            "currency_code": DEMO_CURRENCY_CODE,
            "player_count": PLAYER_COUNT,
            "round_count": self.round_count,
            "first_count": self.round_count // 4,
            "deposit_micros": DEPOSIT_MICROS,
            "seed": seed,
            "run": f"demo{seed}",
        }
        command = [sys.executable, "-m", "gateway.cli.demo_mocks"]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=log, text=True)  # noqa: S603
        self._tell(json.dumps(plan))
        return self._read()

    def play_first(self) -> None:
        """Let the first rounds be played, and wait for them."""
        self.allow(self.round_count // 4)
        self._read()

    def allow(self, count: int) -> None:
        """Let every provider have begun so many rounds."""
        if self.allowed_count < count <= self.round_count:
            self.allowed_count = count
            self._tell(str(count))

    def allow_through_an_outage(self) -> None:
        """Let some rounds begin that will find nobody."""
        share = max(1, self.round_count * THROUGH_THE_OUTAGE_PERCENT // 100)
        self.allow(min(self.round_count, self.allowed_count + share))

    def finish(self) -> list[dict[str, Any]]:
        """Let the rest be played and every round end; return the books."""
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.close()
        books: list[dict[str, Any]] = self._read().get("providers", [])
        self.process.wait()
        return books

    def kill(self) -> None:
        """End the process, wherever it is."""
        if self.process is not None:
            self.process.kill()
            with self.process:  # closes its pipes and waits for it
                pass

    def _tell(self, line: str) -> None:
        assert self.process is not None
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:  # it died; its last words are in the log, and its books will be missing
            pass

    def _read(self) -> dict[str, Any]:
        assert self.process is not None
        assert self.process.stdout is not None
        text = self.process.stdout.readline()
        found: dict[str, Any] = json.loads(text) if text else {}
        return found


def environment(setup: dict[str, Any], callbacks_port: int) -> dict[str, str]:
    """Return the settings of a server that has the providers beside the adapters that it has anyway."""
    adapters = [item.model_dump() for item in Settings().adapters] + setup.get("adapters", [])
    return {
        "REELGATE_ADAPTERS": json.dumps(adapters),
        "REELGATE_CALLBACKS_LISTEN": f"127.0.0.1:{callbacks_port}",
    }


def add_credentials(database_url: str, setup: dict[str, Any], key_id: str) -> None:
    """Write the keys that the demo's brand shares with the mocks, as ``reelgate brand credential`` does."""

    async def add() -> None:
        engine = open_engine(database_url)
        try:
            await migrate(engine)
            store = SqlCredentialStore(engine)
            for adapter_id, shared in setup.get("credentials", {}).items():
                secret, public_key = (base64.b64decode(shared[name]) for name in ("secret", "provider_public_key"))
                brand = (adapter_id, DEMO_BRAND_ID, DEMO_BRAND_ID)
                new = NewCredential(*brand, key_id, secret, public_key, facts=shared["facts"])
                await store.add(new, SystemClock().now_ms())
        finally:
            await engine.dispose()

    asyncio.run(add())


def providers_hold(books: list[dict[str, Any]], round_count: int) -> bool:
    """Say whether every provider played, met faults, ended every round legally, and agrees about the money."""
    if not round_count:
        return True
    return len(books) == len(PROVIDERS) and all(
        not item["wrong"] and item["settled"] > 0 and item["faults"] > 0 for item in books
    )


def print_providers(console: Console, books: list[dict[str, Any]]) -> None:
    """Show the providers' books to a person."""
    names = ("rounds", "bets", "wins", "rollbacks", "faults", "retries")
    table = Table(title="Five providers' protocols at once, through the same outage")
    for name in ("provider", *names, "balances"):
        table.add_column(name, justify="left" if name == "provider" else "right")
    for item in books:
        verdict = "[red]✗[/] " + "; ".join(item["wrong"][:3]) if item["wrong"] else "[green]✓[/]"
        table.add_row(item["provider"], *(f"{item[name]:,}" for name in names), verdict)
    console.print(table)
