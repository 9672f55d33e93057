"""A to J over the adapter and the real ledger, in memory."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from adapters.contract.json_text import write_json
from adapters.contract.wallet_calls import RawCall
from adapters.softswiss.adapter import create_adapter
from adapters.softswiss.signing import sign
from tests.contract.softswiss_acceptance import CASES, OPENING_MINOR, Answer, Session
from tests.support.dialect_bench import SECRET, Bench
from tests.support.ledger_book import Book
from tests.support.softswiss_replies import checked

PLAYER = "8.USDT.USD"


def bench() -> Bench:
    book = Book(player_id=PLAYER, currency_code="USD")
    book.open(OPENING_MINOR * 10_000)
    return Bench(create_adapter({}), book)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
async def test_softswiss_acceptance(case: Callable[[Session], Awaitable[None]]) -> None:
    house = bench()

    async def post(method: str, body: dict[str, Any], signed: bool) -> Answer:
        raw = write_json(body)
        headers = (("x-request-sign", sign(SECRET if signed else b"wrong", raw)),)
        reply = house.answer(RawCall("POST", f"/brand/{method}", "", headers, raw))
        return Answer(reply.status, checked(reply, "gcp", method))

    await case(Session(post, PLAYER, case.__name__[:1]))
