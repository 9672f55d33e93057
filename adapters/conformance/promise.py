"""How a case fails: a promise that was not kept, with what was expected."""


class CaseFailed(Exception):
    """The adapter broke the promise; the text says how, with what was expected."""


def require(condition: bool, text: str) -> None:
    """Fail the case with ``text`` unless ``condition``."""
    if not condition:
        raise CaseFailed(text)
