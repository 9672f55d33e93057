import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from adapters.contract.deadline import Deadline
from adapters.contract.errors import GameNotFound, InvalidCall, ProviderUnavailable
from adapters.contract.games import PageRequest
from adapters.contract.ids import BrandId, GameId, OperatorId, PlayerId, RoundId, SessionId
from adapters.contract.manifest import SettlementMode
from adapters.contract.money import Money
from adapters.contract.rounds import Session, SpinRequest
from adapters.reels.adapter import ReelsAdapter, create_adapter
from adapters.reels.errors import RecordMismatch
from adapters.reels.library import SHIPPED_GAMES, GameLibrary
from adapters.reels.play.verify import verify_step
from adapters.reels.random.source import RandomSource, ReseedPolicy, System


@pytest.fixture(scope="module")
def library() -> GameLibrary:
    library = GameLibrary()
    for name in ("ember-crown.toml", "orchard-five.toml"):
        library.offer_file(SHIPPED_GAMES / name)
    return library


@pytest.fixture
def adapter(library: GameLibrary) -> ReelsAdapter:
    return ReelsAdapter(library, RandomSource())


def a_spin(**changes: object) -> SpinRequest:
    session = Session(SessionId("s"), OperatorId("o"), BrandId("b"), PlayerId("p"), "EUR")
    request = SpinRequest(session, GameId("ember-crown"), RoundId("r-1"), Money("EUR", 1_000_000))
    return replace(request, **changes)  # type: ignore[arg-type]  # a test builder


def soon() -> Deadline:
    return Deadline.after_ms(5_000, time.monotonic)


async def test_the_shipped_games_are_listed_with_computed_figures(adapter: ReelsAdapter) -> None:
    page = await adapter.list_games(PageRequest(page_size=1))
    rest = await adapter.list_games(PageRequest(page_token=page.next_page_token))

    games = (*page.items, *rest.items)
    assert "ember-crown" in {game.game_id for game in games}
    assert all(940_000 <= game.rtp_ppm <= 970_000 for game in games)
    assert (await adapter.describe()).settlement_mode is SettlementMode.ATOMIC
    assert adapter.library.refused == {}


async def test_a_round_goes_on_until_it_is_complete_and_every_step_replays(adapter: ReelsAdapter) -> None:
    tables = adapter.library.current["ember-crown"].tables
    rounds = steps = 0
    while rounds < 150 or steps == rounds:
        outcome = await adapter.spin(a_spin(), soon())
        step = 0
        while True:
            steps += 1
            verify_step(tables, outcome.record)
            if outcome.round_complete:
                break
            step += 1
            outcome = await adapter.spin(a_spin(step=step, state=outcome.state), soon())
        rounds += 1

    assert steps > rounds


async def test_an_edited_record_does_not_verify(adapter: ReelsAdapter) -> None:
    tables = adapter.library.current["ember-crown"].tables
    outcome = await adapter.spin(a_spin(), soon())

    edited = outcome.record.replace(b'"win_micros":', b'"win_micros":9')

    with pytest.raises(RecordMismatch, match="win_micros"):
        verify_step(tables, edited)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"stake": Money("EUR", 1)}, "stake"),
        ({"stake": Money("EUR", -1_000_000)}, "stake"),
        ({"bet_mode": "turbo"}, "bet_mode"),
        ({"line_count": 7}, "line_count"),
        ({"choice": "left"}, "choice"),
        ({"step": 1, "state": b"\xff garbage"}, "state"),
        ({"step": 1, "state": b"{}"}, "state"),
    ],
)
async def test_a_bad_field_is_named(adapter: ReelsAdapter, changes: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidCall) as refused:
        await adapter.spin(a_spin(**changes), soon())

    assert refused.value.facts["field"] == field


async def test_unknown_games_and_versions_are_not_found(adapter: ReelsAdapter) -> None:
    for changes in ({"game_id": GameId("nothing")}, {"game_version": "00" * 32}):
        with pytest.raises(GameNotFound):
            await adapter.spin(a_spin(**changes), soon())


async def test_the_engine_stops_dealing_when_its_random_source_fails(library: GameLibrary) -> None:
    entropy: list[Callable[[int], bytes]] = [System().entropy]
    policy = ReseedPolicy(rounds=1)
    source = RandomSource(System(entropy=lambda size: entropy[0](size)), policy)
    adapter = ReelsAdapter(library, source)
    entropy[0] = lambda size: b"\x00" * size

    await adapter.spin(a_spin(), soon())

    with pytest.raises(ProviderUnavailable):
        await adapter.spin(a_spin(), soon())
    with pytest.raises(ProviderUnavailable):
        await adapter.probe()


def test_create_adapter_loads_the_folder_that_the_config_names(tmp_path: Path) -> None:
    (tmp_path / "orchard.toml").write_bytes((SHIPPED_GAMES / "orchard-five.toml").read_bytes())

    adapter = create_adapter({"games": str(tmp_path)})

    assert isinstance(adapter, ReelsAdapter)
    assert Fraction(94, 100) < adapter.library.current["orchard-five"].analysis.rtp < Fraction(97, 100)
