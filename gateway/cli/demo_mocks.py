"""The demo's providers: a process of its own that runs their mocks, with faults armed and time in a hurry.

Its first line of input is a plan as JSON; every later line is a number: how many rounds each provider may have begun.
The end of the input lets the rest be played. It writes two JSON lines: how the gateway must be set up to work with
these mocks, and in the end what each provider's own books say.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import uvicorn

from gateway.cli.demo_client import say
from gateway.cli.demo_provider_players import TENANT_ID, Pace, ProviderPlan, play_providers

HURRY = 20
"""A provider's second is a twentieth of ours: its retry clock keeps its shape, and nobody waits for it."""
ADAPTER = "adapters.{provider}.adapter:create_adapter"
# What goes wrong, for each call of each provider by chance, from the tenant's seed.
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "lost_reply", "nth": 2},
    {"kind": "lost_reply", "probability_ppm": 60_000},
    {"kind": "reset", "probability_ppm": 40_000},
    {"kind": "drop_request", "probability_ppm": 40_000},
    {"kind": "truncated_reply", "probability_ppm": 30_000},
    {"kind": "non_json_reply", "probability_ppm": 30_000},
    {"kind": "duplicate", "probability_ppm": 100_000, "copies": 3},
    {"kind": "hold", "probability_ppm": 30_000},
    {"kind": "delay_lognormal", "probability_ppm": 150_000, "delay_ms": 2_000, "sigma_percent": 100},
    {"kind": "rollback_first", "probability_ppm": 40_000},
    {"kind": "late_win", "probability_ppm": 100_000, "delay_ms": 20_000},
)


class HurriedClock:
    """The clock on the wall with every pause ``HURRY`` times shorter: signed timestamps stay true."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._no_more_pauses = asyncio.Event()

    def now_ms(self) -> int:
        """Return the time of the machine."""
        return time.time_ns() // 1_000_000

    async def sleep_ms(self, pause_ms: int) -> None:
        """Wait a twentieth."""
        await asyncio.sleep(pause_ms / 1000 / HURRY)

    def at(self, due_ms: int, job: Callable[[], Awaitable[None]]) -> None:
        """Plan a job as a task."""
        task = asyncio.get_running_loop().create_task(self._wait(due_ms - self.now_ms(), job))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def advance_ms(self, span_ms: int) -> int:
        """Wait; jobs run by themselves."""
        await self.sleep_ms(span_ms)
        return 0

    async def settle(self, span_max_ms: int) -> int:
        """End every pause now and later, and wait until nothing is planned any more."""
        self._no_more_pauses.set()
        count, end_s = 0, time.monotonic() + span_max_ms / 1000
        while self._tasks and time.monotonic() < end_s:
            done, _ = await asyncio.wait(set(self._tasks), timeout=max(0.0, end_s - time.monotonic()))
            count += len(done)
        return count

    def clear(self) -> None:
        """Cancel what was planned."""
        for task in list(self._tasks):
            task.cancel()

    async def _wait(self, pause_ms: int, job: Callable[[], Awaitable[None]]) -> None:
        try:
            await asyncio.wait_for(self._no_more_pauses.wait(), max(0, pause_ms) / 1000 / HURRY)
            await asyncio.sleep(1 / HURRY)  # a provider that repeats for ever leaves the others room
        except TimeoutError:
            pass
        await job()


@dataclass
class Mocks:
    """The mock host of the demo, and what the gateway must know of it."""

    host: Any
    app: Any

    def setup(self, brand_id: str) -> dict[str, Any]:
        """Return adapters and credentials that fit these mocks."""
        tenants = {provider: tenant for (provider, _), tenant in self.host.tenants.items()}
        adapters = [
            {
                "factory": ADAPTER.format(provider=name),
                "config": tenant.dialect.adapter_config(tenant, brand_id),
            }
            for name, tenant in tenants.items()
        ]
        credentials = {name: tenant.dialect.credential(tenant, brand_id) for name, tenant in tenants.items()}
        return {"adapters": adapters, "credentials": {name: _shared(kept) for name, kept in credentials.items()}}

    def games(self) -> dict[str, str]:
        """Return the first game of every provider, as the gateway's catalogue calls it."""
        tenants = {provider: tenant for (provider, _), tenant in self.host.tenants.items()}
        return {name: f"{kept.dialect.provider_id}:{kept.games[0].game_id}" for name, kept in tenants.items()}


def make_mocks(plan: ProviderPlan) -> Mocks:
    """Make a tenant for every provider, in a hurry, its faults armed."""
    serving = import_module("adapters.mocks.serving")
    armed = import_module("adapters.mocks.faults")
    public_url = f"http://{plan.listen}"
    terms = serving.ServeTerms(list(plan.providers), public_url, plan.wallet_url, TENANT_ID, seed=plan.seed + 1)
    host = serving.build_host(terms)
    for tenant in host.tenants.values():
        tenant.clock = HurriedClock()
        for fault in FAULTS:
            tenant.faults.add(armed.Fault(**fault))
    return Mocks(host, serving.build_app(host, terms))


def _shared(credential: Any) -> dict[str, Any]:
    def text(keys: tuple[bytes, ...]) -> str:
        return base64.b64encode(next(iter(keys), b"")).decode()

    return {
        "secret": text(credential.secrets),
        "provider_public_key": text(credential.provider_public_keys),
        "facts": dict(credential.facts),
    }


@asynccontextmanager
async def served(app: Any, listen: str) -> AsyncIterator[None]:
    """Serve the mocks on HOST:PORT until the block ends."""
    host, _, port = listen.rpartition(":")
    server = uvicorn.Server(uvicorn.Config(app, host=host, port=int(port), log_level="warning", ws="none"))
    task = asyncio.create_task(server.serve())
    while not server.started and not task.done():  # noqa: ASYNC110  # uvicorn has no event to wait for
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        await task


async def run() -> None:
    """Play the plan that comes on the first line of the input."""
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    plan = ProviderPlan(**json.loads(await lines.readline()))
    mocks = make_mocks(plan)
    pace = Pace()
    async with served(mocks.app, plan.listen):
        say(**mocks.setup(plan.brand_id))
        follower = asyncio.create_task(_follow(lines, pace, plan.round_count))
        books = await play_providers(plan, mocks.app, pace, mocks.games())
        say(providers=books)
        await follower


async def _follow(lines: asyncio.StreamReader, pace: Pace, round_count: int) -> None:
    async for line in lines:
        await pace.allow(int(line))
    await pace.allow(round_count)


if __name__ == "__main__":
    asyncio.run(run())
