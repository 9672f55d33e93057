"""``reelgate demo`` as a command."""

from typing import Annotated

import typer

demo_app = typer.Typer()


@demo_app.command()
def demo(
    rounds: Annotated[int, typer.Option(min=10, help="How many rounds the players play.")] = 1_000,
    kills: Annotated[int, typer.Option(min=0, help="How often the server is killed.")] = 1,
    replay_percent: Annotated[int, typer.Option(min=0, max=100, help="How many rounds are repeated.")] = 5,
    game: Annotated[str, typer.Option(help="The game; empty: the first in-house one.")] = "",
    database: Annotated[str, typer.Option(help="A database URL; empty: a fresh SQLite file.")] = "",
    provider_rounds: Annotated[int, typer.Option(min=0, help="How many rounds each provider plays; 0: none.")] = 40,
    seed: Annotated[int | None, typer.Option(help="Seed of the players' choices.")] = None,
    json_only: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Play real rounds over real gRPC and five providers' protocols, kill the server in the middle, go on, audit.

    Exit 0 only if everything holds.
    """
    from gateway.cli.demo import Demo, run_demo

    plan = Demo(
        rounds, kills, replay_percent, game, database, provider_rounds, **({} if seed is None else {"seed": seed})
    )
    raise typer.Exit(run_demo(plan, json_only=json_only))
