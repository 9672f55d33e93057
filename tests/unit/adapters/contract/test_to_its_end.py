"""Work that goes on when its caller has left."""

import asyncio

import pytest

from adapters.contract.to_its_end import to_its_end


async def test_the_answer_and_the_error_of_the_work_are_the_callers():
    async def works():
        await asyncio.sleep(0)
        return 7

    async def fails():
        raise ValueError("broken")

    running = set()

    assert await to_its_end(works(), running) == 7
    with pytest.raises(ValueError, match="broken"):
        await to_its_end(fails(), running)
    await asyncio.sleep(0)
    assert running == set()


@pytest.mark.parametrize("ends", [None, ValueError("nobody listens")])
async def test_a_caller_who_leaves_does_not_stop_the_work_and_drops_its_error(ends, caplog):
    release, done = asyncio.Event(), []

    async def works():
        await release.wait()
        done.append(True)
        if ends is not None:
            raise ends

    running = set()
    caller = asyncio.create_task(to_its_end(works(), running))
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    (task,) = running
    release.set()
    await task

    assert done == [True]
    assert running == set()
    assert caplog.records == []


@pytest.mark.parametrize("turns", [1, 2])
async def test_work_that_is_cancelled_itself_even_before_its_first_step_cancels_its_caller(turns):
    async def works():
        await asyncio.Event().wait()

    running = set()
    caller = asyncio.create_task(to_its_end(works(), running))
    for _ in range(turns):
        await asyncio.sleep(0)
    next(iter(running)).cancel()

    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(caller, 5)
