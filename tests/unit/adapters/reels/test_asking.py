"""What is refused before anything is drawn, with the field that is wrong."""

import json
import time
from dataclasses import replace

import pytest

from adapters.contract.deadline import Deadline
from adapters.contract.errors import InvalidCall
from adapters.contract.games import PageRequest
from adapters.contract.ids import BrandId, GameId, OperatorId, PlayerId, RoundId, SessionId
from adapters.contract.money import Money
from adapters.contract.rounds import Session, SpinRequest
from adapters.reels.adapter import ReelsAdapter
from adapters.reels.library import GameLibrary
from adapters.reels.random.source import RandomSource
from tests.integration.gateway.test_versions import TWO_MORE

RULED = (
    TWO_MORE
    + """
[gamble]

[modes.buy]
cost = 2
start = { feature = "free", games = 6 }

[jurisdictions.GB]
spin_time_min_ms = 2500
buy_allowed = false
gamble_allowed = false
"""
)


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def adapter(clock: Clock) -> ReelsAdapter:
    library = GameLibrary()
    library.publish(RULED.encode(), "two-more.toml")
    return ReelsAdapter(library, RandomSource(), monotonic_s=clock)


def a_spin(country_code: str = "GB", **changes: object) -> SpinRequest:
    session = Session(SessionId("s"), OperatorId("o"), BrandId("b"), PlayerId("p"), "EUR", country_code)
    request = SpinRequest(session, GameId("two-more"), RoundId("r1"), Money("EUR", 1_000_000))
    return replace(request, **changes)  # type: ignore[arg-type]  # a test builder


def soon() -> Deadline:
    return Deadline.after_ms(5_000, time.monotonic)


async def refused(adapter: ReelsAdapter, request: SpinRequest) -> dict[str, str]:
    with pytest.raises(InvalidCall) as caught:
        await adapter.spin(request, soon())
    return dict(caught.value.facts)


async def test_a_stake_must_be_in_the_currency_of_the_session(adapter: ReelsAdapter) -> None:
    assert (await refused(adapter, a_spin(stake=Money("USD", 1_000_000))))["field"] == "stake.currency_code"


async def test_steps_and_states_go_together(adapter: ReelsAdapter) -> None:
    first = await adapter.spin(a_spin(), soon())

    assert (await refused(adapter, a_spin(step=1)))["field"] == "step"
    assert (await refused(adapter, a_spin(step=2, state=first.state)))["field"] == "step"
    assert (await refused(adapter, a_spin(state=first.state)))["field"] == "state"
    assert (await adapter.spin(a_spin(step=1, state=first.state), soon())).step == 1


async def test_where_features_are_not_for_sale_none_is_sold(adapter: ReelsAdapter) -> None:
    bought = a_spin(bet_mode="buy")

    facts = await refused(adapter, bought)

    assert (facts["field"], facts["rule"]) == ("bet_mode", "buy_allowed")
    assert (await adapter.spin(replace(bought, session=a_spin("MT").session), soon())).price_micros == 2_000_000


async def test_where_wins_may_not_be_gambled_they_can_be_collected(adapter: ReelsAdapter) -> None:
    outcome = await adapter.spin(a_spin(), soon())
    step = 0
    while outcome.choices != ("collect", "gamble"):
        step = 0 if outcome.round_complete else step + 1
        next_round = a_spin("MT") if not step else a_spin(step=step, state=outcome.state)
        outcome = await adapter.spin(next_round, soon())
    last = a_spin(step=step + 1, state=outcome.state)

    assert (await refused(adapter, replace(last, choice="gamble")))["rule"] == "gamble_allowed"
    assert (await adapter.spin(replace(last, choice="collect"), soon())).round_complete


async def test_a_round_begins_no_sooner_than_the_country_allows(adapter: ReelsAdapter, clock: Clock) -> None:
    await adapter.spin(a_spin(), soon())
    clock.now_s += 2.4

    facts = await refused(adapter, a_spin(round_id=RoundId("r2")))
    await adapter.spin(a_spin(), soon())  # the same round once more: its answer was lost
    await adapter.spin(a_spin("MT", round_id=RoundId("r3")), soon())
    clock.now_s += 0.11

    assert (facts["rule"], facts["field"]) == ("spin_time_min_ms", "round_id")
    assert 0 < int(facts["wait_ms"]) <= 101
    assert (await adapter.spin(a_spin(round_id=RoundId("r2")), soon())).step == 0


async def test_a_page_token_of_another_list_is_refused(adapter: ReelsAdapter) -> None:
    with pytest.raises(InvalidCall) as caught:
        await adapter.list_games(PageRequest(10, "no-such-token"))

    assert caught.value.facts["field"] == "page_token"


async def test_the_rules_of_countries_are_listed_with_the_game(adapter: ReelsAdapter) -> None:
    (game,) = (await adapter.list_games(PageRequest(10))).items

    assert json.loads(game.facts["jurisdictions"])["GB"] == {
        "autoplay": True,
        "buy_allowed": False,
        "gamble_allowed": False,
        "rtp_floor": "3/4",
        "spin_time_min_ms": 2500,
        "turbo": True,
    }
