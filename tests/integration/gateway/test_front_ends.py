"""What front ends and operators read: games, balances, transactions, sessions."""

import grpc.aio
import pytest
from reelgate.gateway.v1 import game_service_pb2 as game_pb
from reelgate.gateway.v1 import session_service_pb2 as session_pb
from reelgate.gateway.v1 import wallet_service_pb2 as wallet_pb

from protos.wire.failures import failure_of
from tests.integration.gateway.conftest import GAME_ID, STAKE_MICROS, a_spin
from tests.support.servers import OPERATOR_METADATA, bearer


async def set_game(served, enabled, reason="maintenance"):
    request = game_pb.SetGameAvailabilityRequest(brand_id="demo", game_id=GAME_ID, enabled=enabled, reason=reason)
    return (await served.client.games.SetGameAvailability(request, metadata=OPERATOR_METADATA)).changed


async def test_a_player_sees_the_games_of_the_sessions_brand(served, seat):
    listed = await served.client.games.ListGames(game_pb.ListGamesRequest(currency_code="EUR"), metadata=seat.metadata)
    got = await served.client.games.GetGame(game_pb.GetGameRequest(game_id=GAME_ID), metadata=seat.metadata)

    assert GAME_ID in [game.game_id for game in listed.games]
    assert (got.game.game_id, got.game.enabled, got.game.gateway_played) == (GAME_ID, True, True)
    assert STAKE_MICROS in got.game.stakes_micros
    assert 940_000 < got.game.rtp_ppm < 970_000


async def test_a_game_that_is_switched_off_takes_no_spin_and_can_be_switched_on(served, seat):
    assert await set_game(served, enabled=False)
    assert not await set_game(served, enabled=False)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await seat.spin("r1")

    failure = failure_of(caught.value)
    assert (failure.reason, failure.metadata["cause"]) == ("ERROR_REASON_GAME_NOT_ENABLED", "maintenance")
    assert await set_game(served, enabled=True)
    assert (await seat.spin("r1")).round_id == "r1"


async def test_a_demo_session_plays_with_play_money_of_its_own(served):
    fields = {"play_mode": session_pb.PLAY_MODE_DEMO}
    opened = await served.client.open_session("", GAME_ID, session_id="demo-1", **fields)
    again = await served.client.open_session("", GAME_ID, session_id="demo-1", **fields)

    reply = await served.client.rounds.Spin(a_spin("r1"), metadata=bearer(again.session_token))

    assert opened.balance.micros == again.balance.micros == 1_000_000_000
    assert reply.balance.micros == 1_000_000_000 - STAKE_MICROS + reply.win.micros


async def test_a_watched_balance_follows_the_spins(served, seat):
    watch = served.client.wallet.WatchBalance(wallet_pb.WatchBalanceRequest(), metadata=seat.metadata)
    start = await watch.read()

    reply = await seat.spin("r1")
    after = await watch.read()
    watch.cancel()

    assert start.balance.micros == 1_000_000_000
    assert after.balance == reply.balance


async def test_transactions_are_listed_newest_first_with_signed_amounts(served, seat):
    reply = await seat.spin("r1")
    request = wallet_pb.ListTransactionsRequest()

    listed = await served.client.wallet.ListTransactions(request, metadata=seat.metadata)

    rows = [(row.kind, row.amount.micros) for row in listed.transactions]
    assert rows == [("win", reply.win.micros), ("bet", -STAKE_MICROS), ("deposit", 1_000_000_000)]
    assert listed.transactions[0].balance == reply.balance
    assert listed.transactions[0].game_id == GAME_ID


async def test_a_session_is_read_as_it_stands(served, seat):
    got = await served.client.sessions.GetSession(
        session_pb.GetSessionRequest(session_id="session-player-1"), metadata=OPERATOR_METADATA
    )

    assert (got.session.status, got.session.player_id) == (session_pb.SESSION_STATUS_OPEN, "player-1")
