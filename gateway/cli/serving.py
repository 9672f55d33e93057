"""One serving process: gateway, gRPC server, workers, signals. Stops gracefully."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from gateway.bootstrap.collector import calm_collector
from gateway.bootstrap.compose import Gateway, Turn, open_gateway
from gateway.bootstrap.serve import build_server
from gateway.cli.demo_data import ensure_demo_data, require_loopback
from gateway.config import Settings
from gateway.storage.kept_state import SqlKeptState
from gateway.workers.adapter_health import AdapterHealth
from gateway.workers.loop import run_every
from gateway.workers.state_keeper import ReturnMetrics, StateKeeper
from protos.wire.addresses import CannotListen
from protos.wire.server import RpcServer

ROUND_SERVICE = "reelgate.gateway.v1.RoundService"


async def serve(
    settings: Settings, *, demo_data: bool, share_port: bool, on_ready: Callable[[int], None] | None = None
) -> None:
    """Serve until SIGTERM or SIGINT; a second signal does not wait for calls in flight."""
    if demo_data:
        require_loopback(settings.listen)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with open_gateway(settings) as gateway:
        if demo_data:
            await ensure_demo_data(gateway)
        async with running_server(gateway, share_port=share_port) as server:
            calm_collector()
            if on_ready is not None:
                on_ready(server.port)
            await stop.wait()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)


@asynccontextmanager
async def running_server(gateway: Gateway, *, share_port: bool = False) -> AsyncIterator[RpcServer]:
    """Serve a gateway with its workers; on leaving, calls in flight finish first."""
    settings = gateway.settings
    server = build_server(gateway, share_port=share_port)
    server.listen(settings.listen)
    await server.start()
    keeper = _state_keeper(gateway)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(keeper.last_turn)  # the last of all: when nothing is dealt any more
        stack.push_async_callback(server.stop)
        stack.push_async_callback(
            _end, asyncio.create_task(run_every("keep state", settings.keep_state_s, keeper.turn, gateway.clock))
        )
        await _start_workers(gateway, server, stack)
        if settings.callbacks_listen:
            from gateway.bootstrap.callbacks import running_callbacks

            callbacks = running_callbacks(gateway, settings.callbacks_listen, share_port=share_port)
            await stack.enter_async_context(callbacks)
        if settings.wallet_listen:
            from gateway.bootstrap.wallet_server import running_wallet

            await stack.enter_async_context(running_wallet(gateway, share_port=share_port))
        if settings.metrics_port:
            stack.callback(_serve_metrics(gateway, settings.metrics_port))
        yield server


async def _start_workers(gateway: Gateway, server: RpcServer, stack: AsyncExitStack) -> None:
    settings, clock = gateway.settings, gateway.clock

    async def set_serving(serving: bool) -> None:
        if not server.stopping.is_set():
            await server.set_serving(serving=serving, names=(ROUND_SERVICE,))

    health = AdapterHealth(gateway.registry, set_serving)
    work: dict[str, tuple[float, Turn]] = {
        "catalogue": (settings.catalogue_refresh_s, gateway.catalogue.refresh),
        "resolver": (settings.resolver_interval_s, gateway.resolver.turn),
        "free rounds": (settings.free_rounds_interval_s, gateway.free_rounds.advance_due),
        "health": (settings.probe_interval_s, health.check),
        "ageing": (settings.ageing_interval_s, gateway.end_old_rounds),
    }
    if gateway.operator_wallets is not None:
        work["operator wallets"] = (settings.operator_wallet_interval_s, gateway.operator_wallets.deliverer.deliver_due)
    for name, (interval_s, turn) in work.items():
        task = asyncio.create_task(run_every(name, interval_s, turn, clock), name=f"reelgate-{name}")
        stack.push_async_callback(_end, task)


def _state_keeper(gateway: Gateway) -> StateKeeper:
    def open_store(adapter_id: str) -> SqlKeptState:
        return SqlKeptState(gateway.engine, adapter_id, gateway.clock)

    return StateKeeper(gateway.registry, open_store, ReturnMetrics(gateway.edge.metrics.registry))


def _serve_metrics(gateway: Gateway, port: int) -> Callable[[], None]:
    from prometheus_client import start_http_server

    try:
        server, thread = start_http_server(port, "127.0.0.1", gateway.edge.metrics.registry)
    except OSError as error:
        raise CannotListen(f"cannot listen on 127.0.0.1:{port} (metrics_port): {error.strerror or error}") from error

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return stop


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait((task,))
