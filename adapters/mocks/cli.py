"""``reelgate mock``: drive mocks, run scenarios; ``serve_commands`` has those that serve."""

import asyncio
import json
import shlex
import string
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from adapters.loader import look_here_too
from adapters.mocks.external_target import ExternalTarget
from adapters.mocks.host import load_adapter_module, load_dialect
from adapters.mocks.known_words import check_known
from adapters.mocks.loop import Loop
from adapters.mocks.loop_target import LoopTarget
from adapters.mocks.scenario import ScenarioResult, run_scenario, seed_of
from adapters.mocks.scenario_words import Scenario, load_scenario, scenario_files
from adapters.mocks.serve_commands import DEFAULT_LISTEN, Server, check_url, gateway_config, serve
from adapters.mocks.serving import ServeTerms, build_host, read_keys

mock_app = typer.Typer(help="Mocks of providers and of operators' wallets.", no_args_is_help=True)
mock_app.command()(serve)
mock_app.command("gateway-config")(gateway_config)
EXIT_FAILED = 1
VERBS = ("GET", "POST", "PUT", "DELETE")
_BARE = frozenset(string.ascii_letters + string.digits + "@%+=:,./~_-")

Provider = Annotated[str, typer.Argument(help="Folder of the provider, such as hub88, or package.module:factory")]
TenantName = Annotated[str, typer.Option("--tenant", help="Tenant of the mock server")]


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
    check_url(wallet_url, "--wallet-url")
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

    check_url(server, "--server")
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

    check_url(server, "--server")
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


def _show_results(console: Console, results: list[tuple[Scenario, ScenarioResult]]) -> None:
    table = Table("scenario", "provider", "result")
    for each, result in results:
        verdict = f"[yellow]not possible: {result.skipped}" if result.skipped else "[green]holds"
        table.add_row(each.name, each.provider, verdict if result.holds else "[red]" + "\n".join(result.failures))
    console.print(table)
    held = sum(result.holds and not result.skipped for _, result in results)
    skipped = sum(bool(result.skipped) for _, result in results)
    console.print(f"{held} of {len(results)} hold, {skipped} not possible from outside")
