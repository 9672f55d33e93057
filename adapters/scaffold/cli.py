"""``reelgate adapter``: begin a new adapter, serve one over gRPC."""

import asyncio
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from adapters.host.config import read_config
from adapters.host.server import start_host
from adapters.loader import AdapterNotLoaded, load_adapter, look_here_too
from adapters.scaffold.generate import NameRefused, new_adapter
from protos.wire.addresses import AddressRefused, CannotListen, split_address

adapter_app = typer.Typer(help="Write, serve and certify adapters.", no_args_is_help=True)


@adapter_app.command("new")
def new(
    name: Annotated[str, typer.Argument(help="Name of the package, in lower case")],
    folder: Annotated[Path, typer.Option("--in", help="Where to put it")] = Path(),
) -> None:
    """Write a package with a working sample adapter, its tests and README."""
    try:
        written = new_adapter(name, folder)
    except NameRefused as error:
        typer.echo(f"cannot write it: {error}", err=True)
        raise typer.Exit(1) from error
    for path in written:
        typer.echo(path)
    typer.echo(f"\nNext: cd {folder / name} && python -m pytest")


@adapter_app.command("serve")
def serve(
    factory: Annotated[str, typer.Option(help="Dotted path of a factory: package.module:create_adapter")],
    listen: Annotated[str, typer.Option(help="HOST:PORT; port 0 takes a free one")] = "127.0.0.1:7070",
    config: Annotated[Path | None, typer.Option(help="Config section of the factory: TOML or JSON")] = None,
) -> None:
    """Serve an adapter as a ``ProviderService`` until Ctrl-C."""
    look_here_too()
    try:
        split_address(listen)
    except AddressRefused as error:
        raise typer.BadParameter(str(error), param_hint="--listen") from error
    try:
        section = read_config(config)
    except (OSError, TypeError, ValueError) as error:
        raise typer.BadParameter(str(error), param_hint="--config") from error
    try:
        asyncio.run(_serve(factory, listen, section))
    except (AdapterNotLoaded, OSError) as error:
        option = "--listen" if isinstance(error, CannotListen) else "--factory"
        typer.echo(f"cannot serve: {option}: {error}", err=True)
        raise typer.Exit(2) from error


async def _serve(factory: str, listen: str, section: Mapping[str, Any]) -> None:
    host = await start_host(load_adapter(factory, section), listen)
    manifest = await host.adapter.describe()
    address = f"{listen.rpartition(':')[0]}:{host.port}"
    typer.echo(f"serving {manifest.adapter_id} {manifest.adapter_version} on {address}")
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
    await host.stop()


if __name__ == "__main__":
    adapter_app()
