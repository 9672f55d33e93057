"""One thread that owns a blocking connection; the event loop hands it work and gets the answer back."""

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

_T = TypeVar("_T")
_Work = tuple[Callable[[], Any], "asyncio.Future[Any]", asyncio.AbstractEventLoop]


class WriterThread:
    """Runs one piece of work after the other, in the order in which it was handed over."""

    def __init__(self, name: str) -> None:
        self._work: SimpleQueue[_Work | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def run(self, work: Callable[[], _T]) -> "asyncio.Future[_T]":
        """Run ``work`` in the thread; the future carries its answer or its error."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[_T] = loop.create_future()
        self._work.put((work, future, loop))
        return future

    def stop(self) -> None:
        """Stop after the work that was handed over; wait for the end."""
        self._work.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (item := self._work.get()) is not None:
            work, future, loop = item
            answer, error = None, None
            try:
                answer = work()
            except BaseException as raised:  # noqa: BLE001 - the edge of the thread: the awaiting side raises it
                error = raised
            try:
                loop.call_soon_threadsafe(_finish, future, answer, error)
            except RuntimeError:
                continue  # the loop is closed: nobody waits any more


def _finish(future: "asyncio.Future[Any]", answer: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(answer)
    else:
        future.set_exception(error)
