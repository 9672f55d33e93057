"""Time as a mock sees it: real, or virtual and moved by hand, and the agenda of what is due when."""

import asyncio
import heapq
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

Job = Callable[[], Awaitable[None]]
REPEATABLE_START_MS = 1_767_225_600_000
"""Where virtual time begins where all of a run must repeat itself, its stamps too: in a closed loop, never outside."""
JOBS_MAX = 100_000
"""No agenda runs more jobs at one go: a rule that repeats for ever must not hang a test."""


def wall_ms() -> int:
    """Return what the clock on the wall says, in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


class Clock(Protocol):
    """What the mocks ask of time."""

    def now_ms(self) -> int:
        """Return milliseconds since the epoch."""
        ...

    async def sleep_ms(self, pause_ms: int) -> None:
        """Let ``pause_ms`` pass."""
        ...

    def at(self, due_ms: int, job: Job) -> None:
        """Run ``job`` when ``due_ms`` has come."""
        ...

    async def advance_ms(self, span_ms: int) -> int:
        """Let time pass and run what falls due; returns how many jobs ran."""
        ...

    async def settle(self, span_max_ms: int) -> int:
        """Run everything that is due within ``span_max_ms``, jumping from one to the next; returns the count."""
        ...

    def clear(self) -> None:
        """Forget what was planned."""
        ...


class VirtualClock:
    """Time stands still until it is moved: 48 hours pass in milliseconds. Jobs run one after another, in due order.

    It begins at ``start_ms``; without it, at what ``wall`` says, and there again after a ``clear``.
    """

    def __init__(self, start_ms: int | None = None, wall: Callable[[], int] = wall_ms) -> None:
        self._start_ms = start_ms
        self._wall = wall
        self._now_ms = self._begin_ms()
        self._due: list[tuple[int, int, Job]] = []
        self._sequence = 0

    def now_ms(self) -> int:
        """Return the virtual time."""
        return self._now_ms

    async def sleep_ms(self, pause_ms: int) -> None:
        """Jump ahead; nothing else runs meanwhile."""
        self._now_ms += pause_ms
        await asyncio.sleep(0)

    def at(self, due_ms: int, job: Job) -> None:
        """Plan a job."""
        self._sequence += 1
        heapq.heappush(self._due, (due_ms, self._sequence, job))

    async def advance_ms(self, span_ms: int) -> int:
        """Move time by exactly ``span_ms`` and run what falls due."""
        target_ms = self._now_ms + span_ms
        count = await self._run_until(target_ms)
        self._now_ms = max(self._now_ms, target_ms)
        return count

    async def settle(self, span_max_ms: int) -> int:
        """Run what is due within ``span_max_ms``; time ends at the last job, not at the span's end."""
        return await self._run_until(self._now_ms + span_max_ms)

    async def _run_until(self, target_ms: int) -> int:
        count = 0
        while self._due and self._due[0][0] <= target_ms and count < JOBS_MAX:
            due_ms, _, job = heapq.heappop(self._due)
            self._now_ms = max(self._now_ms, due_ms)
            await job()
            count += 1
        return count

    def take_planned(self) -> list[tuple[int, Job]]:
        """Give away what is planned, in due order; nothing of it runs here any more."""
        planned = [(due_ms, job) for due_ms, _, job in sorted(self._due, key=lambda item: item[:2])]
        self._due.clear()
        return planned

    def clear(self) -> None:
        """Forget what was planned and go back to the start."""
        self._due.clear()
        self._now_ms = self._begin_ms()

    def _begin_ms(self) -> int:
        return self._wall() if self._start_ms is None else self._start_ms


class RealClock:
    """The clock on the wall; every planned job is a task of its own."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting: dict[asyncio.Task[None], tuple[int, Job]] = {}

    def now_ms(self) -> int:
        """Return the time of the machine."""
        return wall_ms()

    async def sleep_ms(self, pause_ms: int) -> None:
        """Wait."""
        await asyncio.sleep(pause_ms / 1000)

    def at(self, due_ms: int, job: Job) -> None:
        """Plan a job as a task."""

        async def wait() -> None:
            await asyncio.sleep(max(0, due_ms - self.now_ms()) / 1000)
            self._waiting.pop(task, None)
            await job()

        task = asyncio.get_running_loop().create_task(wait())
        self._tasks.add(task)
        self._waiting[task] = (due_ms, job)
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._waiting.pop(task, None)

    def take_planned(self) -> list[tuple[int, Job]]:
        """Give away what waits for its time, in due order; what has begun to run goes on."""
        planned = sorted(self._waiting.items(), key=lambda item: item[1][0])
        for task, _ in planned:
            task.cancel()
        self._waiting.clear()
        return [job for _, job in planned]

    async def advance_ms(self, span_ms: int) -> int:
        """Wait in earnest; jobs run by themselves."""
        before = len(self._tasks)
        await asyncio.sleep(span_ms / 1000)
        return max(0, before - len(self._tasks))

    async def settle(self, span_max_ms: int) -> int:
        """Wait until nothing is planned any more, at most ``span_max_ms``."""
        before = len(self._tasks)
        end_s = time.monotonic() + span_max_ms / 1000
        while self._tasks and time.monotonic() < end_s:
            await asyncio.wait(set(self._tasks), timeout=end_s - time.monotonic())
        return before - len(self._tasks)

    def clear(self) -> None:
        """Cancel what was planned."""
        for task in list(self._tasks):
            task.cancel()
