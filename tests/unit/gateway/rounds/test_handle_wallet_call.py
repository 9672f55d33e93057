import asyncio
from dataclasses import replace

import pytest

from adapters.contract.ids import BrandId, GameId, PlayerId, ProviderId, RoundId, SessionId, TransactionId
from adapters.contract.manifest import SettlementMode
from adapters.contract.wallet_calls import Action, ActionKind, Certainty, OutcomeCode, WalletCall
from gateway.errors import WalletUnavailable
from gateway.rounds.handle_wallet_call import AdapterNotMounted, HandleWalletCall
from gateway.sessions.find_session import SessionFinder
from gateway.sessions.session_cache import SessionCache
from tests.support.builders import TOKEN, a_game, a_manifest, a_session
from tests.support.fakes import FakeAdapter, FakeCatalogue, FakeClock, FakeRegistry, FakeSessions, FakeWallet

BET = Action(ActionKind.BET, TransactionId("t1"), 1_000_000)
WIN = Action(ActionKind.WIN, TransactionId("t2"), 2_000_000)


class Desk:
    def __init__(self):
        self.clock = FakeClock()
        adapter = FakeAdapter(a_manifest(SettlementMode.PROVIDER_DRIVEN), (a_game(),))
        self.adapter = adapter
        self.catalogue = FakeCatalogue(adapter)
        self.session = a_session(self.clock)
        self.store = FakeSessions(self.session)
        self.wallet = FakeWallet(self.clock)
        self.wallet.fund(self.session.account, 10_000_000)
        self.cache = SessionCache(self.clock, 0.0, 10)
        self.finder = SessionFinder(self.store, self.cache, self.clock)
        self.handle = HandleWalletCall(FakeRegistry(adapter), self.catalogue, self.finder, self.wallet, self.clock)

    async def call(self, *actions, **fields):
        call = WalletCall(
            BrandId("brand-1"),
            PlayerId("player-1"),
            "EUR",
            ProviderId("whatever"),
            actions,
            GameId("fruit"),
            RoundId("r1"),
            token=TOKEN,
        )
        return await self.handle("acme-adapter", replace(call, **fields))

    async def end_session(self):
        await self.store.save(replace(self.session, closed=True))


@pytest.fixture
def desk():
    return Desk()


async def test_a_bet_under_a_live_token_reaches_the_wallet_under_the_providers_name(desk):
    reply = await desk.call(BET)

    assert (reply.accepted, reply.balance_micros) == (True, 9_000_000)
    booked = desk.wallet.calls[0]
    assert (booked.provider_id, booked.game_id, booked.session_id) == ("acme", "acme:fruit", "session-1")


async def test_w11_a_bet_under_a_closed_session_is_refused_with_the_true_balance(desk):
    await desk.end_session()

    reply = await desk.call(BET)

    assert (reply.code, reply.balance_micros) == (OutcomeCode.SESSION_EXPIRED, 10_000_000)
    assert desk.wallet.calls == []


async def test_w11_a_bet_under_an_expired_session_is_refused(desk):
    desk.clock.pass_ms(3_600_000)

    assert (await desk.call(BET)).code is OutcomeCode.SESSION_EXPIRED


async def test_w11_wins_and_rollbacks_are_accepted_after_the_session(desk):
    await desk.call(BET)
    await desk.end_session()
    desk.catalogue.off["acme"] = "contract ended"

    assert (await desk.call(WIN)).accepted


async def test_w11_a_win_without_any_token_is_accepted(desk):
    await desk.call(BET)

    assert (await desk.call(WIN, token="", session_id=None)).accepted


@pytest.mark.parametrize("fields", [{"token": "wrong"}, {"player_id": "player-2"}, {"brand_id": "brand-2"}])
async def test_a_bet_with_a_foreign_token_is_refused_without_a_balance(desk, fields):
    reply = await desk.call(BET, **fields)

    assert (reply.code, reply.balance_micros) == (OutcomeCode.SESSION_NOT_FOUND, None)


async def test_a_bet_in_another_currency_than_the_sessions_is_refused(desk):
    assert (await desk.call(BET, currency_code="SEK")).code is OutcomeCode.CURRENCY_MISMATCH


@pytest.mark.parametrize("off", ["acme", "acme:fruit"])
async def test_a_bet_on_a_game_that_is_switched_off_is_refused(desk, off):
    desk.catalogue.off[off] = "maintenance"

    reply = await desk.call(BET)

    assert (reply.code, reply.reason) == (OutcomeCode.GAME_NOT_ENABLED, "maintenance")


async def test_a_bet_on_a_game_that_is_not_listed_is_held_against_its_provider_alone(desk):
    assert (await desk.call(BET, game_id=GameId("new-table"))).accepted

    desk.catalogue.off["acme"] = "maintenance"
    other = replace(BET, transaction_id=TransactionId("t9"))
    assert (await desk.call(other, game_id=GameId("new-table"))).code is OutcomeCode.GAME_NOT_ENABLED


async def test_a_bet_that_was_answered_before_is_answered_again_after_the_session(desk):
    await desk.call(BET, one_unit=True)
    await desk.end_session()

    reply = await desk.call(BET, one_unit=True)

    assert (reply.accepted, reply.results[0].replayed) == (True, True)


async def test_w15_a_bet_that_another_process_booked_is_answered_by_the_wallet_whatever_has_ended_since(desk):
    elsewhere = Desk()
    elsewhere.handle = HandleWalletCall(
        FakeRegistry(elsewhere.adapter), elsewhere.catalogue, elsewhere.finder, desk.wallet, desk.clock
    )
    await elsewhere.call(BET, one_unit=True)
    await desk.end_session()

    reply = await desk.call(BET, one_unit=True)

    assert (reply.accepted, reply.results[0].replayed) == (True, True)


async def test_w15_a_bet_is_not_refused_for_certain_while_its_first_try_is_on_its_way(desk):
    apply, entered, release = desk.wallet.apply, asyncio.Event(), asyncio.Event()

    async def slow(call):
        entered.set()
        await release.wait()
        return await apply(call)

    desk.wallet.apply = slow
    first = asyncio.ensure_future(desk.call(BET, one_unit=True))
    await entered.wait()
    await desk.end_session()

    meanwhile = await desk.call(BET, one_unit=True)
    of_another = await desk.call(replace(BET, transaction_id=TransactionId("t9")), one_unit=True)
    release.set()

    assert meanwhile.certainty is Certainty.UNCERTAIN
    assert (of_another.certainty, of_another.code) == (Certainty.CERTAIN, OutcomeCode.SESSION_EXPIRED)
    assert (await first).accepted
    assert (await desk.call(BET, one_unit=True)).results[0].replayed


async def test_w15_a_first_try_that_ends_during_the_look_up_is_no_reason_for_a_certain_refusal(desk):
    apply, look_up = desk.wallet.apply, desk.wallet.get_transaction
    entered, release = asyncio.Event(), asyncio.Event()

    async def slow(call):
        entered.set()
        await release.wait()
        return await apply(call)

    async def late(*key):
        found = await look_up(*key)
        release.set()
        await first
        return found

    desk.wallet.apply, desk.wallet.get_transaction = slow, late
    first = asyncio.ensure_future(desk.call(BET, one_unit=True))
    await entered.wait()
    await desk.end_session()

    assert (await desk.call(BET, one_unit=True)).certainty is Certainty.UNCERTAIN
    assert (await first).accepted


@pytest.mark.parametrize("lost", ["before", "after"])
async def test_w15_a_bet_whose_first_try_ended_uncertain_is_not_refused_for_certain_by_its_ended_session(desk, lost):
    desk.wallet.fail_next = lost
    assert (await desk.call(BET, one_unit=True)).certainty is Certainty.UNCERTAIN
    await desk.end_session()

    reply = await desk.call(BET, one_unit=True)

    assert reply.certainty is (Certainty.CERTAIN if lost == "after" else Certainty.UNCERTAIN)
    assert reply.accepted is (lost == "after")


async def test_w15_what_the_wallet_says_for_certain_ends_the_doubt(desk):
    desk.wallet.fail_next = "before"
    await desk.call(BET)
    poor = await desk.call(replace(BET, amount_micros=10**9))
    desk.wallet.rows.clear()
    await desk.end_session()

    assert poor.code is OutcomeCode.INSUFFICIENT_FUNDS
    assert (await desk.call(BET)).code is OutcomeCode.SESSION_EXPIRED


async def test_w15_a_bet_that_cannot_be_looked_up_is_not_refused(desk):
    async def down(*key):
        raise WalletUnavailable("down")

    desk.wallet.get_transaction = down
    await desk.end_session()

    with pytest.raises(WalletUnavailable):
        await desk.call(BET)


async def test_a_session_is_found_by_its_id_or_by_its_player_where_the_protocol_sends_no_token(desk):
    assert (await desk.call(BET, token="", session_id=SessionId("session-1"))).accepted
    other = replace(BET, transaction_id=TransactionId("t9"))
    assert (await desk.call(other, token="", session_id=None, round_id=RoundId("r2"))).accepted


async def test_what_the_call_leaves_out_is_filled_from_its_session(desk):
    reply = await desk.call(player_id=PlayerId(""), currency_code="")

    assert reply.balance_micros == 10_000_000


async def test_a_call_without_player_and_session_is_refused(desk):
    reply = await desk.call(player_id=PlayerId(""), token="wrong")

    assert reply.code is OutcomeCode.SESSION_NOT_FOUND


async def test_an_authentication_is_refused_when_its_token_is_not_live(desk):
    await desk.end_session()

    assert (await desk.call(session_required=True)).code is OutcomeCode.SESSION_EXPIRED


@pytest.mark.parametrize(("asks", "country"), [({"session_required": True}, "SE"), ({}, "")])
async def test_the_players_country_is_told_to_who_asks_for_the_session_and_to_nobody_else(desk, asks, country):
    await desk.store.save(replace(desk.session, country_code="SE"))

    assert (await desk.call(**asks)).country_code == country


async def test_a_balance_is_told_without_a_session(desk):
    assert (await desk.call(token="")).balance_micros == 10_000_000


async def test_an_unusable_game_id_is_refused_before_any_effect(desk):
    reply = await desk.call(BET, game_id=GameId("a game with spaces"))

    assert (reply.code, reply.field) == (OutcomeCode.INVALID, "game_id")


async def test_an_adapter_that_is_not_mounted_is_a_fault_of_ours(desk):
    with pytest.raises(AdapterNotMounted):
        await desk.handle("nobody", WalletCall(BrandId("b"), PlayerId("p"), "EUR", ProviderId("x")))
