"""The wallet of this process at an address of its own: the service of ``reelgate wallet serve``, for back offices."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.bootstrap.compose import Gateway
from gateway.bootstrap.embedded_wallet import EmbeddedWallet
from protos.wire.addresses import AddressRefused, CannotListen, StartRefused, split_address
from protos.wire.server import RpcServer
from wallet.rpc.serve import build_server

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def address_of(listen: str, token: str) -> str:
    """Return HOST:PORT; a bare port is on 127.0.0.1. Raises ``ValueError`` for an open address without a token."""
    address = listen if ":" in listen else f"127.0.0.1:{listen}"
    try:
        bare, port = split_address(address)
    except AddressRefused as error:
        raise AddressRefused(f"wallet_listen must be HOST:PORT or a port, not {listen}") from error
    host = f"[{bare}]" if ":" in bare else bare or "127.0.0.1"
    if host not in _LOOPBACK and not token:
        raise StartRefused("a wallet that others can reach needs wallet_token")
    return f"{host}:{port}"


@asynccontextmanager
async def running_wallet(gateway: Gateway, *, share_port: bool = False) -> AsyncIterator[RpcServer]:
    """Serve the embedded wallet; on leaving, calls in flight finish first."""
    settings = gateway.settings
    if not isinstance(gateway.ledger, EmbeddedWallet):
        raise ValueError("wallet_listen serves the wallet of this process, but it runs elsewhere")
    address = address_of(settings.wallet_listen, settings.wallet_token)
    server = build_server(gateway.ledger.wallet, share_port=share_port, token=settings.wallet_token)
    try:
        server.listen(address)
    except CannotListen as error:
        raise CannotListen(f"wallet_listen: {error}") from error
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
