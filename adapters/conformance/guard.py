"""Between the kit and an adapter: whatever a careless adapter does becomes a sentence, and nothing hangs the run."""

import asyncio
from collections.abc import Awaitable
from functools import partial
from inspect import isawaitable
from typing import Any

from adapters.conformance.promise import CaseFailed

CALL_PATIENCE_S = 15.0
LIST_PATIENCE_S = 45.0
"""A full game list may be large and slow."""
HANGS_FORGIVEN = 3
SHORT_PATIENCE_S = 2.0
WORDS = ("describe", "probe", "list_games", "aclose")
ASYNC_WORDS = frozenset(
    {
        *WORDS,
        "spin",
        "get_round",
        "cancel_round",
        "launch_url",
        "grant_free_rounds",
        "cancel_free_rounds",
        "get_free_rounds",
        "round_details_url",
    }
)
"""What the gateway awaits; ``identify``, ``decode`` and ``encode`` are plain functions."""


class AdapterMisbehaved(CaseFailed):
    """The adapter did what no adapter may do to its caller; the text says what."""


class Patience:
    """How long a call may take. An adapter that has hung a few times is not waited for so long any more."""

    def __init__(self) -> None:
        self._hang_count = 0

    def seconds(self, word: str) -> float:
        """Return the patience with one word of the contract."""
        if self._hang_count >= HANGS_FORGIVEN:
            return SHORT_PATIENCE_S
        return LIST_PATIENCE_S if word == "list_games" else CALL_PATIENCE_S

    def lost(self) -> None:
        """Note that a call has hung."""
        self._hang_count += 1


class GuardedAdapter:
    """Has whatever the adapter has. Errors pass as they are, but for those that would end the kit itself."""

    def __init__(self, adapter: Any, patience: Patience) -> None:
        self._adapter = adapter
        self._patience = patience

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._adapter, name)
        return partial(self._call, name, found) if callable(found) else found

    def _call(self, name: str, method: Any, *arguments: Any) -> Any:
        try:
            answer = method(*arguments)
        except (SystemExit, asyncio.CancelledError) as error:
            raise AdapterMisbehaved(f"{name} raised {type(error).__name__}") from error
        if isawaitable(answer):
            return self._wait(name, answer)
        return _not_awaitable(name, answer) if name in ASYNC_WORDS else answer

    async def _wait(self, name: str, answer: Awaitable[Any]) -> Any:
        patience_s = self._patience.seconds(name)
        limit = asyncio.timeout(patience_s)
        try:
            async with limit:
                return await answer
        except TimeoutError as error:
            if not limit.expired():
                raise
            self._patience.lost()
            raise AdapterMisbehaved(f"{name} did not return within {patience_s:.0f} s") from error
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            raise AdapterMisbehaved(f"{name} raised CancelledError though nobody cancelled it") from error
        except SystemExit as error:
            raise AdapterMisbehaved(f"{name} raised SystemExit") from error


def require_adapter(made: object, factory: str) -> None:
    """Require that a factory has made something that can be an adapter."""
    missing = [name for name in WORDS if not callable(getattr(made, name, None))]
    if missing:
        what = f"{factory or 'the factory'} returned {type(made).__name__}, which is no adapter"
        raise AdapterMisbehaved(f"{what}: it has no {', '.join(missing)}")


def require_type(answer: object, wanted: type, word: str) -> None:
    """Require the answer that the contract promises for a word."""
    if not isinstance(answer, wanted):
        raise AdapterMisbehaved(f"{word} returned {type(answer).__name__}, expected {wanted.__name__}")


async def _not_awaitable(name: str, answer: object) -> None:
    raise AdapterMisbehaved(f"{name} must be `async def`: it returned {type(answer).__name__} at once")
