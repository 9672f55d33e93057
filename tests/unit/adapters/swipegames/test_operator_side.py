"""The calls that we make: launch, demo, games, free rounds, against the mock."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from adapters.contract.errors import (
    AdapterError,
    CapabilityNotSupported,
    GameNotFound,
    InvalidCall,
    OutcomeUnknown,
    ProviderRefused,
    ProviderUnavailable,
    RoundConflict,
)
from adapters.contract.free_rounds import FreeRoundsGrant, GrantStatus
from adapters.contract.games import PageRequest
from adapters.contract.ids import BrandId, GameId, GrantId, PlayerId
from adapters.mocks.faults import Fault
from adapters.swipegames.adapter import create_adapter
from tests.support.provider_loop import BRAND_ID, Loop

GRANT = FreeRoundsGrant(
    grant_id=GrantId("grant-1"),
    brand_id=BrandId(BRAND_ID),
    player_id=PlayerId("player-1"),
    game_ids=(GameId("sg_comet_rush"),),
    currency_code="EUR",
    stake_micros=200_000,
    count=2,
    valid_from_ms=1_767_225_600_000,
    valid_until_ms=1_767_312_000_000,
)


@pytest.fixture
async def loop() -> AsyncIterator[Loop]:
    made = Loop("swipegames")
    yield made
    await made.aclose()


async def test_a_launch_gives_a_session_id_that_names_player_currency_and_game(loop: Loop) -> None:
    session = await loop.launch()

    assert session.token == "token-0001~player-1_EUR~sg_comet_rush"


async def test_a_demo_launch_brings_its_own_balance_and_never_calls_the_wallet(loop: Loop) -> None:
    url = await loop.adapter.launch_url(loop.session(demo=True), GameId("sg_comet_rush"))
    session = loop.tenant.sessions[loop.provider_session_id(url)]

    await loop.play(session, 1_000_000, 5_000_000)

    assert loop.tenant.journal.find({"side": "wallet"}) == []
    assert session.balance_micros == 1_004_000_000


async def test_an_unknown_game_is_game_not_found(loop: Loop) -> None:
    with pytest.raises(GameNotFound):
        await loop.adapter.launch_url(loop.session(), GameId("nope"))


async def test_a_wrong_key_is_refused_by_the_provider(loop: Loop) -> None:
    loop.tenant.credentials["api_key"] = "another"

    with pytest.raises(ProviderRefused) as refused:
        await loop.adapter.list_games(PageRequest())

    assert refused.value.facts["provider_code"] == "invalid_signature"


async def test_games_come_packed_in_pages_and_are_kept_for_a_while(loop: Loop) -> None:
    first = await loop.adapter.list_games(PageRequest(page_size=1))
    second = await loop.adapter.list_games(PageRequest(page_size=1, page_token=first.next_page_token))

    assert [page.items[0].game_id for page in (first, second)] == ["sg_comet_rush", "sg_lucky_kiosk"]
    assert first.items[0].stakes_for("EUR")[:2] == (100_000, 200_000)
    assert len(loop.tenant.journal.find({"path": "/games"})) == 1


async def test_a_series_of_free_rounds_costs_nothing_and_is_paid_by_one_win(loop: Loop) -> None:
    session = await loop.launch()
    report = await loop.adapter.grant_free_rounds(GRANT)

    await loop.play(session, 9_000_000, 300_000)
    between = loop.balance()
    run = await loop.play(session, 9_000_000, 400_000)

    assert run.grant_id == report.provider_grant_id
    assert (between, loop.balance()) == (100_000_000, 100_700_000)
    assert run.attempts == {"bet": 1, "win": 1, "free_rounds_win": 1}


async def test_a_grant_is_idempotent_by_our_id_and_other_content_is_a_conflict(loop: Loop) -> None:
    first = await loop.adapter.grant_free_rounds(GRANT)
    again = await loop.adapter.grant_free_rounds(GRANT)

    assert first == again
    with pytest.raises(RoundConflict):
        await loop.adapter.grant_free_rounds(replace(GRANT, count=3))


async def test_a_grant_is_cancelled_by_our_id_as_often_as_one_likes(loop: Loop) -> None:
    await loop.adapter.grant_free_rounds(GRANT)

    for _ in range(2):
        assert (await loop.adapter.cancel_free_rounds(BRAND_ID, GRANT.grant_id)).status is GrantStatus.CANCELLED
    assert (await loop.adapter.get_free_rounds(BRAND_ID, GRANT.grant_id)).status is GrantStatus.CANCELLED
    assert (await loop.adapter.cancel_free_rounds(BRAND_ID, GrantId("other"))).status is GrantStatus.NOT_FOUND


async def test_the_state_of_a_grant_that_is_not_remembered_is_not_guessed(loop: Loop) -> None:
    with pytest.raises(CapabilityNotSupported):
        await loop.adapter.get_free_rounds(BRAND_ID, GrantId("other"))


NOT_ON_OFFER = [{"count": 0}, {"count": 100}, {"stake_micros": 123}, {"currency_code": "JPY"}]


@pytest.mark.parametrize("changes", NOT_ON_OFFER, ids=str)
async def test_a_grant_that_the_provider_cannot_give_is_refused_here(loop: Loop, changes: dict[str, object]) -> None:
    with pytest.raises(InvalidCall):
        await loop.adapter.grant_free_rounds(replace(GRANT, **changes))  # type: ignore[arg-type] # by name


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "status", "status": 500}, OutcomeUnknown),
        ({"kind": "status", "status": 429}, ProviderUnavailable),
        ({"kind": "status", "status": 403}, ProviderRefused),
        ({"kind": "maintenance"}, OutcomeUnknown),
        ({"kind": "non_json_reply"}, OutcomeUnknown),
        ({"kind": "truncated_reply"}, OutcomeUnknown),
        ({"kind": "change_reply", "fields": {"gameURL": None}}, OutcomeUnknown),
    ],
    ids=str,
)
async def test_a_bad_answer_says_whether_the_provider_may_have_acted(
    loop: Loop, fault: dict[str, object], error: type[AdapterError]
) -> None:
    loop.tenant.faults.add(Fault.model_validate(fault | {"on": "operator_api"}))

    with pytest.raises(error):
        await loop.adapter.launch_url(loop.session(), GameId("sg_comet_rush"))


async def test_a_server_that_is_not_there_was_certainly_not_reached(loop: Loop) -> None:
    adapter = create_adapter(loop.dialect.adapter_config(loop.tenant, BRAND_ID) | {"base_url": "http://127.0.0.1:9"})

    with pytest.raises(ProviderUnavailable):
        await adapter.launch_url(loop.session(), GameId("sg_comet_rush"))
    await adapter.aclose()
