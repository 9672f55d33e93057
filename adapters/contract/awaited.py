"""Calling the wallet words of an adapter that may be here (a plain answer) or across a wire (awaitable)."""

from collections.abc import Awaitable
from inspect import isawaitable
from typing import TypeVar

Answer = TypeVar("Answer")


async def awaited(answer: Answer | Awaitable[Answer]) -> Answer:
    """Return the answer, waiting for it where it has to come over a wire."""
    if isawaitable(answer):
        return await answer
    return answer
