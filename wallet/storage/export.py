"""The journal and its rounds as Parquet and CSV files, chunk by chunk; a cursor beside them says where to go on.

A chunk holds the next journal rows in order of time, and the rounds that they name as they stand now (a round that
moved later appears again with a later chunk: the last one counts). The cursor is written after its chunk, so a broken
export repeats a chunk and never leaves one out; what it left is no part of the export. Parquet needs the extra
``export``.
"""

import csv
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any

from wallet.ledger.ids import RoundKey
from wallet.ledger.types import JournalRow
from wallet.settlement.pages import decode_token, encode_token
from wallet.storage.reads import SqlReads
from wallet.storage.tables import JOURNAL_COLUMNS, ROUND_COLUMNS, type_name

CHUNK_ROWS = 50_000
CURSOR_FILE = "cursor.json"
FORMATS = ("parquet", "csv")
_PLACE = (int, str, str, str, int)


async def export_ledger(
    reads: SqlReads, folder: Path, until_ms: int, formats: Sequence[str] = FORMATS, chunk_rows: int = CHUNK_ROWS
) -> tuple[int, int]:
    """Write what the folder has not yet; return how many journal rows and chunks were written."""
    cursor_path = _prepare(folder)
    cursor: dict[str, Any] = {"cursor": "", "chunk_count": 0}
    if cursor_path.exists():
        cursor = json.loads(cursor_path.read_text())
    row_count = chunk_count = 0
    while True:
        place: Any = decode_token("export", cursor["cursor"], _PLACE)
        rows = await reads.events(tuple(place) if place else None, until_ms, chunk_rows)
        if not rows:
            return row_count, chunk_count
        number = cursor["chunk_count"] + 1
        _remove_chunk(folder, number)  # left by a broken export, perhaps in formats that are not written now
        _write_chunk(folder, "journal", number, JOURNAL_COLUMNS, rows, formats)
        rounds = [astuple(round_) for key in _round_keys(rows) if (round_ := await reads.round(key)) is not None]
        _write_chunk(folder, "rounds", number, ROUND_COLUMNS, rounds, formats)
        last = rows[-1]
        token = encode_token("export", (last.time_ms, *last.account_key, last.sequence))
        cursor = {"cursor": token, "chunk_count": number}
        _replace(cursor_path, json.dumps(cursor))
        row_count, chunk_count = row_count + len(rows), chunk_count + 1


def _prepare(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder / CURSOR_FILE


def _round_keys(rows: Iterable[JournalRow]) -> list[RoundKey]:
    return list(dict.fromkeys(row.round_key for row in rows if row.round_id))


def _replace(path: Path, text: str) -> None:
    draft = path.with_suffix(".draft")
    with draft.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _remove_chunk(folder: Path, number: int) -> None:
    for name in ("journal", "rounds"):
        for format_ in FORMATS:
            _chunk_path(folder, name, number, format_).unlink(missing_ok=True)


def _chunk_path(folder: Path, name: str, number: int, format_: str) -> Path:
    return folder / f"{name}-{number:06d}.{format_}"


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _write_chunk(
    folder: Path,
    name: str,
    number: int,
    columns: tuple[str, ...],
    rows: Sequence[Sequence[Any]],
    formats: Sequence[str],
) -> None:
    paths = {format_: _chunk_path(folder, name, number, format_) for format_ in formats}
    if "csv" in paths:
        with paths["csv"].open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows([value.hex() if isinstance(value, bytes) else value for value in row] for row in rows)
    if "parquet" in paths:
        _write_parquet(paths["parquet"], columns, rows)
    for path in paths.values():
        _sync(path)  # before the cursor: what it leaves behind must be there


def _write_parquet(path: Path, columns: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> None:
    import pyarrow  # type: ignore[import-untyped]  # an extra without types
    from pyarrow import parquet

    types = {
        "bytea": pyarrow.binary(),
        "boolean": pyarrow.bool_(),
        "integer": pyarrow.int32(),
        "bigint": pyarrow.int64(),
        "text": pyarrow.string(),
    }
    schema = pyarrow.schema([(name, types[type_name(name)]) for name in columns])
    arrays = [pyarrow.array([row[place] for row in rows], types[type_name(name)]) for place, name in enumerate(columns)]
    parquet.write_table(pyarrow.Table.from_arrays(arrays, schema=schema), path, compression="zstd")


def exported_rows(folder: Path) -> Iterator[JournalRow]:
    """Yield the journal rows of an export: its chunks up to the cursor, each from CSV where it is there, else Parquet.

    Raises:
        OSError: the cursor or a chunk is not there.
        ValueError: a file that is none of an export.
    """
    chunk_count: int = json.loads((folder / CURSOR_FILE).read_text())["chunk_count"]
    for number in range(1, chunk_count + 1):
        path = _chunk_path(folder, "journal", number, "csv")
        if path.exists():
            yield from _csv_rows(path)
        else:
            yield from _parquet_rows(_chunk_path(folder, "journal", number, "parquet"))


def _csv_rows(path: Path) -> Iterator[JournalRow]:
    kinds = [type_name(name) for name in JOURNAL_COLUMNS]
    with path.open(newline="") as file:
        reader = csv.reader(file)
        if tuple(next(reader, ())) != JOURNAL_COLUMNS:
            raise ValueError(f"{path.name} is not a journal of this wallet")
        for values in reader:
            yield JournalRow._make(_value(kind, text) for kind, text in zip(kinds, values, strict=True))


def _value(kind: str, text: str) -> Any:
    if kind == "bytea":
        return bytes.fromhex(text)
    return int(text) if kind in ("integer", "bigint") else text


def _parquet_rows(path: Path) -> Iterator[JournalRow]:
    from pyarrow import parquet

    for batch in parquet.ParquetFile(path).iter_batches(columns=list(JOURNAL_COLUMNS)):
        yield from map(JournalRow._make, zip(*(column.to_pylist() for column in batch.columns), strict=True))
