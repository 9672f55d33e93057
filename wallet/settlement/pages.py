"""Pages and their opaque tokens: a token says where to go on and which list it belongs to."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

_T = TypeVar("_T")
TOKEN_LENGTH_MAX = 1024


class PageTokenRefused(ValueError):
    """The token is not one that this list gave out."""


@dataclass(frozen=True, slots=True)
class Page(Generic[_T]):
    """Some items, and the token of the next page; an empty token: that was the last page."""

    items: tuple[_T, ...]
    next_token: str = ""


def encode_token(kind: str, place: Sequence[int | str]) -> str:
    """Return the token for ``place`` in the list ``kind``."""
    text = json.dumps([kind, *place], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_token(kind: str, token: str, shape: Sequence[type]) -> list[int | str] | None:
    """Return the place that ``token`` names (``None`` for an empty token), or refuse it."""
    if not token:
        return None
    if len(token) > TOKEN_LENGTH_MAX:
        raise PageTokenRefused("the page token is too long")
    try:
        parts = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        raise PageTokenRefused("the page token is not one of ours") from None
    if not isinstance(parts, list) or [type(part) for part in parts] != [str, *shape] or parts[0] != kind:
        raise PageTokenRefused("the page token belongs to another list")
    place: list[int | str] = parts[1:]
    if not all(map(_can_be_looked_up, place)):
        raise PageTokenRefused("the page token is not one of ours")
    return place


def _can_be_looked_up(part: int | str) -> bool:
    """Say whether a database takes the value: 64 bits, and no character that a text cannot hold."""
    return -(2**63) <= part < 2**63 if isinstance(part, int) else part.isascii() and part.isprintable()
