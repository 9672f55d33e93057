"""``reelgate mock``: serve mocks, drive them, run scenarios."""

import asyncio
import json
import logging
import shlex
import socket
import string
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from adapters.loader import look_here_too
from adapters.mocks.external_target import ExternalTarget
from adapters.mocks.gateway_setup import write_setup
from adapters.mocks.host import MockHost, UnknownProvider, load_adapter_module, load_dialect
from adapters.mocks.known_words import PROVIDERS, check_known, meant
from adapters.mocks.link import is_http_address
from adapters.mocks.loop import Loop
from adapters.mocks.loop_target import LoopTarget
from adapters.mocks.scenario import ScenarioResult, run_scenario, seed_of
from adapters.mocks.scenario_words import Scenario, load_scenario, scenario_files
from adapters.mocks.serving import ServeTerms, build_app, build_host, read_keys
from protos.wire.addresses import AddressRefused, CannotListen, split_address

mock_app = typer.Typer(help="Mocks of providers and of operators' wallets.", no_args_is_help=True)
DEFAULT_LISTEN = "127.0.0.1:8600"
CUT_OFF = "ASGI callable returned without completing response."
VERBS = ("GET", "POST", "PUT", "DELETE")
CALLBACKS = "127.0.0.1:7780"
EXIT_FAILED = 1
_BARE = frozenset(string.ascii_letters + string.digits + "@%+=:,./~_-")

Provider = Annotated[str, typer.Argument(help="Folder of the provider, such as hub88, or package.module:factory")]
Server = Annotated[str, typer.Option(help="Address of a running mock server")]
TenantName = Annotated[str, typer.Option("--tenant", help="Tenant of the mock server")]


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
    _check_url(wallet_url.replace("{provider}", "provider"), "--wallet-url")
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
    server: Server = f"http://{DEFAULT_LISTEN}",
) -> None:
    """Write what a gateway must be told to work with `mock serve`: adapters and keys; prints the commands to go on."""
    _check_url(server, "--server")
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
    typer.echo(f"REELGATE_CONFIG={setup.config} reelgate serve")


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


@mock_app.command()
def scenario(
    paths: Annotated[list[Path], typer.Argument(help="Scenario files, or folders of them", exists=True)],
    wallet_url: Annotated[str, typer.Option(help="An operator's wallet; without it the built-in play wallet")] = "",
    player: Annotated[str, typer.Option(help="With --wallet-url: a player of that wallet")] = "",
    token: Annotated[str, typer.Option(help="With --wallet-url: a live session token of the player")] = "",
    currency: Annotated[str, typer.Option(help="With --wallet-url: the player's currency")] = "EUR",
    keys: Annotated[
        Path | None, typer.Option(help="With --wallet-url: file with the test keys", exists=True, dir_okay=False)
    ] = None,
) -> None:
    """Run scenarios; exit 1 when one does not hold, or when none could be played at all."""
    console = Console()
    look_here_too()
    _check_url(wallet_url, "--wallet-url")
    if wallet_url and not (player and token):
        raise typer.BadParameter("needs --player and --token, too", param_hint="--wallet-url")
    if not wallet_url and (player or token or keys):
        raise typer.BadParameter("--player, --token and --keys are of that wallet", param_hint="--wallet-url")
    try:
        found = [load_scenario(file) for path in paths for file in scenario_files(path)]
        dialects = {each.provider: load_dialect(each.provider) for each in found}
        for provider in () if wallet_url else dialects:
            load_adapter_module(provider)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="PATHS") from error
    try:
        known_keys = read_keys(keys)
        for provider, dialect in dialects.items():
            if keys and provider not in known_keys:
                raise ValueError(f"there are none of {provider}")
            check_known(provider, known_keys.get(provider, {}), dialect.credentials)
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"cannot be used: {error}", param_hint="--keys") from error
    results: list[tuple[Scenario, ScenarioResult]] = []
    for each in track(found, "Scenarios", console=console, transient=True):
        if wallet_url:
            target = ExternalTarget(player, token, currency)
            run = _against_wallet(each, wallet_url, target, known_keys.get(each.provider, {}))
        else:
            run = _against_play_wallet(each)
        results.append((each, asyncio.run(run)))
    _show_results(console, results)
    if all(result.skipped and result.holds for _, result in results):
        _fail("nothing was tested: no scenario could be played to its end against this wallet")
    if any(not result.holds for _, result in results):
        raise typer.Exit(EXIT_FAILED)


@mock_app.command()
def launch(provider: Provider, server: Server = f"http://{DEFAULT_LISTEN}") -> None:
    """Launch the first game for the first play player of ``mock serve --with-wallet``; prints the game's address."""
    import httpx

    _check_url(server, "--server")
    try:
        answer = httpx.get(f"{server.rstrip('/')}/try/{provider}", timeout=60.0)
    except httpx.HTTPError as broken:
        _fail(f"no mock server at {server}: {broken}")
    if answer.status_code == 503:
        _fail(answer.text)
    if answer.status_code != 307:
        _fail("this server has no wallet of play money: start it with --with-wallet, or launch through your gateway")
    typer.echo(answer.headers["location"])


@mock_app.command()
def session(
    provider: Provider,
    name: Annotated[str, typer.Option("--session", help="The newest session unless said")] = "",
    server: Server = f"http://{DEFAULT_LISTEN}",
    tenant: TenantName = "default",
) -> None:
    """Tell what a launched session is called at its wallet, as options of ``reelgate certify wallet``."""
    from urllib.parse import urlencode

    found = _ask(server, provider, tenant, "GET", f"/session?{urlencode({'session': name})}", None)
    if "error" in found:
        _fail(str(found["error"]))
    options = {"protocol": provider} | found
    typer.echo(" ".join(f"--{option}={_shell_word(str(text))}" for option, text in options.items()))


@mock_app.command()
def spin(
    provider: Provider,
    bet: str = "1.00",
    win: Annotated[str, typer.Option(help="Force this win")] = "",
    session: Annotated[str, typer.Option(help="The newest session unless said")] = "",
    server: Server = f"http://{DEFAULT_LISTEN}",
    tenant: TenantName = "default",
) -> None:
    """Play one round on a running mock."""
    words = {"bet": bet, "session": session} | ({"win": win} if win else {})
    _control(server, provider, tenant, "POST", "/spin", words)


@mock_app.command()
def fault(
    provider: Provider,
    kind: Annotated[str, typer.Argument(help="lost_reply, delay, duplicate, wrong_signature ...")],
    match: Annotated[list[str] | None, typer.Option(help="NAME=VALUE, such as kind=bet")] = None,
    nth: Annotated[int | None, typer.Option(min=1, help="Only the n-th call")] = None,
    probability_ppm: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="How likely, in parts per million")
    ] = 1_000_000,
    delay_ms: Annotated[int, typer.Option(min=0)] = 0,
    copies: Annotated[int, typer.Option(min=1)] = 2,
    status: Annotated[int, typer.Option(min=100, max=599)] = 503,
    every: Annotated[int | None, typer.Option(min=1, help="Every so many calls")] = None,
    times: Annotated[int | None, typer.Option(min=1, help="At most so often")] = None,
    skew_ms: Annotated[int, typer.Option(help="clock_skew: how far the provider's clock is off")] = 0,
    sigma_percent: Annotated[int, typer.Option(min=0, help="delay_lognormal: how wide")] = 50,
    field: Annotated[
        list[str] | None, typer.Option(help="set_fields, change_reply: NAME=VALUE; an empty VALUE drops it")
    ] = None,
    on: Annotated[str, typer.Option(help="wallet or operator_api")] = "wallet",
    server: Server = f"http://{DEFAULT_LISTEN}",
    tenant: TenantName = "default",
) -> None:
    """Arm a fault on a running mock."""
    words: dict[str, Any] = {"kind": kind, "on": on, "match": _pairs(match), "nth": nth, "delay_ms": delay_ms}
    words |= {"probability_ppm": probability_ppm, "copies": copies, "status": status, "every": every, "times": times}
    words |= {"skew_ms": skew_ms, "sigma_percent": sigma_percent}
    words |= {"fields": {name: _value(text) for name, text in _pairs(field).items()}}
    _control(server, provider, tenant, "POST", "/faults", words)


@mock_app.command()
def option(
    provider: Provider,
    settings: Annotated[list[str] | None, typer.Argument(help="NAME=VALUE; none: tell how they are")] = None,
    server: Server = f"http://{DEFAULT_LISTEN}",
    tenant: TenantName = "default",
) -> None:
    """Set options of the protocol on a running mock, such as paths=caleta of hub88."""
    found = _ask(server, provider, tenant, "PUT", "", {"options": _pairs(settings)})
    if "error" in found:
        _fail(str(found["error"]))
    typer.echo("\n".join(f"{name}={value}" for name, value in found["options"].items()) or f"{provider} has no options")


@mock_app.command()
def journal(
    provider: Provider,
    match: Annotated[list[str] | None, typer.Argument(help="NAME=VALUE, such as kind=bet reply.status=RS_OK")] = None,
    server: Server = f"http://{DEFAULT_LISTEN}",
    tenant: TenantName = "default",
) -> None:
    """Search the journal; what nearly fits is shown when nothing fits."""
    from urllib.parse import urlencode

    _control(server, provider, tenant, "GET", f"/journal?{urlencode(_pairs(match))}", None)


@mock_app.command()
def wallet(
    provider: Provider,
    flaw: Annotated[
        list[str] | None, typer.Option(help="charges_duplicates, forgets_tombstones ... none: be right")
    ] = None,
    refuse_with: Annotated[str, typer.Option(help="insufficient_funds, unavailable ...; ok ends it")] = "",
    fault: Annotated[str, typer.Option(help="A fault of its answers: lost_reply, non_json_reply, delay ...")] = "",
    delay_ms: Annotated[int, typer.Option(min=0)] = 0,
    field: Annotated[list[str] | None, typer.Option(help="With --fault change_reply: NAME=VALUE of the answer")] = None,
    server: Server = f"http://{DEFAULT_LISTEN}",
) -> None:
    """Make the play wallet of ``mock serve --with-wallet`` answer wrongly, or rightly again."""
    if fault:
        words: dict[str, Any] = {"kind": fault, "delay_ms": delay_ms}
        words |= {"fields": {name: _value(text) for name, text in _pairs(field).items()}}
        _control(server, "wallet", provider, "POST", "/faults", words)
        return
    words = {"flaws": [name for name in flaw if name != "none"]} if flaw else {}
    _control(server, "wallet", provider, "PUT", "", words | ({"refuse_with": refuse_with} if refuse_with else {}))


@mock_app.command()
def control(
    provider: Provider,
    verb: Annotated[str, typer.Argument(help="GET, POST, PUT or DELETE")],
    path: Annotated[str, typer.Argument(help="/reset, /advance?span=48h, /settle, /outcomes, /verify, /rounds ...")],
    body: Annotated[str, typer.Argument(help="JSON, or @FILE with it")] = "",
    server: Server = f"http://{DEFAULT_LISTEN}",
    tenant: TenantName = "default",
) -> None:
    """Any call of the control API."""
    try:
        check_known("VERB", [verb.upper()], VERBS)
        text = Path(body[1:]).read_text(encoding="utf-8") if body.startswith("@") else body
    except (OSError, ValueError) as wrong:
        _fail(str(wrong))
    try:
        words = json.loads(text) if text else None
    except ValueError as wrong:
        _fail(f"the body is not JSON: {wrong}")
    _control(server, provider, tenant, verb.upper(), f"/{path.lstrip('/')}".rstrip("/"), words)


def _control(server: str, provider: str, tenant: str, verb: str, path: str, words: object) -> None:
    found = _ask(server, provider, tenant, verb, path, words)
    Console().print_json(data=found)
    if "error" in found or found.get("holds") is False or found.get("differences"):
        raise typer.Exit(EXIT_FAILED)


def _ask(server: str, provider: str, tenant: str, verb: str, path: str, words: object) -> dict[str, Any]:
    """Return what the control API answers; a refusal holds an ``error``."""
    import httpx

    _check_url(server, "--server")
    url = f"{server.rstrip('/')}/{provider}/{tenant}/control{path}"
    try:
        answer = httpx.request(verb, url, json=words, timeout=60.0)
    except httpx.HTTPError as broken:
        _fail(f"no mock server at {server}: {broken}")
    try:
        found = answer.json()
    except ValueError:
        found = None
    if not isinstance(found, dict):
        _fail(f"what answers at {server} is no mock server: {answer.status_code} without JSON")
    return found if answer.status_code == 200 else {"error": f"answered {answer.status_code}"} | found


def _check_url(url: str, option: str) -> None:
    """Refuse what is no HTTP address; an empty one is none that was given."""
    if url and not is_http_address(url):
        raise typer.BadParameter(f"{url!r} is no address such as http://HOST:PORT", param_hint=option)


def _fail(text: str) -> NoReturn:
    Console(stderr=True).print(text, style="red", markup=False, soft_wrap=True)
    raise typer.Exit(EXIT_FAILED)


def _shell_word(text: str) -> str:
    """Quote what a shell would split or expand; ``~`` inside a word stays bare, for ``$(...)`` removes no quotes."""
    return text if set(text) <= _BARE else shlex.quote(text)


def _value(text: str) -> object:
    """Read a field's value: JSON where it is some (5, true, [..]), nothing where it is empty, else text."""
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text


def _pairs(texts: list[str] | None) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts or []]
    if any(not mark for _, mark, _ in pairs):
        _fail("conditions are NAME=VALUE")
    return {name: value for name, _, value in pairs}


async def _against_play_wallet(each: Scenario) -> ScenarioResult:
    loop = Loop(each.provider, seed=seed_of(each.name))
    try:
        return await run_scenario(each, loop.tenant, LoopTarget(loop))
    finally:
        await loop.aclose()


async def _against_wallet(
    each: Scenario, wallet_url: str, target: ExternalTarget, keys: dict[str, str]
) -> ScenarioResult:
    terms = ServeTerms([each.provider], "http://127.0.0.1", wallet_url, time="virtual")
    host = build_host(terms)
    tenant = host.tenant(each.provider, terms.tenant_id)
    tenant.set_credentials(keys)
    try:
        return await run_scenario(each, tenant, target)
    finally:
        await host.aclose()


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


def _show_results(console: Console, results: list[tuple[Scenario, ScenarioResult]]) -> None:
    table = Table("scenario", "provider", "result")
    for each, result in results:
        verdict = f"[yellow]not possible: {result.skipped}" if result.skipped else "[green]holds"
        table.add_row(each.name, each.provider, verdict if result.holds else "[red]" + "\n".join(result.failures))
    console.print(table)
    held = sum(result.holds and not result.skipped for _, result in results)
    skipped = sum(bool(result.skipped) for _, result in results)
    console.print(f"{held} of {len(results)} hold, {skipped} not possible from outside")
