"""The Play stream: answers in the order of the requests, refusals inside it, replay across streams."""

import asyncio

import grpc.aio
import pytest
from reelgate.gateway.v1 import round_service_pb2 as pb
from reelgate.gateway.v1 import session_service_pb2 as session_pb
from reelgate.type.v1.money_pb2 import Money

from adapters.contract.manifest import SettlementMode
from gateway.bootstrap.compose import Parts
from gateway.catalogue.registry import Registry
from protos.wire.failures import failure_of
from tests.integration.gateway.conftest import GAME_ID, a_spin
from tests.support.builders import a_game, a_manifest
from tests.support.fakes import FakeAdapter, pays
from tests.support.servers import OPERATOR_METADATA, bearer, serve_here


async def play(seat, *spins):
    """Send everything at once, then read what comes."""
    stream = seat.client.rounds.Play(metadata=seat.metadata)
    for spin in spins:
        await stream.write(pb.PlayRequest(spin=spin))
    await stream.done_writing()
    return [reply async for reply in stream]


async def test_answers_come_in_the_order_of_the_requests(seat):
    spins = [a_spin(f"r{number}") for number in range(100)]

    replies = await play(seat, *spins)

    assert [reply.round_id for reply in replies] == [spin.round_id for spin in spins]
    assert all(reply.HasField("spin") for reply in replies)


async def test_a_refused_spin_is_answered_in_the_stream_and_does_not_end_it(seat):
    bad = a_spin("r2", stake=Money(currency_code="EUR", micros=7))

    first, refused, last = await play(seat, a_spin("r1"), bad, a_spin("r3"))

    assert (first.spin.round_id, last.spin.round_id) == ("r1", "r3")
    assert (refused.error.code, refused.error.reason) == (grpc.StatusCode.INVALID_ARGUMENT.value[0], "BET_LIMIT")
    assert refused.error.metadata["field"] == "stake.micros"


async def test_a_stream_replays_what_another_stream_played(seat):
    (first,) = await play(seat, a_spin("r1"))

    again, twin = await play(seat, a_spin("r1"), a_spin("r1"))

    assert again.spin.replayed
    assert twin.spin.replayed
    assert again.spin.settle_time == first.spin.settle_time


async def test_the_steps_of_a_round_may_be_sent_without_waiting(tmp_path):
    def three_steps(request):
        last = request.step == 2
        return pays(1, round_complete=last, state=b"more")(request)

    adapter = FakeAdapter(a_manifest(SettlementMode.ATOMIC), (a_game(),), three_steps)
    parts = Parts(registry=Registry([(adapter.manifest, adapter)]))
    async with serve_here(tmp_path / "x.db", parts) as served:
        await served.client.fund("p")
        token = (await served.client.open_session("p", "acme:fruit")).session_token
        stream = served.client.rounds.Play(metadata=bearer(token))
        stake = Money(currency_code="EUR", micros=1_000_000)
        for step in range(3):
            spin = pb.SpinRequest(round_id="r1", game_id="acme:fruit", step=step, stake=stake)
            await stream.write(pb.PlayRequest(spin=spin))
        await stream.done_writing()

        statuses = [reply.spin.status async for reply in stream]

    assert statuses == [pb.ROUND_STATUS_OPEN, pb.ROUND_STATUS_OPEN, pb.ROUND_STATUS_CLOSED]


async def test_a_stream_without_a_token_is_refused(seat):
    stream = seat.client.rounds.Play(metadata=bearer("wrong"))

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stream.read()

    assert failure_of(caught.value).reason == "ERROR_REASON_UNAUTHENTICATED"


async def test_a_session_that_is_closed_plays_no_more_in_its_stream(seat):
    stream = seat.client.rounds.Play(metadata=seat.metadata)
    await stream.write(pb.PlayRequest(spin=a_spin("r1")))
    assert (await stream.read()).HasField("spin")
    request = session_pb.CloseSessionRequest(session_id="session-player-1")
    await seat.client.sessions.CloseSession(request, metadata=OPERATOR_METADATA)

    await stream.write(pb.PlayRequest(spin=a_spin("r2")))

    assert (await stream.read()).error.reason == "SESSION_EXPIRED"


async def test_a_spin_that_is_repeated_in_a_stream_whose_token_was_rotated_is_refused_uncertain(served, seat):
    stream = seat.client.rounds.Play(metadata=seat.metadata)
    await stream.write(pb.PlayRequest(spin=a_spin("r1")))
    assert (await stream.read()).HasField("spin")
    await served.client.open_session("player-1", GAME_ID)

    await stream.write(pb.PlayRequest(spin=a_spin("r1")))

    error = (await stream.read()).error
    assert (error.reason, error.metadata["certainty"]) == ("UNAUTHENTICATED", "uncertain")


async def test_a_caller_who_leaves_in_the_middle_leaves_no_round_open(seat):
    stream = seat.client.rounds.Play(metadata=seat.metadata)
    for number in range(20):
        await stream.write(pb.PlayRequest(spin=a_spin(f"r{number}")))
    stream.cancel()

    replies = await asyncio.gather(*(seat.spin(f"r{number}") for number in range(20)))

    assert {reply.status for reply in replies} == {pb.ROUND_STATUS_CLOSED}
