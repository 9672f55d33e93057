"""``reelgate round``: look at a round, replay what was dealt."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from gateway.bootstrap.compose import Parts, open_gateway
from gateway.catalogue.registry import Registry
from gateway.cli.amounts import amount_text
from gateway.cli.log_lines import log_to_stderr
from gateway.cli.round_story import RoundHints, ToldRound, print_story, settings_of, story_json, tell_round
from gateway.errors import GatewayError
from gateway.rounds.verify_round import VerifiedRound, VerifyRound
from protos.wire.addresses import DatabaseRefused

round_app = typer.Typer(no_args_is_help=True)
RoundId = Annotated[str, typer.Argument(help="The round id.")]
Database = Annotated[str | None, typer.Option(help="sqlite:///PATH or postgresql://...")]
Brand = Annotated[str | None, typer.Option(help="The brand; without it every brand is searched.")]
Export = Annotated[
    Path | None, typer.Option(help="Write a fair round's published values here, for verify_fair.py.", dir_okay=False)
]
Player = Annotated[str | None, typer.Option(help="The player; makes the search in a large ledger fast.")]
Provider = Annotated[str | None, typer.Option(help="The provider, where several have a round with this id.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@round_app.command()
def verify(
    round_id: RoundId, database: Database = None, brand: Brand = None, as_json: AsJson = False, export: Export = None
) -> None:
    """Replay a round of an in-house game from its stored record, byte for byte; exit 1 on any difference.

    A provably fair round whose server seed is revealed is checked from its published values, too.
    """
    verified = _run(_verified(round_id, database, brand))
    if export is not None:
        _export(verified, export)
    if as_json:
        sys.stdout.write(json.dumps(_verdict(verified)) + "\n")
    else:
        _show_verified(verified)
    raise typer.Exit(0 if verified.holds else 1)


@round_app.command()
def show(
    round_id: RoundId,
    database: Database = None,
    brand: Brand = None,
    player: Player = None,
    provider: Provider = None,
    as_json: AsJson = False,
) -> None:
    """Tell where a round's money is: its state, its steps, and all that happened in it, in order and in words."""
    story = _run(_told(round_id, database, RoundHints(brand or "", player or "", provider or "")))
    if as_json:
        sys.stdout.write(json.dumps(story_json(story)) + "\n")
    else:
        print_story(story)


def _run(work: Any) -> Any:
    log_to_stderr()
    try:
        return asyncio.run(work)
    except (GatewayError, ValueError) as error:
        option = "--database: " if isinstance(error, DatabaseRefused) else ""
        Console(stderr=True).print(f"[red]{option}{error}[/]")
        raise typer.Exit(2) from error


async def _verified(round_id: str, database: str | None, brand: str | None) -> VerifiedRound:
    async with open_gateway(settings_of(database)) as gateway:
        verifier = VerifyRound(gateway.registry, gateway.wallet, gateway.publish)
        brands = [brand] if brand else [item.brand_id for item in await gateway.operators.list_brands()]
        return await verifier(await verifier.find(brands, round_id))


async def _told(round_id: str, database: str | None, hints: RoundHints) -> ToldRound:
    parts = Parts(registry=Registry(())) if hints.player_id else None  # no adapter is needed to read a player's rows
    async with open_gateway(settings_of(database), parts) as gateway:
        return await tell_round(gateway, round_id, hints)


def _show_verified(verified: VerifiedRound) -> None:
    console = Console()
    table = Table("step", "win", "bytes of the record", "replay")
    for step in verified.steps:
        verdict = "[green]equal, byte for byte[/]" if not step.differences else f"[red]{', '.join(step.differences)}[/]"
        table.add_row(str(step.record.step), amount_text(step.record.win_micros), str(len(step.record.record)), verdict)
    stored = verified.stored
    console.print(f"[bold]{stored.ref.round_id}[/] of {stored.game_id}, version {stored.game_version[:16]}")
    console.print(table)
    if verified.published is not None:
        _show_fair(verified, console)


def _show_fair(verified: VerifiedRound, console: Console) -> None:
    published = verified.published or {}
    console.print(
        f"provably fair: commitment {published['commitment']}, client seed {published['client_seed']}, "
        f"nonce {published['nonce']}",
        soft_wrap=True,
    )
    if not verified.is_revealed:
        console.print("[yellow]the server seed is not revealed yet: nothing to check it against[/]")
    elif not verified.fair_findings:
        console.print("[green]the revealed seed hashes to the commitment and gives every draw[/]")
    for finding in verified.fair_findings:
        console.print(f"[red]NOT FAIR: {finding}[/]", soft_wrap=True)


def _export(verified: VerifiedRound, file: Path) -> None:
    if verified.published is None:
        Console(stderr=True).print("[red]the round is not provably fair: there is nothing to publish[/]")
        raise typer.Exit(2)
    file.write_text(json.dumps(verified.published, indent=1) + "\n", encoding="utf-8")


def _verdict(verified: VerifiedRound) -> dict[str, Any]:
    return {
        "round_id": verified.stored.ref.round_id,
        "game_id": verified.stored.game_id,
        "game_version": verified.stored.game_version,
        "holds": verified.holds,
        "fair": None if verified.published is None else _fair_verdict(verified),
        "steps": [{"step": step.record.step, "differences": list(step.differences)} for step in verified.steps],
    }


def _fair_verdict(verified: VerifiedRound) -> dict[str, Any]:
    return {
        "revealed": verified.is_revealed,
        "findings": list(verified.fair_findings),
        "published": verified.published,
    }
