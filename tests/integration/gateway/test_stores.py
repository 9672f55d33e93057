"""The gateway's tables, on every database that it runs on."""

import asyncio
import sys
from dataclasses import replace

import pytest

from gateway.catalogue.targets import Target, TargetKind
from gateway.storage.credential_store import NewCredential, SqlCredentialStore
from gateway.storage.database import async_url, migrate, open_engine
from gateway.storage.operator_store import ApiKey, Brand, Operator, SqlOperatorStore
from gateway.storage.session_store import SqlSessionStore
from gateway.storage.switch_store import SqlSwitchStore
from tests.support.builders import a_session
from tests.support.fakes import FakeClock


@pytest.fixture(params=["sqlite", "postgres"])
async def engine(request, tmp_path):
    url = f"sqlite:///{tmp_path}/x.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    engine = open_engine(url)
    await migrate(engine)
    yield engine
    await engine.dispose()


async def test_migrating_again_changes_nothing(engine):
    await migrate(engine)


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
async def test_processes_that_migrate_at_once_agree(request, tmp_path, database):
    url = f"sqlite:///{tmp_path}/x.db" if database == "sqlite" else request.getfixturevalue("postgres_url")
    program = (
        "import asyncio, sys; from gateway.storage.database import migrate, open_engine; "
        "asyncio.run(migrate(open_engine(sys.argv[1])))"
    )
    processes = [await asyncio.create_subprocess_exec(sys.executable, "-c", program, url) for _ in range(3)]

    codes = [await process.wait() for process in processes]

    assert codes == [0, 0, 0]


async def test_a_session_comes_back_as_it_was_saved(engine):
    store, session = SqlSessionStore(engine), a_session(FakeClock(), country_code="DE", lobby_url="https://x")
    await store.save(session)

    assert await store.get("operator-1", "session-1") == session
    assert await store.find_by_token_hash(session.token_hash) == session
    assert await store.find_in_brand("brand-1", "session-1") == session
    assert await store.get("operator-2", "session-1") is None


async def test_saving_again_replaces_and_closing_stays(engine):
    store, session = SqlSessionStore(engine), a_session(FakeClock())
    await store.save(session)
    moved = replace(session, token_hash=b"n" * 32)
    await store.save(moved)
    await store.close("operator-1", "session-1")

    assert await store.find_by_token_hash(session.token_hash) is None
    assert await store.get("operator-1", "session-1") == replace(moved, closed=True)


async def test_the_newest_open_session_of_a_player_is_found(engine):
    store, clock = SqlSessionStore(engine), FakeClock()
    for number in range(3):
        opened_ms = clock.now_ms() + number
        fields = {"session_id": f"s{number}", "open_time_ms": opened_ms, "token_hash": bytes([number]) * 32}
        await store.save(a_session(clock, **fields))
    await store.close("operator-1", "s2")

    found = await store.find_open_of_player("brand-1", "player-1", "acme", clock.now_ms())

    assert found is not None
    assert found.session_id == "s1"
    assert await store.find_open_of_player("brand-1", "player-1", "other", clock.now_ms()) is None
    assert await store.find_open_of_player("brand-1", "player-1", "acme", clock.now_ms() + 10**9) is None


async def test_operators_brands_and_keys(engine):
    store = SqlOperatorStore(engine)
    assert await store.add_operator(Operator("o", "Operator"), 1)
    assert not await store.add_operator(Operator("o", "Twin"), 2)
    assert await store.add_brand(Brand("b", "o", "Brand"), 1)
    assert await store.add_key(ApiKey("k", "o", "label", 1, None), b"h" * 32)
    assert not await store.add_key(ApiKey("k2", "o", "label", 1, None), b"h" * 32)

    assert await store.operator_of_key(b"h" * 32) == "o"
    assert await store.operator_of_brand("b") == "o"
    assert await store.revoke_key("k", 5)
    assert not await store.revoke_key("k", 6)
    assert await store.operator_of_key(b"h" * 32) is None
    assert [key.revoked_ms for key in await store.list_keys("o")] == [5]


async def test_switches_are_off_until_they_are_on(engine):
    store, target = SqlSwitchStore(engine), Target("b", TargetKind.PROVIDER, "acme")

    assert await store.turn_off(target, "maintenance", 1)
    assert not await store.turn_off(target, "maintenance", 2)
    assert await store.load() == {target: "maintenance"}
    assert await store.turn_on(target)
    assert not await store.turn_on(target)
    assert await store.load() == {}


async def test_two_keys_are_live_while_they_rotate(engine):
    store = SqlCredentialStore(engine)
    for number in range(3):
        key = NewCredential("hub88", "casino-7", "b", f"k{number}", b"secret%d" % number, b"public%d" % number)
        assert await store.add(key, number)
        assert not await store.add(key, number)

    live = await store.find_credential("hub88", "casino-7")
    assert live is not None
    assert (live.brand_id, live.secrets) == ("b", (b"secret2", b"secret1"))
    assert live.provider_public_keys == (b"public2", b"public1")
    assert await store.retire("hub88", "casino-7", "k1", 9)
    again = await store.find_credential("hub88", "casino-7")
    assert again is not None
    assert again.secrets == (b"secret2",)
    assert await store.find_credential("hub88", "casino-8") is None


@pytest.mark.parametrize("url", ["mysql://x/y", "nonsense", ""])
def test_another_database_is_refused(url):
    with pytest.raises(ValueError, match="database"):
        async_url(url)
