"""The commands that drive a running mock server: launch, session, spin, fault, option, journal, wallet, control."""

import json
import shlex
import string
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from adapters.mocks.cli_refusals import EXIT_FAILED, check_url, fail
from adapters.mocks.known_words import check_known

DEFAULT_LISTEN = "127.0.0.1:8600"
"""Where ``reelgate mock serve`` listens."""
VERBS = ("GET", "POST", "PUT", "DELETE")
_BARE = frozenset(string.ascii_letters + string.digits + "@%+=:,./~_-")

Provider = Annotated[str, typer.Argument(help="Folder of the provider, such as hub88, or package.module:factory")]
Server = Annotated[str, typer.Option(help="Address of a running mock server")]
TenantName = Annotated[str, typer.Option("--tenant", help="Tenant of the mock server")]


def launch(provider: Provider, server: Server = f"http://{DEFAULT_LISTEN}") -> None:
    """Launch the first game for the first play player of ``mock serve --with-wallet``; prints the game's address."""
    import httpx

    check_url(server, "--server")
    try:
        answer = httpx.get(f"{server.rstrip('/')}/try/{provider}", timeout=60.0)
    except httpx.HTTPError as broken:
        fail(f"no mock server at {server}: {broken}")
    if answer.status_code == 503:
        fail(answer.text)
    if answer.status_code != 307:
        fail("this server has no wallet of play money: start it with --with-wallet, or launch through your gateway")
    typer.echo(answer.headers["location"])


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
        fail(str(found["error"]))
    options = {"protocol": provider} | found
    typer.echo(" ".join(f"--{option}={_shell_word(str(text))}" for option, text in options.items()))


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


def option(
    provider: Provider,
    settings: Annotated[list[str] | None, typer.Argument(help="NAME=VALUE; none: tell how they are")] = None,
    server: Server = f"http://{DEFAULT_LISTEN}",
    tenant: TenantName = "default",
) -> None:
    """Set options of the protocol on a running mock, such as paths=caleta of hub88."""
    found = _ask(server, provider, tenant, "PUT", "", {"options": _pairs(settings)})
    if "error" in found:
        fail(str(found["error"]))
    typer.echo("\n".join(f"{name}={value}" for name, value in found["options"].items()) or f"{provider} has no options")


def journal(
    provider: Provider,
    match: Annotated[list[str] | None, typer.Argument(help="NAME=VALUE, such as kind=bet reply.status=RS_OK")] = None,
    server: Server = f"http://{DEFAULT_LISTEN}",
    tenant: TenantName = "default",
) -> None:
    """Search the journal; what nearly fits is shown when nothing fits."""
    from urllib.parse import urlencode

    _control(server, provider, tenant, "GET", f"/journal?{urlencode(_pairs(match))}", None)


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
        fail(str(wrong))
    try:
        words = json.loads(text) if text else None
    except ValueError as wrong:
        fail(f"the body is not JSON: {wrong}")
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
        fail(f"no mock server at {server}: {broken}")
    try:
        found = answer.json()
    except ValueError:
        found = None
    if not isinstance(found, dict):
        fail(f"what answers at {server} is no mock server: {answer.status_code} without JSON")
    return found if answer.status_code == 200 else {"error": f"answered {answer.status_code}"} | found


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
        fail("conditions are NAME=VALUE")
    return {name: value for name, _, value in pairs}
