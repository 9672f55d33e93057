"""What the studio must remember about rounds and grants, in one SQLite file: it outlives the process."""

import sqlite3
from dataclasses import dataclass

SCHEMA = """
CREATE TABLE IF NOT EXISTS steps (
    round_id TEXT NOT NULL, step INTEGER NOT NULL, fingerprint TEXT NOT NULL,
    number INTEGER NOT NULL, win_micros INTEGER NOT NULL, free_steps_left INTEGER NOT NULL,
    currency_code TEXT NOT NULL, PRIMARY KEY (round_id, step)
) STRICT;
CREATE TABLE IF NOT EXISTS cancelled (round_id TEXT PRIMARY KEY) STRICT;
CREATE TABLE IF NOT EXISTS grants (
    brand_id TEXT NOT NULL, grant_id TEXT NOT NULL, fingerprint TEXT NOT NULL, status TEXT NOT NULL,
    PRIMARY KEY (brand_id, grant_id)
) STRICT;
"""


@dataclass(frozen=True, slots=True)
class StoredStep:
    """One step as it was answered."""

    round_id: str
    step: int
    fingerprint: str
    number: int
    win_micros: int
    free_steps_left: int
    currency_code: str


@dataclass(frozen=True, slots=True)
class StoredGrant:
    """One grant of free rounds."""

    fingerprint: str
    status: str


class Memory:
    """Rounds, cancellations and grants. Every write is committed before it returns."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._database: sqlite3.Connection | None = None

    def _open(self) -> sqlite3.Connection:
        if self._database is None:
            self._database = sqlite3.connect(self._path, isolation_level=None)
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.executescript(SCHEMA)
        return self._database

    def close(self) -> None:
        """Close the file; it opens again when needed."""
        database, self._database = self._database, None
        if database is not None:
            database.close()

    def step(self, round_id: str, step: int) -> StoredStep | None:
        """Return one step."""
        return self._one("SELECT * FROM steps WHERE round_id = ? AND step = ?", round_id, step)

    def last_step(self, round_id: str) -> StoredStep | None:
        """Return the newest step of a round."""
        return self._one("SELECT * FROM steps WHERE round_id = ? ORDER BY step DESC LIMIT 1", round_id)

    def _one(self, statement: str, *values: object) -> StoredStep | None:
        row = self._open().execute(statement, values).fetchone()
        return StoredStep(*row) if row else None

    def keep_step(self, stored: StoredStep) -> bool:
        """Keep a step; say whether the round was alive, else nothing is kept."""
        row = (stored.round_id, stored.step, stored.fingerprint, stored.number, stored.win_micros)
        added = self._open().execute(
            "INSERT INTO steps SELECT ?, ?, ?, ?, ?, ?, ? "
            "WHERE NOT EXISTS (SELECT 1 FROM cancelled WHERE round_id = ?)",
            (*row, stored.free_steps_left, stored.currency_code, stored.round_id),
        )
        return added.rowcount == 1

    def cancel(self, round_id: str) -> None:
        """Remember that a round is dead."""
        self._open().execute("INSERT OR IGNORE INTO cancelled VALUES (?)", (round_id,))

    def is_cancelled(self, round_id: str) -> bool:
        """Say whether a round is dead."""
        return self._open().execute("SELECT 1 FROM cancelled WHERE round_id = ?", (round_id,)).fetchone() is not None

    def grant(self, brand_id: str, grant_id: str) -> StoredGrant | None:
        """Return a grant."""
        statement = "SELECT fingerprint, status FROM grants WHERE brand_id = ? AND grant_id = ?"
        row = self._open().execute(statement, (brand_id, grant_id)).fetchone()
        return StoredGrant(*row) if row else None

    def keep_grant(self, brand_id: str, grant_id: str, grant: StoredGrant) -> None:
        """Keep a grant, or its new status."""
        self._open().execute(
            "INSERT OR REPLACE INTO grants VALUES (?, ?, ?, ?)", (brand_id, grant_id, grant.fingerprint, grant.status)
        )
