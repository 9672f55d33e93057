"""Adapters of careless studios: they throw, hang, return nothing or something else. The kit must say so, and go on."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from adapters.scaffold.templates.sample_studio.adapter import create_adapter


class Careless:
    """The sample studio with some words replaced."""

    def __init__(self, inner: object, replaced: Mapping[str, Callable[..., Any]]) -> None:
        self._inner = inner
        self._replaced = replaced

    def __getattr__(self, name: str) -> Any:
        return self._replaced[name] if name in self._replaced else getattr(self._inner, name)


async def returns_none(*_: object) -> None:
    """Forget the return statement."""


async def throws(*_: object) -> None:
    """Throw what is no AdapterError."""
    raise RuntimeError("boom")


async def exits(*_: object) -> None:
    """End the process."""
    raise SystemExit(3)


async def cancels(*_: object) -> None:
    """Raise what only the event loop may raise."""
    raise asyncio.CancelledError


async def hangs(*_: object) -> None:
    """Never return."""
    await asyncio.Event().wait()


def not_async(*_: object) -> int:
    """Forget the async."""
    return 5


WAYS = (returns_none, throws, exits, cancels, hangs, not_async)


def __getattr__(name: str) -> Any:
    """Return a factory by name: ``spin__throws`` is the sample whose ``spin`` throws."""
    word, mark, way = name.partition("__")
    ways = {each.__name__: each for each in WAYS}
    if not mark or way not in ways:
        raise AttributeError(name)
    return lambda config: Careless(create_adapter(config), {word: ways[way]})


def makes_nothing(config: object) -> None:
    """Return no adapter."""


def refuses_everything(config: object) -> None:
    """Refuse the configuration."""
    raise KeyError("api_key")
