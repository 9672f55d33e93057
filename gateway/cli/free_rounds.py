"""``reelgate free-rounds``: grant, cancel and look at rounds whose stake the operator pays."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from gateway.bootstrap.compose import Gateway, open_gateway
from gateway.cli.amounts import amount_text
from gateway.cli.decimals import micros_of
from gateway.config import Settings
from gateway.errors import GatewayError
from gateway.free_rounds.records import FreeRoundsStatus, FreeRoundsView, GrantFreeRounds
from protos.wire.addresses import DatabaseRefused

free_rounds_app = typer.Typer(no_args_is_help=True)
GrantArgument = Annotated[str, typer.Argument(help="The id of the grant; the same id again never grants twice.")]
Brand = Annotated[str, typer.Option(help="The casino site.")]
Database = Annotated[str | None, typer.Option(help="sqlite:///PATH or postgresql://...")]
Answer = TypeVar("Answer")
_HOUR_MS = 3_600_000
PAGE_SIZE = 200


@free_rounds_app.command()
def grant(
    grant_id: GrantArgument,
    brand: Brand,
    player: Annotated[str, typer.Option(help="The player.")],
    game: Annotated[list[str], typer.Option(help='A game, as "provider:game"; may be given again.')],
    stake: Annotated[str, typer.Option(help='The stake of each round, such as "0.20".')],
    count: Annotated[int, typer.Option(help="How many rounds.", min=1, max=10_000)],
    currency: Annotated[str, typer.Option(help="The currency.")] = "EUR",
    hours: Annotated[int, typer.Option(help="For how long they may be played.", min=1, max=24 * 365)] = 24,
    database: Database = None,
) -> None:
    """Grant free rounds at the provider; exit 3 while the provider has not confirmed them."""
    stake_micros = micros_of(stake)

    async def work(gateway: Gateway) -> FreeRoundsView:
        known = await gateway.free_rounds.stored(brand, grant_id)
        until_ms = gateway.clock.now_ms() + hours * _HOUR_MS if known is None else known.valid_until_ms
        wanted = GrantFreeRounds(brand, grant_id, player, currency, tuple(game), stake_micros, count, None, until_ms)
        return (await gateway.free_rounds.grant(wanted))[0]

    view = _run(work, database)
    _show([view])
    raise typer.Exit(3 if view.free_rounds.status is FreeRoundsStatus.PENDING else 0)


@free_rounds_app.command()
def cancel(grant_id: GrantArgument, brand: Brand, database: Database = None) -> None:
    """Take back what is not played; exit 3 while the provider has not confirmed it."""
    view = _run(lambda gateway: gateway.free_rounds.cancel(brand, grant_id), database)
    _show([view])
    raise typer.Exit(3 if view.free_rounds.status is FreeRoundsStatus.CANCELLING else 0)


@free_rounds_app.command()
def show(grant_id: GrantArgument, brand: Brand, database: Database = None) -> None:
    """Ask the provider how a grant stands."""
    _show([_run(lambda gateway: gateway.free_rounds.get(brand, grant_id), database)])


@free_rounds_app.command("list")
def list_free_rounds(
    brand: Brand,
    player: Annotated[str, typer.Option(help="Only this player's.")] = "",
    provider: Annotated[str, typer.Option(help="Only this provider's.")] = "",
    limit: Annotated[int, typer.Option(help="At most this many.", min=1, max=10_000)] = PAGE_SIZE,
    database: Database = None,
) -> None:
    """List the newest grants of a brand."""

    async def work(gateway: Gateway) -> list[FreeRoundsView]:
        views: list[FreeRoundsView] = []
        token = ""
        while len(views) < limit:
            size = min(PAGE_SIZE, limit - len(views))
            page, token = await gateway.free_rounds.list(brand, player, provider, size, token)
            views += page
            if not token:
                break
        return views

    _show(_run(work, database))


def _show(views: list[FreeRoundsView]) -> None:
    table = Table(
        "grant", "player", "provider", "games", "stake", "played", "won", "status", "at the provider", "cause"
    )
    for view in views:
        item = view.free_rounds
        table.add_row(
            item.grant_id,
            item.player_id,
            item.provider_id,
            ", ".join(game_id.partition(":")[2] for game_id in item.game_ids),
            f"{amount_text(item.stake_micros)} {item.currency_code}",
            f"{view.played_count} of {item.count}",
            amount_text(view.win_micros),
            item.status.value,
            item.provider_grant_id,
            item.cause,
        )
    Console().print(table)


def _run(work: Callable[[Gateway], Awaitable[Answer]], database: str | None) -> Answer:
    async def run() -> Answer:
        settings = Settings() if database is None else Settings(database_url=database)
        async with open_gateway(settings) as gateway:
            return await work(gateway)

    try:
        return asyncio.run(run())
    except (GatewayError, ValueError) as error:
        option = "--database: " if isinstance(error, DatabaseRefused) else ""
        Console(stderr=True).print(f"[red]{option}{error}[/]")
        raise typer.Exit(2) from error
