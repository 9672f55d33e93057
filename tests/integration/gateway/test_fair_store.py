"""No nonce is given twice: random orders of begins, repeats and rotations, many at once, on every database."""

import asyncio
import random
from collections import Counter
from hashlib import sha256

import pytest
from sqlalchemy import select

from gateway.rounds.ports import RoundRef
from gateway.sessions.fair_seeds import FairSeedUsedUp, NewSeed, SeedStatus
from gateway.storage.database import migrate, open_engine
from gateway.storage.fair_store import SqlFairStore
from gateway.storage.kept_state import SqlKeptState
from gateway.storage.tables import FAIR_ROUNDS
from tests.support.fakes import FakeClock

NOW_MS = 1_000


@pytest.fixture(params=["sqlite", "postgres"])
async def engines(request, tmp_path):
    """Two processes at one database."""
    url = f"sqlite:///{tmp_path}/x.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    both = open_engine(url), open_engine(url)
    await migrate(both[0])
    yield both
    for engine in both:
        await engine.dispose()


def a_seed(number: int) -> NewSeed:
    return NewSeed(sha256(str(number).encode()).hexdigest(), b"\0" + bytes(32))


def a_round(number: int) -> RoundRef:
    return RoundRef("brand", "player", "provider", f"r{number}")


async def opened(engine) -> SqlFairStore:
    store = SqlFairStore(engine)
    await store.open("operator", "session", "unset", (a_seed(0), a_seed(1)), NOW_MS)
    return store


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_the_order_each_round_has_one_nonce_and_each_nonce_one_round(engines, seed):
    chance, given, made = random.Random(seed), {}, iter(range(2, 10_000))
    stores = [await opened(engine) for engine in engines]

    async def begin(store: SqlFairStore, number: int) -> None:
        found = await store.begin("operator", "session", a_round(number), NOW_MS)
        if found is not None:
            place = found[0].commitment, found[1]
            assert given.setdefault(number, place) == place

    async def rotate(store: SqlFairStore) -> None:
        found = await store.in_use("operator", "session")
        if found is not None:
            await store.rotate(found[0], "words", a_seed(next(made)), NOW_MS)

    for _ in range(12):
        turn = [begin(chance.choice(stores), chance.randrange(40)) for _ in range(chance.randrange(1, 12))]
        if chance.random() < 0.3:
            turn.append(rotate(chance.choice(stores)))
        chance.shuffle(turn)
        await asyncio.gather(*turn)

    assert len(set(given.values())) == len(given)
    async with engines[0].connect() as connection:
        rows = (await connection.execute(select(FAIR_ROUNDS.c.commitment, FAIR_ROUNDS.c.nonce))).all()
    assert max(Counter(map(tuple, rows)).values()) == 1
    nonces_of: dict[str, set[int]] = {}
    for commitment, nonce in rows:
        nonces_of.setdefault(commitment, set()).add(nonce)
    assert all(nonces == set(range(len(nonces))) for nonces in nonces_of.values())


async def test_opening_again_keeps_the_seeds(engines):
    store = await opened(engines[0])
    await store.open("operator", "session", "other", (a_seed(8), a_seed(9)), NOW_MS)

    first, following = await store.in_use("operator", "session")

    assert (first.commitment, following.commitment) == (a_seed(0).commitment, a_seed(1).commitment)
    assert first.client_seed == "unset"


async def test_a_seed_is_ended_once_by_however_many(engines):
    stores = [await opened(engine) for engine in engines]
    first, _ = await stores[0].in_use("operator", "session")

    ended = await asyncio.gather(
        *(stores[number % 2].rotate(first, f"w{number}", a_seed(10 + number), NOW_MS) for number in range(6))
    )

    assert sum(ended) == 1
    in_use, _ = await stores[0].in_use("operator", "session")
    assert in_use.client_seed == f"w{ended.index(True)}"


async def test_a_round_of_an_ended_seed_is_begun_again_until_the_seed_is_told(engines):
    store = await opened(engines[0])
    seed, nonce = await store.begin("operator", "session", a_round(1), NOW_MS)
    await store.rotate(seed, "words", a_seed(2), NOW_MS)

    again, again_nonce = await store.begin("operator", "session", a_round(1), NOW_MS)
    new, _ = await store.begin("operator", "session", a_round(2), NOW_MS)
    told = await store.mark_revealed(seed.commitment, NOW_MS, NOW_MS, [a_round(1)])

    assert (again.commitment, again.client_seed, again_nonce) == (seed.commitment, seed.client_seed, nonce)
    assert (again.status, new.commitment) == (SeedStatus.ENDED, a_seed(1).commitment)
    assert told
    assert await store.begin("operator", "session", a_round(1), NOW_MS) is None
    found, found_nonce = await store.find_round(a_round(1))
    assert (found.commitment, found.status, found_nonce) == (seed.commitment, SeedStatus.REVEALED, nonce)


async def test_a_seed_under_which_a_round_was_begun_again_meanwhile_is_not_told(engines):
    stores = [await opened(engine) for engine in engines]
    seed, _ = await stores[0].begin("operator", "session", a_round(1), NOW_MS)
    await stores[0].rotate(seed, "words", a_seed(2), NOW_MS)
    since_ms = NOW_MS + 30_000
    finished = await stores[0].begun_since(seed.commitment, since_ms)

    await stores[1].begin("operator", "session", a_round(1), since_ms)

    assert not await stores[0].mark_revealed(seed.commitment, since_ms, since_ms, finished)
    assert (await stores[1].find_seed(seed.commitment)).status is SeedStatus.ENDED


@pytest.mark.parametrize("number", range(10))
async def test_of_a_reveal_and_a_repeat_at_once_one_is_refused(engines, number):
    stores = [await opened(engine) for engine in engines]
    seed, _ = await stores[0].begin("operator", "session", a_round(1), NOW_MS)
    await stores[0].rotate(seed, "words", a_seed(2), NOW_MS)
    since_ms = NOW_MS + 30_000

    told, begun = await asyncio.gather(
        stores[number % 2].mark_revealed(seed.commitment, since_ms, since_ms, []),
        stores[1 - number % 2].begin("operator", "session", a_round(1), since_ms),
    )

    assert told is (begun is None)


async def test_a_seed_that_is_used_up_says_so(engines, monkeypatch):
    monkeypatch.setattr("gateway.sessions.fair_seeds.SeedRow.__init__.__defaults__", (2,))
    store = await opened(engines[0])
    for number in range(2):
        await store.begin("operator", "session", a_round(number), NOW_MS)

    with pytest.raises(FairSeedUsedUp):
        await store.begin("operator", "session", a_round(2), NOW_MS)


async def test_rounds_that_began_lately_are_known_also_when_they_began_again(engines):
    store = await opened(engines[0])
    for number in range(3):
        await store.begin("operator", "session", a_round(number), 1_000 * number)
    await store.begin("operator", "session", a_round(0), 2_500)

    lately = await store.begun_since(a_seed(0).commitment, 1_500)

    assert sorted(ref.round_id for ref in lately) == ["r0", "r2"]


async def test_changes_of_kept_state_from_two_processes_are_all_there(engines):
    stores = [SqlKeptState(engine, "reels", FakeClock()) for engine in engines]

    await asyncio.gather(*(stores[number % 2].change("k", lambda kept: kept + b"x") for number in range(30)))

    assert await stores[0].read() == {"k": b"x" * 30}
    assert (await stores[0].drop("k"), await stores[1].drop("k")) == (True, False)
    assert await SqlKeptState(engines[0], "other", FakeClock()).read() == {}
