"""Every declaration that was ever live, under its hash: rounds that began on it finish and verify in any process."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from adapters.reels.compiling.game_tables import game_hash_of
from adapters.reels.declaration.game import Declaration
from adapters.reels.declaration.load import SUFFIXES, parse_declaration
from adapters.reels.errors import DeclarationError

VERSIONS = "versions"
"""The sub-folder of a folder of games."""
HASH_CHARS = 64


@dataclass(frozen=True, slots=True)
class Archive:
    """A folder of declarations, each named by its game hash; what is in it is never changed."""

    folder: Path
    is_writable: bool = True

    def keep(self, game_hash: str, content: bytes, suffix: str) -> None:
        """Keep a declaration that goes live; raises OSError when it cannot be kept."""
        file = self.folder / f"{game_hash}{suffix}"
        if not self.is_writable or file.exists():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        beside = self.folder / f".{game_hash}.{os.getpid()}.new"
        try:
            with beside.open("wb") as handle:
                handle.write(content)
                handle.flush()
                os.fsync(handle.fileno())
            beside.replace(file)
        finally:
            with suppress(FileNotFoundError):
                beside.unlink()

    def find(self, game_hash: str) -> tuple[Declaration, str] | None:
        """Return a kept declaration and its file's name; None when there is none, or it is not what its name says."""
        if len(game_hash) != HASH_CHARS or not game_hash.isalnum():
            return None
        for suffix in SUFFIXES:
            file = self.folder / f"{game_hash}{suffix}"
            try:
                declaration = parse_declaration(file.read_bytes(), file.name)
            except (OSError, DeclarationError):
                continue
            if game_hash_of(declaration) == game_hash:
                return declaration, file.name
        return None
