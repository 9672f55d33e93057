"""Ends a run whose adapter blocks the event loop: nothing else could, for no other code gets its turn."""

import asyncio
import os
import sys
import threading
import time
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

BLOCKED_MAX_S = 60.0
BEAT_S = 0.5
EXIT_BLOCKED = 2


@asynccontextmanager
async def watched(blocked_max_s: float = BLOCKED_MAX_S) -> AsyncIterator[None]:
    """Watch the loop from a thread; when it stands still too long, say where and end the process."""
    beats = _Beats(blocked_max_s, threading.main_thread().ident or 0)
    task = asyncio.create_task(beats.beat())
    thread = threading.Thread(target=beats.watch, name="conformance-watchdog", daemon=True)
    thread.start()
    try:
        yield
    finally:
        beats.done.set()
        task.cancel()


class _Beats:
    def __init__(self, blocked_max_s: float, thread_id: int) -> None:
        self.done = threading.Event()
        self._blocked_max_s = blocked_max_s
        self._thread_id = thread_id
        self._last_s = time.monotonic()

    async def beat(self) -> None:
        while True:
            self._last_s = time.monotonic()
            await asyncio.sleep(BEAT_S)

    def watch(self) -> None:
        while not self.done.wait(BEAT_S):
            if time.monotonic() - self._last_s > self._blocked_max_s:
                sys.stderr.write(f"{blocked_text(self._thread_id, self._blocked_max_s)}\n")
                sys.stderr.flush()
                os._exit(EXIT_BLOCKED)


def blocked_text(thread_id: int, blocked_max_s: float) -> str:
    """Return the sentence about a thread that stands still: where, and what to do."""
    frame = sys._current_frames().get(thread_id)
    last = traceback.extract_stack(frame)[-1] if frame else None
    where = f"{last.filename}:{last.lineno} in {last.name}" if last else "somewhere"
    return (
        f"cannot certify: the adapter has blocked the event loop for {blocked_max_s:.0f} s at {where}; "
        "await instead, or move what blocks into a thread (asyncio.to_thread)"
    )
