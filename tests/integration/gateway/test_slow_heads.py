"""A request that does not come to its end in time or size costs its caller the connection, and nobody else anything."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from adapters.hub88.adapter import create_adapter
from gateway.bootstrap.callbacks import running_callbacks
from gateway.bootstrap.compose import Parts, open_gateway
from gateway.catalogue.registry import Registry
from gateway.config import Settings

TIMEOUT_MS = 150
POURED_BYTES_MAX = 24 * 1024 * 1024
"""What the buffers between two sockets may hold, and more than any request; far less than comes in a deadline."""
REQUEST = b"POST /callbacks/nobody/play HTTP/1.1\r\nhost: gateway\r\ncontent-length: 0\r\n\r\n"


@pytest.fixture
async def port(tmp_path) -> AsyncIterator[int]:
    async with serving(tmp_path, TIMEOUT_MS) as port:
        yield port


@pytest.fixture
async def patient_port(tmp_path) -> AsyncIterator[int]:
    """Serve with so much time for a head that nothing ends for lack of it."""
    async with serving(tmp_path, 60_000) as port:
        yield port


@asynccontextmanager
async def serving(folder, head_timeout_ms: int) -> AsyncIterator[int]:
    settings = Settings(database_url=f"sqlite:///{folder / 'x.db'}", callback_head_timeout_ms=head_timeout_ms)
    adapter = create_adapter({})
    async with (
        open_gateway(settings, Parts(registry=Registry([(await adapter.describe(), adapter)]))) as gateway,
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


async def poured(writer: asyncio.StreamWriter, text: bytes) -> int:
    """Send a text again and again for as long as anybody takes it; return how many bytes that were."""
    count = 0
    with suppress(ConnectionError):
        while count < 2 * POURED_BYTES_MAX:
            writer.write(text)
            await writer.drain()
            count += len(text)
    return count


@pytest.mark.parametrize("text", [b"x-more: of the same\r\n", b"x"], ids=["headers", "one header"])
@pytest.mark.parametrize("before", [b"", REQUEST], ids=["the first request", "a later request"])
async def test_a_head_without_end_is_not_taken_in(patient_port, before, text):
    async with connected(patient_port) as (reader, writer):
        writer.write(before)
        if before:
            await answer(reader)
        writer.write(REQUEST[:-2] + b"x-long: ")

        assert await poured(writer, text * 1_000) < POURED_BYTES_MAX


@pytest.mark.parametrize(
    "text", [b"1;" + b"x" * 1_000 + b"\r\na\r\n", b"x-more: of the same\r\n"], ids=["frames", "trailers"]
)
async def test_what_surrounds_a_body_is_not_taken_in_without_end(patient_port, text):
    async with connected(patient_port) as (_, writer):
        head = b"POST /callbacks/hub88/brand/bet HTTP/1.1\r\nhost: gateway\r\ntransfer-encoding: chunked\r\n\r\n"
        writer.write(head + (b"0\r\n" if text.startswith(b"x") else b""))

        assert await poured(writer, text * 100) < POURED_BYTES_MAX


async def test_a_long_body_does_not_count_against_the_next_head(port):
    async with connected(port) as (reader, writer):
        for _ in range(3):
            writer.write(REQUEST.replace(b"content-length: 0", b"content-length: 60000") + b"x" * 60_000)
            assert await answer(reader) == b"HTTP/1.1 404 Not Found"
            for part in (REQUEST[:20], REQUEST[20:]):
                writer.write(part)
                await asyncio.sleep(0)
            assert await answer(reader) == b"HTTP/1.1 404 Not Found"
