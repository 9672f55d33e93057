"""Reads in the loop's own thread: as true as those through the pool, and they leave nothing behind."""

import asyncio
import sqlite3

import pytest

from gateway.storage.credential_store import NewCredential, SqlCredentialStore
from gateway.storage.database import migrate, open_engine
from gateway.storage.session_store import SqlSessionStore
from tests.support.builders import a_session
from tests.support.fakes import FakeClock


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x.db"


@pytest.fixture
async def engine(path):
    engine = open_engine(f"sqlite:///{path}")
    await migrate(engine)
    yield engine
    await engine.dispose()


async def test_what_another_process_committed_is_seen_by_the_next_read(engine, path):
    other_engine = open_engine(f"sqlite:///{path}")
    here, elsewhere = SqlSessionStore(engine), SqlSessionStore(other_engine)
    session = a_session(FakeClock())

    assert await here.find_by_token_hash(session.token_hash) is None
    await elsewhere.save(session)
    assert await here.find_by_token_hash(session.token_hash) == session
    await elsewhere.close(session.operator_id, session.session_id)
    found = await here.find_by_token_hash(session.token_hash)
    assert found is not None
    assert found.closed
    await other_engine.dispose()


async def test_a_key_that_was_retired_elsewhere_is_gone_at_the_next_read(engine, path):
    other_engine = open_engine(f"sqlite:///{path}")
    here, elsewhere = SqlCredentialStore(engine), SqlCredentialStore(other_engine)
    await elsewhere.add(NewCredential("hub88", "casino-7", "b", "k1", b"secret"), 1)

    assert await here.find_credential("hub88", "casino-7") is not None
    await elsewhere.retire("hub88", "casino-7", "k1", 2)
    assert await here.find_credential("hub88", "casino-7") is None
    await other_engine.dispose()


async def test_a_file_that_somebody_holds_is_waited_for_without_holding_the_loop(engine, path):
    store, session = SqlSessionStore(engine), a_session(FakeClock())
    await store.save(session)
    await engine.dispose()  # nobody may have the file open while a connection takes it for itself alone
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("pragma locking_mode = exclusive")
    holder.execute("begin exclusive")

    reading = asyncio.create_task(store.find_by_token_hash(session.token_hash))
    waited, _ = await asyncio.wait({reading}, timeout=0.1)
    holder.execute("rollback")
    holder.close()

    assert not waited
    assert await reading == session


async def test_a_read_leaves_no_transaction_open_and_the_file_is_let_go_of(engine, path):
    store, session = SqlSessionStore(engine), a_session(FakeClock())
    await store.find_by_token_hash(session.token_hash)
    await store.save(session)  # what an open read would not let a checkpoint pass

    with sqlite3.connect(path) as other:
        busy, _, _ = other.execute("pragma wal_checkpoint(truncate)").fetchone()
    other.close()
    await engine.dispose()

    assert busy == 0
    assert not path.with_name("x.db-wal").exists()  # SQLite removes it with the last connection
