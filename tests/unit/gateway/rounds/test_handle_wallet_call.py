import asyncio
from dataclasses import replace

import pytest

from adapters.contract.ids import BrandId, GameId, PlayerId, ProviderId, RoundId, SessionId, TransactionId
from adapters.contract.manifest import SettlementMode
from adapters.contract.wallet_calls import Action, ActionKind, Certainty, OutcomeCode, WalletCall
from gateway.bootstrap.embedded_wallet import EmbeddedWallet
from gateway.rounds.handle_wallet_call import AdapterNotMounted, HandleWalletCall
from gateway.sessions.find_session import SessionFinder
from gateway.sessions.session_cache import SessionCache
from tests.support.builders import TOKEN, a_game, a_manifest, a_session
from tests.support.fakes import FakeAdapter, FakeCatalogue, FakeClock, FakeRegistry, FakeSessions, FakeWallet
from wallet.bootstrap import open_wallet

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
    assert desk.wallet.balances[desk.session.account] == 10_000_000


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


ENDS = pytest.mark.parametrize(
    ("end_of", "code"),
    [
        ("session", OutcomeCode.SESSION_EXPIRED),
        ("no session", OutcomeCode.SESSION_NOT_FOUND),
        ("game", OutcomeCode.GAME_NOT_ENABLED),
        ("currency", OutcomeCode.CURRENCY_MISMATCH),
    ],
)


async def end(desk, what):
    """Let what allowed the bet end."""
    changes = {
        "session": {"closed": True},
        "no session": {"token_hash": b"other"},
        "currency": {"currency_code": "SEK"},
    }
    if what == "game":
        desk.catalogue.off["acme"] = "maintenance"
    else:
        await desk.store.save(replace(desk.session, **changes[what]))


@ENDS
async def test_w15_a_bet_that_was_refused_for_certain_is_never_booked_by_a_try_that_arrives_later(desk, end_of, code):
    apply, entered, release = desk.wallet.apply, asyncio.Event(), asyncio.Event()

    async def slow(call):
        if not entered.is_set():
            entered.set()
            await release.wait()
        return await apply(call)

    desk.wallet.apply = slow
    first = asyncio.ensure_future(desk.call(BET, one_unit=True))
    await entered.wait()
    await end(desk, end_of)

    refused = await desk.call(BET, one_unit=True)
    release.set()
    late = await first

    assert [(reply.certainty, reply.code) for reply in (refused, late)] == [(Certainty.CERTAIN, code)] * 2
    assert desk.wallet.balances[desk.session.account] == 10_000_000


@ENDS
async def test_w15_a_bet_whose_first_try_was_booked_is_answered_with_it_whatever_has_ended(desk, end_of, code):
    await desk.call(BET, one_unit=True)
    await end(desk, end_of)

    assert (await desk.call(BET, one_unit=True)).results[0].replayed


@pytest.mark.parametrize("lost", ["before", "after"])
async def test_w15_the_wallet_says_what_became_of_a_bet_whose_first_try_ended_uncertain(desk, lost):
    desk.wallet.fail_next = lost
    assert (await desk.call(BET, one_unit=True)).certainty is Certainty.UNCERTAIN
    await desk.end_session()

    reply = await desk.call(BET, one_unit=True)

    assert reply.code is (OutcomeCode.OK if lost == "after" else OutcomeCode.SESSION_EXPIRED)
    assert reply.certainty is Certainty.CERTAIN


async def test_w15_a_bet_that_the_wallet_cannot_refuse_is_not_refused(desk):
    await desk.end_session()
    desk.wallet.fail_next = "before"

    assert (await desk.call(BET)).certainty is Certainty.UNCERTAIN


async def test_w15_a_bet_whose_game_only_its_session_knew_is_not_called_a_conflict(desk):
    unnamed = {"token": "", "session_id": None, "game_id": None, "one_unit": True}
    await desk.call(BET, **unnamed)
    await desk.end_session()

    assert (await desk.call(BET, **unnamed)).certainty is Certainty.UNCERTAIN


async def test_w11_a_batch_that_repeats_its_bet_still_brings_its_win_after_the_session(desk):
    await desk.call(BET)
    await desk.end_session()

    assert (await desk.call(BET, WIN)).accepted
    assert desk.wallet.balances[desk.session.account] == 11_000_000


@ENDS
async def test_w17_a_batch_with_a_held_bet_and_a_new_one_is_not_refused_for_certain(desk, tmp_path, end_of, code):
    wallet = EmbeddedWallet(await open_wallet(f"sqlite:///{tmp_path / 'wallet.db'}"))
    desk.handle = HandleWalletCall(FakeRegistry(desk.adapter), desk.catalogue, desk.finder, wallet, desk.clock)
    account, new = desk.session.account, Action(ActionKind.BET, TransactionId("t9"), 3_000_000)
    await wallet.open_account(account)
    deposit = Action(ActionKind.DEPOSIT, TransactionId("d1"), 10_000_000)
    await wallet.apply(WalletCall(BrandId("brand-1"), PlayerId("player-1"), "EUR", ProviderId("bank"), (deposit,)))
    await desk.call(BET)
    await end(desk, end_of)

    replies = [await desk.call(BET, new), await desk.call(BET, new)]
    undos = [
        Action(ActionKind.ROLLBACK, TransactionId(f"{bet}:x"), 0, bet, ActionKind.BET)
        for bet in (BET.transaction_id, new.transaction_id)
    ]
    undone = [await desk.call(undo) for undo in undos]

    assert [reply.certainty for reply in replies] == [Certainty.UNCERTAIN] * 2
    assert [reply.results[0].code for reply in undone] == [OutcomeCode.OK, OutcomeCode.NO_EFFECT]
    assert (await wallet.get_balance(account)).balance_micros == 10_000_000
    assert (await desk.call(new)).code is code
    await wallet.aclose()


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
