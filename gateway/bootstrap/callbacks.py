"""Puts the HTTP side that providers call behind a server."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn

from adapters.contract.manifest import Capability
from gateway.bootstrap.compose import Gateway
from gateway.callbacks.app import create_callback_app
from gateway.callbacks.audit import LogAudit
from gateway.callbacks.head_guard import head_guarded
from gateway.callbacks.ports import CallbackMount, CallbackPorts
from gateway.sessions.credential_cache import CachedCredentials
from protos.wire.addresses import CannotListen, split_address

_READY_LOOK_S = 0.01


def callback_mounts(gateway: Gateway) -> dict[str, CallbackMount]:
    """Return a mount for every adapter that declares wallet calls."""
    return {
        adapter_id: CallbackMount(adapter, manifest)
        for adapter_id, manifest, adapter in gateway.registry.all()
        if manifest.supports(Capability.WALLET_CALLS)
    }


@asynccontextmanager
async def running_callbacks(gateway: Gateway, listen: str, *, share_port: bool = False) -> AsyncIterator[int]:
    """Serve callbacks on HOST:PORT until the block ends, then finish what has entered; yields the port."""
    credentials = CachedCredentials(gateway.credentials, gateway.clock, gateway.settings.credential_cache_ttl_s)
    ports = CallbackPorts(credentials, gateway.handle_wallet_call, LogAudit(), gateway.clock)
    mounts = callback_mounts(gateway)
    body_bytes_max = max((mount.limits.body_bytes_max for mount in mounts.values()), default=0)
    settings = gateway.settings
    # No provider needs to know what serves it, and nothing here asks who a proxy says the caller is.
    config = uvicorn.Config(
        create_callback_app(mounts, ports),
        http=head_guarded(settings.callback_head_timeout_ms, settings.callback_head_bytes_max, body_bytes_max),
        log_config=None,
        access_log=False,
        lifespan="on",
        ws="none",
        server_header=False,
        proxy_headers=False,
    )
    server = _Server(config)
    with _bound(listen, share_port=share_port) as bound:
        task = asyncio.create_task(server.serve(sockets=[bound]))
        while not server.started and not task.done():  # noqa: ASYNC110  # uvicorn has no event to wait for
            await asyncio.sleep(_READY_LOOK_S)
        try:
            yield int(bound.getsockname()[1])
        finally:
            server.should_exit = True
            await task


class _Server(uvicorn.Server):
    """Leaves signals to the process that it runs in."""

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]  # uvicorn's own signature
        """Capture nothing."""
        yield


def _bound(listen: str, *, share_port: bool) -> socket.socket:
    host, port = split_address(listen)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Only of a socket whose protocol says TCP does asyncio switch Nagle's delay off (58 ms a callback otherwise).
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if share_port:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise CannotListen(f"cannot listen on {listen} (callbacks_listen): {error.strerror or error}") from error
    return bound
