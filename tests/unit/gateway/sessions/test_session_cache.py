"""The session cache: one read for all who ask at once, and none that was overtaken by a change."""

import asyncio
from dataclasses import replace

import pytest

from adapters.contract.ids import BrandId, OperatorId, PlayerId, SessionId
from gateway.rounds.ports import PlayerSession
from gateway.sessions.session_cache import SessionCache
from tests.support.fakes import FakeClock

HASH = b"h" * 32
SESSION = PlayerSession(
    SessionId("s"), OperatorId("o"), BrandId("b"), PlayerId("p"), "acme:game", "EUR", False, 0, 10, token_hash=HASH
)


class _Store:
    def __init__(self) -> None:
        self.answers: list[asyncio.Future[PlayerSession | None]] = []

    async def read(self, _token_hash: bytes) -> PlayerSession | None:
        self.answers.append(asyncio.get_running_loop().create_future())
        return await self.answers[-1]


async def _waiting(cache: SessionCache, store: _Store, count: int = 1) -> list["asyncio.Task[PlayerSession | None]"]:
    tasks = [asyncio.create_task(cache.read_once(HASH, store.read)) for _ in range(count)]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


async def test_who_asks_at_once_shares_one_read() -> None:
    cache, store = SessionCache(FakeClock(), 5.0, 10), _Store()
    tasks = await _waiting(cache, store, 3)

    store.answers[0].set_result(SESSION)

    assert await asyncio.gather(*tasks) == [SESSION] * 3
    assert len(store.answers) == 1
    assert cache.get(HASH) == SESSION


async def test_one_who_leaves_does_not_take_the_answer_from_the_others() -> None:
    cache, store = SessionCache(FakeClock(), 5.0, 10), _Store()
    leaving, staying = await _waiting(cache, store, 2)

    leaving.cancel()
    await asyncio.sleep(0)
    store.answers[0].set_result(SESSION)

    assert await staying == SESSION


async def test_a_read_that_a_change_overtook_is_neither_kept_nor_shared_further() -> None:
    cache, store = SessionCache(FakeClock(), 5.0, 10), _Store()
    (early,) = await _waiting(cache, store)
    cache.forget(HASH)
    (late,) = await _waiting(cache, store)

    closed = replace(SESSION, closed=True)
    store.answers[1].set_result(closed)
    assert await late == closed
    store.answers[0].set_result(SESSION)
    assert await early == SESSION

    assert cache.get(HASH) == closed


async def test_a_failed_read_is_told_to_all_and_tried_again() -> None:
    cache, store = SessionCache(FakeClock(), 5.0, 10), _Store()
    tasks = await _waiting(cache, store, 2)
    store.answers[0].set_exception(OSError("no database"))

    for task in tasks:
        with pytest.raises(OSError, match="no database"):
            await task
    (again,) = await _waiting(cache, store)
    store.answers[1].set_result(None)

    assert await again is None
    assert cache.get(HASH) is None
