"""The loop of a worker: does its work again and again; a failure is logged and the next turn tries again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from gateway.rounds.ports import Clock

_log = logging.getLogger("reelgate.workers")


async def run_every(name: str, interval_s: float, work: Callable[[], Awaitable[object]], clock: Clock) -> None:
    """Do ``work`` now and every ``interval_s`` after it ended, until cancelled."""
    while True:
        try:
            await work()
        except asyncio.CancelledError:
            raise
        except Exception:  # noqa: BLE001  # the edge of a worker: one bad turn must not end it
            _log.exception("worker %s failed; it tries again in %s s", name, interval_s)
        await clock.sleep(interval_s)
