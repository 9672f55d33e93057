from dataclasses import replace

import pytest

from gateway.errors import PermissionDenied, SessionExpired, Unauthenticated
from gateway.sessions.authenticate import OperatorAuthentication, PlayerAuthentication
from gateway.sessions.find_session import SessionFinder
from gateway.sessions.session_cache import SessionCache
from gateway.sessions.tokens import hash_of
from tests.support.builders import TOKEN, a_session
from tests.support.fakes import FakeClock, FakeSessions

TTL_S = 2.0


class Door:
    def __init__(self):
        self.clock = FakeClock()
        self.session = a_session(self.clock)
        self.store = FakeSessions(self.session)
        self.cache = SessionCache(self.clock, TTL_S, 3)
        self.finder = SessionFinder(self.store, self.cache, self.clock)
        self.players = PlayerAuthentication(self.finder, self.clock)


@pytest.fixture
def door():
    return Door()


async def test_a_token_is_known_and_read_once(door):
    assert (await door.players.session_of(TOKEN)).session_id == "session-1"
    await door.players.session_of(TOKEN)

    assert door.store.reads == 1
    assert door.players.cached(TOKEN) == door.session


@pytest.mark.parametrize("token", ["", "wrong", "x" * 200])
async def test_a_token_that_is_not_known_is_refused(door, token):
    with pytest.raises(Unauthenticated):
        await door.players.session_of(token)


async def test_a_session_that_another_process_closed_stops_within_the_ttl(door):
    await door.players.session_of(TOKEN)
    await door.store.save(replace(door.session, closed=True))
    door.clock.pass_ms(int(TTL_S * 1000))

    assert door.players.cached(TOKEN) is None
    with pytest.raises(SessionExpired):
        await door.players.session_of(TOKEN)


async def test_a_session_that_expires_stops_at_once(door):
    await door.players.session_of(TOKEN)
    door.clock.pass_ms(1_000)
    door.session = door.session
    door.clock.time_ms = door.session.expire_time_ms

    assert door.players.cached(TOKEN) is None


async def test_a_session_that_is_forgotten_is_read_anew_by_every_key(door):
    await door.finder.by_token(TOKEN)
    await door.finder.by_id("brand-1", "session-1")

    door.cache.forget(door.session.token_hash)

    assert door.cache.get(hash_of(TOKEN)) is None
    assert door.cache.get(("id", "brand-1", "session-1")) is None


async def test_the_cache_keeps_its_size(door):
    for number in range(10):
        session = a_session(door.clock, token_hash=hash_of(str(number)))
        door.cache.put(session.token_hash, session)

    kept = [number for number in range(10) if door.cache.get(hash_of(str(number))) is not None]
    assert kept == [7, 8, 9]


class Keys:
    def __init__(self):
        self.keys = {hash_of("key-1"): "operator-1"}
        self.reads = 0

    async def operator_of_key(self, key_hash):
        self.reads += 1
        return self.keys.get(key_hash)

    async def operator_of_brand(self, brand_id):
        return {"brand-1": "operator-1"}.get(brand_id)


async def test_an_api_key_is_known_and_read_once():
    keys = Keys()
    operators = OperatorAuthentication(keys, FakeClock(), TTL_S)

    assert [await operators.operator_of("key-1") for _ in range(3)] == ["operator-1"] * 3
    assert keys.reads == 1


async def test_a_revoked_api_key_stops_within_the_ttl():
    keys, clock = Keys(), FakeClock()
    operators = OperatorAuthentication(keys, clock, TTL_S)
    await operators.operator_of("key-1")
    keys.keys.clear()
    clock.pass_ms(int(TTL_S * 1000))

    with pytest.raises(Unauthenticated):
        await operators.operator_of("key-1")


@pytest.mark.parametrize("key", ["", "wrong", "x" * 200])
async def test_a_wrong_api_key_is_refused(key):
    with pytest.raises(Unauthenticated):
        await OperatorAuthentication(Keys(), FakeClock(), TTL_S).operator_of(key)


async def test_the_brand_of_another_operator_is_denied():
    operators = OperatorAuthentication(Keys(), FakeClock(), TTL_S)

    await operators.require_brand("operator-1", "brand-1")
    for operator_id, brand_id in (("operator-2", "brand-1"), ("operator-1", "brand-9")):
        with pytest.raises(PermissionDenied):
            await operators.require_brand(operator_id, brand_id)
