"""A disk in memory for SQLite (an APSW VFS) that forgets, tears and reorders what was not synced when the power fails.

``PowerLossDisk`` counts operations and cuts the power at a chosen one. ``survivors`` says what a machine may find
afterwards: everything synced, and of the unsynced writes none, all, a prefix, or any 512-byte sectors of any of them.
"""

import contextlib
import random
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import apsw

SECTOR = 512


@dataclass
class DiskFile:
    """What is in the cache, what is on the platter, and the writes in between."""

    cached: bytearray = field(default_factory=bytearray)
    synced: bytes = b""
    unsynced: list[tuple[int, bytes]] = field(default_factory=list)

    def write(self, offset: int, data: bytes) -> None:
        """Write into the cache."""
        _put(self.cached, offset, data)
        self.unsynced.append((offset, data))

    def truncate(self, size: int) -> None:
        """Cut the file; counted as synced, like the file systems' own journals do."""
        del self.cached[size:]
        self.synced = self.synced[:size]
        self.unsynced = [(offset, data[: max(0, size - offset)]) for offset, data in self.unsynced if offset < size]

    def sync(self) -> None:
        """Put the cache on the platter."""
        if self.unsynced:
            self.synced = bytes(self.cached)
            self.unsynced.clear()

    def after_power_loss(self, rng: random.Random) -> bytes:
        """Return what may be found afterwards."""
        image = bytearray(self.synced)
        mode = rng.choice(("none", "all", "prefix", "sectors"))
        writes = self.unsynced
        if mode == "none":
            writes = []
        elif mode == "prefix":
            writes = writes[: rng.randint(0, len(writes))]
        elif mode == "sectors":
            writes = [piece for write in writes for piece in _sectors(*write) if rng.random() < 0.5]
            rng.shuffle(writes)
        for offset, data in writes:
            _put(image, offset, data)
        return bytes(image)


def _put(image: bytearray, offset: int, data: bytes) -> None:
    if len(image) < offset:
        image.extend(bytes(offset - len(image)))
    image[offset : offset + len(data)] = data


def _sectors(offset: int, data: bytes) -> Iterable[tuple[int, bytes]]:
    for start in range(0, len(data), SECTOR):
        yield offset + start, data[start : start + SECTOR]


class PowerLossDisk(apsw.VFS):
    """The VFS; its files outlive connections. ``fail_at`` cuts the power, ``broken`` breaks single operations."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.files: dict[str, DiskFile] = {}
        self.operation_count = 0
        self.fail_at = -1
        self.broken: dict[int, type[Exception]] = {}
        super().__init__(name, "")

    def step(self) -> None:
        """Count an operation; fail when its time has come."""
        self.operation_count += 1
        if 0 <= self.fail_at <= self.operation_count:
            raise apsw.IOError("the power is off")
        error = self.broken.pop(self.operation_count, None)
        if error is not None:
            raise error("injected")

    def survivors(self, rng: random.Random) -> dict[str, bytes]:
        """Return what each file may hold after the loss."""
        return {name: file.after_power_loss(rng) for name, file in self.files.items()}

    def restore(self, images: dict[str, bytes]) -> None:
        """Begin a new life from these files."""
        self.files = {name: DiskFile(bytearray(image), image) for name, image in images.items()}
        self.operation_count, self.fail_at = 0, -1
        self.broken.clear()

    def xOpen(self, name: Any, flags: list[int]) -> "DiskHandle":  # noqa: N802 - SQLite's name
        path = name.filename() if isinstance(name, apsw.URIFilename) else (name or "temp")
        flags[1] = flags[0]
        return DiskHandle(self, self.files.setdefault(path, DiskFile()))

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802 - SQLite's name
        self.files.pop(filename, None)

    def xAccess(self, pathname: str, flags: int) -> bool:  # noqa: N802 - SQLite's name
        return pathname in self.files

    def xFullPathname(self, name: str) -> str:  # noqa: N802 - SQLite's name
        return name


class DiskHandle:
    """An open file."""

    def __init__(self, disk: PowerLossDisk, file: DiskFile) -> None:
        self._disk = disk
        self._file = file

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802 - SQLite's name
        return bytes(self._file.cached[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
        self._disk.step()
        self._file.write(offset, bytes(data))

    def xTruncate(self, size: int) -> None:  # noqa: N802 - SQLite's name
        self._disk.step()
        self._file.truncate(size)

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
        self._disk.step()
        self._file.sync()

    def xFileSize(self) -> int:  # noqa: N802 - SQLite's name
        return len(self._file.cached)

    def xLock(self, level: int) -> None:  # noqa: N802 - SQLite's name
        return

    def xUnlock(self, level: int) -> None:  # noqa: N802 - SQLite's name
        return

    def xCheckReservedLock(self) -> bool:  # noqa: N802 - SQLite's name
        return False

    def xFileControl(self, op: int, ptr: int) -> bool:  # noqa: N802 - SQLite's name
        return False

    def xSectorSize(self) -> int:  # noqa: N802 - SQLite's name
        return SECTOR

    def xDeviceCharacteristics(self) -> int:  # noqa: N802 - SQLite's name
        return 0

    def xClose(self) -> None:  # noqa: N802 - SQLite's name
        return


class ApswCursor:
    """An APSW cursor with the manners of ``sqlite3``."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def execute(self, statement: str, values: Sequence[Any] = ()) -> "ApswCursor":
        """Run a statement."""
        with _TranslatedErrors():
            self._cursor.execute(statement, tuple(values))
        return self

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]]) -> "ApswCursor":
        """Run a statement for each row."""
        with _TranslatedErrors():
            self._cursor.executemany(statement, [tuple(row) for row in rows])
        return self

    def fetchone(self) -> Any:
        """Return the next row."""
        with _TranslatedErrors():
            return self._cursor.fetchone()

    def fetchall(self) -> list[Any]:
        """Return all rows."""
        with _TranslatedErrors():
            return list(self._cursor.fetchall())

    def __iter__(self) -> Any:
        return iter(self.fetchall())


class ApswConnection:
    """An APSW connection with the manners of ``sqlite3``, in WAL mode without shared memory."""

    def __init__(self, path: str, vfs: str, synchronous: str) -> None:
        self.raw = apsw.Connection(path, vfs=vfs)
        for pragma in ("locking_mode = exclusive", "journal_mode = wal", f"synchronous = {synchronous}"):
            self.raw.execute(f"pragma {pragma}").fetchall()
        self.raw.execute("pragma wal_autocheckpoint = 40").fetchall()

    def cursor(self) -> ApswCursor:
        """Return a cursor."""
        return ApswCursor(self.raw.cursor())

    @property
    def in_transaction(self) -> bool:
        """Say whether a transaction is open."""
        return not self.raw.get_autocommit()

    def rollback(self) -> None:
        """Roll back."""
        with _TranslatedErrors():
            self.raw.execute("rollback")

    def close(self) -> None:
        """Close, whatever the disk says."""
        with contextlib.suppress(apsw.Error):
            self.raw.close(True)


class _TranslatedErrors:
    def __enter__(self) -> None:
        return

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, apsw.Error):
            translated = sqlite3.OperationalError(str(error))
            translated.sqlite_errorcode = getattr(error, "extendedresult", apsw.SQLITE_IOERR)
            raise translated from error
