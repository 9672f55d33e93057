"""Words that a tester wrote, held against those that there are: a misspelt one must never pass for one that fits."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches

PROVIDERS = ("hub88", "swipegames", "softswiss", "softswiss.a8r", "pragmatic", "evolution")
"""The folders whose mocks are here; any other package's is named by its dotted path."""


def check_known(what: str, given: Iterable[str], known: Collection[str]) -> None:
    """Raise ``ValueError`` for the first word of ``given`` that is none of ``known``: it names what may be said."""
    for word in given:
        if word not in known:
            may_be = f"none of {', '.join(sorted(known))}{meant(word, known)}" if known else "not known here"
            raise ValueError(f"{what}: {word!r} is {may_be}")


def meant(given: str, known: Iterable[str]) -> str:
    """Return ``(did you mean ...?)`` for a word that is nearly a known one."""
    near = get_close_matches(given, list(known), 1, 0.5)
    return f" (did you mean {near[0]}?)" if near else ""
