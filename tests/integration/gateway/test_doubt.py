"""A provider's answer is lost, the process ends: the next one finds out what became of the round."""

import asyncio

import grpc.aio
import pytest
from reelgate.gateway.v1 import round_service_pb2 as pb
from reelgate.gateway.v1 import wallet_service_pb2 as wallet_pb
from reelgate.type.v1.money_pb2 import Money

from adapters.contract.errors import OutcomeUnknown
from adapters.contract.manifest import SettlementMode
from adapters.contract.rounds import RoundReport, RoundStatus
from gateway.bootstrap.compose import Parts
from gateway.catalogue.registry import Registry
from protos.wire.failures import failure_of
from tests.support.builders import a_game, a_manifest
from tests.support.fakes import FakeAdapter, pays
from tests.support.servers import bearer, serve_here

TERMS = {"round_grace_ms": 0, "resolver_interval_s": 0.05}
SPIN = pb.SpinRequest(round_id="r1", game_id="acme:fruit", stake=Money(currency_code="EUR", micros=1_000_000))


def a_provider():
    manifest = a_manifest(SettlementMode.GATEWAY_DRIVEN, spin_timeout_ms=50)
    adapter = FakeAdapter(manifest, (a_game(),), pays(4_000_000))
    return adapter, Registry([(manifest, adapter)])


async def lose_an_answer(path, adapter, registry):
    """Play a round whose answer is lost, and end the process; return the player's token."""
    async with serve_here(path, Parts(registry=registry)) as served:
        await served.client.fund("p", micros=10_000_000)
        token = (await served.client.open_session("p", "acme:fruit")).session_token
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await served.client.rounds.Spin(SPIN, metadata=bearer(token))
        failure = failure_of(caught.value)
        assert (failure.code.name, failure.certain) == ("DEADLINE_EXCEEDED", False)
        got = await served.client.rounds.GetRound(pb.GetRoundRequest(round_id="r1"), metadata=bearer(token))
        assert got.round.status == pb.ROUND_STATUS_IN_DOUBT
        return token


async def ended(served, token):
    while True:
        got = await served.client.rounds.GetRound(pb.GetRoundRequest(round_id="r1"), metadata=bearer(token))
        if got.round.status != pb.ROUND_STATUS_IN_DOUBT:
            return got.round.status
        await asyncio.sleep(0.02)


async def balance(served, token):
    reply = await served.client.wallet.GetBalance(wallet_pb.GetBalanceRequest(), metadata=bearer(token))
    return reply.balance.micros


async def test_a_round_that_the_provider_completed_is_settled_after_a_restart(tmp_path):
    adapter, registry = a_provider()
    adapter.error_after = OutcomeUnknown("cut")
    token = await lose_an_answer(tmp_path / "x.db", adapter, registry)

    async with serve_here(tmp_path / "x.db", Parts(registry=registry), **TERMS) as served:
        assert await ended(served, token) == pb.ROUND_STATUS_CLOSED
        assert await balance(served, token) == 13_000_000
        replay = await served.client.rounds.Spin(SPIN, metadata=bearer(token))
        assert (replay.replayed, replay.win.micros) == (True, 4_000_000)


async def test_a_round_that_the_provider_never_saw_is_given_back_after_a_restart(tmp_path):
    adapter, registry = a_provider()
    adapter.error = OutcomeUnknown("cut")
    token = await lose_an_answer(tmp_path / "x.db", adapter, registry)

    async with serve_here(tmp_path / "x.db", Parts(registry=registry), **TERMS) as served:
        assert await ended(served, token) == pb.ROUND_STATUS_ROLLED_BACK
        assert await balance(served, token) == 10_000_000


async def test_a_round_that_still_runs_holds_its_stake(tmp_path):
    adapter, registry = a_provider()
    adapter.error = OutcomeUnknown("cut")
    token = await lose_an_answer(tmp_path / "x.db", adapter, registry)
    adapter.reports["r1"] = RoundReport("r1", RoundStatus.RUNNING)

    async with serve_here(tmp_path / "x.db", Parts(registry=registry), **TERMS) as served:
        await asyncio.sleep(0.2)
        assert await balance(served, token) == 9_000_000
        adapter.reports["r1"] = RoundReport("r1", RoundStatus.COMPLETED, pays(2_000_000)(adapter.spins[0]))
        assert await ended(served, token) == pb.ROUND_STATUS_CLOSED
        assert await balance(served, token) == 11_000_000


@pytest.mark.parametrize("leaving", [SystemExit(1), KeyboardInterrupt(), asyncio.CancelledError()], ids=repr)
async def test_an_adapter_that_exits_in_a_spin_leaves_the_round_in_doubt_and_the_gateway_serving(tmp_path, leaving):
    adapter, registry = a_provider()
    adapter.error_after = leaving
    token = await lose_an_answer(tmp_path / "x.db", adapter, registry)

    adapter.lookup_error = leaving
    async with serve_here(tmp_path / "x.db", Parts(registry=registry), **TERMS) as served:
        for _ in range(2):  # the worker lives on and asks again
            adapter.looked_up.clear()
            await asyncio.wait_for(adapter.looked_up.wait(), 20)
        adapter.lookup_error = None
        assert await ended(served, token) == pb.ROUND_STATUS_CLOSED
        assert await balance(served, token) == 13_000_000
