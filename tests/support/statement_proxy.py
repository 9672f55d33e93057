"""A proxy before PostgreSQL that knows where one statement ends and the next begins, and cuts the connection there.

It reads the messages of the protocol (version 3) and not a driver's calls, so it is right for any driver. ``cut(n)``
drops the connection when the client sends its n-th statement from now: before the server sees it, or after the server
has answered it, with the answer lost. That is what the server and the database see of a client that dies there.
"""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

_STATEMENT_ENDS = frozenset(b"QSHc")
"""Query, Sync, Flush, CopyDone: after these a client waits for the server."""


@dataclass
class StatementProxy:
    """Passes messages between clients on a free port and the server behind ``socket_path``."""

    socket_path: Path
    port: int = 0
    statement_count: int = 0
    cuts: int = 0
    _cut_at: int = 0
    _executed: bool = False
    _connections: set["asyncio.Task[None]"] = field(default_factory=set)

    def cut(self, statement: int, *, executed: bool) -> None:
        """Cut at the n-th statement from now; ``executed``: the server does it, the client is not told."""
        self.statement_count, self._cut_at, self._executed = 0, statement, executed

    def spare(self) -> None:
        """Cut nothing any more."""
        self._cut_at = 0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_unix_connection(str(self.socket_path))
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        answers = asyncio.create_task(_pass_on(far_reader, writer))
        try:
            await self._pass_statements(reader, far_writer, far_reader, answers)
        finally:
            answers.cancel()
            await asyncio.gather(answers, return_exceptions=True)
            self._connections.discard(task)
            for each in (writer, far_writer):
                each.transport.abort()

    async def _pass_statements(
        self,
        reader: asyncio.StreamReader,
        far_writer: asyncio.StreamWriter,
        far_reader: asyncio.StreamReader,
        answers: "asyncio.Task[None]",
    ) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            far_writer.write(await _message(reader, b""))  # the start-up message has no type
            while True:
                kind = await reader.readexactly(1)
                message = await _message(reader, kind)
                if self._is_the_one(kind):
                    if self._executed:
                        answers.cancel()
                        await asyncio.gather(answers, return_exceptions=True)
                        far_writer.write(message)
                        await far_reader.read(65536)
                    return
                far_writer.write(message)
                await far_writer.drain()

    def _is_the_one(self, kind: bytes) -> bool:
        if kind[0] not in _STATEMENT_ENDS or not self._cut_at:
            return False
        self.statement_count += 1
        if self.statement_count < self._cut_at:
            return False
        self._cut_at = 0
        self.cuts += 1
        return True


async def _message(reader: asyncio.StreamReader, kind: bytes) -> bytes:
    length = await reader.readexactly(4)
    return kind + length + await reader.readexactly(struct.unpack(">i", length)[0] - 4)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
    writer.transport.abort()


@asynccontextmanager
async def statement_proxy(socket_path: Path) -> AsyncIterator[StatementProxy]:
    """Run a proxy."""
    proxy = StatementProxy(socket_path)
    server = await asyncio.start_server(proxy._serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        for task in tuple(proxy._connections):
            task.cancel()
        await asyncio.gather(*proxy._connections, return_exceptions=True)
