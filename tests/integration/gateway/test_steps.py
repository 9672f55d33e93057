"""Rounds of several steps: resumed from another connection, listed, read back."""

import asyncio

import grpc.aio
import pytest
from reelgate.gateway.v1 import round_service_pb2 as pb
from reelgate.type.v1.money_pb2 import Money

from adapters.contract.manifest import SettlementMode
from gateway.bootstrap.compose import Parts
from gateway.catalogue.registry import Registry
from protos.wire.failures import failure_of
from tests.support.builders import a_game, a_manifest
from tests.support.fakes import FakeAdapter, pays
from tests.support.servers import bearer, connected, serve_here

STAKE = Money(currency_code="EUR", micros=1_000_000)


def three_steps(request):
    """Two steps stay open and offer a choice; the third ends the round."""
    last = request.step == 2
    choices = () if last else ("left", "right")
    return pays(request.step * 1_000_000, round_complete=last, state=f"after {request.step}".encode(), choices=choices)(
        request
    )


@pytest.fixture(params=[SettlementMode.ATOMIC, SettlementMode.GATEWAY_DRIVEN])
async def table(request, tmp_path):
    adapter = FakeAdapter(a_manifest(request.param), (a_game(),), three_steps)
    parts = Parts(registry=Registry([(adapter.manifest, adapter)]))
    async with serve_here(tmp_path / "x.db", parts) as served:
        await served.client.fund("p")
        served.token = (await served.client.open_session("p", "acme:fruit")).session_token
        yield served


async def step(client, token, number, **fields):
    facts = {"round_id": "r1", "game_id": "acme:fruit", "step": number}
    if not number:
        facts["stake"] = STAKE
    return await client.rounds.Spin(pb.SpinRequest(**(facts | fields)), metadata=bearer(token))


async def test_a_round_is_resumed_from_another_device(table):
    first = await step(table.client, table.token, 0)
    opened = await table.client.open_session("p", "acme:fruit", session_id="other-device")

    async with connected(table.address) as device:
        second = await step(device, opened.session_token, 1, choice="left")
        third = await step(device, opened.session_token, 2, choice="right")

    assert opened.open_round_id == "r1"
    assert [reply.status for reply in (first, second, third)] == [1, 1, 2]
    assert (third.total_win.micros, third.balance.micros) == (3_000_000, 1_002_000_000)


async def test_a_round_is_read_back_step_by_step(table):
    replies = [await step(table.client, table.token, number, choice="left" if number else "") for number in range(3)]

    got = await table.client.rounds.GetRound(pb.GetRoundRequest(round_id="r1"), metadata=bearer(table.token))

    assert list(got.round.steps) == replies
    assert (got.round.status, got.round.bet.micros, got.round.win.micros) == (pb.ROUND_STATUS_CLOSED, 10**6, 3 * 10**6)


async def test_an_open_round_says_its_next_step(table):
    await step(table.client, table.token, 0)

    got = await table.client.rounds.GetRound(pb.GetRoundRequest(round_id="r1"), metadata=bearer(table.token))
    listed = await table.client.rounds.ListRounds(pb.ListRoundsRequest(), metadata=bearer(table.token))

    assert (got.round.status, got.round.next_step) == (pb.ROUND_STATUS_OPEN, 1)
    assert [item.round_id for item in listed.rounds] == ["r1"]
    assert not listed.rounds[0].steps


async def test_a_step_from_two_devices_at_once_is_played_once(table):
    await step(table.client, table.token, 0)

    replies = await asyncio.gather(
        *(step(table.client, table.token, 1, choice="left") for _ in range(8)), return_exceptions=True
    )

    played = [reply for reply in replies if not isinstance(reply, Exception)]
    assert sum(not reply.replayed for reply in played) == 1
    refused = {failure_of(reply).reason for reply in replies if isinstance(reply, Exception)}
    assert refused <= {"ERROR_REASON_ROUND_IN_PROGRESS"}
    assert (await step(table.client, table.token, 1, choice="left")).replayed
    assert (await step(table.client, table.token, 2, choice="left")).status == 2


async def test_a_second_round_of_the_game_waits_for_the_open_one(table):
    await step(table.client, table.token, 0)

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await step(table.client, table.token, 0, round_id="r2")

    failure = failure_of(caught.value)
    assert (failure.reason, failure.metadata["round_id"]) == ("ERROR_REASON_ROUND_IN_PROGRESS", "r1")


async def test_pages_of_rounds_follow_each_other(table):
    for number in range(5):
        for index in range(3):
            await step(table.client, table.token, index, round_id=f"r{number}", choice="left" if index else "")
    seen, token = [], ""
    while True:
        request = pb.ListRoundsRequest(page_size=2, page_token=token)
        page = await table.client.rounds.ListRounds(request, metadata=bearer(table.token))
        seen += [item.round_id for item in page.rounds]
        token = page.next_page_token
        if not token:
            break

    assert seen == ["r4", "r3", "r2", "r1", "r0"]
