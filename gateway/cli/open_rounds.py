"""``reelgate rounds``: the rounds that are not over, and for whom they wait."""

import asyncio
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from gateway.bootstrap.compose import Gateway, open_gateway
from gateway.cli.amounts import amount_text
from gateway.config import Settings
from gateway.errors import GatewayError
from gateway.rounds.open_rounds import OpenRound, OpenRoundFilter
from protos.wire.addresses import DatabaseRefused

rounds_app = typer.Typer(no_args_is_help=True)
PAGE_SIZE = 200
_MINUTE_S = 60


@rounds_app.callback()
def rounds() -> None:
    """Look at rounds that are not over."""


@rounds_app.command("open")
def list_open(
    brand: Annotated[str | None, typer.Option(help="The casino site; without it, all of them.")] = None,
    player: Annotated[str, typer.Option(help="Only this player's.")] = "",
    provider: Annotated[str, typer.Option(help="Only this provider's.")] = "",
    older_than_minutes: Annotated[int, typer.Option(help="Only rounds that are at least so old.", min=0)] = 0,
    limit: Annotated[int, typer.Option(help="At most this many of each brand.", min=1, max=100_000)] = 1_000,
    database: Annotated[str | None, typer.Option(help="sqlite:///PATH or postgresql://...")] = None,
) -> None:
    """List open rounds, oldest first, with what they hold and for whom they wait."""

    async def work() -> list[OpenRound]:
        settings = Settings() if database is None else Settings(database_url=database)
        async with open_gateway(settings) as gateway:
            brands = [brand] if brand else [item.brand_id for item in await gateway.operators.list_brands()]
            found: list[OpenRound] = []
            for brand_id in brands:
                wanted = OpenRoundFilter(brand_id, player, provider, older_than_minutes * _MINUTE_S)
                found += await _all(gateway, wanted, limit)
            return found

    try:
        _show(asyncio.run(work()))
    except (GatewayError, ValueError) as error:
        option = "--database: " if isinstance(error, DatabaseRefused) else ""
        Console(stderr=True).print(f"[red]{option}{error}[/]")
        raise typer.Exit(2) from error


async def _all(gateway: Gateway, wanted: OpenRoundFilter, limit: int) -> list[OpenRound]:
    found: list[OpenRound] = []
    token = ""
    while len(found) < limit:
        page, token = await gateway.open_rounds.page(wanted, min(PAGE_SIZE, limit - len(found)), token)
        found += page
        if not token:
            break
    return found


def _show(rounds_found: list[OpenRound]) -> None:
    table = Table("round", "brand", "player", "game", "held", "won", "age", "waits for", "step")
    for item in rounds_found:
        stored = item.stored
        table.add_row(
            stored.ref.round_id,
            stored.ref.brand_id,
            stored.ref.player_id,
            stored.game_id,
            f"{amount_text(item.held_micros)} {stored.currency_code}",
            amount_text(stored.win_micros),
            f"{item.age_s // 3600}:{item.age_s // 60 % 60:02}:{item.age_s % 60:02}",
            item.wait.name.lower(),
            str(item.next_step),
        )
    Console().print(table)
    Console().print(f"{len(rounds_found)} open")
