import asyncio

import pytest

from adapters.contract.manifest import Capability, SettlementMode
from gateway.errors import (
    BetLimit,
    CapabilityNotSupported,
    CurrencyMismatch,
    CurrencyUnknown,
    GameNotEnabled,
    GameUnknown,
    IdempotencyKeyReused,
    PermissionDenied,
    SessionExpired,
)
from tests.support.builders import a_game, a_manifest, a_session
from tests.support.fakes import FakeAdapter, FakeCatalogue, pays


async def test_a_spin_takes_the_stake_and_pays_the_win(atomic):
    atomic.adapter.play = pays(3_000_000)

    answer = await atomic.spin()

    assert (answer.bet_micros, answer.win_micros, answer.replayed) == (1_000_000, 3_000_000, False)
    assert atomic.balance_micros == answer.balance_micros == 102_000_000


async def test_bet_win_and_close_are_one_call(atomic):
    await atomic.spin()

    (call,) = atomic.wallet.calls
    assert [action.kind.value for action in call.actions] == ["bet", "win"]
    assert (call.close_round, call.one_unit, call.exclusive_game) == (True, True, True)


async def test_an_expired_session_does_not_spin(atomic):
    atomic.clock.pass_ms(3_600_000)

    with pytest.raises(SessionExpired):
        await atomic.spin()

    assert atomic.wallet.calls == []


async def test_a_closed_session_does_not_spin(atomic):
    atomic.session = a_session(atomic.clock, closed=True)

    with pytest.raises(SessionExpired):
        await atomic.spin()


async def a_spin_on_its_way(table):
    """Begin a spin that waits in the wallet; return it, and what lets it go on."""
    apply, entered, release = table.wallet.apply, asyncio.Event(), asyncio.Event()

    async def slow(call):
        entered.set()
        await release.wait()
        return await apply(call)

    table.wallet.apply = slow
    spin = asyncio.ensure_future(table.spin())
    await entered.wait()
    return spin, release


async def test_w15_an_ended_session_says_nothing_of_a_first_try_that_is_still_on_its_way(atomic):
    first, release = await a_spin_on_its_way(atomic)
    open_session, atomic.session = atomic.session, a_session(atomic.clock, closed=True)

    with pytest.raises(SessionExpired) as ended:
        await atomic.spin()
    release.set()
    played = await first
    atomic.session = open_session
    again = await atomic.spin()

    assert not ended.value.certain
    assert (again.replayed, again.win_micros) == (True, played.win_micros)


def _without_game(table):
    table.adapter.games = ()
    table.play._catalogue = FakeCatalogue(table.adapter)


def _without_currency(table):
    table.adapter.games = (a_game(currency_codes=frozenset({"SEK"})),)
    table.play._catalogue = FakeCatalogue(table.adapter)


def _without_stakes(table):
    table.catalogue.find("acme:fruit").stakes_by_currency["EUR"] = frozenset({7})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda table: table.catalogue.off.update(acme="maintenance"), GameNotEnabled),
        (_without_game, GameUnknown),
        (_without_currency, CurrencyMismatch),
        (_without_stakes, BetLimit),
    ],
)
async def test_w15_a_catalogue_that_changed_says_nothing_of_a_first_try_that_is_still_on_its_way(
    atomic, change, reason
):
    first, release = await a_spin_on_its_way(atomic)
    change(atomic)

    with pytest.raises(reason) as refused:
        await atomic.spin()
    release.set()
    await first

    assert not refused.value.certain
    assert len(atomic.wallet.rounds) == 1


async def test_what_the_request_alone_forbids_is_refused_for_certain(atomic):
    for fields in ({"currency_code": "SEK"}, {"currency_code": "???"}):
        with pytest.raises((CurrencyMismatch, CurrencyUnknown)) as refused:
            await atomic.spin(**fields)
        assert refused.value.certain


async def test_an_unknown_game_is_a_bad_field(atomic):
    with pytest.raises(GameUnknown):
        await atomic.spin(game_id="acme:nothing")


async def test_the_game_of_another_session_is_denied(atomic):
    atomic.session = a_session(atomic.clock, game_id="acme:other")

    with pytest.raises(PermissionDenied):
        await atomic.spin()


async def test_a_game_that_is_switched_off_takes_no_bet(atomic):
    atomic.catalogue.off["acme:fruit"] = "maintenance"

    with pytest.raises(GameNotEnabled) as refused:
        await atomic.spin()

    assert refused.value.facts == {"cause": "maintenance"}
    assert atomic.wallet.calls == []


async def test_a_game_is_off_in_a_blocked_country(atomic):
    atomic.adapter.games = (a_game(blocked_countries=frozenset({"XX"})),)
    atomic.play._catalogue = FakeCatalogue(atomic.adapter)
    atomic.session = a_session(atomic.clock, country_code="XX")

    with pytest.raises(GameNotEnabled):
        await atomic.spin()


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"stake_micros": 1_000_001}, "stake.micros"),
        ({"bet_mode": "turbo"}, "bet_mode"),
        ({"line_count": 6}, "line_count"),
    ],
)
async def test_what_the_game_does_not_offer_is_refused_by_name(atomic, fields, named):
    with pytest.raises(BetLimit) as refused:
        await atomic.spin(**fields)

    assert refused.value.facts["field"] == named
    assert atomic.wallet.calls == []


async def test_another_currency_than_the_sessions_is_refused(atomic):
    with pytest.raises(CurrencyMismatch):
        await atomic.spin(currency_code="SEK")


async def test_a_game_without_the_sessions_currency_is_refused(atomic):
    atomic.adapter.games = (a_game(currency_codes=frozenset({"SEK"})),)
    atomic.play._catalogue = FakeCatalogue(atomic.adapter)

    with pytest.raises(CurrencyMismatch):
        await atomic.spin()


async def test_a_repeat_is_answered_though_the_game_was_switched_off_since(atomic):
    first = await atomic.spin()
    atomic.catalogue.off["acme"] = "contract ended"

    again = await atomic.spin()

    assert again.replayed
    assert (again.balance_micros, again.settle_time_ms) == (first.balance_micros, first.settle_time_ms)


async def test_a_repeat_with_a_stake_that_is_not_offered_is_a_conflict(atomic):
    await atomic.spin()

    with pytest.raises(IdempotencyKeyReused) as refused:
        await atomic.spin(stake_micros=3)

    assert refused.value.facts["field"] == "stake.micros"


async def test_a_provider_driven_game_is_not_spun_here(atomic):
    adapter = FakeAdapter(a_manifest(SettlementMode.PROVIDER_DRIVEN), (a_game(),))
    atomic.play._catalogue = FakeCatalogue(adapter)

    with pytest.raises(CapabilityNotSupported):
        await atomic.spin()


async def test_an_undeclared_spin_is_not_called(atomic):
    adapter = FakeAdapter(a_manifest(capabilities=frozenset({Capability.LAUNCH})), (a_game(),))
    atomic.play._catalogue = FakeCatalogue(adapter)

    with pytest.raises(CapabilityNotSupported):
        await atomic.spin()

    assert adapter.spins == []
