"""What players get over the wire is distributed as the mathematics of the game says.

The seeds come in a fixed order, and each round takes one: which player gets which differs from run to run, the
histogram of all rounds does not.
"""

import asyncio
from collections import Counter
from fractions import Fraction
from hashlib import shake_256

import pytest
from reelgate.gateway.v1 import round_service_pb2 as pb
from scipy.stats import chisquare

from adapters.reels.adapter import ReelsAdapter
from adapters.reels.analysis.report import analyse
from adapters.reels.library import SHIPPED_GAMES, GameLibrary
from adapters.reels.random.source import RandomSource, System
from gateway.bootstrap.compose import Parts
from gateway.catalogue.registry import Registry
from tests.integration.gateway.conftest import STAKE_MICROS, Seat, a_seat, a_spin
from tests.support.servers import serve_here

ROUNDS = 200_000
PLAYERS = 8
IN_FLIGHT = 64
EXPECTED_MIN = 5
P_MIN = 0.001
SEED = b"outcomes are exact"


class FixedEntropy:
    """Bytes that are the same in every run: the generator, its self-tests and reseeding are those of production."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._calls = 0

    def __call__(self, size_bytes: int) -> bytes:
        self._calls += 1
        return shake_256(self._seed + self._calls.to_bytes(8, "big")).digest(size_bytes)


@pytest.fixture
def adapter() -> ReelsAdapter:
    library = GameLibrary()
    library.offer_file(SHIPPED_GAMES / "orchard-five.toml")
    system = System(entropy=FixedEntropy(SEED), monotonic_s=lambda: 0.0, process_id=lambda: 1)
    return ReelsAdapter(library, RandomSource(system))


async def wins_of(seat: Seat, rounds: int) -> Counter[int]:
    """Play rounds over one stream, some of them in flight at any time; returns the rounds by what they paid."""
    stream = seat.client.rounds.Play(metadata=seat.metadata)
    room = asyncio.Semaphore(IN_FLIGHT)

    async def send() -> None:
        for number in range(rounds):
            await room.acquire()
            await stream.write(pb.PlayRequest(spin=a_spin(f"{seat.player_id}-{number}")))
        await stream.done_writing()

    sending = asyncio.create_task(send())
    wins: Counter[int] = Counter()
    async for reply in stream:
        assert reply.spin.status == pb.ROUND_STATUS_CLOSED, reply.error
        assert reply.spin.bet.micros == STAKE_MICROS
        wins[reply.spin.total_win.micros] += 1
        room.release()
    await sending
    return wins


def exact_chances(adapter: ReelsAdapter) -> dict[int, Fraction]:
    """The exact chance of every win of the base game at this stake."""
    tables = adapter.library.current["orchard-five"].tables
    analysis = analyse(tables)
    chances: dict[int, Fraction] = {}
    for (pay, awards), count in analysis.base.outcomes.items():
        assert not awards, "this game has rounds of one step"
        win_micros = tables.play().pay_micros(pay, STAKE_MICROS)
        chances[win_micros] = chances.get(win_micros, Fraction(0)) + Fraction(count, analysis.base.full_cycle)
    return chances


def pooled(chances: dict[int, Fraction], seen: Counter[int], rounds: int) -> tuple[list[int], list[float]]:
    """Cells of rising wins, put together until each expects enough rounds."""
    observed, expected = [0], [Fraction(0)]
    for win_micros in sorted(chances):
        if expected[-1] >= EXPECTED_MIN:
            observed.append(0)
            expected.append(Fraction(0))
        observed[-1] += seen[win_micros]
        expected[-1] += chances[win_micros] * rounds
    if expected[-1] < EXPECTED_MIN:
        last_observed, last_expected = observed.pop(), expected.pop()
        observed[-1] += last_observed
        expected[-1] += last_expected
    return observed, [float(value) for value in expected]


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_200_000_rounds_over_grpc_have_the_exact_distribution(adapter, tmp_path):
    chances = exact_chances(adapter)
    assert sum(chances.values()) == 1
    parts = Parts(registry=Registry([(await adapter.describe(), adapter)]))
    async with serve_here(tmp_path / "reelgate.db", parts) as served:
        seats = [await a_seat(served.client, f"player-{number}") for number in range(PLAYERS)]
        played = await asyncio.gather(*(wins_of(seat, ROUNDS // PLAYERS) for seat in seats))

    seen = sum(played, Counter())

    assert seen.total() == ROUNDS
    assert set(seen) <= set(chances)
    observed, expected = pooled(chances, seen, ROUNDS)
    assert len(observed) > 40
    assert chisquare(observed, expected).pvalue > P_MIN
