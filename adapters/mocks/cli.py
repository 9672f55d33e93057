"""``reelgate mock``: serve mocks; what drives them and what plays scenarios has files of its own."""

import logging
import shlex
import socket
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from adapters.contract.ids import is_valid_id
from adapters.loader import look_here_too
from adapters.mocks.cli_drive import DEFAULT_LISTEN, control, fault, journal, launch, option, session, spin, wallet
from adapters.mocks.cli_refusals import check_url
from adapters.mocks.cli_scenario import scenario
from adapters.mocks.gateway_setup import write_setup
from adapters.mocks.host import MockHost, UnknownProvider
from adapters.mocks.known_words import PROVIDERS, meant
from adapters.mocks.serving import ServeTerms, build_app, build_host
from protos.wire.addresses import AddressRefused, CannotListen, split_address

mock_app = typer.Typer(help="Mocks of providers and of operators' wallets.", no_args_is_help=True)
CUT_OFF = "ASGI callable returned without completing response."
CALLBACKS = "127.0.0.1:7780"


@mock_app.command()
def serve(
    providers: Annotated[list[str], typer.Argument(help="Providers to play, by folder or dotted path")],
    listen: Annotated[str, typer.Option(help="HOST:PORT")] = DEFAULT_LISTEN,
    wallet_url: Annotated[str, typer.Option(help="Wallet to call; may hold {provider}, its id in the gateway")] = "",
    with_wallet: Annotated[bool, typer.Option("--with-wallet", help="Bring a wallet of play money along")] = False,
    virtual_time: Annotated[bool, typer.Option("--virtual-time", help="Time moves by the control API alone")] = False,
    keys: Annotated[Path | None, typer.Option(help="File that keeps the test keys of both sides")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Makes ids and results repeat themselves; 0: fresh ones")] = 0,
) -> None:
    """Play providers over HTTP until interrupted."""
    import uvicorn

    try:
        host_name, port = split_address(listen)
    except AddressRefused as error:
        raise typer.BadParameter(str(error), param_hint="--listen") from error
    look_here_too()
    check_url(wallet_url.replace("{provider}", "provider"), "--wallet-url")
    if wallet_url and with_wallet:
        raise typer.BadParameter("one wallet, not both", param_hint="--with-wallet and --wallet-url")
    terms = ServeTerms(
        providers,
        f"http://{listen}",
        wallet_url,
        time="virtual" if virtual_time else "real",
        keys_file=keys,
        with_wallet=with_wallet,
        seed=seed,
    )
    try:
        host = build_host(terms)
    except UnknownProvider as unknown:
        raise typer.BadParameter(str(unknown), param_hint="PROVIDERS") from unknown
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"cannot be used: {error}", param_hint="--keys") from error
    config = uvicorn.Config(build_app(host, terms), host_name or "127.0.0.1", port, log_level="warning")
    # A fault that cuts a connection is no error of the server's.
    logging.getLogger("uvicorn.error").addFilter(lambda record: record.getMessage() != CUT_OFF)
    with _bound(host_name or "127.0.0.1", port) as listening:
        _show_host(host, with_wallet=with_wallet)
        uvicorn.Server(config).run(sockets=[listening])


@mock_app.command("gateway-config")
def gateway_config(
    providers: Annotated[list[str], typer.Argument(help="Folders of the providers that are played")],
    keys: Annotated[Path, typer.Option(help="The file of `mock serve --keys`; made if it is not there")],
    into: Annotated[Path, typer.Option(help="Folder to write gateway.toml and the key files into")],
    brand: Annotated[str, typer.Option(help="The brand that plays")] = "demo",
    callbacks_listen: Annotated[str, typer.Option(help="Where the gateway serves what providers call")] = CALLBACKS,
    server: Annotated[str, typer.Option(help="Address of the mock server")] = f"http://{DEFAULT_LISTEN}",
) -> None:
    """Write what a gateway must be told to work with `mock serve`: adapters and keys; prints the commands to go on."""
    check_url(server, "--server")
    if not is_valid_id(brand):
        raise typer.BadParameter(f"{brand!r} is no id of a brand", param_hint="--brand")
    for provider in providers:
        if provider not in PROVIDERS:
            known = f"{', '.join(PROVIDERS)}{meant(provider, PROVIDERS)}"
            raise typer.BadParameter(f"{provider!r} is none of {known}", param_hint="PROVIDERS")
    try:
        host = build_host(ServeTerms(providers, server, keys_file=keys))
        setup = write_setup(host, brand, callbacks_listen, into)
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"cannot be used: {error}", param_hint="--keys or --into") from error
    for command in setup.commands:
        typer.echo(command)
    typer.echo(f"REELGATE_CONFIG={shlex.quote(str(setup.config))} reelgate serve")


def _bound(host: str, port: int) -> socket.socket:
    """Take the address before anything is told; raises ``CannotListen``."""
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise CannotListen(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
    return bound


def _show_host(host: MockHost, *, with_wallet: bool) -> None:
    console = Console()
    for (provider, _), tenant in host.tenants.items():
        console.print(f"[bold]{provider}[/]  operator API {tenant.base_url}/api", soft_wrap=True)
        console.print(f"  control API {tenant.base_url}/control", soft_wrap=True)
        console.print(
            f"  calls the wallet at {tenant.wallet_url or '(PUT wallet_url to the control API)'}", soft_wrap=True
        )
        if with_wallet:
            console.print(f"  play in a browser: {host.public_url}/try/{provider}", soft_wrap=True)


for command in (scenario, launch, session, spin, fault, option, journal, wallet, control):
    mock_app.command()(command)
