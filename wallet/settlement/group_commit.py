"""Group commit: commands that arrive while a group commits form the next one. No timer: idle means commit at once.

Every player belongs to one lane (one writer of the store), so a player's commands keep their order. A caller that
leaves never takes back a command that a group has taken in. A group that fails as a whole is run again; one that keeps
failing is cut in halves until the command at fault stands alone.
"""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from zlib import crc32

from wallet.ledger.hopeful import round_call_of
from wallet.ledger.kinds import Certainty, OutcomeCode
from wallet.ledger.state import Account
from wallet.ledger.straight import spin_of
from wallet.ledger.types import Command, Reply
from wallet.settlement.admin_call import Answer, Instruction
from wallet.settlement.group import all_looked_up
from wallet.settlement.ports import (
    LedgerStore,
    Settled,
    StoreConflict,
    StoreRefused,
    StoreUnavailable,
)

UNCERTAIN = Reply(
    certainty=Certainty.UNCERTAIN,
    code=OutcomeCode.UNAVAILABLE,
    reason="the wallet cannot say whether it committed; repeat the same keys",
)
OVERLOADED = Reply(
    certainty=Certainty.UNCERTAIN,
    code=OutcomeCode.UNAVAILABLE,
    reason="too many commands wait; this one was not taken in, but an earlier try of it may wait or be booked",
)
CLOSED = Reply(
    certainty=Certainty.UNCERTAIN,
    code=OutcomeCode.UNAVAILABLE,
    reason="the wallet stops; this command was not taken in, but an earlier try of it may wait or be booked",
)
REPLAY_WATCH_GROUPS = 64
"""After a conflict so many groups look everything up before they insert: repeats come in swarms."""
SWIFT_IN_A_ROW_MAX = 4
"""So many commands may be settled without a turn of the event loop in between."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GroupSettings:
    """Limits of group commit."""

    group_size_max: int = 64
    queue_length_max: int = 20_000
    """Commands that may wait in one lane; more are turned away: uncertain, as an earlier try of them may wait there."""
    tries_max: int = 6
    backoff_ms_min: int = 5
    backoff_ms_max: int = 500


Waiting = tuple[Instruction, "asyncio.Future[Answer]"]
Committed = Callable[[Iterable[Account]], None]


class GroupCommitter:
    """Collects commands into groups, one group in flight per lane."""

    def __init__(
        self,
        store: LedgerStore,
        *,
        settings: GroupSettings | None = None,
        jitter: random.Random | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        on_commit: Committed | None = None,
    ) -> None:
        self._store = store
        self._settings = settings or GroupSettings()
        self._jitter = jitter or random.Random()  # noqa: S311 - spreads retries, decides nothing
        self._sleep = sleep
        self._on_commit = on_commit
        self._lanes = [_Lane(self, number) for number in range(store.writer_count)]
        self._callers = 0
        self._swift_in_a_row = 0
        self._closed = False

    async def apply(self, command: Instruction) -> Answer:
        """Settle ``command`` with the next group of its lane; return after the commit."""
        if self._closed:
            return CLOSED
        if isinstance(command, Command):
            command = spin_of(command) or round_call_of(command) or command
        lane = self._lanes[self._lane_of(command)]
        if len(lane.waiting) >= self._settings.queue_length_max:
            return OVERLOADED
        self._callers += 1
        try:
            if self._callers == 1 and (answer := self._settle_swiftly(lane, command)) is not None:
                self._swift_in_a_row += 1
                if self._swift_in_a_row >= SWIFT_IN_A_ROW_MAX:
                    self._swift_in_a_row = 0
                    await asyncio.sleep(0)  # whoever came meanwhile sees that it is not alone
                return answer
            return await lane.add(command)
        finally:
            self._callers -= 1

    def _settle_swiftly(self, lane: "_Lane", command: Instruction) -> Answer | None:
        """Settle the command of a caller who is alone without a task and a future of its own, if the store can."""
        if lane.busy or lane.replays_expected:
            return None
        try:
            settled = self._store.settle_swiftly(command)
        except StoreConflict as conflict:
            if conflict.key_taken:  # its group need not try in vain
                lane.replays_expected = REPLAY_WATCH_GROUPS
            return None
        except Exception:  # noqa: BLE001 - whatever it was, its group meets it too, and knows what to do
            return None
        if settled is None:
            return None
        self._tell(settled)
        return settled.replies[0]

    def _tell(self, settled: Settled) -> None:
        if self._on_commit is not None and settled.accounts:
            self._on_commit(settled.accounts.values())

    async def aclose(self) -> None:
        """Take nothing in any more and wait until everything that waits is settled."""
        self._closed = True
        await asyncio.gather(*(lane.drain() for lane in self._lanes))

    def _lane_of(self, command: Instruction) -> int:
        if len(self._lanes) == 1:
            return 0
        return crc32(f"{command.brand_id}|{command.player_id}".encode("utf-8", "replace")) % len(self._lanes)

    async def settle(self, lane: int, commands: Sequence[Instruction]) -> list[Answer]:
        """Settle a group, whatever it takes; answer UNCERTAIN where nothing helps."""
        watching = self._lanes[lane].replays_expected > 0
        answers = await self._settle(lane, all_looked_up(commands) if watching else commands)
        if watching:
            self._lanes[lane].watch(answers)
        return answers

    async def _settle(self, lane: int, commands: Sequence[Instruction]) -> list[Answer]:
        settings = self._settings
        locked = False
        for attempt in range(settings.tries_max):
            if attempt > 1 or (attempt == 1 and not locked):  # row locks queue: the first try with them need not wait
                await self._back_off(attempt)
            try:
                settled = await self._store.settle(lane, commands, locked=locked)
            except StoreConflict as conflict:
                locked = True
                if conflict.key_taken:  # perhaps a hopeful one's: from here on everything is looked up
                    commands = all_looked_up(commands)
                    self._lanes[lane].replays_expected = REPLAY_WATCH_GROUPS
            except StoreUnavailable as failure:
                # An unknown commit is settled by running the same keys again: a replay tells.
                _log.warning("the store is unavailable: %s", failure)
                commands = all_looked_up(commands)
            except StoreRefused as failure:
                _log.warning("the store refuses a group of %d commands: %s", len(commands), failure)
                break
            except Exception:  # noqa: BLE001 - the worker's edge: a fault of ours must not take the whole group with it
                _log.exception("a group of %d commands failed", len(commands))
                break
            else:
                self._tell(settled)
                return settled.replies
        else:
            if not locked:
                return [UNCERTAIN] * len(commands)  # the store is gone: halves would fare no better
        return await self._bisect(lane, commands)

    async def _bisect(self, lane: int, commands: Sequence[Instruction]) -> list[Answer]:
        if len(commands) == 1:
            return [UNCERTAIN]
        middle = len(commands) // 2
        left = await self._settle(lane, commands[:middle])
        return left + await self._settle(lane, commands[middle:])

    async def _back_off(self, attempt: int) -> None:
        settings = self._settings
        ceiling_ms = min(settings.backoff_ms_max, settings.backoff_ms_min * 2**attempt)
        await self._sleep(self._jitter.uniform(settings.backoff_ms_min, ceiling_ms) / 1000)


class _Lane:
    """The queue of one writer and the task that empties it."""

    def __init__(self, committer: GroupCommitter, number: int) -> None:
        self.waiting: deque[Waiting] = deque()
        self.replays_expected = 0
        """For how many groups more it is likely that somebody repeats what is known."""
        self._committer = committer
        self._number = number
        self._task: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        """Say whether a group is on its way."""
        return self._task is not None

    def add(self, command: Instruction) -> "asyncio.Future[Answer]":
        """Put a command into the queue; the future tells its answer."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()
        self.waiting.append((command, future))
        if self._task is None:
            self._task = loop.create_task(self._run())
            self._task.add_done_callback(self._ended)
        return future

    def watch(self, answers: Iterable[Answer]) -> None:
        """Count a group down, or begin again when somebody did repeat himself."""
        seen = any(isinstance(reply, Reply) and any(result.replayed for result in reply.results) for reply in answers)
        self.replays_expected = REPLAY_WATCH_GROUPS if seen else self.replays_expected - 1

    async def drain(self) -> None:
        while self._task is not None:
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        try:
            while self.waiting:
                await self._settle_group(self._take())
        except BaseException:
            self.refuse_waiting()
            raise
        finally:
            self._task = None

    def _ended(self, task: "asyncio.Task[None]") -> None:
        """See to those who wait for a task that was cancelled before its first step, and so has done nothing."""
        if self._task is task:
            self._task = None
            self.refuse_waiting()

    def refuse_waiting(self) -> None:
        """Answer those whose group has not begun."""
        while self.waiting:
            _, future = self.waiting.popleft()
            if not future.done():
                future.set_result(CLOSED)

    def _take(self) -> list[Waiting]:
        waiting = self.waiting
        group: list[Waiting] = []
        size_max = self._committer._settings.group_size_max
        while waiting and len(group) < size_max:
            item = waiting.popleft()
            if not item[1].done():  # its caller left before the group began: nothing has happened yet
                group.append(item)
        return group

    async def _settle_group(self, group: list[Waiting]) -> None:
        if not group:
            return
        try:
            replies = await self._committer.settle(self._number, [command for command, _ in group])
        except BaseException:
            for _, future in group:
                if not future.done():
                    future.set_result(UNCERTAIN)
            raise
        for (_, future), reply in zip(group, replies, strict=True):
            if not future.done():
                future.set_result(reply)
