"""Our one call to the provider, user authentication, against its mock and against servers that fail."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from adapters.contract.errors import CapabilityNotSupported, GameNotFound, InvalidCall, ProviderRefused
from adapters.contract.games import GameType, PageRequest
from adapters.contract.ids import BrandId, GameId
from adapters.contract.manifest import Capability, Readiness, SettlementMode
from adapters.evolution.adapter import EvolutionAdapter, create_adapter
from adapters.evolution.mock import create_dialect
from adapters.mocks.host import MockHost
from adapters.mocks.server import create_app
from adapters.mocks.tenant import Tenant
from tests.support.operator_calls import BRAND_ID, DEMO, FAILURES, SESSION, answering

TABLE = GameId("vctlz20yfnmp1ylr")
TABLES = [{"table_id": TABLE, "display_name": "Roulette", "category": "roulette"}]
CONFIG = {"brands": {BRAND_ID: {"casino_key": "c", "api_token": "t"}}, "tables": TABLES}


class Side:
    """An adapter and the tenant that it calls."""

    def __init__(self) -> None:
        dialect = create_dialect()
        host = MockHost({"evolution": dialect}, public_url="http://mock.test")
        app = create_app(host)
        self.tenant: Tenant = host.open_tenant("evolution", "t1")
        config = dialect.adapter_config(self.tenant, BRAND_ID)
        self.adapter: EvolutionAdapter = create_adapter(config, lambda: httpx.ASGITransport(app))


@pytest.fixture
async def side() -> AsyncIterator[Side]:
    side = Side()
    yield side
    await side.adapter.aclose()


async def test_the_manifest_promises_launch_and_wallet_calls_alone(side: Side) -> None:
    manifest = await side.adapter.describe()

    assert manifest.capabilities == {Capability.LAUNCH, Capability.WALLET_CALLS}
    assert manifest.settlement_mode is SettlementMode.PROVIDER_DRIVEN
    assert await side.adapter.probe() is Readiness.READY


async def test_a_launch_hands_out_a_sid_that_knows_its_currency(side: Side) -> None:
    url = await side.adapter.launch_url(SESSION, TABLE)

    session = side.tenant.sessions[url.rsplit("/", 1)[-1]]
    assert (session.token, session.player_id, session.game_id) == ("token-0001~EUR", "player-1", TABLE)


async def test_a_demo_an_unknown_table_or_brand_is_told_apart(side: Side) -> None:
    with pytest.raises(CapabilityNotSupported):
        await side.adapter.launch_url(DEMO, TABLE)
    with pytest.raises(GameNotFound):
        await side.adapter.launch_url(SESSION, GameId("none"))
    with pytest.raises(InvalidCall):
        await side.adapter.launch_url(replace(SESSION, brand_id=BrandId("other")), TABLE)
    side.tenant.games.clear()
    with pytest.raises(GameNotFound):
        await side.adapter.launch_url(SESSION, TABLE)


async def test_a_wrong_api_token_is_refused_by_the_provider(side: Side) -> None:
    side.tenant.credentials["api_token"] = "rotated"

    with pytest.raises(ProviderRefused) as caught:
        await side.adapter.launch_url(SESSION, TABLE)

    assert caught.value.facts["provider_code"] == "G.0"


async def test_the_list_of_tables_is_paged(side: Side) -> None:
    first = await side.adapter.list_games(PageRequest(page_size=2))
    second = await side.adapter.list_games(PageRequest(page_size=2, page_token=first.next_page_token))

    assert [game.game_id for game in (*first.items, *second.items)] == [game.game_id for game in side.tenant.games]
    assert {game.game_type for game in first.items} == {GameType.LIVE}
    with pytest.raises(InvalidCall):
        await side.adapter.list_games(PageRequest(page_token="foreign"))


async def test_a_relative_entry_is_made_absolute() -> None:
    config = {**CONFIG, "base_url": "https://live.invalid"}
    adapter = create_adapter(config, lambda: answering(200, b'{"entry":"/entry?params=x","entryEmbedded":"/e"}'))

    assert await adapter.launch_url(SESSION, TABLE) == "https://live.invalid/entry?params=x"

    await adapter.aclose()


@pytest.mark.parametrize("failure", list(FAILURES))
async def test_every_failure_says_whether_the_provider_may_have_acted(failure: str) -> None:
    transport, expected = FAILURES[failure]
    adapter = create_adapter(CONFIG, transport)

    with pytest.raises(expected):
        await adapter.launch_url(SESSION, TABLE)

    await adapter.aclose()
