"""A group that is run again bears the time of the run that commits it, so that no event comes behind its readers."""

from collections.abc import Sequence

import pytest

from tests.support.wallets import FakeClock, deposit, spin
from wallet.ledger.kinds import Certainty
from wallet.ledger.types import Command, Reply
from wallet.settlement.admin_call import Instruction
from wallet.settlement.group_commit import GroupCommitter
from wallet.settlement.ports import Settled, StoreConflict, StoreFailure, StoreUnavailable

HOUR_MS = 3_600_000


class SlowStore:
    """Fails as it is told, an hour later each time; remembers the times that the group bore."""

    writer_count = 1

    def __init__(self, clock: FakeClock, failures: list[StoreFailure]) -> None:
        self.times: list[int] = []
        self._clock = clock
        self._failures = failures

    async def settle(self, _writer: int, commands: Sequence[Instruction], *, locked: bool) -> Settled:
        self.times += [command.now_ms for command in commands]
        self._clock.advance(HOUR_MS)
        if self._failures:
            raise self._failures.pop()
        return Settled([Reply(Certainty.CERTAIN)] * len(commands))

    def settle_swiftly(self, _command: Instruction) -> Settled | None:
        """Never."""
        return None

    async def aclose(self) -> None:
        """Nothing to close."""


async def no_pause(_seconds: float) -> None:
    """Wait for nothing."""


@pytest.mark.parametrize("command", [deposit("d1", 5), spin("r1", 5, 7)], ids=["command", "spin"])
@pytest.mark.parametrize("failure", [StoreConflict("slow"), StoreUnavailable("slow")], ids=["conflict", "unavailable"])
async def test_w28_every_try_of_a_group_bears_its_own_time(command: Command, failure: StoreFailure) -> None:
    clock = FakeClock()
    store = SlowStore(clock, [failure, failure])

    await GroupCommitter(store, clock.now_ms, sleep=no_pause).apply(command)

    assert len(store.times) == 3
    assert all(later - earlier > HOUR_MS for earlier, later in zip(store.times, store.times[1:], strict=False))
