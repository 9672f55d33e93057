"""The wallet in a server of its own: the same rules over another wire."""

from dataclasses import replace

import grpc.aio
import pytest
from reelgate.gateway.v1 import round_service_pb2 as pb
from reelgate.gateway.v1 import session_service_pb2 as session_pb
from reelgate.gateway.v1 import wallet_service_pb2 as wallet_pb
from reelgate.type.v1.money_pb2 import Money

from adapters.contract.ids import BrandId, GameId, PlayerId, ProviderId, RoundId, TransactionId
from adapters.contract.wallet_calls import Action, ActionKind, Certainty, OutcomeCode, WalletCall
from gateway.bootstrap.embedded_wallet import EmbeddedWallet
from gateway.cli.demo_data import DEMO_BRAND_ID
from gateway.errors import CurrencyUnknown, IdempotencyKeyReused, InvalidRequest, PlayerNotFound
from gateway.rounds.free_bets import FreeBets
from gateway.rounds.ports import AccountRef
from gateway.wallet_client.port import open_wallet_client
from gateway.wallet_client.words import refusal_reply
from protos.wire.failures import failure_of
from tests.integration.gateway.conftest import GAME_ID, STAKE_MICROS, a_seat, a_spin
from tests.support.servers import bearer, serve_here
from wallet.bootstrap import open_wallet
from wallet.ledger import kinds as ledger
from wallet.ledger.types import Reply
from wallet.rpc.error_codes import refusal_of
from wallet.rpc.serve import serving_wallet


@pytest.fixture
async def wallet(tmp_path):
    async with serving_wallet(f"sqlite:///{tmp_path}/wallet.db", "127.0.0.1:0", token="secret") as server:
        yield server


@pytest.fixture
async def served(tmp_path, wallet):
    address = f"127.0.0.1:{wallet.port}"
    async with serve_here(tmp_path / "gateway.db", wallet_address=address, wallet_token="secret") as running:
        yield running


async def test_a_spin_is_settled_and_replayed(served):
    seat = await a_seat(served.client, "p")

    first, again = await seat.spin("r1"), await seat.spin("r1")
    got = await served.client.rounds.GetRound(pb.GetRoundRequest(round_id="r1"), metadata=seat.metadata)

    assert again.replayed
    again.replayed = False
    assert first.SerializeToString(deterministic=True) == again.SerializeToString(deterministic=True)
    assert list(got.round.steps) == [first]


async def test_refusals_keep_their_reason_and_their_facts(served):
    await served.client.fund("poor", micros=10)
    opened = await served.client.open_session("poor", GAME_ID)

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await served.client.rounds.Spin(a_spin("r1"), metadata=bearer(opened.session_token))

    failure = failure_of(caught.value)
    assert failure.reason == "ERROR_REASON_INSUFFICIENT_FUNDS"
    assert failure.metadata == {"balance_micros": "10", "certainty": "certain"}


async def test_a_conflict_names_its_field(served):
    seat = await a_seat(served.client, "p")
    await seat.spin("r1")

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await seat.spin("r1", stake=Money(currency_code="EUR", micros=2 * STAKE_MICROS))

    assert failure_of(caught.value).metadata["field"] == "stake.micros"


async def test_a_demo_session_plays_with_play_money(served):
    opened = await served.client.open_session("", GAME_ID, play_mode=session_pb.PLAY_MODE_DEMO)

    reply = await served.client.rounds.Spin(a_spin("r1"), metadata=bearer(opened.session_token))

    assert reply.balance.micros == opened.balance.micros - STAKE_MICROS + reply.win.micros


async def test_transactions_keep_their_signs(served):
    seat = await a_seat(served.client, "p")
    reply = await seat.spin("r1")

    request = wallet_pb.ListTransactionsRequest()
    listed = await served.client.wallet.ListTransactions(request, metadata=seat.metadata)

    assert [row.amount.micros for row in listed.transactions] == [reply.win.micros, -STAKE_MICROS, 1_000_000_000]


async def test_a_watched_balance_follows_the_spins(served):
    seat = await a_seat(served.client, "p")
    watch = served.client.wallet.WatchBalance(wallet_pb.WatchBalanceRequest(), metadata=seat.metadata)
    await watch.read()

    reply = await seat.spin("r1")

    assert (await watch.read()).balance == reply.balance
    watch.cancel()


async def test_a_wallet_that_is_gone_is_said_to_be_uncertain(served, wallet):
    seat = await a_seat(served.client, "p")
    await wallet.stop()

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await seat.spin("r1")

    failure = failure_of(caught.value)
    assert (failure.reason, failure.certain) == ("ERROR_REASON_WALLET_UNAVAILABLE", False)


async def test_w30_the_embedded_wallet_opens_no_real_account_for_play_money(tmp_path):
    wallet = EmbeddedWallet(await open_wallet(f"sqlite:///{tmp_path / 'w.db'}"))
    account = AccountRef("b", "p", "EUR")
    assert (await wallet.open_account(account))[1]

    with pytest.raises(InvalidRequest) as refused:
        await wallet.open_account(account, demo=True)
    await wallet.aclose()

    assert refused.value.field == "demo"


async def test_the_client_says_what_a_wallet_says(wallet):
    client = open_wallet_client(f"127.0.0.1:{wallet.port}", 5.0, "secret")
    account = AccountRef("b", "p", "EUR")
    ask = WalletCall(BrandId("b"), PlayerId("p"), "EUR", ProviderId("x"))
    try:
        assert (await client.apply(ask)).code is OutcomeCode.PLAYER_NOT_FOUND
        assert await client.get_balance(account) is None
        assert (await client.open_account(account))[1]
        assert not (await client.open_account(account))[1]
        assert (await client.apply(ask)).balance_micros == 0
        with pytest.raises(CurrencyUnknown):
            await client.open_account(AccountRef("b", "p", "XQX"))
        with pytest.raises(InvalidRequest) as of_the_other_kind:
            await client.open_account(account, demo=True)
        assert of_the_other_kind.value.field == "demo"
        with pytest.raises(InvalidRequest) as refused:
            await client.list_rounds(account, 10, "nonsense")
        assert refused.value.field == "page_token"
    finally:
        await client.aclose()


@pytest.mark.parametrize(
    "code",
    [
        OutcomeCode.SESSION_EXPIRED,
        OutcomeCode.SESSION_NOT_FOUND,
        OutcomeCode.GAME_NOT_ENABLED,
        OutcomeCode.ROLLED_BACK,
        OutcomeCode.CURRENCY_MISMATCH,
    ],
)
async def test_a_bet_that_the_gateway_refuses_is_refused_for_ever_by_the_wallet_elsewhere(wallet, code):
    client = open_wallet_client(f"127.0.0.1:{wallet.port}", 5.0, "secret")
    bet = Action(ActionKind.BET, TransactionId("b1"), 5)
    call = WalletCall(
        BrandId("b"), PlayerId("p"), "EUR", ProviderId("x"), (bet,), GameId("x:game"), RoundId("r1"), one_unit=True
    )
    await client.open_account(AccountRef("b", "p", "EUR"))
    deposit = Action(ActionKind.DEPOSIT, TransactionId("d"), 100)
    await client.apply(WalletCall(BrandId("b"), PlayerId("p"), "EUR", ProviderId("cashier"), (deposit,)))

    replies = [await client.apply(replace(call, refuse_new_bets=code)), await client.apply(call)]
    known = replace(call, actions=(replace(bet, transaction_id=TransactionId("b2")),), round_id=RoundId("r2"))
    await client.apply(known)
    again = await client.apply(replace(known, refuse_new_bets=code))
    await client.aclose()

    assert [(reply.certainty, reply.code, reply.balance_micros) for reply in replies] == [
        (Certainty.CERTAIN, code, 100)
    ] * 2
    assert (again.accepted, again.results[0].replayed, again.balance_micros) == (True, True, 95)


async def test_a_refused_call_that_repeats_a_booked_bet_is_held_by_a_wallet_elsewhere(wallet):
    client = open_wallet_client(f"127.0.0.1:{wallet.port}", 5.0, "secret")
    bets = [Action(ActionKind.BET, TransactionId(name), 0) for name in ("b1", "b2")]
    dear = replace(bets[1], amount_micros=1)
    call = WalletCall(BrandId("b"), PlayerId("p"), "EUR", ProviderId("x"), (bets[0],), GameId("g"), RoundId("r"))
    try:
        await client.open_account(AccountRef("b", "p", "EUR"))
        assert (await client.apply(call)).accepted

        reply = await client.apply(replace(call, actions=(bets[0], dear)))
    finally:
        await client.aclose()

    assert (reply.certainty, reply.code) == (Certainty.UNCERTAIN, OutcomeCode.BATCH_REFUSED)


@pytest.mark.parametrize("code", [OutcomeCode.BATCH_REFUSED, OutcomeCode.UNAVAILABLE])
def test_what_is_uncertain_of_a_wallet_elsewhere_keeps_its_code(code):
    call = WalletCall(BrandId("b"), PlayerId("p"), "EUR", ProviderId("x"))
    said = refusal_of(Reply(ledger.Certainty.UNCERTAIN, code=ledger.OutcomeCode(code.value), reason="why")).failure

    reply = refusal_reply(call, said)

    assert (reply.certainty, reply.code, reply.reason, reply.results) == (Certainty.UNCERTAIN, code, "why", ())
    assert (said.retry_after_ms > 0) is (code is OutcomeCode.UNAVAILABLE)


async def test_a_caller_without_the_wallets_token_moves_nothing(wallet):
    client = open_wallet_client(f"127.0.0.1:{wallet.port}", 5.0)
    deposit = Action(ActionKind.DEPOSIT, TransactionId("d"), 5)
    reply = await client.apply(WalletCall(BrandId("b"), PlayerId("p"), "EUR", ProviderId("x"), (deposit,)))
    await client.aclose()

    assert (reply.certainty, reply.code) == (Certainty.UNCERTAIN, OutcomeCode.UNAVAILABLE)


async def test_free_bets_are_counted_by_the_wallet_elsewhere(served):
    await a_seat(served.client, "p")
    wallet = served.gateway.wallet
    grant = FreeBets(DEMO_BRAND_ID, "p", "EUR", "g1", "acme", ("acme:fruit",), 1_000_000, 3, 4_000_000_000_000)

    assert [await wallet.set_free_bets(grant) for _ in range(2)] == [0, 0]
    assert await wallet.set_free_bets(grant, cancelled=True) == 0
    with pytest.raises(IdempotencyKeyReused):
        await wallet.set_free_bets(replace(grant, game_ids=("acme:other",)))
    with pytest.raises(PlayerNotFound):
        await wallet.set_free_bets(replace(grant, player_id="nobody"))
