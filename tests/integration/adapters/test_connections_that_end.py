"""A server that hangs up after it has read a request may have acted: no client of ours may call that "not sent"."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from adapters.contract.errors import OutcomeUnknown, ProviderUnavailable
from adapters.contract.operator_wallet import OperatorCall
from adapters.http.client import HttpClient
from adapters.mocks import link as mock_link
from adapters.mocks.types import HttpCall
from gateway.operator_wallet import link as operator_link

ENDS = {
    "hangs up": b"",
    "resets": None,
    "is no HTTP": b"\x00\x01 hello\r\n\r\n",
    "stops in the body": b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc",
    "breaks a chunk": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n",
    "has no end of a head": b"HTTP/1.1 200 OK\r\nx: " + b"a" * 100_000,
}


@asynccontextmanager
async def server_that(answer: bytes | None) -> AsyncIterator[str]:
    """Serve on a free port: read a request, answer these bytes (``None``: reset), hang up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if answer is None:
            writer.transport.abort()
            return
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize("answer", ENDS.values(), ids=ENDS)
async def test_a_call_of_an_adapter_whose_server_hangs_up_is_in_doubt(answer: bytes | None) -> None:
    async with server_that(answer) as url:
        client = HttpClient(url, 2_000)

        with pytest.raises(OutcomeUnknown) as caught:
            await client.post_json("/bet", b"{}")

        assert not caught.value.outcome_known
        await client.aclose()


@pytest.mark.parametrize("answer", ENDS.values(), ids=ENDS)
async def test_a_bet_at_an_operators_wallet_that_hangs_up_may_have_been_taken(answer: bytes | None) -> None:
    async with server_that(answer) as url:
        link = operator_link.HttpLink(url)

        with pytest.raises(operator_link.LinkFailed) as caught:
            await link.send(OperatorCall("/bet", b"{}", ()), 2_000)

        assert caught.value.sent
        await link.aclose()


@pytest.mark.parametrize("answer", ENDS.values(), ids=ENDS)
async def test_a_mock_reads_a_wallet_that_hangs_up_as_one_that_was_reached(answer: bytes | None) -> None:
    async with server_that(answer) as url:
        link = mock_link.HttpLink()

        with pytest.raises(mock_link.LinkFailed) as caught:
            await link.send(url, HttpCall("POST", "/bet", b"{}"), 2_000)

        assert caught.value.reason.startswith("network: ")
        assert "not connected" not in caught.value.reason
        await link.aclose()


async def test_where_nobody_listens_nothing_was_sent() -> None:
    async with server_that(b"") as url:
        pass
    client, operator = HttpClient(url, 2_000), operator_link.HttpLink(url)

    with pytest.raises(ProviderUnavailable):
        await client.post_json("/bet", b"{}")
    with pytest.raises(operator_link.LinkFailed) as caught:
        await operator.send(OperatorCall("/bet", b"{}", ()), 2_000)

    assert not caught.value.sent
    await client.aclose()
    await operator.aclose()
