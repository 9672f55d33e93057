"""The ledger on PostgreSQL: two writers, players assigned by hash, each with a connection of its own.

First try without locks: read what is not remembered, decide, then write in one transaction that compares the version
of every account; a changed version, a taken key or 40001 / 40P01 rolls back, and the next try locks the accounts first.
So two wallet processes may share a database: nothing is lost, at worst a group is run again.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import asyncpg  # type: ignore[import-untyped]  # has no stubs

from wallet.ledger.ids import AccountKey
from wallet.settlement.account_memory import AccountMemory
from wallet.settlement.admin_call import Instruction, PlayerCall, account_key_of
from wallet.settlement.group import Group
from wallet.settlement.ports import Settled, StoreConflict, StoreFailure, StoreRefused, StoreUnavailable
from wallet.settlement.writes import Ledger
from wallet.storage import event_times
from wallet.storage.postgres_lane import PostgresLane
from wallet.storage.postgres_spins import ACCOUNT_CHANGED, TOO_LATE, Guard

SETTLE_TIMEOUT_S = 5.0
_UNIQUE_VIOLATION = "23505"
_RETRIABLE = ("40", _UNIQUE_VIOLATION)
"""Transaction rollback (serialization, deadlock), unique violation: someone else was faster."""
_OF_ACCOUNTS = ("journal_pkey", "accounts_pkey")
"""Keys that are taken when another writer has moved (or opened) the account meanwhile."""
_REFUSED = ("22", "23", "42")
"""Data exceptions, other constraints, and statements that the database cannot run."""


class PostgresStore:
    """One PostgreSQL database as a ``LedgerStore``."""

    def __init__(
        self, dsn: str, ledger: Ledger, writer_count: int = 2, settle_timeout_s: float = SETTLE_TIMEOUT_S
    ) -> None:
        self.writer_count = writer_count
        self._dsn = dsn
        self._ledger = ledger
        self._timeout_s = settle_timeout_s
        self._memory = AccountMemory()
        self._lanes: list[PostgresLane | None] = [None] * writer_count

    async def settle(self, writer: int, commands: Sequence[Instruction], *, locked: bool) -> Settled:
        """Settle a group on the connection of ``writer``; a connection that failed is replaced by the next try."""
        attempt = _Attempt(self._ledger, commands, None if locked else self._memory, locked)
        try:
            async with asyncio.timeout(self._timeout_s):
                lane = self._lanes[writer]
                if lane is not None and lane.connection.is_in_transaction():  # left by a task that was cancelled twice
                    lane.connection.terminate()
                if lane is None or lane.connection.is_closed():
                    self._memory.forget_all()  # another server may answer, one that never saw our last commits
                    lane = self._lanes[writer] = await PostgresLane.open(self._dsn, self._timeout_s)
                settled = await attempt.run(lane)
        except (
            *(StoreConflict, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError, ValueError),
        ) as error:
            self._forget(commands)
            failure = error if isinstance(error, StoreConflict) else _failure(error, attempt.committing)
            if isinstance(failure, StoreConflict) and not failure.key_taken:
                self._memory.pause()
            # After a write that came too late the clocks are compared again.
            late = getattr(error, "sqlstate", None) == TOO_LATE
            await self._recover(writer, terminate=late or isinstance(failure, StoreUnavailable))
            raise failure from error
        except BaseException:
            self._forget(commands)
            await self._recover(writer, terminate=True)
            raise
        self._memory.remember(settled.accounts, attempt.versions, settled.rounds)
        return settled

    def _forget(self, commands: Sequence[Instruction]) -> None:
        self._memory.forget(map(account_key_of, commands))

    def settle_swiftly(self, command: Instruction) -> Settled | None:
        """Never: a server is always waited for."""
        return None

    async def aclose(self) -> None:
        """Close the writers' connections."""
        for number, lane in enumerate(self._lanes):
            if lane is not None:
                self._lanes[number] = None
                with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
                    await lane.connection.close(timeout=self._timeout_s)

    async def _recover(self, writer: int, terminate: bool = False) -> None:
        lane = self._lanes[writer]
        if lane is None:
            return
        if not terminate:
            try:
                async with asyncio.timeout(self._timeout_s):
                    if lane.connection.is_in_transaction():
                        await lane.connection.execute("rollback")
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
                terminate = True
            except BaseException:
                self._lanes[writer] = None
                lane.connection.terminate()
                raise
        if terminate:
            self._lanes[writer] = None
            lane.connection.terminate()


class _Attempt:
    """One try to settle a group; ``committing`` from the moment when the commit may have happened."""

    def __init__(
        self, ledger: Ledger, commands: Sequence[Instruction], memory: AccountMemory | None, locked: bool
    ) -> None:
        self.committing = False
        self._now_ms = ledger.now_ms
        self._memory = memory
        self._group = Group(ledger, commands, memory, as_lines=True)
        self._locked = locked
        self._of_players = any(isinstance(each, PlayerCall) for each in commands)

    @property
    def versions(self) -> dict[AccountKey, int]:
        """The versions of the accounts on which the group was decided."""
        return self._group.versions

    async def run(self, lane: PostgresLane) -> Settled:
        execute = lane.connection.execute
        group, writes = self._group, None
        await lane.compare_clocks(self._now_ms)
        in_transaction = self._locked or self._of_players
        if self._of_players:  # what is read behind a player's lock must be what its last holder committed
            await execute("begin isolation level read committed")
        elif in_transaction:
            await execute("begin")
        while writes is None:
            while plan := group.next_plan():
                if self._memory is not None:
                    self._memory.forget(plan.accounts)
                await lane.load(plan, group.state, group.versions, locked=self._locked)
            heads = {key: account.chain_head for key, account in group.state.accounts.items()}
            writes = group.decide()
        guard = Guard(group.versions, heads, self._deadline_ms(lane))
        if not writes.anything:
            if in_transaction:
                await execute("rollback")
            return Settled(writes.replies)
        if writes.lines and not in_transaction:
            self.committing = True
            await lane.write_spins(writes, guard)
            return Settled(writes.replies, writes.accounts, writes.rounds)
        if not in_transaction:
            await execute("begin")
        await (lane.write_spins if writes.lines else lane.write)(writes, guard)
        self.committing = True
        await lane.commit(guard)
        return Settled(writes.replies, writes.accounts, writes.rounds)

    def _deadline_ms(self, lane: PostgresLane) -> int:
        """Return the time by the server's clock from which on the group must not be committed any more."""
        return self._group.stamp_ms + lane.clock_lead_ms + event_times.STAMP_AGE_MAX_MS


def _failure(error: Exception, committing: bool) -> StoreFailure:
    state = getattr(error, "sqlstate", None) or ""
    message = f"{type(error).__name__}: {error}"[:300]
    if state == TOO_LATE:  # the next try waits for its locks before it asks for the time
        return StoreConflict(f"written too late for those who read by time: {message}", key_taken=False)
    if state == ACCOUNT_CHANGED or getattr(error, "constraint_name", None) in _OF_ACCOUNTS:
        return StoreConflict(message, key_taken=False)
    if state.startswith(_RETRIABLE):
        return StoreConflict(message, key_taken=state == _UNIQUE_VIOLATION)
    if state.startswith(_REFUSED) or (isinstance(error, ValueError) and not isinstance(error, OSError)):
        return StoreRefused(message)
    return StoreUnavailable(message, committed_maybe=committing)
