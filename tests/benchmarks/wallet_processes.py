"""Several wallet processes on one database: each a Python of its own with its own callers."""

import asyncio
import subprocess
import sys

from tests.support.postgres import PostgresServer

_CHILD = """
import asyncio, sys
from tests.benchmarks.bench_wallet import play, POSTGRES_PLAYERS
from wallet.bootstrap import calm_collector, open_wallet
async def main():
    wallet = await open_wallet(sys.argv[1])
    calm_collector()
    await play(wallet, POSTGRES_PLAYERS, seconds=0.5)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    load = await play(wallet, POSTGRES_PLAYERS, callers=int(sys.argv[2]), seconds=6.0)
    print(load.rounds_per_s, flush=True)
    await wallet.aclose()
asyncio.run(main())
"""


def rate_of_processes(server: PostgresServer, count: int) -> float:
    """Return the rounds/s of ``count`` processes together, 64 callers in all of them."""
    from tests.benchmarks.bench_wallet import CALLERS, POSTGRES_PLAYERS, postgres_wallet

    async def prepare() -> str:
        wallet, name = await postgres_wallet(server, POSTGRES_PLAYERS)
        await wallet.aclose()
        return server.dsn(name)

    address = asyncio.run(prepare())
    command = [sys.executable, "-c", _CHILD, address, str(CALLERS)]
    children = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(count)
    ]
    rates = []
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    for child in children:
        out, _ = child.communicate(timeout=60)
        rates.append(float(out))
    return sum(rates)
