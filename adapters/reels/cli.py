"""The commands of the engine: ``game_app`` hangs under ``reelgate game``. Imports of heavy parts wait for the call."""

from pathlib import Path
from typing import Annotated

import typer

from adapters.reels.simulate.cli import add_simulate

game_app = typer.Typer(name="game", help="Analyse, simulate and publish declared games.", no_args_is_help=True)

GameFile = Annotated[Path, typer.Argument(help="A game file (.toml, .yaml).", exists=True, dir_okay=False)]


@game_app.command()
def analyse(
    file: GameFile,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    format: Annotated[str, typer.Option(help="text, json, csv or html.")] = "text",  # noqa: A002  # the option's name
    mode: Annotated[str, typer.Option(help="The bet mode.")] = "base",
    lines: Annotated[int, typer.Option(help="The number of lines; 0 means all.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Write to this file.")] = None,
) -> None:
    """Work out the PAR sheet of a game: exact where exact figures exist."""
    from adapters.reels.analysis.par import par_sheet
    from adapters.reels.analysis.sheets import sheet_csv, sheet_html, sheet_json
    from adapters.reels.compiling.game_tables import compile_game
    from adapters.reels.declaration.load import load_declaration
    from adapters.reels.errors import DeclarationError

    try:
        game = compile_game(load_declaration(file), file.name)
        if mode not in game.modes or lines not in game.line_counts:
            typer.echo(
                f"{file.name} offers the bet modes {game.modes} and the line counts {game.line_counts}", err=True
            )
            raise typer.Exit(2)
        sheet = par_sheet(game, mode, lines)
    except DeclarationError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    render = {"json": sheet_json, "csv": sheet_csv, "html": sheet_html, "text": _text}.get("json" if json else format)
    if render is None:
        typer.echo(f"unknown format {format!r}: text, json, csv or html", err=True)
        raise typer.Exit(2)
    text = render(sheet)
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")


@game_app.command()
def check(file: GameFile) -> None:
    """Load a game as the server would: say that it is fit to play, or where it is not."""
    from adapters.reels.declaration.load import load_declaration
    from adapters.reels.errors import DeclarationError
    from adapters.reels.game import make_ready

    try:
        ready = make_ready(load_declaration(file), file.name)
    except DeclarationError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    rtps = ", ".join(f"{mode} {float(analysis.rtp):.6%}" for mode, analysis in ready.analyses.items())
    typer.echo(f"{file.name}: fit to play. RTP {rtps}. Game hash {ready.tables.game_hash}")


add_simulate(game_app)


@game_app.command()
def sheet(
    file: GameFile,
    folder: Annotated[
        Path | None, typer.Option(help="Where to write; default: par/ beside the game.", file_okay=False)
    ] = None,
) -> None:
    """Write the PAR sheet of a game that is kept beside it: JSON with the figures' hashes, and the page."""
    from adapters.reels.certifying import write_sheet
    from adapters.reels.compiling.game_tables import compile_game
    from adapters.reels.declaration.load import load_declaration
    from adapters.reels.errors import DeclarationError

    target = folder or file.parent / "par"
    try:
        write_sheet(compile_game(load_declaration(file), file.name), target, file.stem)
    except DeclarationError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    typer.echo(f"wrote the PAR sheet of {file.name} to {target}")


@game_app.command()
def certify(
    folder: Annotated[
        Path | None, typer.Argument(help="A folder of games; default: the shipped ones.", exists=True, file_okay=False)
    ] = None,
    sheets: Annotated[
        bool, typer.Option("--sheets", help="Make every PAR sheet anew, not the stale ones alone.")
    ] = False,
    no_engine: Annotated[
        bool, typer.Option("--no-engine", help="Certify no engine: its source is under work.")
    ] = False,
) -> None:
    """Check every game of a folder in full and write down its hashes and the engine's: what is dealt must be that."""
    from adapters.reels.certifying import certify_folder
    from adapters.reels.errors import DeclarationError
    from adapters.reels.library import SHIPPED_GAMES

    try:
        made = certify_folder(folder or SHIPPED_GAMES, typer.echo, anew=sheets, with_engine=not no_engine)
    except DeclarationError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    typer.echo(f"wrote {made}")


@game_app.command()
def verify(
    folder: Annotated[
        Path | None, typer.Argument(help="A folder of games; default: the shipped ones.", exists=True, file_okay=False)
    ] = None,
    engine_hash: Annotated[str, typer.Option(help="The certified hash of the engine.")] = "",
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Check that engine, games and PAR sheets are what was certified; say their hashes."""
    from adapters.reels.library import SHIPPED_GAMES
    from adapters.reels.verification import verify_folder

    report = verify_folder(folder or SHIPPED_GAMES, engine_hash)
    typer.echo(report.as_json() if json else report.as_text())
    if not report.ok:
        raise typer.Exit(1)


@game_app.command()
def publish(
    file: GameFile,
    folder: Annotated[Path, typer.Option(help="The folder that the server watches.", file_okay=False)],
) -> None:
    """Check a game and put it into the folder of a running server, which takes it live without a restart."""
    check(file)
    folder.mkdir(parents=True, exist_ok=True)
    _refuse_twin(file, folder)
    beside = folder / f".{file.name}.new"
    beside.write_bytes(file.read_bytes())
    beside.replace(folder / file.name)
    typer.echo(f"published {folder / file.name}")


def _refuse_twin(file: Path, folder: Path) -> None:
    """Exit when another file of the folder declares the same game: the server would refuse one of them."""
    from adapters.reels.declaration.load import SUFFIXES, load_declaration
    from adapters.reels.errors import DeclarationError

    game_id = load_declaration(file).id
    for other in sorted(folder.iterdir()):
        if other.suffix in SUFFIXES and other.name != file.name and not other.name.startswith("."):
            try:
                twin = load_declaration(other).id == game_id
            except DeclarationError:
                continue
            if twin:
                typer.echo(f"{file.name}: id: {game_id!r} is already declared by {other.name} of that folder", err=True)
                raise typer.Exit(1)


def _text(sheet: object) -> str:
    from adapters.reels.analysis.par import ParSheet

    assert isinstance(sheet, ParSheet)
    figures = sheet.figures
    lines = [f"{sheet.game['name']} ({sheet.bet['mode']}, {sheet.bet['lines']} lines)"]
    lines += [f"  {name:28} {value}" for name, value in figures.items()]
    lines += [f"  RTP of {row['part']:21} {row['rtp']:.8f}" for row in sheet.components]
    lines += [
        f"  {spin['stage']:20} N={spin['N']} S={spin['S']} Q={spin['Q']} hits={spin['hits']}" for spin in sheet.spins
    ]
    return "\n".join(lines) + "\n"
