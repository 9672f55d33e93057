"""The games on offer: every version that was ever loaded stays playable for rounds that began on it."""

from dataclasses import dataclass, field
from pathlib import Path

from adapters.reels.declaration.load import SUFFIXES, parse_declaration
from adapters.reels.errors import DeclarationError
from adapters.reels.game import ReadyGame, make_ready

SHEETS = "par"
"""The sub-folder with the PAR sheet of each game."""
SHIPPED_GAMES = Path(__file__).parent / "games"


@dataclass(slots=True)
class GameLibrary:
    """Ready games by id, newest version first in line; files that were refused, with the reason."""

    current: dict[str, ReadyGame] = field(default_factory=dict)
    versions: dict[str, ReadyGame] = field(default_factory=dict)
    """By game hash."""
    refused: dict[str, DeclarationError] = field(default_factory=dict)
    """By file name: why it was not taken."""
    altered: set[str] = field(default_factory=set)
    """Hashes of versions whose integrity check failed: they are not dealt any more."""
    folder: Path | None = None
    _seen: dict[Path, tuple[int, int]] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path = SHIPPED_GAMES) -> "GameLibrary":
        """Load every game file of a folder; a bad file is refused and reported, the others play."""
        library = cls(folder=folder)
        library.refresh()
        return library

    def refresh(self) -> list[str]:
        """Offer every file of the folder that is new or has changed since; returns the names of these files.

        A file that has vanished changes nothing: its game plays on.
        """
        if self.folder is None:
            return []
        changed = []
        for file in sorted(self.folder.iterdir()):
            if file.suffix not in SUFFIXES or file.name.startswith("."):
                continue
            status = file.stat()
            mark = (status.st_mtime_ns, status.st_size)
            if self._seen.get(file) != mark:
                self._seen[file] = mark
                self.offer_file(file)
                changed.append(file.name)
        return changed

    def check_integrity(self) -> list[str]:
        """Hash every version anew; those that are not what they were are not dealt any more. Returns their hashes."""
        self.altered |= {game_hash for game_hash, ready in self.versions.items() if ready.tables.altered()}
        return sorted(self.altered)

    def offer_file(self, file: Path) -> ReadyGame | None:
        """Take a file, or note why it is refused and keep what plays."""
        try:
            sheet = file.parent / SHEETS / f"{file.stem}.par.json"
            evidence = sheet.read_bytes() if sheet.exists() else b""
            return self.publish(file.read_bytes(), file.name, evidence)
        except OSError as error:
            self.refused[file.name] = DeclarationError(file.name, "", f"cannot be read: {error.strerror}")
        except DeclarationError as error:
            self.refused[file.name] = error
        return None

    def publish(self, content: bytes, file: str, evidence: bytes = b"") -> ReadyGame:
        """Put a declaration live as the current version of its game; raises DeclarationError and changes nothing."""
        declaration = parse_declaration(content, file)
        other = self.current.get(declaration.id)
        if other is not None and other.tables.file != file:
            raise DeclarationError(file, "id", f"{declaration.id!r} is already declared by {other.tables.file}")
        ready = make_ready(declaration, file, evidence)
        known = self.versions.setdefault(ready.tables.game_hash, ready)
        self.current[declaration.id] = known
        self.refused.pop(file, None)
        return known

    def version(self, game_id: str, game_hash: str = "") -> ReadyGame | None:
        """Return a game by id, at the version with this hash (default: the current one)."""
        if not game_hash:
            return self.current.get(game_id)
        ready = self.versions.get(game_hash)
        return ready if ready is not None and ready.tables.declaration.id == game_id else None
