"""What a folder of games and the engine were certified as: hashes made by one command and shipped with the package.

While the engine's source is the certified one, a certified declaration gives the certified tables: they need not be
compiled before they are played, and the figures of its PAR sheet need not be worked out anew.
"""

import json
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from adapters.reels.errors import DeclarationError

CERTIFICATE = "certified.json"
FORMAT = "reelgate-certificate/1"
SHEETS = "par"
"""The sub-folder with the PAR sheet of each game."""
CERTIFY = "make certify-engine"


@dataclass(frozen=True, slots=True)
class CertifiedGame:
    """One game: its file, the hashes of its tables by bet mode with all lines, and its PAR sheet's checksum."""

    file: str
    tables: dict[str, str]
    sheet_sha256: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """The certified games of a folder by game hash, and the hash of the engine that they were made with."""

    folder: Path
    engine_hash: str = ""
    """Empty: no engine was certified, whatever it is it deals."""
    games: dict[str, CertifiedGame] = field(default_factory=dict)
    sha256: str = ""

    def check_file(self, file: str, game_hash: str) -> None:
        """Raise DeclarationError when another declaration was certified under this file's name."""
        certified = {game.file: known for known, game in self.games.items()}
        if certified.get(file, game_hash) != game_hash:
            raise DeclarationError(file, "", f"is not what was certified; after a change run: {CERTIFY}")

    def sheet(self, game_hash: str) -> bytes:
        """Return the PAR sheet of a game; empty when there is none or it is not the certified one."""
        game = self.games.get(game_hash)
        if game is None:
            return b""
        try:
            content = (self.folder / SHEETS / f"{Path(game.file).stem}.par.json").read_bytes()
        except OSError:
            return b""
        return content if sha256(content).hexdigest() == game.sheet_sha256 else b""

    def document(self) -> dict[str, Any]:
        """Return the certificate as it is written."""
        games = {
            game_hash: {"file": game.file, "sheet_sha256": game.sheet_sha256, "tables": game.tables}
            for game_hash, game in sorted(self.games.items(), key=lambda item: item[1].file)
        }
        return {"format": FORMAT, "engine_hash": self.engine_hash, "games": games}


def read_certificate(folder: Path) -> Certificate | None:
    """Read the certificate of a folder; None when it has none. Raises DeclarationError when it cannot be read."""
    file = folder / CERTIFICATE
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return None
    try:
        document = json.loads(content)
        if document["format"] != FORMAT:
            raise ValueError(document["format"])
        games = {
            str(game_hash): CertifiedGame(str(game["file"]), dict(game["tables"]), str(game["sheet_sha256"]))
            for game_hash, game in document["games"].items()
        }
        return Certificate(folder, str(document["engine_hash"]), games, sha256(content).hexdigest())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DeclarationError(file.name, "", "the certificate cannot be read") from error


def write_certificate(certificate: Certificate) -> Path:
    """Write a certificate into its folder."""
    file = certificate.folder / CERTIFICATE
    file.write_text(json.dumps(certificate.document(), indent=1) + "\n", encoding="utf-8")
    return file
