"""The embedded wallet at an address of its own, and a receipt that it gave over gRPC, proven without its database."""

import asyncio
from pathlib import Path

import grpc.aio
import pytest
from reelgate.wallet.v1 import wallet_service_pb2 as pb
from reelgate.wallet.v1 import wallet_service_pb2_grpc as pb_grpc
from typer.testing import CliRunner

from adapters.contract.ids import BrandId, PlayerId, ProviderId, TransactionId
from adapters.contract.wallet_calls import Action, ActionKind, WalletCall
from gateway.bootstrap.wallet_server import address_of, running_wallet
from gateway.rounds.ports import AccountRef
from gateway.wallet_client.port import open_wallet_client
from protos.wire.failures import failure_of
from tests.support.fakes import FakeClock
from tests.support.servers import serve_here
from wallet.bootstrap import open_wallet
from wallet.cli import wallet_app
from wallet.rpc.serve import build_server

EURO = 1_000_000


async def test_the_embedded_wallet_is_served_with_its_token(tmp_path: Path) -> None:
    account = pb.AccountRef(brand_id="demo", player_id="ann", currency_code="EUR")
    async with serve_here(tmp_path / "r.db", wallet_listen="0", wallet_token="secret") as served:
        await served.client.fund("ann", 5 * EURO)
        async with (
            running_wallet(served.gateway) as server,
            grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel,
        ):
            stub = pb_grpc.WalletServiceStub(channel)
            known = (("authorization", "Bearer secret"),)
            seen = await stub.GetBalance(pb.GetBalanceRequest(account=account), metadata=known)
            blocked = pb.SetAccountStatusRequest(
                account=account, status=pb.ACCOUNT_STATUS_BLOCKED, author="desk", reason="check"
            )
            await stub.SetAccountStatus(blocked, metadata=known)
            rounds = await stub.ListOpenRounds(pb.ListOpenRoundsRequest(brand_id="demo"), metadata=known)
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await stub.GetBalance(pb.GetBalanceRequest(account=account))
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await served.client.fund("ann", EURO)

    assert seen.balance.balance_micros == 5 * EURO
    assert not rounds.rounds
    assert failure_of(caught.value).code is grpc.StatusCode.UNAUTHENTICATED
    assert refused.value.code() is not grpc.StatusCode.OK


@pytest.mark.parametrize(
    ("listen", "token", "address"),
    [("7201", "", "127.0.0.1:7201"), (":7201", "", "127.0.0.1:7201"), ("0.0.0.0:7201", "secret", "0.0.0.0:7201")],
)
def test_a_bare_port_is_on_loopback(listen: str, token: str, address: str) -> None:
    assert address_of(listen, token) == address


@pytest.mark.parametrize("listen", ["0.0.0.0:7201", "wallet.example:7201", "here"])
def test_an_address_that_others_reach_needs_a_token(listen: str) -> None:
    with pytest.raises(ValueError, match="wallet_"):
        address_of(listen, "")


async def test_w24_a_receipt_from_over_the_wire_is_proven_against_an_export(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/wallet.db"
    wallet = await open_wallet(database, FakeClock().now_ms)
    server = build_server(wallet)
    server.listen("127.0.0.1:0")
    await server.start()
    client = open_wallet_client(f"127.0.0.1:{server.port}", 10)
    await client.open_account(AccountRef("brand", "ann", "EUR"))
    deposit = Action(ActionKind.DEPOSIT, TransactionId("d1"), 5 * EURO)
    reply = await client.apply(
        WalletCall(
            BrandId("brand"), PlayerId("ann"), "EUR", ProviderId("cashier"), (deposit,), with_receipt=True
        )
    )  # fmt: skip
    await client.aclose()
    await server.stop()
    await wallet.aclose()
    (tmp_path / "receipt.txt").write_bytes(reply.receipt)
    folder, run = str(tmp_path / "export"), CliRunner()
    words = ["export", folder, "--database", database, "--format", "csv"]
    exported = await asyncio.to_thread(run.invoke, wallet_app, words)
    (tmp_path / "wallet.db").unlink()

    proven = run.invoke(wallet_app, ["verify-receipt", f"@{tmp_path}/receipt.txt", folder])
    forged = reply.receipt.decode().replace("|ann|", "|bob|")

    assert reply.receipt.startswith(b"reelgate-receipt-1|brand|ann|EUR|2|")
    assert (exported.exit_code, proven.exit_code) == (0, 0)
    assert run.invoke(wallet_app, ["verify-receipt", forged, folder]).exit_code == 1
