"""Rows bear the time at which all was loaded, in the run that commits them: no event comes behind its readers."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.memory_store import MemoryDatabase, MemoryStore
from tests.support.wallets import BRAND, CURRENCY, EURO, START_MS, FakeClock, bet, deposit, spin
from wallet.ledger.decide import decide
from wallet.ledger.evolve import evolve
from wallet.ledger.state import Account
from wallet.ledger.types import Command, Reply
from wallet.settlement.group_commit import GroupCommitter
from wallet.settlement.ports import StoreConflict, StoreFailure, StoreUnavailable
from wallet.settlement.writes import Ledger

HOUR_MS = 3_600_000
COMMANDS = pytest.mark.parametrize(
    "command",
    [deposit("d1", EURO), spin("r1", EURO, 0), bet("b1", EURO, "r1")],
    ids=["command", "spin", "round call"],
)


class SlowDatabase(MemoryDatabase):
    """Takes an hour to load anything; has one player with money."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        account = Account(BRAND, "player-1", CURRENCY, "open", cash_micros=100 * EURO)
        self.accounts[account.key] = (1, account)
        self.loaded_ms = 0
        self._clock = clock

    def load(self, *values: Any) -> None:
        super().load(*values)
        self._clock.advance(HOUR_MS)
        self.loaded_ms = self._clock.time_ms

    def times_ms(self) -> set[int]:
        """Return the times of all rows."""
        return {row.time_ms for row in self.rows.values()}


async def no_pause(_seconds: float) -> None:
    """Wait for nothing."""


@COMMANDS
@pytest.mark.parametrize("swiftly", [False, True], ids=["in a group", "swiftly"])
async def test_w28_a_row_bears_the_time_at_which_all_was_loaded(command: Command, swiftly: bool) -> None:
    clock = FakeClock()
    database = SlowDatabase(clock)
    swift_faults: Callable[[str], None] | None = (lambda _place: None) if swiftly else None
    ledger = Ledger(decide, evolve, clock.now_ms)
    store = MemoryStore(database, ledger, swift_faults=swift_faults)

    reply = await GroupCommitter(store).apply(command)

    assert isinstance(reply, Reply)
    assert reply.accepted
    assert store.swift_count == swiftly
    assert database.times_ms() == {database.loaded_ms + 1}, "the clock is asked once, after the last look"


@COMMANDS
@pytest.mark.parametrize("failure", [StoreConflict("slow"), StoreUnavailable("slow")], ids=["conflict", "unavailable"])
async def test_w28_a_group_that_is_run_again_bears_the_time_of_its_last_run(
    command: Command, failure: StoreFailure
) -> None:
    clock = FakeClock()
    database = SlowDatabase(clock)
    failures = [failure, failure]

    async def faults(place: str) -> None:
        if place == "write" and failures:
            raise failures.pop()

    store = MemoryStore(database, Ledger(decide, evolve, clock.now_ms), faults=faults)

    reply = await GroupCommitter(store, sleep=no_pause).apply(command)

    assert isinstance(reply, Reply)
    assert reply.accepted
    assert database.times_ms() == {database.loaded_ms + 1}
    assert database.loaded_ms >= START_MS + 3 * HOUR_MS
