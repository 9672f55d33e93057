"""A game or an engine that is not what it was is not dealt any more: checked at start, on demand and every 24 hours."""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from adapters.contract.deadline import Deadline
from adapters.contract.errors import ProviderUnavailable
from adapters.reels.adapter import ReelsAdapter
from adapters.reels.certificate import Certificate
from adapters.reels.compiling.game_tables import GameTables
from adapters.reels.integrity import (
    ENGINE,
    ENGINE_ALTERED,
    GAME_ALTERED,
    INTEGRITY_INTERVAL_S,
    NO_CERTIFICATE,
    UNCERTIFIED,
    Integrity,
    engine_hash,
    required_engine_hash,
)
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


def test_the_engine_must_be_the_certified_one_unless_somebody_says_otherwise(tmp_path: Path) -> None:
    certified, under_work = Certificate(tmp_path, "12" * 32), Certificate(tmp_path)

    assert required_engine_hash(certified, {}) == "12" * 32
    assert required_engine_hash(None, {}) == NO_CERTIFICATE
    with capture_logs() as logs:
        assert required_engine_hash(certified, {UNCERTIFIED: "deal"}) == ""
        assert required_engine_hash(under_work, {}) == ""
    assert [log["event"] for log in logs] == ["engine_not_certified", "engine_not_certified"]


async def test_an_edited_engine_deals_nothing_and_says_the_command(library: GameLibrary, tmp_path: Path) -> None:
    """A copy of the engine's files, one of them edited after it was certified."""
    copy = tmp_path / "reels"
    shutil.copytree(ENGINE, copy, ignore=shutil.ignore_patterns("__pycache__", "games"))
    certificate = Certificate(tmp_path, engine_hash(copy))
    adapter = ReelsAdapter(library, RandomSource())
    adapter.integrity = Integrity(library, required_engine_hash(certificate, {}), copy)
    await adapter.verify_integrity()
    await spin(adapter)

    bets = copy / "play" / "bets.py"
    bets.write_text(bets.read_text(encoding="utf-8") + "\n", encoding="utf-8")

    assert all("make certify-engine" in verdict.reason for verdict in await adapter.verify_integrity())
    with pytest.raises(ProviderUnavailable, match="engine"):
        await spin(adapter)
