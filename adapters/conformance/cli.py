"""``reelgate certify``: run the kit, sign and verify its reports."""

import asyncio
import importlib
import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from rich.console import Console
from rich.table import Table

from adapters.conformance.bench import Setup
from adapters.conformance.case import MUSTS, CaseFailed
from adapters.conformance.cases import CASES
from adapters.conformance.known_gaps import GapsUnreadable, read_known_gaps
from adapters.conformance.log_notes import noted
from adapters.conformance.markdown import as_markdown
from adapters.conformance.report import Report
from adapters.conformance.runner import run_cases
from adapters.conformance.samples import WalletCallSample, read_samples
from adapters.conformance.signing import (
    ReportNotGenuine,
    fingerprint_of,
    new_key,
    public_key_of,
    read_signed,
    sign,
    signer_of,
    verify,
)
from adapters.conformance.subject import FactorySubject, ServedFactorySubject, Subject, TargetSubject
from adapters.conformance.terminal import show_result, show_summary
from adapters.conformance.watchdog import watched
from adapters.contract.errors import AdapterError
from adapters.host.config import read_config
from adapters.loader import AdapterNotLoaded, look_here_too
from adapters.mocks.known_words import PROVIDERS
from protos.wire.addresses import check_target

certify_app = typer.Typer(help="Certify adapters and wallets, and verify certificates.", no_args_is_help=True)
EXIT_FAILED, EXIT_IMPOSSIBLE = 1, 2

Factory = Annotated[str, typer.Option(help="Dotted path of a factory: package.module:create_adapter")]
Target = Annotated[str, typer.Option(help="HOST:PORT of a provider's server, in any language")]


@certify_app.command("adapter")
def certify_adapter(
    factory: Factory = "",
    target: Target = "",
    config: Annotated[Path | None, typer.Option(help="Config section of the factory: TOML or JSON")] = None,
    serve: Annotated[bool, typer.Option("--serve", help="Run the factory behind a gRPC server on loopback")] = False,
    restart: Annotated[str, typer.Option(help="Command that restarts the server at --target")] = "",
    samples: Annotated[Path | None, typer.Option(help="JSON file with signed wallet calls")] = None,
    samples_from: Annotated[str, typer.Option(help="Dotted path of a function that returns samples")] = "",
    game: Annotated[str, typer.Option(help="Game to play; the first one unless said")] = "",
    currency: Annotated[str, typer.Option(help="Currency to play in")] = "",
    known_gaps: Annotated[Path | None, typer.Option(help="YAML file with known gaps: it must shrink")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the report here")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write the report here")] = None,
    key: Annotated[Path | None, typer.Option(help="Ed25519 private key (PEM) to sign the JSON report with")] = None,
) -> None:
    """Run every case against an adapter. Exit 0: nothing failed but known gaps; 1: something did; 2: it cannot run."""
    console = Console()
    look_here_too()
    try:
        outputs = _outputs(json_file, markdown, key)
        subject = _subject(factory, target, config, serve=serve, restart=restart)
        setup = Setup(
            run_id=f"c{uuid.uuid4().hex[:12]}",
            game_id=game,
            currency_code=currency,
            samples=_samples(samples, samples_from),
        )
        gaps = read_known_gaps(known_gaps)
        report = asyncio.run(_run(console, subject, setup, gaps))
    except (AdapterError, AdapterNotLoaded, CaseFailed, GapsUnreadable, OSError, TypeError, ValueError) as error:
        console.print(f"cannot certify: {error}", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(EXIT_IMPOSSIBLE) from error
    _write(report, outputs)
    raise typer.Exit(0 if report.ok else EXIT_FAILED)


@certify_app.command("wallet")
def certify_wallet(
    url: Annotated[str, typer.Option(help="Base address of the wallet: the protocol's methods follow it")],
    protocol: Annotated[
        str, typer.Option(help=f"Protocol to speak: {', '.join(PROVIDERS)}, or package.module:factory")
    ],
    player: Annotated[str, typer.Option(help="A test player with money, by the id that the wallet gives the provider")],
    token: Annotated[
        str, typer.Option(help="That player's live session token, as the wallet gives it to the provider; may be none")
    ] = "",
    currency: Annotated[str, typer.Option(help="The player's currency")] = "EUR",
    game: Annotated[
        str, typer.Option(help="A game that the wallet knows, by the provider's id; else the mock's first")
    ] = "",
    bet_micros: Annotated[int, typer.Option(min=1, help="Stake of each bet; the run needs ten of them")] = 1_000_000,
    credentials: Annotated[
        Path | None,
        typer.Option(help="TOML or JSON file with the provider's keys, such as `reelgate mock serve --keys` keeps"),
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the report here")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write the report here")] = None,
    key: Annotated[Path | None, typer.Option(help="Ed25519 private key (PEM) to sign the JSON report with")] = None,
) -> None:
    """Play a provider against an operator's wallet. Exit 0: nothing failed; 1: something did; 2: it cannot run.

    Player, token and game are those of a session that the wallet's operator has launched at the provider. Where the
    provider is `reelgate mock serve`, `reelgate mock session PROTOCOL` prints them as options of this command.
    """
    from adapters.conformance.wallets.bench import WalletBench, WalletOutOfReach, WalletSetup
    from adapters.conformance.wallets.runner import run_wallet_cases
    from adapters.mocks.host import load_dialect

    console = Console()

    async def run() -> Report:
        bench = WalletBench(setup)
        try:
            await bench.greet()
            return await run_wallet_cases(bench, watch=lambda result: show_result(console, result))
        finally:
            await bench.aclose()

    try:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"--url must be an address such as https://HOST/PATH, not {url!r}")
        load_dialect(protocol)
        outputs = _outputs(json_file, markdown, key)
        keys = _keys(read_config(credentials), protocol)
        seed = uuid.uuid4().int & 0xFFFF_FFFF
        setup = WalletSetup(url, protocol, player, token, currency, game, bet_micros, seed, keys)
        report = asyncio.run(run())
    except (ImportError, OSError, TypeError, ValueError, WalletOutOfReach) as error:
        console.print(f"cannot certify: {error}", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(EXIT_IMPOSSIBLE) from error
    show_summary(console, report)
    _write(report, outputs)
    raise typer.Exit(0 if report.ok else EXIT_FAILED)


@certify_app.command("cases")
def list_cases(
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON")] = False,
) -> None:
    """List what the kit proves."""
    rows = [(case.case_id, str(case.must), case.tier.name.lower(), case.says, case.atomic) for case in CASES]
    if as_json:
        names = ("case_id", "must", "tier", "says", "atomic")
        typer.echo(json.dumps([dict(zip(names, row, strict=True)) for row in rows], indent=2))
        return
    table = Table("Case", "Must", "Tier", "Promise", "An ATOMIC adapter")
    for row in rows:
        table.add_row(*row)
    Console().print(table)
    for number, text in MUSTS.items():
        typer.echo(f"{number:>2}  {text}")


@certify_app.command("verify")
def verify_report(
    report: Annotated[Path, typer.Argument(help="Signed JSON report")],
    public_key: Annotated[Path | None, typer.Option(help="Public key (PEM) that must have signed it")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON: identity_proven says what is shown")] = False,
) -> None:
    """Check a signed report: genuine with --public-key; without it, unchanged since the key inside signed it."""
    try:
        signed = read_signed(report)
        content = verify(signed, public_key.read_bytes() if public_key else None)
    except ReportNotGenuine as error:
        typer.echo(f"not genuine: {error}", err=True)
        raise typer.Exit(EXIT_FAILED) from error
    except (OSError, TypeError, ValueError) as error:
        typer.echo(f"cannot verify: {error}", err=True)
        raise typer.Exit(EXIT_IMPOSSIBLE) from error
    names = ("display_name", "adapter_version", "tier")
    found = {name: content.get(name) for name in names}
    key = signer_of(signed)
    if as_json:
        typer.echo(json.dumps({"identity_proven": public_key is not None, "signed_by": key, **found}, indent=2))
        return
    subject = "{display_name} {adapter_version}, tier {tier}".format(**found)
    if public_key is not None:
        typer.echo(f"genuine: {subject}\nsigned by {key}, the key that you named")
        return
    typer.echo(f"consistent, not proven genuine: {subject}")
    typer.echo(f"The signature fits the key inside the report, {key}. Whose key that is is not proven: anybody can")
    typer.echo("sign a report with a key of his own. Give --public-key with the key that you have from its owner.")


@certify_app.command("key")
def make_key(
    path: Annotated[Path, typer.Argument(help="Where to write the private key; the public one goes to PATH.pub")],
) -> None:
    """Make a key to sign reports with."""
    if path.exists():
        typer.echo(f"{path} is there already", err=True)
        raise typer.Exit(EXIT_FAILED)
    if not path.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {path.parent}", param_hint="PATH")
    private = new_key()
    path.touch(mode=0o600)
    path.write_bytes(private)
    public = public_key_of(private)
    Path(f"{path}.pub").write_bytes(public)
    typer.echo(f"fingerprint {fingerprint_of(public)}")


def _subject(factory: str, target: str, config: Path | None, *, serve: bool, restart: str) -> Subject:
    if bool(factory) == bool(target):
        raise ValueError("give either --factory or --target")
    section = read_config(config)
    if target:
        check_target(target)
        return TargetSubject(target, restart, section)
    return ServedFactorySubject(factory, section) if serve else FactorySubject(factory, section)


def _keys(section: Mapping[str, object], protocol: str) -> tuple[tuple[str, str], ...]:
    """Return keys by name, from a flat file or from one that ``reelgate mock serve --keys`` keeps."""
    own = section.get(protocol, section)
    if not isinstance(own, dict) or any(isinstance(value, dict) for value in own.values()):
        raise ValueError(f"the credentials hold no keys of {protocol}")
    return tuple((name, str(value)) for name, value in own.items())


def _samples(path: Path | None, dotted: str) -> tuple[WalletCallSample, ...]:
    if path is not None:
        return read_samples(path)
    if not dotted:
        return ()
    module, _, name = dotted.partition(":")
    try:
        made: tuple[WalletCallSample, ...] = getattr(importlib.import_module(module), name)()
    except (ImportError, AttributeError) as error:
        raise AdapterNotLoaded(f"cannot load {dotted!r}: {error}") from error
    return made


async def _run(console: Console, subject: Subject, setup: Setup, gaps: Mapping[str, str]) -> Report:
    with noted() as notes:
        try:
            async with watched():
                report = await run_cases(subject, setup, gaps, watch=lambda result: show_result(console, result))
        finally:
            await subject.aclose()
            if notes.lines():
                console.print("Logged meanwhile:", *notes.lines(), sep="\n  ", markup=False, soft_wrap=True)
    show_summary(console, report)
    return report


class _Outputs(NamedTuple):
    """Where the report goes, and what signs it."""

    json_file: Path | None
    markdown: Path | None
    private_pem: bytes | None


def _outputs(json_file: Path | None, markdown: Path | None, key: Path | None) -> _Outputs:
    """Look at once whether the report can be written and signed: not after a long run; raises ``ValueError``."""
    for path in (json_file, markdown):
        if path is not None and not path.parent.is_dir():
            raise ValueError(f"there is no folder {path.parent}")
    if key is None:
        return _Outputs(json_file, markdown, None)
    if json_file is None:
        raise ValueError("--key signs the JSON report: give --json, too")
    if not key.exists():
        raise ValueError(f"there is no key {key}: make one with `reelgate certify key {key}`")
    private_pem = key.read_bytes()
    public_key_of(private_pem)
    return _Outputs(json_file, markdown, private_pem)


def _write(report: Report, outputs: _Outputs) -> None:
    if outputs.json_file is not None:
        content = report.as_json()
        written = {"report": content} if outputs.private_pem is None else sign(content, outputs.private_pem)
        outputs.json_file.write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if outputs.markdown is not None:
        outputs.markdown.write_text(as_markdown(report), encoding="utf-8")


if __name__ == "__main__":
    certify_app()
