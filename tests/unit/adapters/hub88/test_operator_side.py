"""The calls that we make: launch, demo, games, rounds, free bets, against the mock."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from adapters.contract.errors import (
    AdapterError,
    DeadlinePassed,
    GameNotFound,
    InvalidCall,
    OutcomeUnknown,
    ProviderRefused,
    ProviderUnavailable,
)
from adapters.contract.free_rounds import FreeRoundsGrant, GrantStatus
from adapters.contract.games import PageRequest
from adapters.contract.ids import BrandId, GameId, GrantId, PlayerId, RoundId
from adapters.hub88.adapter import create_adapter
from adapters.mocks.faults import Fault
from tests.support.provider_loop import BRAND_ID, Loop

GRANT = FreeRoundsGrant(
    grant_id=GrantId("grant-1"),
    brand_id=BrandId(BRAND_ID),
    player_id=PlayerId("player-1"),
    game_ids=(GameId("hub_golden_pyramids"),),
    currency_code="EUR",
    stake_micros=200_000,
    count=3,
    valid_from_ms=1_767_225_600_000,
    valid_until_ms=1_767_312_000_000,
)


@pytest.fixture
async def loop() -> AsyncIterator[Loop]:
    made = Loop("hub88")
    yield made
    await made.aclose()


async def test_a_launch_gives_the_token_that_names_player_and_currency(loop: Loop) -> None:
    session = await loop.launch()

    assert session.token == "token-0001~player-1_EUR"
    assert not session.demo


async def test_a_demo_launch_names_no_player_and_never_calls_the_wallet(loop: Loop) -> None:
    url = await loop.adapter.launch_url(loop.session(demo=True), GameId("hub_neon_harbour"))
    session = loop.tenant.sessions[url.rsplit("/", 1)[-1]]

    await loop.play(session, 1_000_000, 5_000_000)

    assert (session.demo, session.player_id, session.token) == (True, "", "")
    assert loop.tenant.journal.find({"side": "wallet"}) == []
    assert session.balance_micros == 1_004_000_000


async def test_an_unknown_game_is_game_not_found(loop: Loop) -> None:
    with pytest.raises(GameNotFound):
        await loop.adapter.launch_url(loop.session(), GameId("nope"))


async def test_a_brand_that_is_not_configured_is_named(loop: Loop) -> None:
    session = loop.session()

    with pytest.raises(InvalidCall) as refused:
        await create_adapter({}).launch_url(session, GameId("hub_neon_harbour"))

    assert refused.value.facts["field"] == "brand_id"


async def test_a_wrong_key_is_refused_by_the_supplier_with_its_code(loop: Loop) -> None:
    loop.tenant.credentials["operator_public_key"] = loop.tenant.credentials["provider_public_key"]

    with pytest.raises(ProviderRefused) as refused:
        await loop.adapter.launch_url(loop.session(), GameId("hub_neon_harbour"))

    assert refused.value.facts["provider_code"] == "RS_ERROR_INVALID_SIGNATURE"


async def test_games_come_in_pages_in_a_stable_order_and_are_asked_for_once_a_minute(loop: Loop) -> None:
    first = await loop.adapter.list_games(PageRequest(page_size=2))
    second = await loop.adapter.list_games(PageRequest(page_size=2, page_token=first.next_page_token))

    ids = [game.game_id for page in (first, second) for game in page.items]
    assert ids == sorted(game.game_id for game in loop.tenant.games)
    assert second.next_page_token == ""
    assert first.items[0].rtp_ppm == 940_000
    assert len(loop.tenant.journal.find({"path": "/game/list"})) == 1


async def test_round_details_are_a_link_and_an_unknown_round_is_refused(loop: Loop) -> None:
    run = await loop.play(await loop.launch(), 1_000_000)
    player, brand = PlayerId("player-1"), BrandId(BRAND_ID)

    assert run.round_id in await loop.adapter.round_details_url(brand, player, RoundId(run.round_id))
    with pytest.raises(ProviderRefused) as refused:
        await loop.adapter.round_details_url(brand, player, RoundId("unknown"))
    assert refused.value.facts["provider_code"] == "100"


async def test_free_rounds_are_granted_once_played_and_reported(loop: Loop) -> None:
    session = await loop.launch()
    first = await loop.adapter.grant_free_rounds(GRANT)
    again = await loop.adapter.grant_free_rounds(GRANT)

    run = await loop.play(session, 9_000_000, 400_000)

    report = await loop.adapter.get_free_rounds(BRAND_ID, GRANT.grant_id)
    assert first.provider_grant_id == again.provider_grant_id == run.grant_id
    assert (report.status, report.played_count, report.win_micros) == (GrantStatus.ACTIVE, 1, 400_000)
    assert loop.balance() == 100_400_000


async def test_two_equal_grants_are_two_rewards_and_a_repeat_of_either_is_none(loop: Loop) -> None:
    twin = replace(GRANT, grant_id=GrantId("grant-2"))

    first, second = [await loop.adapter.grant_free_rounds(each) for each in (GRANT, twin)]
    again = await loop.adapter.grant_free_rounds(twin)

    assert len(loop.tenant.grants) == 2
    assert again.provider_grant_id == second.provider_grant_id != first.provider_grant_id


async def test_w18_a_grant_with_a_stake_finer_than_the_protocols_unit_is_refused_and_not_rounded(loop: Loop) -> None:
    with pytest.raises(InvalidCall, match="finer"):
        await loop.adapter.grant_free_rounds(replace(GRANT, stake_micros=GRANT.stake_micros + 5))


async def test_a_grant_is_cancelled_once_and_known_by_the_suppliers_id_too(loop: Loop) -> None:
    report = await loop.adapter.grant_free_rounds(GRANT)

    cancelled = await loop.adapter.cancel_free_rounds(BRAND_ID, report.provider_grant_id)
    again = await loop.adapter.cancel_free_rounds(BRAND_ID, GRANT.grant_id)

    assert cancelled.status is again.status is GrantStatus.CANCELLED
    missing = await loop.adapter.get_free_rounds(BRAND_ID, GrantId("other"))
    assert missing.status is GrantStatus.NOT_FOUND


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "status", "status": 500}, OutcomeUnknown),
        ({"kind": "status", "status": 429}, ProviderUnavailable),
        ({"kind": "maintenance"}, OutcomeUnknown),
        ({"kind": "non_json_reply"}, OutcomeUnknown),
        ({"kind": "truncated_reply"}, OutcomeUnknown),
        ({"kind": "change_reply", "fields": {"url": None}}, OutcomeUnknown),
        ({"kind": "change_reply", "fields": {"url": "javascript:alert(1)"}}, OutcomeUnknown),
    ],
    ids=str,
)
async def test_a_bad_answer_says_whether_the_supplier_may_have_acted(
    loop: Loop, fault: dict[str, object], error: type[AdapterError]
) -> None:
    loop.tenant.faults.add(Fault.model_validate(fault | {"on": "operator_api"}))

    with pytest.raises(error):
        await loop.adapter.launch_url(loop.session(), GameId("hub_neon_harbour"))


async def test_a_server_that_is_not_there_was_certainly_not_reached(loop: Loop) -> None:
    adapter = create_adapter(loop.dialect.adapter_config(loop.tenant, BRAND_ID) | {"base_url": "http://127.0.0.1:9"})

    with pytest.raises(ProviderUnavailable):
        await adapter.launch_url(loop.session(), GameId("hub_neon_harbour"))
    await adapter.aclose()


async def test_a_late_answer_is_a_passed_deadline(loop: Loop, hanging_server: str) -> None:
    config = loop.dialect.adapter_config(loop.tenant, BRAND_ID) | {"base_url": hanging_server, "timeout_ms": 30}
    adapter = create_adapter(config)

    with pytest.raises(DeadlinePassed):
        await adapter.launch_url(loop.session(), GameId("hub_neon_harbour"))
    await adapter.aclose()


@pytest.fixture
async def hanging_server() -> AsyncIterator[str]:
    """A server that takes connections and never answers."""
    import asyncio

    over = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    over.set()
    server.close()
    await server.wait_closed()
