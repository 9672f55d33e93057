"""Virtual time moves by hand and runs what is due, in order."""

import pytest

from adapters.mocks.clock import Clock, RealClock, VirtualClock
from adapters.mocks.control import configure
from adapters.mocks.faults import Fault, FaultKind
from adapters.mocks.refusals import ControlRefused
from adapters.mocks.words import TenantWords
from gateway.cli.demo_mocks import HurriedClock
from tests.support.provider_loop import Loop

HOUR_MS = 3_600_000


async def test_jobs_run_in_due_order_at_their_own_time() -> None:
    clock, ran = VirtualClock(0), []

    for due_ms in (300, 100, 200):

        async def job(due_ms: int = due_ms) -> None:
            ran.append((due_ms, clock.now_ms()))

        clock.at(due_ms, job)

    assert await clock.advance_ms(250) == 2
    assert ran == [(100, 100), (200, 200)]
    assert clock.now_ms() == 250


async def test_a_job_may_plan_the_next_one_and_48_hours_pass_at_once() -> None:
    clock, count = VirtualClock(0), 0

    async def hourly() -> None:
        nonlocal count
        count += 1
        clock.at(clock.now_ms() + 3_600_000, hourly)

    clock.at(0, hourly)

    assert await clock.advance_ms(48 * 3_600_000) == 49
    assert count == 49


async def test_settling_stops_at_the_last_job_and_not_at_the_end_of_the_span() -> None:
    clock = VirtualClock(0)

    async def nothing() -> None:
        return

    clock.at(1_000, nothing)

    assert await clock.settle(10**9) == 1
    assert clock.now_ms() == 1_000


async def test_a_cleared_clock_has_forgotten_its_jobs() -> None:
    clock = VirtualClock(7)

    async def never() -> None:
        raise AssertionError

    clock.at(8, never)
    clock.clear()

    assert await clock.advance_ms(10) == 0


async def test_real_time_runs_what_is_planned_by_itself() -> None:
    clock, ran = RealClock(), []

    async def job() -> None:
        ran.append(True)

    clock.at(clock.now_ms(), job)

    assert await clock.settle(5_000) == 1
    assert ran == [True]


async def test_real_time_forgets_what_is_cleared() -> None:
    clock = RealClock()

    async def never() -> None:
        raise AssertionError

    clock.at(clock.now_ms() + 10**6, never)
    clock.clear()

    assert await clock.settle(5_000) == 1


@pytest.mark.parametrize("kind", [VirtualClock, RealClock])
async def test_what_is_planned_is_carried_along_when_time_becomes_another_one(kind: type[Clock]) -> None:
    loop, first, ran = Loop("hub88"), kind(), []
    loop.tenant.clock = first
    for name, hours in (("late", 2), ("early", 1)):

        async def job(name: str = name) -> None:
            ran.append(name)

        first.at(first.now_ms() + hours * HOUR_MS, job)

    configure(loop.tenant, TenantWords(time="virtual"))

    assert await loop.tenant.clock.advance_ms(HOUR_MS + 1_000) == 1
    assert await loop.tenant.clock.settle(HOUR_MS) == 1
    assert ran == ["early", "late"]
    assert await first.settle(5_000) == 0 or kind is RealClock  # a cancelled task counts as ended
    assert ran == ["early", "late"]
    await loop.aclose()


async def test_a_retry_that_waits_is_made_in_real_time_too() -> None:
    loop = Loop("hub88")
    session = await loop.launch()
    loop.tenant.faults.add(Fault(kind=FaultKind.LOST_REPLY, match={"kind": "bet"}, nth=1))
    run = await loop.play(session, 1_000_000, 3_000_000)
    await loop.clock.advance_ms(999)
    assert run.state == "running"

    configure(loop.tenant, TenantWords(time="real"))
    loop.tenant.wallet_clock = loop.clock.now_ms
    await loop.tenant.clock.settle(20_000)

    assert run.state == "settled"
    await loop.aclose()


async def test_a_clock_that_is_no_mocks_own_is_left_as_it_is() -> None:
    loop = Loop("hub88")
    loop.tenant.clock = HurriedClock()

    with pytest.raises(ControlRefused):
        configure(loop.tenant, TenantWords(time="virtual"))
    await loop.aclose()
