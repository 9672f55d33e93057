"""Texts that a database cannot hold, against the wallet's gRPC service on PostgreSQL: refused, and for certain."""

import base64
import json
from collections.abc import AsyncIterator

import grpc.aio
import pytest
from reelgate.wallet.v1 import wallet_service_pb2 as pb
from reelgate.wallet.v1 import wallet_service_pb2_grpc as pb_grpc

from protos.wire.failures import Failure, failure_of
from wallet.rpc.serve import serving_wallet

NUL = "a\x00b"


@pytest.fixture
async def client(postgres_url: str) -> AsyncIterator["pb_grpc.WalletServiceAsyncStub"]:
    async with serving_wallet(postgres_url, "127.0.0.1:0") as server:  # noqa: SIM117 - the channel needs its port
        async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
            yield pb_grpc.WalletServiceStub(channel)


async def refused(call: object) -> Failure:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call  # type: ignore[misc]  # an awaitable call
    return failure_of(caught.value)


async def test_w15_an_account_with_a_name_that_no_database_holds_is_refused_for_certain(
    client: "pb_grpc.WalletServiceAsyncStub",
) -> None:
    names = {"brand_id": "brand-1", "player_id": "player-1", "currency_code": "EUR"}
    deposit = pb.Action(kind=pb.ACTION_KIND_DEPOSIT, transaction_id="d1", amount_micros=1)
    for field in names:
        account = pb.AccountRef(**(names | {field: NUL}))

        failure = await refused(client.Apply(pb.ApplyRequest(account=account, provider_id="p", actions=[deposit])))

        assert (failure.bad_field, failure.metadata["certainty"]) == (field, "certain")


@pytest.mark.parametrize("text", [NUL, "\ud800"])
async def test_w15_a_cursor_with_a_text_that_no_database_holds_is_refused_for_certain(
    client: "pb_grpc.WalletServiceAsyncStub", text: str
) -> None:
    place = json.dumps(["events", 1, text, "player-1", "EUR", 5])
    cursor = base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")

    failure = await refused(client.ListEvents(pb.ListEventsRequest(cursor=cursor)))

    assert (failure.reason, failure.metadata["certainty"]) == ("ERROR_REASON_INVALID_REQUEST", "certain")
