"""A seeded TCP proxy that does what networks do: reset before and after, half a message, a black hole, delay.

``reset_before`` drops what the client sent; ``reset_after`` lets it through and drops the answer; ``half`` passes a
part of a message and resets; ``black_hole`` swallows answers until the client gives up; ``delay`` holds bytes back.
"""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Connect = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]
FAULTS = ("reset_before", "reset_after", "half", "black_hole", "delay")


@dataclass
class ChaosProxy:
    """Listens on a free port and passes bytes to ``connect()``; every chunk may meet a fault."""

    connect: Connect
    seed: int
    fault_rate: float
    """The share of chunks that meet a fault, in each direction."""
    black_hole_s: float = 0.5
    delay_s_max: float = 0.1
    port: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    connection_count: int = 0

    def __post_init__(self) -> None:
        self._rng = random.Random(self.seed)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connection_count += 1
        try:
            far_reader, far_writer = await self.connect()
        except OSError:
            writer.transport.abort()
            return
        writers = (writer, far_writer)
        pumps = {
            asyncio.create_task(self._pump(reader, far_writer, to_server=True)),
            asyncio.create_task(self._pump(far_reader, writer, to_server=False)),
        }
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            for each in writers:
                each.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, to_server: bool) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(65536):
                fault = self._choose(to_server)
                if fault is not None:
                    self.faults[fault] += 1
                if fault == "delay":
                    await asyncio.sleep(self._rng.uniform(0, self.delay_s_max))
                if fault in (None, "delay"):
                    writer.write(chunk)
                    await writer.drain()
                    continue
                if fault == "half":
                    writer.write(chunk[: len(chunk) // 2])
                    await writer.drain()
                elif fault == "black_hole":
                    await asyncio.sleep(self.black_hole_s)
                return

    def _choose(self, to_server: bool) -> str | None:
        if self._rng.random() >= self.fault_rate:
            return None
        to_the_server, to_the_client = ("reset_before", "half", "delay"), ("reset_after", "half", "black_hole", "delay")
        return self._rng.choice(to_the_server if to_server else to_the_client)

    def has_met_all(self, count: int) -> bool:
        """Say whether every kind of fault has come at least ``count`` times."""
        return all(self.faults[fault] >= count for fault in FAULTS)


@asynccontextmanager
async def chaos_proxy(connect: Connect, seed: int, fault_rate: float) -> AsyncIterator[ChaosProxy]:
    """Run a proxy."""
    proxy = ChaosProxy(connect, seed, fault_rate)
    server = await asyncio.start_server(proxy._serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await asyncio.sleep(0)
