"""``reelgate wallet ...``: audit the ledger, tell a round's story, export, verify receipts, serve."""

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from wallet.ledger.audit import AuditReport

if TYPE_CHECKING:  # read at start-up, it would slow every command down
    from sqlalchemy.engine import URL

DEFAULT_DATABASE = "sqlite+aiosqlite:///reelgate.db"
FINDINGS_SHOWN = 20
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
wallet_app = typer.Typer(name="wallet", help="The ledger: audit, export, receipts, serve.", no_args_is_help=True)
DatabaseOption = Annotated[
    str, typer.Option("--database", envvar="REELGATE_DATABASE_URL", help="sqlite:///PATH or postgresql://...")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@wallet_app.command("audit")
def audit_command(database: DatabaseOption = DEFAULT_DATABASE, as_json: JsonOption = False) -> None:
    """Recompute the whole ledger; exit 1 and name the exact rows when anything differs, 2 when it cannot be read."""
    from wallet.storage.snapshot import audit_database

    with _ledger_at(database, "there is no ledger to audit") as url:
        report = asyncio.run(audit_database(url))
    if as_json:
        print_json(_audit_json(report))
    else:
        _print_audit(report)
    raise typer.Exit(0 if report.ok else 1)


@contextmanager
def _ledger_at(database: str, complaint: str) -> "Iterator[URL]":
    """Yield the address of a ledger that is there; exit 2 with one line when it cannot be read, and make none."""
    from sqlalchemy.exc import SQLAlchemyError

    from wallet.storage.addresses import DatabaseAddressRefused, is_sqlite, parse_address, sqlite_path

    try:
        url = parse_address(database)
        if is_sqlite(url) and not sqlite_path(url).is_file():
            raise DatabaseAddressRefused(f"no such file: {sqlite_path(url)}")
        yield url
    except (DatabaseAddressRefused, SQLAlchemyError, OSError) as error:
        reason = getattr(error, "orig", None) or error
        Console(stderr=True, soft_wrap=True).print(f"[red]{complaint}[/]: {reason}")
        raise typer.Exit(2) from error


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
    config: Annotated[
        Path | None, typer.Option(envvar="REELGATE_WALLET_CONFIG", help="TOML: policies and ageing per provider.")
    ] = None,
) -> None:
    """Serve the wallet over gRPC until Ctrl-C; what waits is settled before it ends."""
    from protos.wire.addresses import AddressRefused, split_address
    from wallet.config import read_config
    from wallet.rpc.serve import serve
    from wallet.storage.addresses import DatabaseAddressRefused, parse_address

    try:
        settings = read_config(config)
    except (OSError, ValueError) as error:
        raise typer.BadParameter(str(error), param_hint="--config") from error
    try:
        parse_address(database)
    except DatabaseAddressRefused as error:
        raise typer.BadParameter(str(error), param_hint="--database") from error
    try:
        split_address(listen)
    except AddressRefused as error:
        raise typer.BadParameter(str(error), param_hint="--listen") from error
    host = listen.rpartition(":")[0]
    if host not in LOOPBACK and not token:
        raise typer.BadParameter("a wallet that others can reach needs one", param_hint="--token")

    def on_ready(port: int) -> None:
        Console().print(f"wallet serves on {host}:{port}")
        sys.stdout.flush()

    asyncio.run(serve(database, listen, share_port=share_port, token=token, config=settings, on_ready=on_ready))


@wallet_app.command("export")
def export_command(
    folder: Annotated[Path, typer.Argument(help="Where the files go; call again to go on.")],
    database: DatabaseOption = DEFAULT_DATABASE,
    formats: Annotated[str, typer.Option("--format", help="parquet, csv or both.")] = "both",
    as_json: JsonOption = False,
) -> None:
    """Write the journal and the rounds as Parquet and CSV; a second call writes only what is new."""
    from wallet.bootstrap import system_now_ms
    from wallet.storage.addresses import is_sqlite
    from wallet.storage.event_times import EVENT_DELAY_POSTGRES_MS, EVENT_DELAY_SQLITE_MS
    from wallet.storage.export import FORMATS, export_ledger
    from wallet.storage.reads import SqlReads

    if formats not in (*FORMATS, "both"):
        raise typer.BadParameter("parquet, csv or both", param_hint="--format")

    async def run(url: "URL") -> tuple[int, int]:
        until_ms = system_now_ms() - (EVENT_DELAY_SQLITE_MS if is_sqlite(url) else EVENT_DELAY_POSTGRES_MS)
        reads = SqlReads(url)
        try:
            return await export_ledger(reads, folder, until_ms, FORMATS if formats == "both" else (formats,))
        finally:
            await reads.aclose()

    with _ledger_at(database, "the ledger cannot be exported") as url:
        row_count, chunk_count = asyncio.run(run(url))
    if as_json:
        print_json({"row_count": row_count, "chunk_count": chunk_count, "folder": str(folder)})
    else:
        Console().print(f"{row_count} journal rows in {chunk_count} chunks written to {folder}")


@wallet_app.command("verify-receipt")
def verify_receipt_command(
    receipt: Annotated[str, typer.Argument(help="The receipt, or @FILE.")],
    folder: Annotated[Path, typer.Argument(help="The folder of an export.", exists=True, file_okay=False)],
    as_json: JsonOption = False,
) -> None:
    """Prove a receipt against an exported ledger, without the database; exit 1: it does not hold, 2: unreadable."""
    from wallet.ledger.receipts import decode_receipt, verify_receipt
    from wallet.storage.export import exported_rows

    try:
        text = Path(receipt[1:]).read_text() if receipt.startswith("@") else receipt
        decoded = decode_receipt(text.encode())
    except (OSError, ValueError) as error:
        raise typer.BadParameter(str(error)) from None
    try:
        own = sorted((row for row in exported_rows(folder) if row[:3] == decoded[:3]), key=lambda row: row.sequence)
    except (OSError, ValueError) as error:
        Console(stderr=True, soft_wrap=True).print(f"[red]the export cannot be read[/]: {error}")
        raise typer.Exit(2) from None
    verdict = verify_receipt(decoded, {row.sequence: row for row in own}.values())
    if as_json:
        print_json({"ok": verdict[0], "words": verdict[1], "sequence": verdict[2]})
    else:
        Console().print(f"[{'green' if verdict[0] else 'red'}]{verdict[1]}[/]")
    raise typer.Exit(0 if verdict[0] else 1)


@wallet_app.command("round")
def round_command(
    brand_id: str,
    player_id: str,
    provider_id: str,
    round_id: str,
    database: DatabaseOption = DEFAULT_DATABASE,
    as_json: JsonOption = False,
) -> None:
    """Tell the story of a round: every command, answer, refusal, tombstone and row, in order and in words."""
    from wallet.settlement.timeline import time_text, timeline
    from wallet.settlement.wallet import RoundStory
    from wallet.storage.reads import SqlReads

    async def read(url: "URL") -> RoundStory:
        reads, key = SqlReads(url), (brand_id, player_id, provider_id, round_id)
        try:
            rows, notes = await reads.round_story(key), await reads.round_notes(key)
            return RoundStory(await reads.round(key), tuple(rows), tuple(notes))
        finally:
            await reads.aclose()

    with _ledger_at(database, "the ledger cannot be read") as url:
        entries = timeline(asyncio.run(read(url)))
    if not entries:
        Console(stderr=True).print("[red]no such round[/]")
    if as_json:
        print_json([{"time_ms": entry.time_ms, "text": entry.text} for entry in entries])
    else:
        for entry in entries:
            Console().print(f"[dim]{time_text(entry.time_ms)}[/] {entry.text}")
    raise typer.Exit(0 if entries else 1)
