"""What games returned outlives processes, and several processes add up to what one would have seen."""

import itertools
import json
from collections import Counter
from contextlib import nullcontext

import numpy as np
import pytest

from adapters.reels.simulate.evidence import Theory
from adapters.reels.simulate.kept_returns import keep_returns, read_returns, state_key
from adapters.reels.simulate.rtp_monitor import RtpMonitor, StreamKey

THEORY = Theory(0.95, 4.3)
KEY = StreamKey("ember", "v1", "base", 1_000_000, "EUR", "mobile")
LOSING = Counter({0: 20_000})
HONEST = Counter({0: 900, 9_500_000: 100})


class MemoryStore:
    """What is kept, in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.change_count = 0

    async def read(self):
        return dict(self.kept)

    async def change(self, key, merge):
        self.change_count += 1
        self.kept[key] = merge(self.kept.get(key, b""))
        return self.kept[key]


def a_monitor() -> RtpMonitor:
    return RtpMonitor(lambda key: THEORY)


async def keep(monitor: RtpMonitor, store: MemoryStore, versions=("v1",)) -> None:
    await keep_returns(monitor, store, nullcontext(), versions.__contains__)


async def test_a_process_goes_on_from_what_the_one_before_kept() -> None:
    store, first, second = MemoryStore(), a_monitor(), a_monitor()
    first.observe_counts(KEY, HONEST)
    await keep(first, store)

    await keep(second, store)

    assert second.report(KEY) == first.report(KEY)


async def test_processes_that_take_turns_add_up_to_what_one_would_have_seen() -> None:
    store, processes, alone = MemoryStore(), [a_monitor() for _ in range(3)], a_monitor()
    generator = np.random.default_rng(5)
    for number in range(30):
        wins = Counter((generator.choice([0, 500_000, 9_000_000], size=700, p=[0.8, 0.15, 0.05])).tolist())
        process = processes[number % 3]
        process.observe_counts(KEY, wins)
        alone.observe_counts(KEY, wins)
        await keep(process, store)

    for process in processes:
        await keep(process, store)

    for process in processes:
        assert process.report(KEY).rounds == alone.report(KEY).rounds == 21_000
        assert process.report(KEY).rtp == pytest.approx(alone.report(KEY).rtp)
        assert process.report(KEY).evidence == pytest.approx(alone.report(KEY).evidence)


async def test_rounds_that_come_in_while_the_store_is_asked_are_not_lost_and_not_counted_twice() -> None:
    store, process = MemoryStore(), a_monitor()
    change = store.change

    async def busy(key, merge):
        process.observe_counts(KEY, HONEST)
        return await change(key, merge)

    process.observe_counts(KEY, HONEST)
    store.change = busy
    await keep(process, store)
    assert (process.report(KEY).rounds, json.loads(store.kept[state_key(KEY)])["rounds"][0]) == (2_000, 1_000)

    store.change = change
    await keep(process, store)
    assert (process.report(KEY).rounds, json.loads(store.kept[state_key(KEY)])["rounds"][0]) == (2_000, 2_000)


async def test_an_alarm_is_given_once_by_all_processes_together() -> None:
    store, first, second = MemoryStore(), a_monitor(), a_monitor()
    assert first.observe_counts(KEY, LOSING) is not None
    await keep(first, store)

    await keep(second, store)

    assert second.alarm_of(KEY) == "low"
    assert second.observe_counts(KEY, LOSING) is None


async def test_evidence_that_no_process_has_alone_gives_the_alarm() -> None:
    store, first, second = MemoryStore(), a_monitor(), a_monitor()
    few, alone = Counter({0: 10}), a_monitor()
    rounds_of_one = 10
    while alone.observe_counts(KEY, few) is None:
        rounds_of_one += 10

    rounds_of_both = 0
    for process in itertools.cycle((first, second)):
        rounds_of_both += 10
        if process.observe_counts(KEY, few) is not None:
            break
        await keep(first, store)
        await keep(second, store)

    assert rounds_of_both <= rounds_of_one + 10  # what the other saw last comes a turn later


async def test_a_stream_whose_entry_is_taken_away_begins_anew_everywhere() -> None:
    store, first, second = MemoryStore(), a_monitor(), a_monitor()
    first.observe_counts(KEY, LOSING)
    await keep(first, store)
    await keep(second, store)

    store.kept.clear()
    await keep(first, store)
    await keep(second, store)

    assert [(each.report(KEY).rounds, each.alarm_of(KEY)) for each in (first, second)] == [(0, ""), (0, "")]


async def test_nothing_new_writes_nothing() -> None:
    store, process = MemoryStore(), a_monitor()
    process.observe_counts(KEY, HONEST)
    for _ in range(3):
        await keep(process, store)

    assert store.change_count == 1


async def test_streams_of_versions_that_are_not_here_stay_kept_and_can_be_read() -> None:
    store, old, new = MemoryStore(), a_monitor(), a_monitor()
    old.observe_counts(KEY, LOSING)
    await keep(old, store)

    await keep(new, store, versions=("v2",))

    assert new.keys() == []
    (seen,) = read_returns(await store.read())
    assert (seen.game_id, seen.rounds, seen.rtp_ppm, seen.theoretical_rtp_ppm, seen.alarm) == (
        "ember", 20_000, 0, 950_000, "low",
    )  # fmt: skip
    assert 0 < seen.high_ppm < 950_000


async def test_a_kept_stream_of_another_grid_of_bets_begins_anew() -> None:
    store, process = MemoryStore(), a_monitor()
    process.observe_counts(KEY, HONEST)
    await keep(process, store)
    entry = json.loads(store.kept[state_key(KEY)]) | {"logs": [[0.0]]}
    store.kept[state_key(KEY)] = json.dumps(entry).encode()
    process.observe_counts(KEY, HONEST)

    await keep(process, store)

    assert process.report(KEY).rounds == 1_000
