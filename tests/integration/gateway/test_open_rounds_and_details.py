"""Open rounds, round details and free rounds over real gRPC, for players and for operators."""

import json
from dataclasses import replace

import grpc.aio
import pytest
from reelgate.gateway.v1 import free_rounds_service_pb2 as free_pb
from reelgate.gateway.v1 import round_service_pb2 as pb
from reelgate.type.v1.money_pb2 import Money
from typer.testing import CliRunner

from adapters.contract import errors as adapter_errors
from adapters.contract.free_rounds import GrantReport, GrantStatus
from adapters.contract.ids import BrandId, GameId, PlayerId, ProviderId, RoundId, TransactionId
from adapters.contract.manifest import Capability, SettlementMode
from adapters.contract.rounds import RoundDetails
from adapters.contract.wallet_calls import Action, ActionKind, WalletCall
from gateway.bootstrap.compose import Parts
from gateway.catalogue.registry import Registry
from gateway.cli.demo_data import DEMO_BRAND_ID
from gateway.cli.main import app
from protos.wire.failures import failure_of
from tests.support.builders import a_game, a_manifest
from tests.support.fakes import FakeAdapter, pays
from tests.support.servers import OPERATOR_METADATA, bearer, serve_here

STAKE = Money(currency_code="EUR", micros=1_000_000)
OPEN = {"round_complete": False, "state": b"go on"}
MORE = frozenset({Capability.FREE_ROUNDS, Capability.ROUND_DETAILS})


class Studio(FakeAdapter):
    """A studio that shows rounds and gives free ones."""

    shown = RoundDetails("https://studio.example/round")

    async def round_details(self, request):
        if isinstance(self.shown, Exception):
            raise self.shown
        return self.shown

    async def grant_free_rounds(self, grant):
        return GrantReport(grant.grant_id, GrantStatus.ACTIVE, provider_grant_id=f"theirs-{grant.grant_id}")

    async def cancel_free_rounds(self, brand_id, grant_id):
        return GrantReport(grant_id, GrantStatus.CANCELLED)

    async def get_free_rounds(self, brand_id, grant_id):
        return GrantReport(grant_id, GrantStatus.ACTIVE)


@pytest.fixture
async def table(tmp_path):
    manifest = a_manifest(SettlementMode.GATEWAY_DRIVEN, spin_timeout_ms=50)
    studio = Studio(manifest, (a_game(),), pays(2_000_000, **OPEN))
    registry = Registry([(manifest, studio)])
    settings = {"round_grace_ms": 0, "resolver_interval_s": 3_600.0}
    async with serve_here(tmp_path / "x.db", Parts(registry=registry), **settings) as served:
        served.studio, served.path = studio, tmp_path / "x.db"
        for player in ("ann", "bob"):
            await served.client.fund(player)
        served.tokens = {
            player: bearer((await served.client.open_session(player, "acme:fruit")).session_token)
            for player in ("ann", "bob")
        }
        yield served


async def spin(table, player, round_id, **fields):
    request = pb.SpinRequest(round_id=round_id, game_id="acme:fruit", **({"stake": STAKE} | fields))
    return await table.client.rounds.Spin(request, metadata=table.tokens[player])


async def open_rounds(table, metadata, **fields):
    return await table.client.rounds.ListOpenRounds(pb.ListOpenRoundsRequest(**fields), metadata=metadata)


async def refused(call):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return failure_of(caught.value).reason.removeprefix("ERROR_REASON_")


async def test_open_rounds_say_what_they_hold_and_for_whom_they_wait(table):
    await spin(table, "ann", "r1")
    table.studio.error = adapter_errors.OutcomeUnknown("cut")
    await refused(spin(table, "bob", "r2"))
    await refused(spin(table, "ann", "r1", step=1))
    reply = await open_rounds(table, OPERATOR_METADATA, brand_id=DEMO_BRAND_ID)
    while any(item.wait == pb.OPEN_ROUND_WAIT_PROVIDER for item in reply.rounds):
        reply = await open_rounds(table, OPERATOR_METADATA, brand_id=DEMO_BRAND_ID)

    found = {item.round_id: (item.wait, item.held.micros, item.win.micros, item.next_step) for item in reply.rounds}
    assert found == {
        "r1": (pb.OPEN_ROUND_WAIT_RESOLVER, 1_000_000, 2_000_000, 1),
        "r2": (pb.OPEN_ROUND_WAIT_RESOLVER, 1_000_000, 0, 0),
    }


async def test_a_listed_round_that_its_provider_drives_is_open_and_one_without_answer_is_in_doubt(table):
    table.studio.error = adapter_errors.OutcomeUnknown("cut")
    await refused(spin(table, "ann", "lost"))
    bet = Action(ActionKind.BET, TransactionId("b1"), 1_000_000)
    call = WalletCall(
        BrandId(DEMO_BRAND_ID),
        PlayerId("ann"),
        "EUR",
        ProviderId("hub88"),
        (bet,),
        GameId("hub88:x"),
        RoundId("theirs"),
    )
    assert (await table.gateway.wallet.apply(call)).accepted

    listed = await table.client.rounds.ListRounds(pb.ListRoundsRequest(), metadata=table.tokens["ann"])

    assert {item.round_id: item.status for item in listed.rounds} == {
        "theirs": pb.ROUND_STATUS_OPEN,
        "lost": pb.ROUND_STATUS_IN_DOUBT,
    }


async def test_a_player_sees_their_own_open_rounds_and_nobody_elses(table):
    for player in ("ann", "bob"):
        await spin(table, player, f"round-of-{player}")

    reply = await open_rounds(table, table.tokens["ann"])

    assert [(item.round_id, item.wait) for item in reply.rounds] == [("round-of-ann", pb.OPEN_ROUND_WAIT_PLAYER)]
    assert await refused(open_rounds(table, table.tokens["ann"], player_id="bob")) == "PERMISSION_DENIED"
    assert await refused(open_rounds(table, OPERATOR_METADATA, brand_id="foreign")) == "PERMISSION_DENIED"
    assert await refused(open_rounds(table, OPERATOR_METADATA)) == "INVALID_REQUEST"


async def test_pages_of_open_rounds_follow_each_other_in_one_moment(table):
    for player in ("ann", "bob"):
        await spin(table, player, f"round-of-{player}")
    seen, token = [], ""
    while True:
        page = await open_rounds(table, OPERATOR_METADATA, brand_id=DEMO_BRAND_ID, page_size=1, page_token=token)
        seen += [item.round_id for item in page.rounds]
        token = page.next_page_token
        if not token:
            break

    assert seen == ["round-of-ann", "round-of-bob"]
    old = await open_rounds(table, OPERATOR_METADATA, brand_id=DEMO_BRAND_ID, age_s_min=3_600)
    assert not old.rounds
    bad = open_rounds(table, OPERATOR_METADATA, brand_id=DEMO_BRAND_ID, page_token="nonsense")
    assert await refused(bad) == "INVALID_REQUEST"


async def details(table, metadata, **fields):
    return await table.client.rounds.GetRoundDetails(pb.GetRoundDetailsRequest(**fields), metadata=metadata)


async def test_a_round_that_is_played_here_is_shown_as_a_document(table):
    await spin(table, "ann", "r1")

    reply = await details(table, table.tokens["ann"], round_id="r1")

    shown = json.loads(reply.document)
    assert (reply.content_type, shown["round_id"], shown["steps"][0]["win_micros"]) == (
        "application/json",
        "r1",
        2_000_000,
    )
    assert await refused(details(table, table.tokens["bob"], round_id="r1")) == "ROUND_NOT_FOUND"


@pytest.mark.parametrize(
    ("shown", "reason"),
    [
        (RoundDetails("https://studio.example/round"), ""),
        (RoundDetails(document=b"%PDF", content_type="application/pdf"), ""),
        (RoundDetails("javascript:alert(1)"), "ADAPTER_CONTRACT_BROKEN"),
        (adapter_errors.RoundNotFound("no"), "ROUND_NOT_FOUND"),
        (adapter_errors.ProviderRefused("no"), "PROVIDER_REFUSED"),
        (adapter_errors.OutcomeUnknown("cut"), "PROVIDER_UNAVAILABLE"),
    ],
)
async def test_a_provider_that_shows_rounds_is_asked(table, shown, reason):
    await spin(table, "ann", "r1")
    manifest = replace(table.studio.manifest, capabilities=table.studio.manifest.capabilities | MORE)
    table.gateway.show_round._registry = Registry([(manifest, table.studio)])
    table.studio.shown = shown
    asked = details(
        table, OPERATOR_METADATA, brand_id=DEMO_BRAND_ID, player_id="ann", provider_id="acme", round_id="r1"
    )

    if reason:
        assert await refused(asked) == reason
    else:
        reply = await asked
        assert (reply.url, reply.document) == (shown.url, shown.document)


async def test_an_operator_grants_reads_lists_and_cancels_free_rounds(tmp_path):
    manifest = a_manifest(SettlementMode.GATEWAY_DRIVEN)
    manifest = replace(manifest, capabilities=manifest.capabilities | MORE)
    registry = Registry([(manifest, Studio(manifest, (a_game(),)))])
    async with serve_here(tmp_path / "x.db", Parts(registry=registry)) as served:
        await served.client.fund("ann")
        stub, named = served.client.free_rounds, {"brand_id": DEMO_BRAND_ID, "grant_id": "g1"}
        wanted = free_pb.GrantFreeRoundsRequest(player_id="ann", game_ids=["acme:fruit"], stake=STAKE, count=5, **named)
        assert await refused(stub.GrantFreeRounds(wanted, metadata=OPERATOR_METADATA)) == "INVALID_REQUEST"
        wanted.valid_until_time.FromJsonString("2099-01-01T00:00:00Z")

        first = await stub.GrantFreeRounds(wanted, metadata=OPERATOR_METADATA)
        again = await stub.GrantFreeRounds(wanted, metadata=OPERATOR_METADATA)
        read = await stub.GetFreeRounds(free_pb.GetFreeRoundsRequest(**named), metadata=OPERATOR_METADATA)
        brand = free_pb.ListFreeRoundsRequest(brand_id=DEMO_BRAND_ID)
        listed = await stub.ListFreeRounds(brand, metadata=OPERATOR_METADATA)
        wanted.count = 6
        conflict = await refused(stub.GrantFreeRounds(wanted, metadata=OPERATOR_METADATA))
        ended = await stub.CancelFreeRounds(free_pb.CancelFreeRoundsRequest(**named), metadata=OPERATOR_METADATA)

        assert (first.replayed, again.replayed) == (False, True)
        assert first.free_rounds == again.free_rounds == read.free_rounds == listed.free_rounds[0]
        assert first.free_rounds.provider_grant_id == "theirs-g1"
        assert first.free_rounds.status == free_pb.FREE_ROUNDS_STATUS_ACTIVE
        assert conflict == "IDEMPOTENCY_KEY_REUSED"
        assert ended.free_rounds.status == free_pb.FREE_ROUNDS_STATUS_CANCELLED
        unknown = free_pb.GetFreeRoundsRequest(brand_id=DEMO_BRAND_ID, grant_id="g9")
        assert await refused(stub.GetFreeRounds(unknown, metadata=OPERATOR_METADATA)) == "GRANT_NOT_FOUND"
        assert await refused(stub.GetFreeRounds(unknown)) == "UNAUTHENTICATED"


@pytest.fixture
def database(tmp_path):
    """The database of a gateway that has run before, with the demo brand."""
    import asyncio

    async def once():
        async with serve_here(tmp_path / "cli.db", Parts(registry=Registry([]))) as served:
            await served.client.fund("ann")

    asyncio.run(once())
    return f"sqlite:///{tmp_path / 'cli.db'}"


def test_open_rounds_and_free_rounds_are_on_the_command_line(database, monkeypatch):
    monkeypatch.setenv("REELGATE_ADAPTERS", "[]")
    listed = CliRunner().invoke(app, ["rounds", "open", "--database", database])
    free = CliRunner().invoke(app, ["free-rounds", "list", "--brand", DEMO_BRAND_ID, "--database", database])
    grant = ["free-rounds", "grant", "g1", "--brand", DEMO_BRAND_ID, "--player", "ann", "--stake", "0.20"]
    refusal = CliRunner().invoke(
        app, [*grant, "--game", "reelgate:orchard-five", "--count", "3", "--database", database]
    )

    assert (listed.exit_code, "0 open" in listed.output) == (0, True), listed.output
    assert free.exit_code == 0, free.output
    assert (refusal.exit_code, "no such game" in refusal.output) == (2, True), refusal.output
