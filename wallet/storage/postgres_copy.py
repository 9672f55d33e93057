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


def _plain(text: str, line_count: int, tab_count: int, backslash_count: int) -> bool:
    """Say whether no value brought a character of its own that COPY would read as something else."""
    return (
        text.count("\t") == line_count * tab_count
        and text.count("\\") == line_count * backslash_count
        and text.count("\n") == line_count
        and "\r" not in text
    )


def _escaped(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(value.translate(_ESCAPES) if isinstance(value, str) else value for value in values)


def journal_text(rows: Sequence[JournalRow]) -> bytes:
    """Return the journal rows as the body of a COPY."""
    line = _JOURNAL_LINE
    text = "".join([line % (*row[:_JOURNAL_TEXTS], row[-3].hex(), row[-2].hex(), row[-1].hex()) for row in rows])
    if not _plain(text, len(rows), _JOURNAL_TABS, 6):
        text = "".join(map(_escaped_line, rows))
    return text.encode()


def _escaped_line(row: JournalRow) -> str:
    hexes = (row.detail.hex(), row.fingerprint.hex(), row.chain_head.hex())
    return _JOURNAL_LINE % (_escaped(row[:_JOURNAL_TEXTS]) + hexes)


_ROUND_LINE = "\t".join("\\\\x%s" if place == _STATE else "%s" for place in range(_ROUND_WIDTH)) + "\n"


def rounds_text(rounds: Sequence[tuple[Any, ...]]) -> bytes:
    """Return the values of rounds (with their sequences) as the body of a COPY."""
    line = _ROUND_LINE
    text = "".join([line % (*one[:_STATE], one[_STATE].hex(), *one[_STATE + 1 :]) for one in rounds])
    if not _plain(text, len(rounds), _ROUND_WIDTH - 1, 2):
        text = "".join(
            [line % (*_escaped(one[:_STATE]), one[_STATE].hex(), *_escaped(one[_STATE + 1 :])) for one in rounds]
        )
    return text.encode()


def notes_text(notes: Iterable[tuple[Any, ...]]) -> bytes:
    """Return notes as the body of a COPY."""
    return "".join(_NOTE_LINE % _escaped(note) for note in notes).encode()
