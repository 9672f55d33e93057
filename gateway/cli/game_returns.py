"""``reelgate game monitor``: what live games returned, held against their theory, as the database keeps it."""

import asyncio
import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from adapters.contract.returns import GameReturn
from gateway.cli.amounts import amount_text
from gateway.cli.log_lines import log_to_stderr
from gateway.clock import SystemClock
from gateway.config import Settings

Database = Annotated[str | None, typer.Option(help="sqlite:///PATH or postgresql://...")]
PPM = 1_000_000


def add_monitor(app: typer.Typer) -> None:
    """Add the command to the group of commands around games."""
    if all(command.name != "monitor" for command in app.registered_commands):
        app.command("monitor")(monitor)


def monitor(
    database: Database = None,
    game: Annotated[str, typer.Option(help="Only this game.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    restart: Annotated[str, typer.Option(help="Begin this stream anew, after its alarm was looked into.")] = "",
) -> None:
    """Show what every watched stream returned, over all processes and restarts; exit 1 when one gave an alarm."""
    log_to_stderr()
    settings = Settings() if database is None else Settings(database_url=database)
    returns, dropped = asyncio.run(_kept(settings, game, restart))
    if restart and not dropped:
        Console(stderr=True).print(f"[red]no stream {restart}[/]")
        raise typer.Exit(2)
    if as_json:
        sys.stdout.write(json.dumps({"returns": [asdict(each) for each in returns]}) + "\n")
    else:
        _show(returns)
    raise typer.Exit(1 if any(each.alarm for each in returns) else 0)


async def _kept(settings: Settings, game_id: str, restart: str) -> tuple[list[GameReturn], bool]:
    from gateway.bootstrap.kept_returns import kept_returns

    return await kept_returns(settings, SystemClock(), game_id, restart)


def _show(returns: list[GameReturn]) -> None:
    table = Table("stream", "game", "version", "bet", "channel", "rounds", "RTP", "theory", "between", "alarm")
    for each in returns:
        high = f"{each.high_ppm / PPM:.3%}" if each.high_ppm else "?"
        table.add_row(
            each.state_key,
            each.game_id,
            each.game_version[:12],
            f"{each.bet_mode} {amount_text(each.stake_micros)} {each.currency_code}",
            each.channel,
            f"{each.rounds:,}",
            f"{each.rtp_ppm / PPM:.3%}",
            f"{each.theoretical_rtp_ppm / PPM:.3%}",
            f"{each.low_ppm / PPM:.3%} and {high}",
            f"[red]{each.alarm}[/]" if each.alarm else "",
        )
    Console().print(table if returns else "nothing was watched yet")
