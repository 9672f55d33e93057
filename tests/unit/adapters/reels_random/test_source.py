"""The source reseeds when it must, never gives a seed twice, and stops for good when anything fails."""

import hashlib
import threading
from collections.abc import Callable

import pytest

from adapters.reels.random import known_answers, source
from adapters.reels.random.ctr_drbg import CtrDrbg
from adapters.reels.random.errors import RandomSourceFailed
from adapters.reels.random.source import BATCH_SEEDS, RandomSource, ReseedPolicy, System


class FakeSystem:
    """Deterministic entropy that counts what was asked, a clock and a process id to set."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.pid = 100
        self.asked: list[int] = []
        self.give: Callable[[int], bytes] = self.good

    def entropy(self, size_bytes: int) -> bytes:
        self.asked.append(size_bytes)
        return self.give(size_bytes)

    def good(self, size_bytes: int) -> bytes:
        return hashlib.shake_256(len(self.asked).to_bytes(8, "big")).digest(size_bytes)

    def system(self) -> System:
        return System(self.entropy, lambda: self.now_s, lambda: self.pid)


@pytest.fixture
def fake() -> FakeSystem:
    return FakeSystem()


def test_every_round_gets_other_32_bytes(fake: FakeSystem) -> None:
    random_source = RandomSource(fake.system())

    seeds = [random_source.round_seed() for _ in range(1000)]

    assert len(set(seeds)) == 1000
    assert {len(seed) for seed in seeds} == {32}


def test_is_seeded_from_the_operating_system_by_default() -> None:
    assert RandomSource().round_seed() != RandomSource().round_seed()


def test_reseeds_after_the_number_of_rounds(fake: FakeSystem) -> None:
    random_source = RandomSource(fake.system(), ReseedPolicy(rounds=10, seconds=60))
    start = len(fake.asked)

    for _ in range(31):
        random_source.round_seed()

    assert fake.asked[start:] == [48, 48, 48]


def test_reseeds_after_the_time_and_drops_what_was_prepared(fake: FakeSystem) -> None:
    random_source = RandomSource(fake.system(), ReseedPolicy(rounds=1000, seconds=60))
    twin = RandomSource(FakeSystem().system(), ReseedPolicy(rounds=1000, seconds=1e9))
    random_source.round_seed()
    twin.round_seed()
    start = len(fake.asked)

    fake.now_s = 60.0

    assert random_source.round_seed() != twin.round_seed()
    assert fake.asked[start:] == [48]


def test_a_forked_child_never_shares_a_seed_with_its_parent(fake: FakeSystem) -> None:
    random_source = RandomSource(fake.system())
    random_source.round_seed()
    start = len(fake.asked)

    fake.pid = 101
    random_source.round_seed()

    assert fake.asked[start:] == [4096, 48]


def test_two_threads_never_get_the_same_seed(fake: FakeSystem) -> None:
    random_source = RandomSource(fake.system(), ReseedPolicy(rounds=100, seconds=60))
    seeds: list[bytes] = []

    def deal() -> None:
        seeds.extend(random_source.round_seed() for _ in range(2000))

    threads = [threading.Thread(target=deal) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(seeds)) == 8000


def refuse(size_bytes: int) -> bytes:
    raise OSError("no entropy")


@pytest.mark.parametrize(
    ("give", "reason"),
    [(refuse, "entropy"), (lambda size: bytes(size), "seed_health"), (lambda size: b"\x01\x02", "entropy")],
)
def test_does_not_start_on_a_bad_entropy_source(fake: FakeSystem, give, reason: str) -> None:
    fake.give = give

    with pytest.raises(RandomSourceFailed) as failure:
        RandomSource(fake.system())

    assert failure.value.reason == reason


def test_stops_for_good_when_a_reseed_fails(fake: FakeSystem) -> None:
    random_source = RandomSource(fake.system(), ReseedPolicy(rounds=5, seconds=60))
    for _ in range(5):
        random_source.round_seed()
    fake.give = refuse

    with pytest.raises(RandomSourceFailed):
        random_source.round_seed()
    fake.give = fake.good

    with pytest.raises(RandomSourceFailed, match="no entropy"):
        random_source.round_seed()
    assert random_source.failure is not None
    assert random_source.failure.reason == "entropy"


def test_stops_when_a_known_answer_no_longer_holds(fake: FakeSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    random_source = RandomSource(fake.system())
    wrong = known_answers.DRBG_ANSWERS[0]._replace(returned="00" * 64)
    monkeypatch.setattr(known_answers, "DRBG_ANSWERS", (wrong,))

    with pytest.raises(RandomSourceFailed, match="known_answer"):
        random_source.self_test()
    with pytest.raises(RandomSourceFailed):
        random_source.round_seed()
    with pytest.raises(RandomSourceFailed):
        random_source.self_test()


def test_does_not_start_when_the_mapping_gives_other_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = known_answers.MAPPING_ANSWERS[0]._replace(value=0)
    monkeypatch.setattr(known_answers, "MAPPING_ANSWERS", (wrong,))

    with pytest.raises(RandomSourceFailed, match="mapping"):
        RandomSource(FakeSystem().system())


class StuckDrbg(CtrDrbg):
    def generate(self, size_bytes: int, additional: bytes = b"") -> bytes:
        return bytes(range(256)) * (size_bytes // 256)


class RepeatingDrbg(CtrDrbg):
    def generate(self, size_bytes: int, additional: bytes = b"") -> bytes:
        return hashlib.shake_256(b"always the same").digest(size_bytes)


@pytest.mark.parametrize(("drbg", "rounds"), [(StuckDrbg, 0), (RepeatingDrbg, BATCH_SEEDS)])
def test_stops_when_the_generator_repeats_itself(monkeypatch, fake: FakeSystem, drbg, rounds: int) -> None:
    monkeypatch.setattr(source, "CtrDrbg", drbg)
    random_source = RandomSource(fake.system())
    for _ in range(rounds):
        random_source.round_seed()

    with pytest.raises(RandomSourceFailed, match="stuck_output"):
        random_source.round_seed()


def test_a_passing_self_test_leaves_it_healthy(fake: FakeSystem) -> None:
    random_source = RandomSource(fake.system())

    random_source.self_test()

    assert random_source.failure is None
    assert len(random_source.round_seed()) == 32
