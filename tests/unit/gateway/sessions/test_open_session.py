from dataclasses import dataclass, replace

import pytest

from adapters.contract.errors import ProviderUnavailable as AdapterUnavailable
from adapters.contract.manifest import Capability, SettlementMode
from gateway.errors import (
    CurrencyMismatch,
    GameNotEnabled,
    GameUnknown,
    IdempotencyKeyReused,
    ProviderUnavailable,
    SessionNotFound,
)
from gateway.rounds.ports import AccountRef
from gateway.sessions.end_session import SessionKeeper
from gateway.sessions.open_session import OpenSession, SessionOpener, SessionTerms
from gateway.sessions.session_cache import SessionCache
from gateway.sessions.tokens import hash_of
from tests.support.builders import a_game, a_manifest
from tests.support.fakes import FakeAdapter, FakeCatalogue, FakeClock, FakeIds, FakeSessions, FakeWallet

REQUEST = OpenSession("operator-1", "s1", "brand-1", "player-1", "acme:fruit", "EUR", False)


@dataclass
class LaunchingAdapter(FakeAdapter):
    def __init__(self, manifest, games):
        super().__init__(manifest, games)
        self.launched = []

    async def launch_url(self, session, game_id):
        if self.error is not None:
            raise self.error
        self.launched.append((session, game_id))
        return f"https://games.example/{game_id}?token={session.token}"


class Hall:
    def __init__(self, adapter=None):
        self.clock = FakeClock()
        self.adapter = adapter or FakeAdapter(a_manifest(), (a_game(),))
        self.catalogue = FakeCatalogue(self.adapter)
        self.wallet = FakeWallet(self.clock)
        self.store = FakeSessions()
        self.cache = SessionCache(self.clock, 10.0, 100)
        terms = SessionTerms(3_600, 5_000_000)
        self.open = SessionOpener(self.catalogue, self.wallet, self.store, self.cache, self.clock, FakeIds(), terms)
        self.keeper = SessionKeeper(self.store, self.cache)


@pytest.fixture
def hall():
    return Hall()


async def test_only_the_hash_of_a_token_is_kept(hall):
    opened = await hall.open(REQUEST)

    (stored,) = hall.store.sessions
    assert stored.token_hash == hash_of(opened.token)
    assert opened.token not in repr(stored)


async def test_the_same_session_again_has_a_fresh_token_and_the_old_one_ends(hall):
    first = await hall.open(REQUEST)

    again = await hall.open(REQUEST)

    assert again.token != first.token
    assert await hall.store.find_by_token_hash(hash_of(first.token)) is None
    assert again.session.expire_time_ms == first.session.expire_time_ms


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"player_id": "player-2"}, "player_id"),
        ({"brand_id": "brand-2"}, "brand_id"),
        ({"currency_code": "SEK"}, "currency_code"),
        ({"demo": True}, "player_id"),
    ],
)
async def test_the_same_id_with_other_facts_is_a_conflict(hall, fields, named):
    await hall.open(REQUEST)

    with pytest.raises(IdempotencyKeyReused) as refused:
        await hall.open(replace(REQUEST, **fields))

    assert refused.value.facts["field"] == named


async def test_an_unknown_game_is_a_bad_field(hall):
    with pytest.raises(GameUnknown):
        await hall.open(replace(REQUEST, game_id="acme:nothing"))


async def test_a_game_that_is_off_opens_no_session_but_keeps_those_there_are(hall):
    await hall.open(REQUEST)
    hall.catalogue.off["acme:fruit"] = "maintenance"

    with pytest.raises(GameNotEnabled):
        await hall.open(replace(REQUEST, session_id="s2"))
    assert (await hall.open(REQUEST)).session.session_id == "s1"


async def test_a_currency_that_the_game_does_not_take_is_refused(hall):
    hall = Hall(FakeAdapter(a_manifest(currency_codes=frozenset({"SEK"})), (a_game(),)))

    with pytest.raises(CurrencyMismatch):
        await hall.open(REQUEST)


async def test_a_demo_session_plays_on_a_funded_account_of_its_own(hall):
    request = replace(REQUEST, player_id="", demo=True)

    opened = await hall.open(request)
    again = await hall.open(request)

    account = AccountRef("brand-1", opened.session.player_id, "EUR")
    assert opened.session.player_id.startswith("demo-")
    assert again.session.player_id == opened.session.player_id
    assert hall.wallet.balances[account] == opened.balance.balance_micros == 5_000_000
    assert hall.wallet.calls[0].demo


async def test_two_demo_sessions_never_share_an_account(hall):
    one = await hall.open(replace(REQUEST, player_id="", demo=True))
    two = await hall.open(replace(REQUEST, player_id="", demo=True, session_id="s2"))

    assert one.session.player_id != two.session.player_id


async def test_a_game_without_demo_mode_opens_no_demo_session():
    hall = Hall(FakeAdapter(a_manifest(), (a_game(demo=False),)))

    with pytest.raises(GameNotEnabled):
        await hall.open(replace(REQUEST, demo=True))


def a_launching_hall():
    manifest = a_manifest(SettlementMode.PROVIDER_DRIVEN, capabilities=frozenset({Capability.LAUNCH}))
    return Hall(LaunchingAdapter(manifest, (a_game(),)))


async def test_a_providers_game_opens_at_its_launch_url_with_the_token():
    opened = await a_launching_hall().open(REQUEST)

    assert opened.launch_url == f"https://games.example/fruit?token={opened.token}"


async def test_a_provider_that_is_down_opens_no_game():
    hall = a_launching_hall()
    hall.adapter.error = AdapterUnavailable("down")

    with pytest.raises(ProviderUnavailable):
        await hall.open(REQUEST)


async def test_a_closed_session_stays_closed_when_it_is_opened_again(hall):
    await hall.open(REQUEST)
    await hall.keeper.close("operator-1", "s1")

    assert (await hall.open(REQUEST)).session.closed


async def test_closing_twice_changes_nothing(hall):
    await hall.open(REQUEST)

    first = await hall.keeper.close("operator-1", "s1")

    assert await hall.keeper.close("operator-1", "s1") == first


async def test_another_operators_session_is_not_found(hall):
    await hall.open(REQUEST)

    with pytest.raises(SessionNotFound):
        await hall.keeper.read("operator-2", "s1")
