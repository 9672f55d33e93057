"""What the adapter's own host logs during a run, as one line for each kind of fault instead of a traceback for each."""

import logging
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOTES_MAX = 20


class LogNotes(logging.Handler):
    """Collects records, alike ones once."""

    def __init__(self) -> None:
        super().__init__()
        self._counts: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        """Count a record by what it says; malformed bytes were the kit's own doing."""
        said = _said(record)
        if not said.startswith("DecodeError: "):
            self._counts[said] += 1

    def lines(self) -> list[str]:
        """Return what was said, most often first."""
        return [f"{count:>5} x {text}" for text, count in self._counts.most_common(NOTES_MAX)]


@contextmanager
def noted() -> Iterator[LogNotes]:
    """Take warnings and errors of all loggers in place of printing them."""
    root, notes = logging.getLogger(), LogNotes()
    notes.setLevel(logging.WARNING)
    root.addHandler(notes)
    try:
        yield notes
    finally:
        root.removeHandler(notes)


def _said(record: logging.LogRecord) -> str:
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return record.getMessage().splitlines()[0]
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno} in {frames[-1].name}" if frames else ""
    return f"{type(error).__name__}: {error}{where}"
