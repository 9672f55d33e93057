"""A request head that does not come to its end in time costs its caller the connection, and nobody else anything."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from gateway.bootstrap.callbacks import running_callbacks
from gateway.bootstrap.compose import Parts, open_gateway
from gateway.catalogue.registry import Registry
from gateway.config import Settings

TIMEOUT_MS = 150
REQUEST = b"POST /callbacks/nobody/play HTTP/1.1\r\nhost: gateway\r\ncontent-length: 0\r\n\r\n"


@pytest.fixture
async def port(tmp_path) -> AsyncIterator[int]:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'x.db'}", callback_head_timeout_ms=TIMEOUT_MS)
    async with (
        open_gateway(settings, Parts(registry=Registry([]))) as gateway,
        running_callbacks(gateway, "127.0.0.1:0") as port,
    ):
        yield port


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def closed(reader: asyncio.StreamReader) -> bytes:
    """Wait until the server closes, and return what it said."""
    try:
        return await asyncio.wait_for(reader.read(), 20)
    except ConnectionResetError:
        return b""


async def longer_than_a_head_may_take(port: int) -> None:
    """Wait as long as the server has patience with somebody who says nothing at all."""
    async with connected(port) as (reader, _):
        assert await closed(reader) == b""


async def answer(reader: asyncio.StreamReader) -> bytes:
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    await reader.readexactly(length)
    return head.split(b"\r\n")[0]


async def drip(writer: asyncio.StreamWriter, text: bytes) -> None:
    """Send byte by byte, for as long as anybody listens."""
    for byte in text:
        writer.write(bytes((byte,)))
        await asyncio.sleep(TIMEOUT_MS / 5_000)


async def test_who_connects_and_says_nothing_is_let_go(port):
    await longer_than_a_head_may_take(port)


@pytest.mark.parametrize("before", [b"", REQUEST], ids=["the first request", "a later request"])
async def test_a_head_that_comes_byte_by_byte_is_not_waited_for(port, before):
    async with connected(port) as (reader, writer):
        writer.write(before)
        if before:
            assert await answer(reader) == b"HTTP/1.1 404 Not Found"
        dripping = asyncio.create_task(drip(writer, REQUEST * 100))

        said = await closed(reader)

        assert said == b""
        assert not dripping.done()
        dripping.cancel()


async def test_a_connection_that_rests_between_two_requests_is_kept(port):
    async with connected(port) as (reader, writer):
        writer.write(REQUEST)
        first = await answer(reader)
        await longer_than_a_head_may_take(port)

        writer.write(REQUEST)

        assert first == await answer(reader) == b"HTTP/1.1 404 Not Found"


async def test_a_head_in_two_packets_and_a_slow_body_are_none_of_it(port):
    async with connected(port) as (reader, writer):
        head = b"POST /callbacks/nobody HTTP/1.1\r\nhost: gateway\r\ncontent-length: 2\r\n\r\n"
        writer.write(head[:20])
        await writer.drain()
        writer.write(head[20:] + b"a")
        await answer(reader)
        await longer_than_a_head_may_take(port)

        writer.write(b"b" + REQUEST)

        assert await answer(reader) == b"HTTP/1.1 404 Not Found"


async def test_slow_callers_do_not_keep_others_waiting(port):
    slow = [await asyncio.open_connection("127.0.0.1", port) for _ in range(50)]
    for _, writer in slow:
        writer.write(REQUEST[:-2])
    async with connected(port) as (reader, writer):
        writer.write(REQUEST)
        assert await answer(reader) == b"HTTP/1.1 404 Not Found"

    assert {await closed(reader) for reader, _ in slow} == {b""}
    for _, writer in slow:
        writer.close()
