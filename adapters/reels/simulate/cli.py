"""``reelgate game simulate``: the command; whoever owns the ``game`` group adds it with ``add_simulate``.

Imports of heavy parts wait for the call: the group's help must not pay for Numba.
"""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from adapters.reels.errors import ReelsError

if TYPE_CHECKING:
    from adapters.reels.simulate.results import SimulationResult

KERNELS = ("auto", "numba", "numpy")


def add_simulate(app: typer.Typer) -> None:
    """Add the command to a group of commands."""
    app.command("simulate")(simulate_game)
    app.command("monitor-trial")(try_monitor)


def simulate_game(
    file: Annotated[Path, typer.Argument(help="The game's declaration (TOML or YAML).")],
    rounds: Annotated[int, typer.Option(min=1, help="Rounds to play.")] = 10_000_000,
    seed: Annotated[str, typer.Option(help="Any text: the same text gives the same result.")] = "reelgate",
    workers: Annotated[int, typer.Option(min=1, help="Processes; the result does not depend on it.")] = 1,
    mode: Annotated[str, typer.Option(help="The bet mode.")] = "base",
    lines: Annotated[int, typer.Option(min=0, help="How many lines are bet; 0 means all.")] = 0,
    kernel: Annotated[
        str, typer.Option(help=f"One of {', '.join(KERNELS)}; the result does not depend on it.")
    ] = "auto",
    checkpoint: Annotated[Path | None, typer.Option(help="Keep progress here, and go on from it.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The whole result as one JSON object.")] = False,
) -> None:
    """Play many rounds of a game with the production mapping and say what it returned."""
    from adapters.reels.compiling.game_tables import compile_game
    from adapters.reels.declaration.load import load_declaration
    from adapters.reels.simulate.results import to_document
    from adapters.reels.simulate.run import SimulationOptions, simulate
    from adapters.reels.simulate.stream import seed_of

    if kernel not in KERNELS:
        raise typer.BadParameter(f"{kernel!r} is not one of {', '.join(KERNELS)}", param_hint="--kernel")
    try:
        tables = compile_game(load_declaration(file), file.name).play(mode, lines)
        with _bar(rounds) as bar:
            task = bar.add_task("starting", total=rounds)

            def show(result: "SimulationResult") -> None:
                bar.update(task, completed=result.rounds, description=_running(result))

            options = SimulationOptions(workers, kernel, checkpoint=checkpoint, progress=show)
            result = simulate(tables, rounds, seed_of(seed), options)
    except ReelsError as error:
        Console(stderr=True).print(f"[red]{type(error).__name__}[/]: {error}")
        raise typer.Exit(1) from error
    if as_json:
        sys.stdout.write(json.dumps(to_document(result)) + "\n")
    else:
        _show(result)


def _bar(rounds: int) -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=Console(stderr=True))


def _running(result: "SimulationResult") -> str:
    return f"RTP {result.rtp:.4%} ± {result.band():.4%}"


def _show(result: "SimulationResult") -> None:
    from adapters.reels.simulate.results import figures

    found = figures(result)
    table = Table(title=f"{result.rounds:,} rounds, {result.plays:,} steps", show_header=False)
    table.add_row("RTP", f"{found['rtp']:.5%} ± {found['rtp_band_99']:.5%} (99 %)")
    table.add_row("standard deviation", f"{found['sigma']:.4f} total bets")
    table.add_row("rounds that pay", f"{found['hit_rate']:.4%}")
    table.add_row("largest win", f"{found['pay_max']:,.2f} total bets")
    for name, stage in result.stages.items():
        share = stage.pay_sum / (result.rounds * float(result.unit))
        table.add_row(f"from {name}", f"{share:.5%} in {stage.plays:,} plays, {stage.awarded:,} awards")
    Console().print(table)


def try_monitor(
    file: Annotated[Path, typer.Argument(help="The game's declaration (TOML or YAML).")],
    games: Annotated[int, typer.Option(min=1, help="Honest games to watch at once.")] = 10_000,
    rounds: Annotated[int, typer.Option(min=1000, help="Rounds of each honest game.")] = 400_000,
    points: Annotated[float, typer.Option(help="By how many points of RTP the faulty game pays too much.")] = 2.0,
    faulty: Annotated[int, typer.Option(min=1, help="Faulty games to catch.")] = 200,
    alarm_probability: Annotated[float, typer.Option(min=1e-12, max=0.5)] = 1e-5,
    seed: Annotated[int, typer.Option(help="The same seed gives the same figures.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Try the RTP monitor on a game: false alarms over many honest copies, rounds until a faulty one is caught."""
    from adapters.reels.compiling.game_tables import compile_game
    from adapters.reels.declaration.load import load_declaration
    from adapters.reels.simulate.trial_report import monitor_trial

    try:
        tables = compile_game(load_declaration(file), file.name)
        report = monitor_trial(tables, games, rounds, points / 100, faulty, alarm_probability, seed)
    except ReelsError as error:
        Console(stderr=True).print(f"[red]{type(error).__name__}[/]: {error}")
        raise typer.Exit(1) from error
    sys.stdout.write(json.dumps(report.document(), indent=1) + "\n" if as_json else report.text())
