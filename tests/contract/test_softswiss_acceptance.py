"""A to J over the adapters of GCP v1 and A8R v2 and the real ledger, in memory."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from adapters.contract.json_text import write_json
from adapters.contract.wallet_calls import RawCall
from adapters.softswiss.a8r.adapter import create_adapter as create_a8r
from adapters.softswiss.adapter import create_adapter
from adapters.softswiss.signing import sign
from tests.contract.a8r_acceptance import A8rSession
from tests.contract.softswiss_acceptance import CASES, OPENING_MINOR, Answer, Session
from tests.support.dialect_bench import SECRET, Bench
from tests.support.ledger_book import Book
from tests.support.softswiss_replies import checked

PLAYER = "8.USDT.USD"


def bench(adapter: Any, player_id: str, provider_id: str) -> Bench:
    book = Book(player_id=player_id, currency_code="USD", provider_id=provider_id)
    book.open(OPENING_MINOR * 10_000)
    return Bench(adapter, book)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
async def test_softswiss_acceptance(case: Callable[[Session], Awaitable[None]]) -> None:
    house = bench(create_adapter({}), PLAYER, "softswiss")

    async def post(method: str, body: dict[str, Any], signed: bool) -> Answer:
        reply = house.answer(call(f"/brand/{method}", body, signed))
        return Answer(reply.status, checked(reply, "gcp", method))

    await case(Session(post, PLAYER, case.__name__[:1]))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
async def test_the_same_list_in_the_words_of_a8r(case: Callable[[Session], Awaitable[None]]) -> None:
    house = bench(create_a8r({}), "ann", "softswiss-a8r")

    async def post(method: str, body: dict[str, Any], signed: bool) -> Answer:
        reply = house.answer(call(f"/brand/v2/a8r_casino.{method}", body, signed))
        return Answer(reply.status, checked(reply, "a8r", method))

    await case(A8rSession(post, "ann_USD", case.__name__[:1]))


def call(path: str, body: dict[str, Any], signed: bool) -> RawCall:
    raw = write_json(body)
    return RawCall("POST", path, "", (("x-request-sign", sign(SECRET if signed else b"wrong", raw)),), raw)
