"""A game or an engine that is not what it was is not dealt any more: checked at start, on demand and every 24 hours."""

import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.contract.deadline import Deadline
from adapters.contract.errors import ProviderUnavailable
from adapters.reels.adapter import ReelsAdapter
from adapters.reels.compiling.game_tables import GameTables
from adapters.reels.integrity import ENGINE_ALTERED, GAME_ALTERED, INTEGRITY_INTERVAL_S, Integrity, engine_hash
from adapters.reels.library import GameLibrary
from adapters.reels.random.source import RandomSource
from tests.unit.adapters.reels.test_watch import A_SPIN, EVEN


@dataclass
class Clock:
    now_s: float = 1_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def library() -> GameLibrary:
    library = GameLibrary()
    library.publish(EVEN.encode(), "even.toml")
    library.publish(EVEN.replace('"even"', '"other"').encode(), "other.toml")
    return library


def spoil(tables: GameTables) -> None:
    tables.play().stages["base"].spin.transitions[0].adds[0, 0] += 1  # type: ignore[union-attr]  # a base spin


async def spin(adapter: ReelsAdapter) -> None:
    await adapter.spin(A_SPIN, Deadline.after_ms(5_000, time.monotonic))


async def test_on_demand_each_game_gets_its_verdict_and_only_the_altered_one_stops(library: GameLibrary) -> None:
    adapter = ReelsAdapter(library, RandomSource())
    spoil(library.current["other"].tables)

    even, other = await adapter.verify_integrity()

    assert (even.game_id, even.ok, even.reason) == ("even", True, "")
    assert (other.game_id, other.ok, other.reason) == ("other", False, GAME_ALTERED)
    assert other.game_version == library.current["other"].tables.game_hash
    await spin(adapter)


async def test_a_game_is_checked_again_after_24_hours_and_not_before(library: GameLibrary) -> None:
    clock = Clock()
    adapter = ReelsAdapter(library, RandomSource(), monotonic_s=clock)
    spoil(library.current["even"].tables)

    clock.now_s += INTEGRITY_INTERVAL_S - 1
    await adapter.probe()
    await spin(adapter)
    clock.now_s += 1
    await adapter.probe()

    with pytest.raises(ProviderUnavailable, match="integrity"):
        await spin(adapter)


async def test_an_engine_that_is_not_the_certified_one_deals_nothing_from_the_start(library: GameLibrary) -> None:
    adapter = ReelsAdapter(library, RandomSource(), engine_hash="00" * 32)

    with pytest.raises(ProviderUnavailable, match="engine"):
        await spin(adapter)
    with pytest.raises(ProviderUnavailable, match="engine"):
        await adapter.probe()


def test_an_engine_whose_files_changed_fails_with_all_its_games(library: GameLibrary, tmp_path: Path) -> None:
    (tmp_path / "kernel.py").write_text("PAY = 1\n", encoding="utf-8")
    before = engine_hash(tmp_path)
    integrity = Integrity(library, folder=tmp_path)
    assert all(verdict.ok for verdict in integrity.check())

    (tmp_path / "kernel.py").write_text("PAY = 2\n", encoding="utf-8")

    assert engine_hash(tmp_path) != before
    assert {verdict.reason for verdict in integrity.check()} == {ENGINE_ALTERED}
