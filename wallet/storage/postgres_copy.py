"""Rows as the text that COPY reads: one ``%`` per row, several times cheaper than encoding each value."""

from collections.abc import Iterable, Sequence
from typing import Any

from wallet.ledger.types import JournalRow
from wallet.storage.tables import JOURNAL_COLUMNS, NOTE_COLUMNS, ROUND_COLUMNS, ROUND_SEQUENCES

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_JOURNAL_TEXTS = JOURNAL_COLUMNS.index("detail")
_JOURNAL_LINE = "\t".join(["%s"] * _JOURNAL_TEXTS + ["\\\\x%s"] * 3) + "\n"
_JOURNAL_TABS = len(JOURNAL_COLUMNS) - 1
_STATE = ROUND_COLUMNS.index("state")
_ROUND_WIDTH = len(ROUND_COLUMNS) + len(ROUND_SEQUENCES)
_NOTE_LINE = "\t".join(["%s"] * len(NOTE_COLUMNS)) + "\n"
assert JOURNAL_COLUMNS[_JOURNAL_TEXTS:] == ("detail", "fingerprint", "chain_head")


def _plain(line: str, tab_count: int, backslash_count: int) -> bool:
    """Say whether no value brought a character of its own that COPY would read as something else."""
    return (
        line.count("\t") == tab_count
        and line.count("\\") == backslash_count
        and line.count("\n") == 1
        and "\r" not in line
    )


def _escaped(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(value.translate(_ESCAPES) if isinstance(value, str) else value for value in values)


def journal_text(rows: Sequence[JournalRow]) -> bytes:
    """Return the journal rows as the body of a COPY."""
    lines = []
    for row in rows:
        hexes = (row.detail.hex(), row.fingerprint.hex(), row.chain_head.hex())
        line = _JOURNAL_LINE % (row[:_JOURNAL_TEXTS] + hexes)
        if not _plain(line, _JOURNAL_TABS, 6):
            line = _JOURNAL_LINE % (_escaped(row[:_JOURNAL_TEXTS]) + hexes)
        lines.append(line)
    return "".join(lines).encode()


_ROUND_LINE = "\t".join("\\\\x%s" if place == _STATE else "%s" for place in range(_ROUND_WIDTH)) + "\n"


def rounds_text(rounds: Iterable[tuple[Any, ...]]) -> bytes:
    """Return the values of rounds (with their sequences) as the body of a COPY."""
    lines = []
    for values in rounds:
        state = (values[_STATE].hex(),)
        line = _ROUND_LINE % (values[:_STATE] + state + values[_STATE + 1 :])
        if not _plain(line, _ROUND_WIDTH - 1, 2):
            line = _ROUND_LINE % (_escaped(values[:_STATE]) + state + _escaped(values[_STATE + 1 :]))
        lines.append(line)
    return "".join(lines).encode()


def notes_text(notes: Iterable[tuple[Any, ...]]) -> bytes:
    """Return notes as the body of a COPY."""
    return "".join(_NOTE_LINE % _escaped(note) for note in notes).encode()
