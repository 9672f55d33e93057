"""``reelgate game verify``: a folder of games against its certificate, and the engine against its certified hash."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from adapters.reels.analysis.figures import tables_hashes
from adapters.reels.certificate import SHEETS, Certificate, read_certificate
from adapters.reels.certifying import game_files
from adapters.reels.compiling.game_tables import GameTables, compile_game
from adapters.reels.declaration.load import load_declaration
from adapters.reels.errors import DeclarationError
from adapters.reels.integrity import ENGINE_ALTERED, NO_CERTIFICATE, engine_hash
from adapters.reels.library import SHIPPED_GAMES


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
    """Compile every game of a folder anew and compare its hashes with the folder's certificate, or with its PAR sheet.

    The engine is compared with the given hash, else with the one in the certificate that came with it.
    """
    found = engine_hash()
    certificate, shipped = read_certificate(folder), read_certificate(SHIPPED_GAMES)
    required = certified_engine_hash or (NO_CERTIFICATE if shipped is None else shipped.engine_hash)
    reason = ENGINE_ALTERED if required not in ("", found) else ""
    return FolderReport(found, reason, tuple(_verdict(file, certificate) for file in game_files(folder)))


def _verdict(file: Path, certificate: Certificate | None) -> FileVerdict:
    try:
        game = compile_game(load_declaration(file), file.name)
        hashes = {mode: game.play(mode).tables_hash for mode in game.modes}
    except DeclarationError as error:
        return FileVerdict(file.name, reason=str(error))
    reason = _sheet_reason(file, hashes) if certificate is None else _certified_reason(game, hashes, certificate)
    return FileVerdict(file.name, game.declaration.id, game.game_hash, game.tables_hash, reason)


def _sheet_reason(file: Path, hashes: dict[str, str]) -> str:
    sheet = file.parent / SHEETS / f"{file.stem}.par.json"
    if not sheet.exists():
        return "no PAR sheet certifies it"
    same = tables_hashes(sheet.read_bytes()) == hashes
    return "" if same else "its PAR sheet was made for another declaration, engine or tables"


def _certified_reason(game: GameTables, hashes: dict[str, str], certificate: Certificate) -> str:
    certified = certificate.games.get(game.game_hash)
    if certified is None or certified.file != game.file:
        return "is not what was certified"
    if certified.tables != hashes:
        return "its tables are not what was certified"
    return "" if certificate.sheet(game.game_hash) else "its PAR sheet is not what was certified"
