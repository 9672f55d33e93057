"""The border to adapters of this process: no call of one ends more than itself (must 7).

An adapter that exits (``sys.exit``, a ``KeyboardInterrupt`` of its own, anything beside ``Exception``) would end the
event loop, and the gateway with it. Here it becomes what every other break of the contract is: an unknown outcome.
"""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn, TypeVar, cast

from adapters.contract.errors import OutcomeUnknown

_log = logging.getLogger("reelgate.adapters")
Foreign = TypeVar("Foreign")


def guarded(foreign: Foreign, name: str) -> Foreign:
    """Return an adapter (or dialect) as the gateway may call it; ``name`` is for the log. It has what it had."""
    return cast("Foreign", _Guarded(foreign, name))


class _Guarded:
    """Stands for an adapter. What was looked up once is kept, so that a call pays for one frame more."""

    def __init__(self, foreign: object, name: str) -> None:
        self._foreign = foreign
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        found = getattr(self._foreign, attribute)
        if not callable(found):
            return found
        where = f"{self._name} in {attribute}"
        call = _awaiting(found, where) if inspect.iscoroutinefunction(found) else _calling(found, where)
        setattr(self, attribute, call)
        return call


def _awaiting(method: Callable[..., Awaitable[Any]], where: str) -> Callable[..., Awaitable[Any]]:
    async def call(*args: Any, **named: Any) -> Any:
        try:
            return await method(*args, **named)
        except (Exception, GeneratorExit):  # the latter closes this very coroutine: nobody waits for it any more
            raise
        except BaseException as error:  # noqa: BLE001  # the adapter border
            _left(error, where)

    return call


def _calling(method: Callable[..., Any], where: str) -> Callable[..., Any]:
    def call(*args: Any, **named: Any) -> Any:
        try:
            answer = method(*args, **named)
        except Exception:
            raise
        except BaseException as error:  # noqa: BLE001  # the adapter border
            _left(error, where)
        return _awaiting(_given, where)(answer) if hasattr(answer, "__await__") else answer

    return call


async def _given(answer: Awaitable[Any]) -> Any:
    return await answer


def _left(error: BaseException, where: str) -> NoReturn:
    """Tell of it and raise what counts; a cancellation that somebody asked for stays one."""
    if isinstance(error, asyncio.CancelledError) and _is_being_cancelled():
        raise error
    _log.error("the adapter %s left with %r: the outcome is unknown", where, error, exc_info=error)
    raise OutcomeUnknown(f"the adapter {where} left with {type(error).__name__}") from error


def _is_being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0
