"""``reelgate wallet ...``: audit the ledger, tell a round's story, export, verify receipts, serve."""

import asyncio
import json
import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from wallet.ledger.audit import AuditReport

DEFAULT_DATABASE = "sqlite+aiosqlite:///reelgate.db"
FINDINGS_SHOWN = 20
wallet_app = typer.Typer(name="wallet", help="The ledger: audit, export, receipts, serve.", no_args_is_help=True)
DatabaseOption = Annotated[
    str, typer.Option("--database", envvar="REELGATE_DATABASE", help="sqlite:///PATH or postgresql://...")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@wallet_app.command("audit")
def audit_command(database: DatabaseOption = DEFAULT_DATABASE, as_json: JsonOption = False) -> None:
    """Recompute the whole ledger; exit 1 and name the exact rows when anything differs."""
    from wallet.storage.addresses import parse_address
    from wallet.storage.snapshot import audit_database

    report = asyncio.run(audit_database(parse_address(database)))
    if as_json:
        print_json(_audit_json(report))
    else:
        _print_audit(report)
    raise typer.Exit(0 if report.ok else 1)


def print_json(value: Any) -> None:
    """Print one JSON value."""
    sys.stdout.write(json.dumps(value, indent=2) + "\n")


def _audit_json(report: AuditReport) -> dict[str, Any]:
    return {
        "ok": report.ok,
        "account_count": report.account_count,
        "row_count": report.row_count,
        "round_count": report.round_count,
        "player_micros": report.player_micros,
        "house_totals": [total._asdict() for total in report.house_totals],
        "findings": [finding._asdict() for finding in report.findings],
    }


def _print_audit(report: AuditReport) -> None:
    console = Console()
    console.print(
        f"{report.account_count} accounts, {report.row_count} journal rows, {report.round_count} rounds recomputed"
    )
    totals = Table("currency", "house account", "received, micros", title="House accounts")
    for total in report.house_totals:
        totals.add_row(total.currency_code, total.house_account, f"{total.micros:,}")
    console.print(totals)
    for finding in report.findings[:FINDINGS_SHOWN]:
        console.print(
            f"[red]{finding.table} {finding.key}[/]: {finding.field} is {finding.found}, "
            f"must be {finding.expected} ({finding.words})"
        )
    verdict = "[green]the books are right[/]" if report.ok else f"[red]{len(report.findings)} differences[/]"
    console.print(verdict)


@wallet_app.command("serve")
def serve_command(
    database: DatabaseOption = DEFAULT_DATABASE,
    listen: Annotated[str, typer.Option(help="HOST:PORT; port 0 takes a free one.")] = "127.0.0.1:7201",
    share_port: Annotated[bool, typer.Option(help="Let several processes listen on one port.")] = False,
    token: Annotated[str, typer.Option(envvar="REELGATE_WALLET_TOKEN", help="What every caller must bear.")] = "",
) -> None:
    """Serve the wallet over gRPC until Ctrl-C; what waits is settled before it ends."""
    from wallet.rpc.serve import serve

    host = listen.rpartition(":")[0]

    def on_ready(port: int) -> None:
        Console().print(f"wallet serves on {host}:{port}")
        sys.stdout.flush()

    asyncio.run(serve(database, listen, share_port=share_port, token=token, on_ready=on_ready))
