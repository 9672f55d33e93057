"""The edge of the command line: what was typed wrongly, or is not there, is told in a sentence with exit code 2."""

import json
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console

from adapters.loader import AdapterNotLoaded
from protos.wire.addresses import CannotListen, DatabaseRefused, StartRefused

EXIT_REFUSED = 2
_UNREADABLE = (json.JSONDecodeError, tomllib.TOMLDecodeError, UnicodeDecodeError)
_DATABASES = ("sqlalchemy", "asyncpg", "sqlite3")


@contextmanager
def told(arguments: Sequence[str]) -> Iterator[None]:
    """Turn what a caller can mend into a sentence that names the option; our own faults keep their traceback."""
    try:
        yield
    except Exception as error:
        words = _words(error)
        if words is None:
            raise
        option = _database_option(error, arguments) or _option_of(str(error), arguments)
        text = f"{option}: {words}" if option else words
        Console(stderr=True).print(text, style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(EXIT_REFUSED) from error


def _words(error: Exception) -> str | None:
    """Return what to say of an error; ``None``: it is none of the caller's."""
    if isinstance(error, (StartRefused, AdapterNotLoaded, CannotListen)):
        return str(error)
    if isinstance(error, _UNREADABLE):
        return f"cannot be read: {error}"
    if _is_of_database(error):
        return f"the database cannot be used: {getattr(error, 'orig', None) or error}"
    if isinstance(error, OSError):
        named = f"{error.filename}: " if error.filename else ""
        return f"{named}{error.strerror or error}"
    if type(error).__module__.startswith("pydantic") and hasattr(error, "errors"):
        return "; ".join(_setting(problem) for problem in error.errors())
    return None


def _setting(problem: dict[str, Any]) -> str:
    name = "__".join(str(part) for part in problem["loc"])
    return f"REELGATE_{name.upper()} ({name}): {problem['msg']}"


def _is_of_database(error: Exception) -> bool:
    return isinstance(error, DatabaseRefused) or type(error).__module__.partition(".")[0] in _DATABASES


def _option_of(text: str, arguments: Sequence[str]) -> str:
    """Return the option whose value the error is about."""
    found = [(len(value), option) for option, value in _options(arguments) if value and value in text]
    return max(found)[1] if found else ""


def _database_option(error: Exception, arguments: Sequence[str]) -> str:
    """A database that cannot be reached does not say its address: the only other end that commands with one have."""
    given = any(option == "--database" for option, _ in _options(arguments))
    is_unreachable = isinstance(error, OSError) and error.filename is None and not isinstance(error, CannotListen)
    return "--database" if given and (is_unreachable or _is_of_database(error)) else ""


def _options(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    for word, after in zip(arguments, [*arguments[1:], ""], strict=True):
        if word.startswith("--"):
            option, equals, value = word.partition("=")
            yield option, value if equals else after
