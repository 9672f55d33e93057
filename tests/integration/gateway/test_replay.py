"""The same round id gives the same answer: again, at once, after a restart, and from another process."""

import asyncio
from pathlib import Path

import grpc.aio
import pytest
from reelgate.gateway.v1.player_service_pb2 import DepositRequest
from reelgate.type.v1.money_pb2 import Money

from protos.wire.failures import failure_of
from tests.integration.gateway.conftest import GAME_ID, Seat, a_seat
from tests.support.servers import OPERATOR_METADATA, connected, serve_here, serve_process


def body(reply):
    """The answer without the one field in which a replay may differ."""
    copy = type(reply).FromString(reply.SerializeToString())
    copy.replayed = False
    return copy.SerializeToString(deterministic=True)


async def test_a_repeat_is_the_same_byte_for_byte(seat):
    first = await seat.spin("r1")

    again = await seat.spin("r1")

    assert (first.replayed, again.replayed) == (False, True)
    assert body(first) == body(again)


async def test_a_repeat_after_a_restart_is_the_same_byte_for_byte(tmp_path):
    async with serve_here(tmp_path / "x.db") as served:
        seat = await a_seat(served.client, "p")
        first = [await seat.spin(f"r{number}") for number in range(5)]

    async with serve_here(tmp_path / "x.db") as served:
        moved = Seat(served.client, seat.token, "p")
        again = [await moved.spin(f"r{number}") for number in range(5)]

    assert [body(reply) for reply in first] == [body(reply) for reply in again]
    assert all(reply.replayed for reply in again)


async def test_a_repeat_from_another_process_is_the_same_byte_for_byte(tmp_path: Path, served, seat):
    first = await seat.spin("r1")

    async with serve_process(tmp_path / "reelgate.db") as other, connected(other.address) as client:
        again = await Seat(client, seat.token, "player-1").spin("r1")

    assert again.replayed
    assert body(first) == body(again)


async def test_one_round_id_from_many_connections_at_once_is_played_once(served, seat):
    async def one():
        async with connected(served.address) as client:
            return await Seat(client, seat.token, "player-1").spin("r1")

    replies = await asyncio.gather(*(one() for _ in range(16)))

    assert sum(not reply.replayed for reply in replies) == 1
    assert len({body(reply) for reply in replies}) == 1


@pytest.mark.parametrize(
    ("fields", "named"),
    [({"stake": {"currency_code": "EUR", "micros": 100_000}}, "stake.micros"), ({"line_count": 1}, "line_count")],
)
async def test_a_repeat_with_other_content_is_a_conflict_that_names_the_field(seat, fields, named):
    await seat.spin("r1")

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await seat.spin("r1", **fields)

    failure = failure_of(caught.value)
    assert failure.code is grpc.StatusCode.ALREADY_EXISTS
    assert failure.metadata == {"field": named, "certainty": "certain"}


async def test_the_round_id_of_another_player_is_a_conflict_that_tells_nothing(served, seat):
    await seat.spin("r1")
    other = await a_seat(served.client, "player-2")

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await other.spin("r1")

    assert failure_of(caught.value).metadata == {"field": "round_id", "certainty": "certain"}


async def test_a_bet_that_was_refused_stays_refused_after_a_deposit(served):
    await served.client.fund("poor", micros=10)
    opened = await served.client.open_session("poor", GAME_ID)
    seat = Seat(served.client, opened.session_token, "poor")
    reasons = []
    for _ in range(2):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await seat.spin("r1")
        reasons.append(failure_of(caught.value))
        await served.client.players.Deposit(a_deposit(), metadata=OPERATOR_METADATA)

    assert [failure.reason for failure in reasons] == ["ERROR_REASON_INSUFFICIENT_FUNDS"] * 2
    assert reasons[0].metadata["balance_micros"] == "10"
    assert (await seat.spin("r2")).balance.micros > 0


def a_deposit():
    money = Money(currency_code="EUR", micros=1_000_000)
    return DepositRequest(brand_id="demo", player_id="poor", transaction_id="top-up", amount=money)
