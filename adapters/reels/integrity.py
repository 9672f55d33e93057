"""Integrity: the engine's files and every game's declaration and tables are hashed anew; a mismatch stops dealing."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import structlog

from adapters.contract.games import GameIntegrity
from adapters.contract.ids import GameId
from adapters.reels.certificate import CERTIFY, Certificate
from adapters.reels.compiling.game_tables import GameTables
from adapters.reels.library import GameLibrary

INTEGRITY_INTERVAL_S = 24 * 3600
ENGINE = Path(__file__).parent
ENGINE_ALTERED = f"the engine's files are not what was certified (after a change of the source run: {CERTIFY})"
NO_CERTIFICATE = "no certificate came with the engine"
UNCERTIFIED = "REELGATE_UNCERTIFIED_ENGINE"
GAME_ALTERED = "the declaration or its tables are not what they were"


def engine_hash(folder: Path = ENGINE) -> str:
    """Return the SHA-256 over the names and contents of the engine's source files."""
    digest = sha256()
    for file in sorted(folder.rglob("*.py")):
        digest.update(f"{file.relative_to(folder).as_posix()}\n".encode())
        digest.update(sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def required_engine_hash(certificate: Certificate | None, environment: Mapping[str, str]) -> str:
    """Return the hash that the engine must have; empty where it may have any, which is then an event.

    A certificate that names no engine is one of a source tree under work. ``REELGATE_UNCERTIFIED_ENGINE=deal`` lets an
    engine deal that is not the certified one: for development and tests.
    """
    required = NO_CERTIFICATE if certificate is None else certificate.engine_hash
    if required and environment.get(UNCERTIFIED) != "deal":
        return required
    if required != engine_hash():
        structlog.get_logger("reelgate.reels").warning("engine_not_certified", command=CERTIFY)
    return ""


class Integrity:
    """Checks a library and the engine, and remembers what failed: a failure stays until the process is replaced."""

    def __init__(self, library: GameLibrary, certified_hash: str = "", folder: Path = ENGINE) -> None:
        self.engine_altered = False
        self._library = library
        self._folder = folder
        self._engine_hash = certified_hash or engine_hash(folder)

    def check(self) -> tuple[GameIntegrity, ...]:
        """Hash everything anew; returns every version with its verdict, and writes an event for each failure."""
        self.check_engine()
        known = set(self._library.altered)
        altered = set(self._library.check_integrity())
        for game_hash in sorted(altered - known):
            _log("game_altered", game_id=self._library.versions[game_hash].tables.declaration.id, game_hash=game_hash)
        return tuple(
            self._verdict(ready.tables.declaration.id, game_hash, game_hash in altered)
            for game_hash, ready in sorted(self._library.versions.items(), key=lambda item: _order(item[1].tables))
        )

    def check_engine(self) -> None:
        """Hash the engine's files anew: all there is to check at start, when loading has just hashed the games."""
        found_hash = engine_hash(self._folder)
        if found_hash != self._engine_hash:
            self.engine_altered = True
            _log("engine_altered", expected=self._engine_hash, found=found_hash, command=CERTIFY)

    def _verdict(self, game_id: str, game_hash: str, is_altered: bool) -> GameIntegrity:
        reason = ENGINE_ALTERED if self.engine_altered else GAME_ALTERED if is_altered else ""
        return GameIntegrity(GameId(game_id), game_hash, not reason, reason)


def _order(tables: GameTables) -> tuple[str, str]:
    return tables.declaration.id, tables.game_hash


def _log(event: str, **facts: str) -> None:
    structlog.get_logger("reelgate.reels").error(event, **facts)
