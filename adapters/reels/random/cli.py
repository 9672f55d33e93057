"""``reelgate rng``: test the random numbers on final outcomes, or stream them raw to another battery."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from adapters.reels.compiling.game_tables import compile_game
from adapters.reels.declaration.load import load_declaration
from adapters.reels.errors import ReelsError
from adapters.reels.random.battery.columns import Reel, plain_reel
from adapters.reels.random.battery.run import CONFIDENCE, OUTCOMES_MIN, Verdict, run_battery
from adapters.reels.random.outcomes import final_stops, raw_stream
from adapters.reels.random.source import RandomSource

rng_app = typer.Typer(help="Random numbers: the statistical battery and the raw stream.", no_args_is_help=True)

# Five reels of 34 stops with eight symbols: the shape of an ordinary game, for a run without a game file.
_PLAIN_STRIP = tuple("AABBBCCCCDDDDDEEEEEFFFFFGGGGGHHHHH")


@rng_app.callback()
def _group() -> None:
    """Keep ``test`` a subcommand even while it is the only one."""


@rng_app.command("test")
def run_tests(
    outcomes: Annotated[int, typer.Option(min=OUTCOMES_MIN, help="Rounds to deal and test.")] = 1_000_000,
    game: Annotated[Path | None, typer.Option(help="Deal the base spin of this game (TOML or YAML).")] = None,
    reels: Annotated[int, typer.Option(min=1, max=7, help="Without a game: so many reels of 34 stops.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False,
    stream: Annotated[bool, typer.Option("--stream", help="Write raw bytes for dieharder -a -g 200 instead.")] = False,
    size_bytes: Annotated[int | None, typer.Option("--bytes", min=1, help="End the stream here.")] = None,
) -> None:
    """Run GLI's tests at 99 % confidence on final outcomes; exit code 1 when they fail."""
    source = RandomSource()
    if stream:
        _stream(source, size_bytes)
        return
    dealt = [plain_reel(_PLAIN_STRIP)] * reels if game is None else _reels_of(game)
    verdict = _deal_and_test(source, dealt, outcomes)
    if as_json:
        sys.stdout.write(json.dumps(_as_document(verdict, outcomes)) + "\n")
    else:
        _show(verdict, outcomes)
    raise typer.Exit(0 if verdict.passed else 1)


def _reels_of(file: Path) -> list[Reel]:
    """Return the reels of the game's base spin, with the symbols of the top row."""
    try:
        tables = compile_game(load_declaration(file), file.name).play()
    except ReelsError as error:
        Console(stderr=True).print(f"[red]{type(error).__name__}[/]: {error}")
        raise typer.Exit(1) from error
    spin, names = tables.stages[tables.entry].spin, tables.context.alphabet.names
    if spin is None:
        raise typer.BadParameter("the game does not begin with a spin", param_hint="--game")
    return [
        Reel(tuple(names[atom.shown[0]] for atom in layer.atoms), tuple(atom.weight for atom in layer.atoms))
        for layer in spin.layers[: spin.reel_count]
    ]


def _deal_and_test(source: RandomSource, reels: list[Reel], outcomes: int) -> Verdict:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("dealing", total=outcomes)
        stops = final_stops(source, reels, outcomes, lambda done: bar.update(task, completed=done))
        bar.update(task, completed=outcomes)
        testing = bar.add_task("testing", total=None)
        return run_battery(stops, reels, lambda name: bar.update(testing, advance=1))


def _stream(source: RandomSource, size_bytes: int | None) -> None:
    try:
        raw_stream(source, sys.stdout.buffer.write, size_bytes)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # The reader has seen enough; what is still buffered has nowhere to go.
        sys.stderr.close()


def _as_document(verdict: Verdict, outcomes: int) -> dict[str, object]:
    return {
        "outcomes": outcomes,
        "confidence": CONFIDENCE,
        "p_value_limit": verdict.limit,
        "passed": verdict.passed,
        "findings": [
            {
                "test": finding.test,
                "subject": finding.subject,
                "statistic": finding.statistic,
                "p_value": finding.p_value,
                "passed": finding.p_value >= verdict.limit,
            }
            for finding in verdict.findings
        ],
    }


def _show(verdict: Verdict, outcomes: int) -> None:
    table = Table(title=f"{len(verdict.findings)} tests of {outcomes:,} final outcomes")
    for heading in ("test", "tests", "smallest p", "of"):
        table.add_column(heading, justify="left" if heading in ("test", "of") else "right")
    for test in dict.fromkeys(finding.test for finding in verdict.findings):
        group = [finding for finding in verdict.findings if finding.test == test]
        worst = min(group, key=lambda finding: finding.p_value)
        table.add_row(test, str(len(group)), f"{worst.p_value:.3g}", worst.subject)
    console = Console()
    console.print(table)
    verdict_text = "[green]passed[/]" if verdict.passed else "[red]FAILED[/]"
    console.print(f"{verdict_text} at {CONFIDENCE:.0%} collectively: every p-value must reach {verdict.limit:.2g}")
