"""The games on offer: every version that was ever live stays playable for rounds that began on it."""

from dataclasses import dataclass, field
from pathlib import Path

import structlog

from adapters.reels.archive import VERSIONS, Archive
from adapters.reels.certificate import Certificate, read_certificate
from adapters.reels.compiling.game_tables import compile_game, game_hash_of
from adapters.reels.declaration.game import Declaration
from adapters.reels.declaration.load import SUFFIXES, parse_declaration
from adapters.reels.errors import DeclarationError, TablesAltered
from adapters.reels.game import ReadyGame, make_certified, make_ready

SHIPPED_GAMES = Path(__file__).parent / "games"


class Versions(dict[str, ReadyGame]):
    """Games by hash: those of this process, and by ``[]`` those that an archive keeps, compiled when asked for."""

    def __init__(self, archives: tuple[Archive, ...] = ()) -> None:
        super().__init__()
        self._archives = archives

    def __missing__(self, game_hash: str) -> ReadyGame:
        """Bring a version back that this process has not seen; raises KeyError when nobody kept it."""
        for archive in self._archives:
            found = archive.find(game_hash)
            if found is not None:
                # It was checked when it went live; its figures are worked out only if somebody asks for them.
                return self.setdefault(game_hash, ReadyGame(compile_game(*found)))
        raise KeyError(game_hash)


@dataclass(slots=True)
class GameLibrary:
    """Ready games by id, newest version first in line; files that were refused, with the reason."""

    current: dict[str, ReadyGame] = field(default_factory=dict)
    versions: Versions = field(default_factory=Versions)
    """By game hash."""
    refused: dict[str, DeclarationError] = field(default_factory=dict)
    """By file name: why it was not taken."""
    altered: set[str] = field(default_factory=set)
    """Hashes of versions whose integrity check failed: they are not dealt any more."""
    folder: Path | None = None
    archive: Archive | None = None
    """Where the versions that go live are kept."""
    certificate: Certificate | None = None
    """What the folder's games must be."""
    shipped: Certificate | None = None
    """The certificate that came with the engine: its PAR sheets are believed, in whatever folder the games lie."""
    is_engine_certified: bool = False
    """Whether the engine is the one that ``shipped`` was made with."""
    _seen: dict[Path, tuple[int, int]] = field(default_factory=dict)

    @classmethod
    def load(
        cls, folder: Path = SHIPPED_GAMES, versions: Path | None = None, *, is_engine_certified: bool = False
    ) -> "GameLibrary":
        """Load every game file of a folder; a bad file is refused and reported, the others play.

        Declarations that go live are kept in ``versions`` (default: the sub-folder of that name; the shipped games'
        is part of the package and not written to).
        """
        archive = Archive(versions or folder / VERSIONS, versions is not None or folder != SHIPPED_GAMES)
        library = cls(
            versions=Versions((archive, Archive(SHIPPED_GAMES / VERSIONS, is_writable=False))),
            folder=folder,
            archive=archive,
            certificate=read_certificate(folder),
            shipped=read_certificate(SHIPPED_GAMES),
            is_engine_certified=is_engine_certified,
        )
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

    def warm(self) -> bool:
        """Compile the next tables that were left for later, away from the players' wait; False when none is left."""
        for game_hash, ready in list(self.versions.items()):
            for mode in ready.tables.modes if game_hash not in self.altered else ():
                if not ready.tables.is_compiled(mode):
                    try:
                        ready.tables.play(mode)
                    except TablesAltered:
                        self.altered.add(game_hash)
                    return True
        return False

    def check_integrity(self) -> list[str]:
        """Hash every version anew; those that are not what they were are not dealt any more. Returns their hashes."""
        self.altered |= {game_hash for game_hash, ready in list(self.versions.items()) if ready.tables.altered()}
        return sorted(self.altered)

    def offer_file(self, file: Path) -> ReadyGame | None:
        """Take a file, or report why it is refused and keep what plays."""
        try:
            return self.publish(file.read_bytes(), file.name)
        except OSError as error:
            refusal = DeclarationError(file.name, "", f"cannot be read: {error.strerror}")
        except DeclarationError as error:
            refusal = error
        self.refused[file.name] = refusal
        log = structlog.get_logger("reelgate.reels")
        log.error("game_refused", file=refusal.file, path=refusal.path, reason=refusal.reason)
        return None

    def publish(self, content: bytes, file: str) -> ReadyGame:
        """Put a declaration live as the current version of its game; raises DeclarationError and changes nothing."""
        declaration = parse_declaration(content, file)
        other = self.current.get(declaration.id)
        if other is not None and other.tables.file != file:
            raise DeclarationError(file, "id", f"{declaration.id!r} is already declared by {other.tables.file}")
        game_hash = game_hash_of(declaration)
        if self.certificate is not None:
            self.certificate.check_file(file, game_hash)
        ready = self.versions.get(game_hash) or self._made(declaration, file, game_hash)
        self._keep(game_hash, content, file)
        known = self.versions.setdefault(game_hash, ready)
        self.current[declaration.id] = known
        self.refused.pop(file, None)
        return known

    def version(self, game_id: str, game_hash: str = "") -> ReadyGame | None:
        """Return a game by id, at the version with this hash (default: the current one)."""
        if not game_hash:
            return self.current.get(game_id)
        try:
            ready = self.versions[game_hash]
        except KeyError:
            return None
        return ready if ready.tables.declaration.id == game_id else None

    def _made(self, declaration: Declaration, file: str, game_hash: str) -> ReadyGame:
        sheet = self.shipped.sheet(game_hash) if self.shipped is not None else b""
        if sheet and self.is_engine_certified and self.shipped is not None:
            ready = make_certified(declaration, file, self.shipped.games[game_hash].tables, sheet)
            if ready is not None:
                return ready
        return make_ready(declaration, file, sheet)

    def _keep(self, game_hash: str, content: bytes, file: str) -> None:
        if self.archive is None:
            return
        try:
            self.archive.keep(game_hash, content, Path(file).suffix)
        except OSError as error:
            log = structlog.get_logger("reelgate.reels")
            log.error("version_not_kept", file=file, game_hash=game_hash, reason=str(error))
