"""Our calls to the provider: GCP v1 and A8R v2 against their mocks, and against servers that fail."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from adapters.contract.errors import AdapterError, GameNotFound, InvalidCall, ProviderRefused, RoundConflict
from adapters.contract.free_rounds import GrantStatus
from adapters.contract.games import PageRequest
from adapters.contract.ids import BrandId, GameId, GrantId, PlayerId, RoundId
from adapters.contract.manifest import Capability, Readiness, SettlementMode
from adapters.mocks.clock import REPEATABLE_START_MS, VirtualClock
from adapters.mocks.host import MockHost
from adapters.mocks.server import create_app
from adapters.mocks.tenant import Tenant
from adapters.mocks.types import MockSession
from adapters.softswiss import adapter, mock
from adapters.softswiss.a8r import adapter as a8r
from adapters.softswiss.a8r import mock as a8r_mock
from adapters.softswiss.adapter import SoftswissAdapter
from tests.support.operator_calls import BRAND_ID, DEMO, FAILURES, SESSION, Transport, grant

GAME = GameId("acceptance:test")
VERSIONS = {"gcp": (adapter.create_adapter, mock.create_dialect), "a8r": (a8r.create_adapter, a8r_mock.create_dialect)}


class Side:
    """An adapter and the tenant that it calls."""

    def __init__(self, version: str) -> None:
        create, create_dialect = VERSIONS[version]
        dialect = create_dialect()
        host = MockHost({dialect.provider_id: dialect}, public_url="http://mock.test")
        app = create_app(host)
        self.tenant: Tenant = host.open_tenant(dialect.provider_id, "t1")
        self.tenant.clock = VirtualClock(REPEATABLE_START_MS)
        config = dialect.adapter_config(self.tenant, BRAND_ID)
        self.adapter: SoftswissAdapter = create(config, lambda: httpx.ASGITransport(app))

    def session_of(self, url: str) -> MockSession:
        """Return the provider's session behind an address."""
        return self.tenant.sessions[url.rsplit("/", 1)[-1]]


@pytest.fixture(params=list(VERSIONS))
async def side(request: pytest.FixtureRequest) -> AsyncIterator[Side]:
    side = Side(request.param)
    yield side
    await side.adapter.aclose()


async def test_the_manifest_is_constant_and_says_who_drives(side: Side) -> None:
    manifest = await side.adapter.describe()

    assert manifest == await side.adapter.describe()
    assert manifest.settlement_mode is SettlementMode.PROVIDER_DRIVEN
    assert manifest.supports(Capability.FREE_ROUNDS)
    assert not manifest.supports(Capability.SPIN)
    assert await side.adapter.probe() is Readiness.READY


async def test_a_launch_opens_a_session_of_the_player(side: Side) -> None:
    session = side.session_of(await side.adapter.launch_url(SESSION, GAME))

    assert (session.player_id.partition("_")[0], session.currency_code, session.game_id) == ("player-1", "EUR", GAME)


async def test_a_demo_names_no_player_and_no_currency(side: Side) -> None:
    session = side.session_of(await side.adapter.launch_url(DEMO, GAME))

    assert session.demo
    sent = side.tenant.journal.find({"side": "operator_api"})[-1].request
    assert "player-1" not in sent
    assert "EUR" not in sent


async def test_an_unknown_game_or_brand_is_told_apart(side: Side) -> None:
    with pytest.raises(GameNotFound):
        await side.adapter.launch_url(SESSION, GameId("acceptance:none"))
    with pytest.raises(InvalidCall):
        await side.adapter.launch_url(replace(SESSION, brand_id=BrandId("other")), GAME)


async def test_the_list_is_paged_in_a_stable_order(side: Side) -> None:
    first = await side.adapter.list_games(PageRequest(page_size=3))
    second = await side.adapter.list_games(PageRequest(page_size=3, page_token=first.next_page_token))

    assert [game.game_id for game in (*first.items, *second.items)] == [game.game_id for game in side.tenant.games]
    assert second.next_page_token == ""
    with pytest.raises(InvalidCall):
        await side.adapter.list_games(PageRequest(page_token="foreign"))


async def test_freespins_are_issued_once_reported_and_cancelled(side: Side) -> None:
    report = await side.adapter.grant_free_rounds(grant(GAME))
    again = await side.adapter.grant_free_rounds(grant(GAME))

    assert report == again
    assert len(side.tenant.grants) == 1
    kept = side.tenant.grants[report.provider_grant_id]
    assert (kept.bet_micros, kept.count) == (200_000, 3)
    kept.played_count, kept.win_micros = 1, 1_250_000
    for name in (GrantId("grant-1"), GrantId(report.provider_grant_id)):
        known = await side.adapter.get_free_rounds(BRAND_ID, name)
        assert (known.status, known.played_count, known.win_micros) == (GrantStatus.ACTIVE, 1, 1_250_000)
    assert (await side.adapter.cancel_free_rounds(BRAND_ID, GrantId("grant-1"))).status is GrantStatus.CANCELLED
    assert (await side.adapter.get_free_rounds(BRAND_ID, GrantId("grant-1"))).status is GrantStatus.CANCELLED


async def test_a_grant_that_contradicts_or_cannot_be_is_refused(side: Side) -> None:
    await side.adapter.grant_free_rounds(grant(GAME))

    with pytest.raises(RoundConflict):
        await side.adapter.grant_free_rounds(grant(GAME, count=4))
    with pytest.raises(InvalidCall) as caught:
        await side.adapter.grant_free_rounds(grant(GAME, grant_id=GrantId("g2"), stake_micros=123))
    assert caught.value.facts["field"] == "stake_micros"
    with pytest.raises(ProviderRefused):
        await side.adapter.grant_free_rounds(grant("igrosoft:CrazyMonkey", grant_id=GrantId("g3")))
    assert (await side.adapter.get_free_rounds(BRAND_ID, GrantId("never"))).status is GrantStatus.NOT_FOUND


async def test_the_details_of_a_round_are_an_address(side: Side) -> None:
    side.tenant.rounds["r1"] = object()

    assert (await side.adapter.round_details_url(BRAND_ID, PlayerId("player-1"), RoundId("r1"))).endswith("r1")
    with pytest.raises(AdapterError):
        await side.adapter.round_details_url(BRAND_ID, PlayerId("player-1"), RoundId("r2"))


@pytest.mark.parametrize("version", list(VERSIONS))
@pytest.mark.parametrize("failure", list(FAILURES))
async def test_every_failure_says_whether_the_provider_may_have_acted(version: str, failure: str) -> None:
    transport: Transport
    transport, expected = FAILURES[failure]
    config: dict[str, Any] = {"brands": {BRAND_ID: {"casino_id": "c", "secret": "s"}}}
    create, _ = VERSIONS[version]
    made = create(config, transport)

    with pytest.raises(expected):
        await made.launch_url(SESSION, GAME)

    await made.aclose()
    await made.aclose()
