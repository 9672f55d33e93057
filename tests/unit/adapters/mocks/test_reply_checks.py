"""The check of our callback servers' replies bites: what breaks a protocol's field list is kept and named."""

import httpx
import pytest

from adapters.mocks.types import HttpCall
from tests.support.reply_checks import CHECKS, CheckedLink

ASKED = b'{"request_uuid":"r1","uuid":"u1","game_id":"g1","actions":[{"action_id":"a1"}],"transactions":[{"id":"t1"}]}'
PATHS = {
    "hub88": "/transaction/bet",
    "swipegames": "/bet",
    "softswiss": "/play",
    "softswiss.a8r": "/v2/a8r_casino.Round/BetWin",
    "pragmatic": "/bet.html",
    "evolution": "/debit",
}
GOOD = {
    "hub88": b'{"request_uuid":"r1","status":"RS_OK","user":"u","currency":"EUR","balance":5}',
    "swipegames": b'{"balance":"1.00","txID":"x"}',
    "softswiss": b'{"balance":1,"game_id":"g1","transactions":'
    b'[{"action_id":"a1","tx_id":"x","processed_at":"2026-01-01T00:00:00.000Z"}]}',
    "softswiss.a8r": b'{"balance":"1.00","round_id_casino":"r","transactions":'
    b'[{"id":"t1","id_casino":"x","bonus_amount":"0","processed_at":"2026-01-01T00:00:00.000Z"}]}',
    "pragmatic": b'{"transactionId":"1","currency":"EUR","cash":1.0,"bonus":0.0,"usedPromo":0.0,'
    b'"error":0,"description":"Success"}',
    "evolution": b'{"status":"OK","balance":1.0,"bonus":0.0,"uuid":"u1"}',
}
WRONG = {
    "hub88": (b'"RS_OK"', b'"OK"'),
    "swipegames": (b'"1.00"', b"1.00"),
    "softswiss": (b'"a1"', b'"a2"'),
    "softswiss.a8r": (b'"1.00"', b'"-1.00"'),
    "pragmatic": (b'"error":0', b'"error":"0"'),
    "evolution": (b'"u1"', b'"u2"'),
}


async def violations(provider: str, body: bytes, status: int = 200) -> list[str]:
    reply = httpx.Response(status, content=body, headers={"content-type": "application/json"})
    link = CheckedLink(provider, httpx.AsyncClient(transport=httpx.MockTransport(lambda _: reply)))
    await link.send("http://casino.test", HttpCall("POST", PATHS[provider], ASKED), 1_000)
    await link.aclose()
    return link.take_violations()


@pytest.mark.parametrize("provider", CHECKS)
async def test_a_reply_within_the_protocol_is_let_be(provider: str) -> None:
    assert await violations(provider, GOOD[provider]) == []


@pytest.mark.parametrize("provider", CHECKS)
async def test_a_wrong_word_an_unknown_field_and_no_json_are_named(provider: str) -> None:
    good = GOOD[provider]
    extra = b'{"unheard_of":1,' + good[1:]

    for body in (good.replace(*WRONG[provider]), extra, b"<html>", b""):
        assert len(await violations(provider, body)) == 1, body
    assert len(await violations(provider, good, status=418)) == 1
