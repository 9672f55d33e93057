from dataclasses import replace

import pytest

from adapters.contract.errors import ProviderUnavailable
from adapters.contract.game_shelf import GameShelf
from adapters.contract.games import GameType, Volatility
from adapters.contract.ids import AdapterId, GameId, ProviderId
from gateway.catalogue.catalogue import Catalogue
from gateway.catalogue.game_filter import GameFilter, list_games
from gateway.catalogue.registry import Registry
from gateway.catalogue.switches import Switches
from gateway.catalogue.targets import Target, TargetKind
from gateway.errors import InvalidRequest
from tests.support.builders import a_game, a_manifest
from tests.support.fakes import FakeAdapter, FakeClock


class FakeSwitchStore:
    def __init__(self):
        self.off = {}

    async def load(self):
        return dict(self.off)

    async def turn_off(self, target, reason, now_ms):
        changed = self.off.get(target) != reason
        self.off[target] = reason
        return changed

    async def turn_on(self, target):
        return self.off.pop(target, None) is not None


def an_adapter(provider, *games):
    manifest = a_manifest(adapter_id=AdapterId(f"{provider}-adapter"), provider_id=ProviderId(provider))
    return FakeAdapter(manifest, games)


class Shelf:
    def __init__(self, *adapters):
        self.adapters = adapters
        self.switches = Switches(FakeSwitchStore(), FakeClock())
        registry = Registry((item.manifest, item) for item in adapters)
        self.catalogue = Catalogue(registry, self.switches, timeout_s=1.0)

    def ids(self, page_size=100, page_token="", **wanted):
        page = list_games(self.catalogue, GameFilter("brand-1", **wanted), page_size, page_token)
        return [listed.item.game_id for listed in page.games], page.next_page_token


@pytest.fixture
async def shelf():
    shelf = Shelf(
        an_adapter(
            "zeta",
            a_game(game_id=GameId("a"), display_name="Ant", rtp_ppm=950_000),
            a_game(game_id=GameId("b"), display_name="Bee", volatility=Volatility.HIGH, features=frozenset({"x", "y"})),
        ),
        an_adapter(
            "alpha",
            a_game(game_id=GameId("c"), display_name="Cat", game_type=GameType.TABLE),
            a_game(game_id=GameId("d"), display_name="Dog", currency_codes=frozenset({"SEK"})),
            a_game(game_id=GameId("e"), display_name="Eel", blocked_countries=frozenset({"XX"})),
        ),
    )
    await shelf.catalogue.refresh()
    return shelf


async def test_games_of_all_adapters_stand_under_their_providers(shelf):
    assert shelf.ids() == (["alpha:c", "alpha:d", "alpha:e", "zeta:a", "zeta:b"], "")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"provider_id": "zeta"}, ["zeta:a", "zeta:b"]),
        ({"query": "EE"}, ["alpha:e", "zeta:b"]),
        ({"game_type": GameType.TABLE}, ["alpha:c"]),
        ({"volatility": Volatility.HIGH}, ["zeta:b"]),
        ({"rtp_ppm_min": 940_000}, ["zeta:a"]),
        ({"rtp_ppm_max": 900_000}, ["alpha:c", "alpha:d", "alpha:e", "zeta:b"]),
        ({"features": frozenset({"x"})}, ["zeta:b"]),
        ({"features": frozenset({"x", "z"})}, []),
        ({"currency_code": "EUR"}, ["alpha:c", "alpha:e", "zeta:a", "zeta:b"]),
        ({"country_code": "XX", "provider_id": "alpha"}, ["alpha:c", "alpha:d"]),
        ({"country_code": "XX", "provider_id": "alpha", "include_disabled": True}, ["alpha:c", "alpha:d", "alpha:e"]),
    ],
)
async def test_a_filter_finds_what_it_asks_for(shelf, wanted, found):
    assert shelf.ids(**wanted)[0] == found


async def test_pages_follow_each_other_without_gap_or_twin(shelf):
    seen, token = shelf.ids(page_size=2)
    while token:
        page, token = shelf.ids(page_size=2, page_token=token)
        seen += page

    assert seen == shelf.ids()[0]


async def test_a_token_of_another_filter_is_refused(shelf):
    _, token = shelf.ids(page_size=1)

    for page_token, wanted in ((token, {"query": "a"}), ("@@@", {}), ("AAAA", {})):
        with pytest.raises(InvalidRequest) as refused:
            shelf.ids(page_token=page_token, **wanted)
        assert refused.value.field == "page_token"


async def test_a_game_that_is_off_is_listed_only_when_asked_for(shelf):
    await shelf.switches.set(Target("brand-1", TargetKind.GAME, "zeta:a"), enabled=False, reason="maintenance")
    await shelf.switches.set(Target("brand-1", TargetKind.PROVIDER, "alpha"), enabled=False, reason="contract")

    assert shelf.ids()[0] == ["zeta:b"]
    page = list_games(shelf.catalogue, GameFilter("brand-1", include_disabled=True), 100, "")
    reasons = [listed.disabled_reason for listed in page.games]
    assert reasons == ["contract", "contract", "contract", "maintenance", None]


async def test_a_switch_holds_for_its_brand_alone(shelf):
    target = Target("brand-2", TargetKind.GAME, "zeta:a")

    assert await shelf.switches.set(target, enabled=False, reason="x")
    assert not await shelf.switches.set(target, enabled=False, reason="x")
    assert "zeta:a" in shelf.ids()[0]
    assert await shelf.switches.set(target, enabled=True, reason="")
    assert not await shelf.switches.set(target, enabled=True, reason="")


@pytest.mark.parametrize("error", [ProviderUnavailable("down"), KeyError("bug"), TimeoutError()])
async def test_a_provider_that_does_not_answer_keeps_the_games_it_had(shelf, error):
    async def broken(page):
        raise error

    shelf.adapters[0].list_games = broken
    await shelf.catalogue.refresh()

    assert len(shelf.ids()[0]) == 5


async def test_a_game_that_is_gone_is_not_found_any_more(shelf):
    shelf.adapters[0].games = shelf.adapters[0].games[:1]
    await shelf.catalogue.refresh()

    assert shelf.catalogue.find("zeta:b") is None
    assert shelf.catalogue.find("zeta:a") is not None


async def test_a_game_with_an_unusable_id_is_left_out():
    shelf = Shelf(an_adapter("zeta", a_game(game_id=GameId("a b")), a_game(game_id=GameId("c"))))
    await shelf.catalogue.refresh()

    assert shelf.ids()[0] == ["zeta:c"]


def test_two_adapters_for_one_provider_are_refused():
    with pytest.raises(ValueError, match="two adapters"):
        Shelf(an_adapter("zeta"), an_adapter("zeta"))


class Versioned(FakeAdapter):
    """An adapter whose list has versions, as providers with large lists have."""

    def __init__(self, manifest, games):
        super().__init__(manifest, games)
        self.shelf = GameShelf()
        self.pages = []
        self.down = False

    async def list_games(self, page):
        if self.down:
            raise ProviderUnavailable("down")
        answer = self.shelf.page(self.games, replace(page, page_size=2))
        self.pages.append(answer)
        return answer


def a_versioned(*names):
    games = tuple(a_game(game_id=GameId(name), display_name=name) for name in names)
    return Versioned(a_manifest(adapter_id=AdapterId("v-adapter"), provider_id=ProviderId("v")), games)


async def test_a_refresh_without_changes_asks_for_one_empty_page():
    adapter = a_versioned("a", "b", "c", "d", "e")
    shelf = Shelf(adapter)
    await shelf.catalogue.refresh()
    before = shelf.catalogue.find("v:a")
    asked = len(adapter.pages)

    await shelf.catalogue.refresh()

    assert (asked, len(adapter.pages)) == (3, 4)
    assert adapter.pages[-1].items == ()
    assert shelf.catalogue.find("v:a") is before


async def test_a_refresh_brings_only_what_is_new_other_or_gone():
    adapter = a_versioned("a", "b", "c", "d", "e")
    shelf = Shelf(adapter)
    await shelf.catalogue.refresh()
    kept = shelf.catalogue.find("v:b")
    adapter.games = (a_game(game_id=GameId("a"), display_name="A2"), *adapter.games[1:4], a_game(game_id=GameId("f")))

    await shelf.catalogue.refresh()

    assert {game.game_id for game in adapter.pages[-1].items} == {"a", "f"}
    assert shelf.ids()[0] == ["v:a", "v:b", "v:c", "v:d", "v:f"]
    assert shelf.catalogue.find("v:a").game.display_name == "A2"
    assert shelf.catalogue.find("v:b") is kept


async def test_a_version_that_is_forgotten_is_answered_with_the_whole_list():
    adapter = a_versioned("a", "b")
    shelf = Shelf(adapter)
    await shelf.catalogue.refresh()
    adapter.shelf = GameShelf()
    adapter.games = adapter.games[1:]

    await shelf.catalogue.refresh()

    assert not adapter.pages[-1].changes_only
    assert shelf.ids()[0] == ["v:b"]


async def test_a_provider_that_is_down_keeps_its_games_and_they_are_marked():
    adapter, other = a_versioned("a"), an_adapter("w", a_game())
    shelf = Shelf(adapter, other)
    await shelf.catalogue.refresh()
    adapter.down = True

    await shelf.catalogue.refresh()
    page = list_games(shelf.catalogue, GameFilter("brand-1"), 10, "")
    adapter.down = False
    await shelf.catalogue.refresh()

    assert [(listed.item.game_id, listed.stale) for listed in page.games] == [("v:a", True), ("w:fruit", False)]
    assert not shelf.catalogue.is_stale(shelf.catalogue.find("v:a"))


async def test_a_list_that_changes_between_its_pages_is_read_again():
    adapter = a_versioned("a", "b", "c", "d")
    first = adapter.list_games

    async def changes_once(page):
        answer = await first(page)
        if len(adapter.pages) == 1:
            adapter.games = adapter.games[1:]
        return answer

    adapter.list_games = changes_once
    shelf = Shelf(adapter)

    await shelf.catalogue.refresh()

    assert shelf.ids()[0] == ["v:b", "v:c", "v:d"]
