"""``reelgate serve`` and ``reelgate gateway serve``."""

import asyncio
import shutil
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.console import Console

from gateway.cli.demo_data import DEMO_API_KEY, DEMO_BRAND_ID, DEMO_PLAYER_ID, NotLoopback
from gateway.cli.workers import WorkerGroup, reserve_port, worker_index
from gateway.config import Settings
from gateway.storage.database import async_url
from protos.wire.addresses import AddressRefused, StartRefused, check_target, split_address

serve_app = typer.Typer()
gateway_app = typer.Typer(no_args_is_help=True)

Database = Annotated[str | None, typer.Option(help="sqlite:///PATH or postgresql://... [env REELGATE_DATABASE_URL]")]
Listen = Annotated[str | None, typer.Option(help="HOST:PORT; port 0 takes a free one [env REELGATE_LISTEN]")]
Workers = Annotated[int | None, typer.Option(min=1, max=64, help="Processes that share the port.")]
DemoData = Annotated[
    bool, typer.Option("--demo-data", help="Make a demo operator, brand, key and player (loopback only).")
]


@serve_app.command()
def serve(
    database: Database = None,
    listen: Listen = None,
    workers: Workers = None,
    demo_data: DemoData = False,
) -> None:
    """Serve everything: gateway, in-house games and the embedded wallet."""
    run(_settings(database_url=database, listen=listen, workers=workers), ["serve"], demo_data=demo_data)


@gateway_app.command(name="serve")
def serve_gateway(
    wallet: Annotated[str, typer.Option(help="HOST:PORT of the wallet server.")],
    database: Database = None,
    listen: Listen = None,
    workers: Workers = None,
    demo_data: DemoData = False,
) -> None:
    """Serve the gateway alone; money moves in a wallet that runs elsewhere."""
    settings = _settings(database_url=database, listen=listen, workers=workers, wallet_address=wallet)
    run(settings, ["gateway", "serve", "--wallet", wallet], demo_data=demo_data)


@gateway_app.callback()
def gateway() -> None:
    """The gateway alone."""


def run(settings: Settings, command: list[str], *, demo_data: bool) -> None:
    """Serve in this process, or in as many as the settings say."""
    from gateway.cli.serving import serve as serve_here
    from protos.wire.logs import configure_logs

    _check_addresses(settings)
    configure_logs(settings.log_level, json_lines=settings.log_json)
    index = worker_index()
    if settings.workers > 1 and index is None:
        raise typer.Exit(_run_workers(settings, command, demo_data=demo_data))
    if index is not None and settings.metrics_port:
        settings = settings.model_copy(update={"metrics_port": settings.metrics_port + index})

    def on_ready(port: int) -> None:
        if index in (None, 0):
            _announce(settings, port, demo_data=demo_data)

    try:
        asyncio.run(serve_here(settings, demo_data=demo_data, share_port=index is not None, on_ready=on_ready))
    except StartRefused:
        raise
    except (NotLoopback, ValueError) as error:
        Console(stderr=True).print(f"[red]{error}[/]")
        raise typer.Exit(2) from error


def _check_addresses(settings: Settings) -> None:
    """Look at every address before anything is opened; raises ``StartRefused``."""
    async_url(settings.database_url)
    split_address(settings.listen)
    if settings.callbacks_listen:
        _named("callbacks_listen", lambda: split_address(settings.callbacks_listen))
    if settings.wallet_address:
        check_target(settings.wallet_address)


def _named(setting: str, check: Callable[[], object]) -> None:
    try:
        check()
    except AddressRefused as error:
        raise AddressRefused(f"{setting}: {error}") from error


def _run_workers(settings: Settings, command: list[str], *, demo_data: bool) -> int:
    holder, listen = reserve_port(settings.listen)
    arguments = [*command, "--database", settings.database_url, "--listen", listen]
    if demo_data:
        arguments.append("--demo-data")
    with holder:
        return WorkerGroup(arguments, settings.workers).run()


def _settings(**options: Any) -> Settings:
    return Settings(**{name: value for name, value in options.items() if value is not None})


def _announce(settings: Settings, port: int, *, demo_data: bool) -> None:
    host = settings.listen.rpartition(":")[0]
    console = Console(highlight=False, soft_wrap=True)
    console.print(
        f"reelgate serves on [bold]{host}:{port}[/] (database {_shown(settings.database_url)}); Ctrl-C stops it."
    )
    if demo_data:
        console.print(
            f"Demo brand [bold]{DEMO_BRAND_ID}[/], player [bold]{DEMO_PLAYER_ID}[/], API key [bold]{DEMO_API_KEY}[/]\n"
            f"Try next: [bold]{_own_name()} play --address {host}:{port}[/]"
        )


def _shown(database_url: str) -> str:
    return async_url(database_url).render_as_string(hide_password=True)


def _own_name() -> str:
    """Return what to type for this command: its name where it is on the path, else as it was called."""
    return "reelgate" if shutil.which("reelgate") else sys.argv[0]
