"""Who is turned away by a lane (cancelled, full, stopping) learns nothing for certain, and the lane works on."""

import asyncio
from collections.abc import Sequence

from tests.support.wallets import deposit
from wallet.ledger.kinds import Certainty
from wallet.ledger.types import Reply
from wallet.settlement.admin_call import Instruction
from wallet.settlement.group_commit import CLOSED, OVERLOADED, UNCERTAIN, GroupCommitter, GroupSettings
from wallet.settlement.ports import Settled


class PatientStore:
    """Settles when it is let."""

    writer_count = 1

    def __init__(self) -> None:
        self.go = asyncio.Event()

    def settle_swiftly(self, _command: Instruction) -> Settled | None:
        """Never."""
        return None

    async def settle(self, _writer: int, commands: Sequence[Instruction], *, locked: bool) -> Settled:
        await self.go.wait()
        return Settled([Reply(Certainty.CERTAIN)] * len(commands))

    async def aclose(self) -> None:
        """Nothing to close."""


async def test_w15_a_lane_cancelled_before_its_first_step_refuses_and_works_on() -> None:
    store = PatientStore()
    committer = GroupCommitter(store)
    lane = committer._lanes[0]
    waiting = lane.add(deposit("d1", 5))
    assert lane._task is not None
    lane._task.cancel()

    async with asyncio.timeout(5):
        first = await waiting
        store.go.set()
        second = await committer.apply(deposit("d2", 5))
        await committer.aclose()

    assert first is CLOSED
    assert second.certainty is Certainty.CERTAIN


async def test_w15_a_lane_cancelled_in_a_group_is_uncertain_of_that_group_alone() -> None:
    store = PatientStore()
    committer = GroupCommitter(store)
    lane = committer._lanes[0]
    begun = lane.add(deposit("d1", 5))
    await asyncio.sleep(0)
    waiting = lane.add(deposit("d2", 5))
    assert lane._task is not None
    lane._task.cancel()

    async with asyncio.timeout(5):
        answers = await begun, await waiting
        store.go.set()
        later = await committer.apply(deposit("d3", 5))

    assert answers == (UNCERTAIN, CLOSED)
    assert later.certainty is Certainty.CERTAIN


async def test_w15_a_full_queue_says_nothing_of_an_earlier_try_that_waits_in_it() -> None:
    store = PatientStore()
    committer = GroupCommitter(store, settings=GroupSettings(queue_length_max=2))
    tries = [asyncio.ensure_future(committer.apply(deposit("d0", 5)))]
    await asyncio.sleep(0)  # its group has begun
    tries += [asyncio.ensure_future(committer.apply(deposit(f"d{number}", 5))) for number in (1, 2)]
    await asyncio.sleep(0)

    turned_away = await committer.apply(deposit("d1", 5))
    store.go.set()
    answers = await asyncio.gather(*tries)

    assert turned_away is OVERLOADED
    assert turned_away.certainty is Certainty.UNCERTAIN
    assert [answer.certainty for answer in answers] == [Certainty.CERTAIN] * 3


async def test_w15_a_wallet_that_stops_says_nothing_of_an_earlier_try() -> None:
    store = PatientStore()
    committer = GroupCommitter(store)
    first = asyncio.ensure_future(committer.apply(deposit("d1", 5)))
    await asyncio.sleep(0)
    stopping = asyncio.create_task(committer.aclose())
    await asyncio.sleep(0)

    turned_away = await committer.apply(deposit("d1", 5))
    store.go.set()
    await stopping

    assert turned_away is CLOSED
    assert turned_away.certainty is Certainty.UNCERTAIN
    assert (await first).certainty is Certainty.CERTAIN
