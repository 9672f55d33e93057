"""The HTTP line, and making the wallet from settings."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from adapters.contract.operator_wallet import OperatorCall
from gateway.bootstrap.embedded_wallet import EmbeddedWallet
from gateway.clock import SystemClock
from gateway.operator_wallet.compose import open_operator_wallets
from gateway.operator_wallet.link import BODY_BYTES_MAX, HttpLink, LinkFailed
from gateway.operator_wallet.settings import OperatorWalletSettings
from gateway.rounds.ports import AccountRef
from gateway.storage.database import open_engine
from tests.unit.gateway.operator_wallet.operator_stub import PRIVATE_KEY, SECRET
from wallet.bootstrap import open_wallet

CALL = OperatorCall("/play", b"body", (("x-request-sign", "s"), ("content-type", "application/json")))


async def test_bytes_and_headers_arrive_as_they_are() -> None:
    async def echo(request: Request) -> Response:
        text = f"{request.url.path} {request.headers['x-request-sign']} {(await request.body()).decode()}"
        return PlainTextResponse(text, status_code=412)

    app = Starlette(routes=[Route("/wallet/play", echo, methods=["POST"])])
    link = HttpLink("http://operator.test/wallet/", httpx.ASGITransport(app))

    reply = await link.send(CALL, 1_000)

    assert (reply.status, reply.body) == (412, b"/wallet/play s body")
    await link.aclose()


async def test_a_refused_connection_says_that_nothing_left() -> None:
    link = HttpLink("http://127.0.0.1:1")

    with pytest.raises(LinkFailed) as caught:
        await link.send(CALL, 1_000)

    assert not caught.value.sent
    await link.aclose()


@pytest.mark.parametrize(
    ("error", "sent"),
    [
        (httpx.ConnectTimeout, False),
        (httpx.ReadTimeout, True),
        (httpx.ReadError, True),
        (httpx.RemoteProtocolError, True),
    ],
)
async def test_whatever_breaks_after_connecting_may_have_been_sent(
    error: type[httpx.TransportError], sent: bool
) -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise error("broken")

    link = HttpLink("http://operator.test", httpx.MockTransport(broken))

    with pytest.raises(LinkFailed) as caught:
        await link.send(CALL, 1_000)

    assert caught.value.sent is sent
    await link.aclose()


async def test_an_answer_without_end_is_no_answer_and_is_not_kept_in_memory() -> None:
    sent_count = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent_count
        while True:
            sent_count += 1
            yield b"x" * 65_536

    link = HttpLink("http://operator.test", httpx.MockTransport(lambda _: httpx.Response(200, content=endless())))

    with pytest.raises(LinkFailed) as caught:
        await link.send(CALL, 1_000)

    assert caught.value.sent
    assert sent_count <= BODY_BYTES_MAX // 65_536 + 2
    await link.aclose()


async def test_a_wallet_is_made_from_settings_with_any_dialect(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'wallet.db'}"
    engine = open_engine(url)
    settings = {
        "a": OperatorWalletSettings(
            url="http://127.0.0.1:1",
            dialect="adapters.operator_wallets.hub88:create_dialect",
            config={"private_key": PRIVATE_KEY},
        ),
        "b": OperatorWalletSettings(
            url="http://127.0.0.1:1",
            dialect="adapters.operator_wallets.softswiss:create_dialect",
            config={"auth_token": SECRET},
        ),
    }
    wallet = await open_operator_wallets(EmbeddedWallet(await open_wallet(url)), settings, engine, SystemClock())

    opened, created = await wallet.open_account(AccountRef("a", "p", "EUR"))

    assert (opened.balance_micros, created) == (0, True)
    assert SECRET not in repr(settings)
    await wallet.aclose()
    await engine.dispose()


def test_pauses_double_up_to_the_maximum() -> None:
    settings = OperatorWalletSettings(url="u", dialect="d:d", retry_pause_ms=1_000, retry_pause_max_ms=5_000)

    assert [settings.pause_ms(count) for count in (1, 2, 3, 4, 500)] == [1_000, 2_000, 4_000, 5_000, 5_000]
