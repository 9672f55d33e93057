"""The wallet as a server of its own: ``reelgate wallet serve``."""

import asyncio
import hmac
import logging
import secrets
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc.aio
from reelgate.wallet.v1 import wallet_service_pb2 as pb
from reelgate.wallet.v1 import wallet_service_pb2_grpc as pb_grpc

from protos.wire.edge import Edge
from protos.wire.failures import abort
from protos.wire.server import RpcServer, ServerLimits
from wallet.bootstrap import calm_collector, open_wallet, system_now_ms
from wallet.config import WalletConfig
from wallet.rpc.error_codes import UNAUTHENTICATED, describe, internal
from wallet.rpc.service import WalletService
from wallet.settlement.ageing import AgeingWorker
from wallet.settlement.wallet import Wallet

_log = logging.getLogger(__name__)
SERVICE = pb.DESCRIPTOR.services_by_name["WalletService"]
LIMITS = ServerLimits(message_bytes_max=8 * 1024 * 1024)


def build_server(wallet: Wallet, *, share_port: bool = False, token: str = "") -> RpcServer:
    """Return a server that is not yet listening; with a ``token`` every call must bear it."""
    server = RpcServer(LIMITS, share_port=share_port)
    edge = Edge(describe, internal, lambda: secrets.token_hex(8))
    servicer = edge.wrap_servicer(WalletService(wallet, server.stopping), SERVICE)
    if token:
        _require_token(servicer, token)
    server.add(pb_grpc.add_WalletServiceServicer_to_server, servicer, SERVICE.full_name)
    return server


def _require_token(servicer: Any, token: str) -> None:
    expected = f"Bearer {token}".encode()

    def is_known(context: grpc.aio.ServicerContext[Any, Any]) -> bool:
        given = next((value for key, value in context.invocation_metadata() or () if key == "authorization"), "")
        return hmac.compare_digest(given if isinstance(given, bytes) else given.encode(), expected)

    def unary(handler: Any) -> Any:
        async def call(request: Any, context: Any) -> Any:
            if not is_known(context):
                await abort(context, UNAUTHENTICATED.failure)
            return await handler(request, context)

        return call

    def stream(handler: Any) -> Any:
        async def call(request: Any, context: Any) -> AsyncIterator[Any]:
            if not is_known(context):
                await abort(context, UNAUTHENTICATED.failure)
            async for reply in handler(request, context):
                yield reply

        return call

    for method in SERVICE.methods:
        handler = getattr(servicer, method.name)
        setattr(servicer, method.name, stream(handler) if method.server_streaming else unary(handler))


@asynccontextmanager
async def serving_wallet(
    database_url: str, address: str, *, share_port: bool = False, token: str = "", config: WalletConfig | None = None
) -> AsyncIterator[RpcServer]:
    """Serve a wallet and end its old rounds; on leaving, calls in flight finish first."""
    config = config or WalletConfig()
    wallet = await open_wallet(database_url, policies=config.policies())
    ageing = asyncio.create_task(_age_rounds(wallet, config), name="wallet-ageing")
    try:
        server = build_server(wallet, share_port=share_port, token=token)
        server.listen(address)
        await server.start()
        try:
            yield server
        finally:
            await server.stop()
    finally:
        ageing.cancel()
        await asyncio.wait((ageing,))
        await wallet.aclose()


async def _age_rounds(wallet: Wallet, config: WalletConfig) -> None:
    """Look for old rounds again and again; a failure is logged and the next turn tries again."""
    worker = AgeingWorker(wallet, system_now_ms, config.ageing(), config.usual_ageing())
    while True:
        try:
            await worker.turn()
        except Exception:  # noqa: BLE001  # the edge of a worker: one bad turn must not end it
            _log.exception("old rounds could not be looked at; next turn in %s s", config.ageing_interval_s)
        await asyncio.sleep(config.ageing_interval_s)


async def serve(
    database_url: str,
    address: str,
    *,
    share_port: bool = False,
    token: str = "",
    config: WalletConfig | None = None,
    on_ready: Callable[[int], None] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with serving_wallet(database_url, address, share_port=share_port, token=token, config=config) as server:
        calm_collector()
        if on_ready is not None:
            on_ready(server.port)
        await stop.wait()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
