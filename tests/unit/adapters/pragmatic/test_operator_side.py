"""Our calls to the provider against its mock, in both hash variants, and against servers that fail."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from adapters.contract.errors import (
    AdapterError,
    GameNotFound,
    InvalidCall,
    OutcomeUnknown,
    ProviderRefused,
    RoundConflict,
)
from adapters.contract.free_rounds import GrantStatus
from adapters.contract.games import GameType, PageRequest
from adapters.contract.ids import BrandId, GameId, GrantId, PlayerId, RoundId
from adapters.contract.manifest import Capability, Readiness, SettlementMode
from adapters.mocks.clock import REPEATABLE_START_MS, VirtualClock
from adapters.mocks.host import MockHost
from adapters.mocks.server import create_app
from adapters.mocks.tenant import Tenant
from adapters.mocks.types import MockSession
from adapters.pragmatic.adapter import PragmaticAdapter, create_adapter
from adapters.pragmatic.mock import create_dialect
from tests.support.operator_calls import BRAND_ID, DEMO, FAILURES, SESSION, answering, grant

GAME = GameId("vs20orchard")


class Side:
    """An adapter and the tenant that it calls."""

    def __init__(self, variant: str) -> None:
        dialect = create_dialect()
        host = MockHost({"pragmatic": dialect}, public_url="http://mock.test")
        app = create_app(host)
        self.tenant: Tenant = host.open_tenant("pragmatic", "t1")
        self.tenant.clock = VirtualClock(REPEATABLE_START_MS)
        self.tenant.options["hash"] = variant
        config = dialect.adapter_config(self.tenant, BRAND_ID)
        self.adapter: PragmaticAdapter = create_adapter(config, lambda: httpx.ASGITransport(app))

    def session_of(self, url: str) -> MockSession:
        """Return the provider's session behind an address."""
        return self.tenant.sessions[url.rsplit("/", 1)[-1]]


@pytest.fixture(params=["decoded", "encoded"])
async def side(request: pytest.FixtureRequest) -> AsyncIterator[Side]:
    side = Side(request.param)
    yield side
    await side.adapter.aclose()


async def test_the_manifest_says_who_drives(side: Side) -> None:
    manifest = await side.adapter.describe()

    assert manifest.settlement_mode is SettlementMode.PROVIDER_DRIVEN
    assert manifest.supports(Capability.DEMO)
    assert await side.adapter.probe() is Readiness.READY


async def test_a_launch_hands_out_a_token_and_an_account_that_say_it_all(side: Side) -> None:
    session = side.session_of(await side.adapter.launch_url(SESSION, GAME))

    assert (session.token, session.player_id) == ("token-0001~player-1_EUR", "player-1_EUR")


async def test_a_demo_names_no_player(side: Side) -> None:
    session = side.session_of(await side.adapter.launch_url(DEMO, GAME))

    assert session.demo
    assert "player-1" not in side.tenant.journal.find({"side": "operator_api"})[-1].request


async def test_an_unknown_game_brand_or_a_missing_token_is_told_apart(side: Side) -> None:
    with pytest.raises(GameNotFound):
        await side.adapter.launch_url(SESSION, GameId("vs0none"))
    with pytest.raises(InvalidCall):
        await side.adapter.launch_url(replace(SESSION, brand_id=BrandId("other")), GAME)
    with pytest.raises(InvalidCall):
        await side.adapter.launch_url(replace(SESSION, token=""), GAME)


async def test_the_list_is_paged_by_id(side: Side) -> None:
    first = await side.adapter.list_games(PageRequest(page_size=3))
    second = await side.adapter.list_games(PageRequest(page_size=3, page_token=first.next_page_token))

    games = [*first.items, *second.items]
    assert [game.game_id for game in games] == sorted(game.game_id for game in side.tenant.games)
    assert {game.game_type for game in games} == {GameType.SLOT, GameType.LIVE}
    assert [game.game_id for game in games if not game.free_rounds] == ["lg300wheel"]
    with pytest.raises(InvalidCall):
        await side.adapter.list_games(PageRequest(page_token="foreign"))


async def test_free_rounds_are_made_once_reported_and_cancelled(side: Side) -> None:
    report = await side.adapter.grant_free_rounds(grant(GAME))
    again = await side.adapter.grant_free_rounds(grant(GAME))

    assert report == again
    kept = side.tenant.grants[report.provider_grant_id]
    assert (kept.bet_micros, kept.count, kept.player_id) == (200_000, 3, "player-1_EUR")
    kept.played_count = 3
    known = await side.adapter.get_free_rounds(BRAND_ID, GrantId(report.provider_grant_id))
    assert (known.status, known.played_count) == (GrantStatus.FINISHED, 3)
    assert (await side.adapter.cancel_free_rounds(BRAND_ID, GrantId("grant-1"))).status is GrantStatus.CANCELLED
    for name in ("grant-1", "never"):
        assert (await side.adapter.get_free_rounds(BRAND_ID, GrantId(name))).status is GrantStatus.NOT_FOUND
    assert (await side.adapter.cancel_free_rounds(BRAND_ID, GrantId("never"))).status is GrantStatus.NOT_FOUND


async def test_a_grant_that_contradicts_or_cannot_be_is_refused(side: Side) -> None:
    await side.adapter.grant_free_rounds(grant(GAME))

    with pytest.raises(RoundConflict):
        await side.adapter.grant_free_rounds(grant(GAME, count=4))
    with pytest.raises(ProviderRefused):
        await side.adapter.grant_free_rounds(grant("lg300wheel", grant_id=GrantId("g2")))


async def test_the_details_of_a_round_are_an_address(side: Side) -> None:
    side.tenant.rounds["77"] = object()

    assert (await side.adapter.round_details_url(BRAND_ID, PlayerId("player-1_EUR"), RoundId("77"))).endswith("77")
    with pytest.raises(AdapterError):
        await side.adapter.round_details_url(BRAND_ID, PlayerId("player-1_EUR"), RoundId("78"))


async def test_a_wrong_secret_is_refused_by_the_provider(side: Side) -> None:
    side.tenant.credentials["secret"] = "rotated"

    with pytest.raises(ProviderRefused) as caught:
        await side.adapter.launch_url(SESSION, GAME)

    assert caught.value.facts["provider_code"] == "5"


@pytest.mark.parametrize("failure", list(FAILURES))
async def test_every_failure_says_whether_the_provider_may_have_acted(failure: str) -> None:
    transport, expected = FAILURES[failure]
    adapter = create_adapter({"brands": {BRAND_ID: {"secure_login": "c", "secret": "s"}}}, transport)

    with pytest.raises(expected):
        await adapter.launch_url(SESSION, GAME)

    await adapter.aclose()


async def test_an_internal_error_of_the_provider_leaves_the_outcome_unknown() -> None:
    config = {"brands": {BRAND_ID: {"secure_login": "c", "secret": "s"}}}
    adapter = create_adapter(config, lambda: answering(200, b'{"error":"100","description":"internal"}'))

    with pytest.raises(OutcomeUnknown):
        await adapter.grant_free_rounds(grant(GAME))

    await adapter.aclose()
