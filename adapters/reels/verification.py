"""``reelgate game verify``: a folder of games against its PAR sheets, and the engine against its certified hash."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from adapters.reels.analysis.figures import read_evidence
from adapters.reels.compiling.game_tables import compile_game
from adapters.reels.declaration.load import SUFFIXES, load_declaration
from adapters.reels.errors import DeclarationError
from adapters.reels.integrity import ENGINE_ALTERED, engine_hash
from adapters.reels.library import SHEETS


@dataclass(frozen=True, slots=True)
class FileVerdict:
    """Whether a game file and the tables made from it are those that its PAR sheet certifies."""

    file: str
    game_id: str = ""
    game_hash: str = ""
    tables_hash: str = ""
    reason: str = ""

    @property
    def ok(self) -> bool:
        """Say whether it is."""
        return not self.reason


@dataclass(frozen=True, slots=True)
class FolderReport:
    """The verdicts of a folder."""

    engine_hash: str
    engine_reason: str
    games: tuple[FileVerdict, ...]

    @property
    def ok(self) -> bool:
        """Say whether everything is what was certified."""
        return not self.engine_reason and all(game.ok for game in self.games)

    def as_json(self) -> str:
        """Return the report for machines."""
        games = [{**asdict(game), "ok": game.ok} for game in self.games]
        engine = {"engine_hash": self.engine_hash, "engine_reason": self.engine_reason}
        return json.dumps({"ok": self.ok, **engine, "games": games}, indent=2)

    def as_text(self) -> str:
        """Return the report for people."""
        lines = [f"{'FAILED' if self.engine_reason else 'ok':8}{'engine':24}{self.engine_hash}  {self.engine_reason}"]
        lines += [
            f"{'ok' if game.ok else 'FAILED':8}{game.file:24}{game.game_hash}  {game.reason}" for game in self.games
        ]
        return "\n".join(line.rstrip() for line in lines)


def verify_folder(folder: Path, certified_engine_hash: str = "") -> FolderReport:
    """Compile every game of a folder anew and compare its hashes with those of its PAR sheet."""
    found = engine_hash()
    reason = ENGINE_ALTERED if certified_engine_hash not in ("", found) else ""
    files = sorted(file for file in folder.iterdir() if file.suffix in SUFFIXES and not file.name.startswith("."))
    return FolderReport(found, reason, tuple(_verdict(file) for file in files))


def _verdict(file: Path) -> FileVerdict:
    try:
        game = compile_game(load_declaration(file), file.name)
    except DeclarationError as error:
        return FileVerdict(file.name, reason=str(error))
    sheet = file.parent / SHEETS / f"{file.stem}.par.json"
    if not sheet.exists():
        reason = "no PAR sheet certifies it"
    elif read_evidence(game, sheet.read_bytes()) is None:
        reason = "its PAR sheet was made for another declaration, engine or tables"
    else:
        reason = ""
    return FileVerdict(file.name, game.declaration.id, game.game_hash, game.tables_hash, reason)
