"""The engine watches what its games return: one that pays too much raises an event, an honest one does not."""

import time
from dataclasses import replace
from hashlib import shake_256

import pytest
from structlog.testing import capture_logs

from adapters.contract.deadline import Deadline
from adapters.contract.ids import BrandId, GameId, OperatorId, PlayerId, RoundId, SessionId
from adapters.contract.money import Money
from adapters.contract.rounds import Session, SpinOutcome, SpinRequest
from adapters.reels.adapter import ReelsAdapter
from adapters.reels.library import SHIPPED_GAMES, GameLibrary
from adapters.reels.random.source import RandomSource, System

EVEN = """
format = 1
id = "even"
name = "Even"
grid = { reels = 3, rows = 1 }
bet = { stakes = ["1"] }
lines = { paths = [[0, 0, 0]], pays = { a = { 1 = 2.7 } } }
strips.main.reels = ["a b c", "a b c", "a b c"]
"""
SESSION = Session(SessionId("s"), OperatorId("o"), BrandId("b"), PlayerId("p"), "EUR", platform="mobile")
A_SPIN = SpinRequest(SESSION, GameId("even"), RoundId("r-1"), Money("EUR", 1_000_000))


class FixedEntropy:
    def __init__(self) -> None:
        self._calls = 0

    def __call__(self, size_bytes: int) -> bytes:
        self._calls += 1
        return shake_256(self._calls.to_bytes(8, "big")).digest(size_bytes)


def an_adapter(library: GameLibrary) -> ReelsAdapter:
    system = System(entropy=FixedEntropy(), monotonic_s=lambda: 0.0, process_id=lambda: 1)
    return ReelsAdapter(library, RandomSource(system))


@pytest.fixture
def adapter() -> ReelsAdapter:
    library = GameLibrary()
    library.publish(EVEN.encode(), "even.toml")
    return an_adapter(library)


async def booked(adapter: ReelsAdapter, request: SpinRequest) -> SpinOutcome:
    """Play a step as the gateway does once the wallet has taken it."""
    outcome = await adapter.spin(request, Deadline.after_ms(60_000, time.monotonic))
    adapter.booked(request, outcome)
    return outcome


async def deal(adapter: ReelsAdapter, rounds: int, request: SpinRequest = A_SPIN) -> int:
    """Play whole rounds; returns what they won."""
    won_micros = 0
    for _ in range(rounds):
        outcome = await booked(adapter, request)
        won_micros += outcome.win.micros
        step = 0
        while not outcome.round_complete:
            step += 1
            outcome = await booked(adapter, replace(request, step=step, state=outcome.state))
            won_micros += outcome.win.micros
    return won_micros


async def test_a_game_that_pays_too_much_raises_an_event_with_all_facts(adapter: ReelsAdapter) -> None:
    ready = adapter.library.current["even"]
    adapter.library.versions[ready.tables.game_hash] = replace(
        ready, known={"base": replace(ready.analysis, rtp=ready.analysis.rtp * 2 / 3)}
    )

    with capture_logs() as events:
        await deal(adapter, 3_000)
        await adapter.probe()
        await deal(adapter, 300)
        await adapter.probe()

    (alarm,) = adapter.watch.alarms
    assert alarm.side == "high"
    (event,) = (event for event in events if event["event"] == "rtp_alarm")
    assert event["game_id"] == "even"
    assert event["version"] == ready.tables.game_hash
    assert (event["stake_micros"], event["channel"], event["rounds"]) == (1_000_000, "mobile", 3_000)
    assert event["rtp"] > event["theoretical_rtp"]


async def test_an_honest_game_raises_nothing_and_its_streams_are_apart(adapter: ReelsAdapter) -> None:
    demo = replace(A_SPIN, session=replace(SESSION, demo=True))

    await deal(adapter, 3_000)
    await deal(adapter, 10, demo)
    await adapter.probe()

    assert adapter.watch.alarms == []
    keys = adapter.watch.monitor.keys()
    streams = {key.channel: adapter.watch.monitor.report(key).rounds for key in keys}
    assert streams == {"mobile": 3_000, "mobile, demo": 10}


async def test_a_round_of_many_steps_counts_once_with_all_that_it_won() -> None:
    library = GameLibrary()
    library.offer_file(SHIPPED_GAMES / "ember-crown.toml")
    adapter = an_adapter(library)

    won_micros = await deal(adapter, 400, replace(A_SPIN, game_id=GameId("ember-crown")))
    await adapter.probe()

    (key,) = adapter.watch.monitor.keys()
    report = adapter.watch.monitor.report(key)
    assert report.rounds == 400
    assert report.rtp == pytest.approx(won_micros / (400 * 1_000_000))


async def test_a_gamble_is_not_part_of_the_round_that_counts() -> None:
    library = GameLibrary()
    library.offer_file(SHIPPED_GAMES / "book-of-tides.toml")
    adapter = an_adapter(library)
    spin = replace(A_SPIN, game_id=GameId("book-of-tides"))
    won_micros = gambles = 0
    for _ in range(150):
        outcome = await booked(adapter, spin)
        step, in_gamble = 0, False
        while True:
            won_micros += 0 if in_gamble else outcome.win.micros
            if outcome.round_complete:
                break
            step, in_gamble = step + 1, "gamble" in outcome.choices
            gambles += in_gamble
            choice = "gamble" if in_gamble else "".join(outcome.choices[:1])
            outcome = await booked(adapter, replace(spin, step=step, state=outcome.state, choice=choice))

    await adapter.probe()

    (key,) = adapter.watch.monitor.keys()
    report = adapter.watch.monitor.report(key)
    assert gambles > 20
    assert report.rounds == 150
    assert report.rtp == pytest.approx(won_micros / (150 * 1_000_000))


async def test_a_draw_that_was_never_booked_does_not_count(adapter: ReelsAdapter) -> None:
    await adapter.spin(A_SPIN, Deadline.after_ms(60_000, time.monotonic))
    await booked(adapter, A_SPIN)
    await adapter.probe()

    (seen,) = adapter.game_returns()
    assert seen.rounds == 1


async def test_an_engine_apart_from_its_gateway_can_watch_its_draws() -> None:
    library = GameLibrary()
    library.publish(EVEN.encode(), "even.toml")
    system = System(entropy=FixedEntropy(), monotonic_s=lambda: 0.0, process_id=lambda: 1)
    adapter = ReelsAdapter(library, RandomSource(system), watch_draws=True)

    await booked(adapter, A_SPIN)
    await adapter.probe()

    (seen,) = adapter.game_returns()
    assert seen.rounds == 1
