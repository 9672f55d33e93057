"""Who is alone may be settled at once; as soon as somebody else is there, groups are made."""

import asyncio
from collections.abc import Sequence

import pytest

from tests.support.wallets import deposit, spin
from wallet.ledger.kinds import Certainty
from wallet.ledger.straight import Spin
from wallet.ledger.types import Command, Reply
from wallet.settlement.admin_call import Instruction
from wallet.settlement.group_commit import GroupCommitter
from wallet.settlement.ports import Settled, StoreConflict, StoreUnavailable


class SwiftStore:
    """Notes what is settled swiftly and what in groups; fails swiftly as it is told."""

    writer_count = 1

    def __init__(self, failure: Exception | None = None, can: bool = True) -> None:
        self.swift = 0
        self.groups: list[int] = []
        self.commands: list[Instruction] = []
        self._failure = failure
        self._can = can

    def settle_swiftly(self, command: Instruction) -> Settled | None:
        if self._failure is not None:
            raise self._failure
        self.swift += self._can
        return Settled([Reply(Certainty.CERTAIN)]) if self._can else None

    async def settle(self, _writer: int, commands: Sequence[Instruction], *, locked: bool) -> Settled:
        await asyncio.sleep(0)
        self.groups.append(len(commands))
        self.commands += commands
        return Settled([Reply(Certainty.CERTAIN)] * len(commands))

    async def aclose(self) -> None:
        """Nothing to close."""


def committer(store: SwiftStore) -> GroupCommitter:
    return GroupCommitter(store)


@pytest.mark.parametrize("command", [deposit("d1", 5), spin("r1", 5, 7)], ids=["command", "spin"])
async def test_a_lone_caller_is_settled_at_once(command: Command) -> None:
    store = SwiftStore()

    reply = await committer(store).apply(command)

    assert reply.certainty is Certainty.CERTAIN
    assert (store.swift, store.groups) == (1, [])


async def test_many_callers_make_groups() -> None:
    turns, callers = 20, 16
    store = SwiftStore()
    wallet = committer(store)

    async def play(caller: int) -> None:
        for turn in range(turns):
            await wallet.apply(spin(f"r{caller}-{turn}", 5, 7))

    await asyncio.gather(*(play(caller) for caller in range(callers)))

    assert store.swift + sum(store.groups) == turns * callers
    assert store.swift < callers
    assert max(store.groups) == callers


@pytest.mark.parametrize(
    "failure", [StoreConflict("taken"), StoreUnavailable("gone", committed_maybe=True), KeyError("a fault of ours")]
)
async def test_w15_what_fails_swiftly_is_settled_by_its_group(failure: Exception) -> None:
    store = SwiftStore(failure)

    reply = await committer(store).apply(spin("r1", 5, 7))

    assert reply.certainty is Certainty.CERTAIN
    assert store.groups == [1]


async def test_a_spin_that_met_a_taken_key_swiftly_is_looked_up_by_its_group() -> None:
    store = SwiftStore(StoreConflict("taken"))

    await committer(store).apply(spin("r1", 5, 7))

    assert [type(command) for command in store.commands] == [Command]


async def test_a_spin_that_met_another_writer_swiftly_is_tried_as_a_spin_by_its_group() -> None:
    store = SwiftStore(StoreConflict("busy", key_taken=False))

    await committer(store).apply(spin("r1", 5, 7))

    assert [type(command) for command in store.commands] == [Spin]


async def test_a_store_that_cannot_is_asked_and_gets_groups() -> None:
    store = SwiftStore(can=False)

    await committer(store).apply(spin("r1", 5, 7))

    assert store.groups == [1]
