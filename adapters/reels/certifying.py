"""Making a certificate: every game of a folder is checked in full, its stale PAR sheets are made anew."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from adapters.reels.analysis.figures import evidence_document, figures_of, tables_hashes
from adapters.reels.analysis.par import par_sheet
from adapters.reels.analysis.report import analyse
from adapters.reels.analysis.sheets import sheet_html
from adapters.reels.archive import VERSIONS, Archive
from adapters.reels.certificate import SHEETS, Certificate, CertifiedGame, write_certificate
from adapters.reels.compiling.game_tables import GameTables, compile_game
from adapters.reels.declaration.load import SUFFIXES, load_declaration
from adapters.reels.game import make_ready
from adapters.reels.integrity import engine_hash

Tell = Callable[[str], None]


def certify_folder(folder: Path, tell: Tell, *, anew: bool = False, with_engine: bool = True) -> Path:
    """Write the certificate of a folder; ``anew`` makes every PAR sheet again. Raises DeclarationError.

    The declarations are kept under their hashes too, so that a later package still knows the versions of this one.
    """
    games = {}
    archive = Archive(folder / VERSIONS)
    for file in game_files(folder):
        game = compile_game(load_declaration(file), file.name)
        tables = {mode: game.play(mode).tables_hash for mode in game.modes}
        sheet = folder / SHEETS / f"{file.stem}.par.json"
        if anew or not sheet.exists() or tables_hashes(sheet.read_bytes()) != tables:
            tell(f"{file.name}: working out its PAR sheet")
            write_sheet(game, folder / SHEETS, file.stem)
        content = sheet.read_bytes()
        make_ready(game.declaration, file.name, content)
        archive.keep(game.game_hash, file.read_bytes(), file.suffix)
        games[game.game_hash] = CertifiedGame(file.name, tables, sha256(content).hexdigest())
        tell(f"{file.name}: {game.game_hash}")
    return write_certificate(Certificate(folder, engine_hash() if with_engine else "", games))


def write_sheet(game: GameTables, folder: Path, stem: str) -> None:
    """Write the PAR sheet of a game: JSON with the figures and the hashes that they belong to, and the page."""
    figures = {mode: figures_of(analyse(game, mode), game.win_cap) for mode in game.modes}
    made = par_sheet(game)
    document = {**evidence_document(game, figures), "sheet": made.document()}
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    (folder / f"{stem}.par.json").write_text(text, encoding="utf-8")
    (folder / f"{stem}.par.html").write_text(sheet_html(made), encoding="utf-8")


def game_files(folder: Path) -> list[Path]:
    """Return the declarations of a folder."""
    return sorted(file for file in folder.iterdir() if file.suffix in SUFFIXES and not file.name.startswith("."))
