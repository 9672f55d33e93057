"""Evolution's suite over the adapter and the real ledger, in memory."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from adapters.contract.json_text import write_json
from adapters.contract.wallet_calls import RawCall
from adapters.evolution.adapter import create_adapter
from tests.contract.evolution_acceptance import CASES, OPENING, Body, Player
from tests.support.dialect_bench import Bench
from tests.support.evolution_replies import checked
from tests.support.ledger_book import UNIT, Book

PLAYERS = ("ann", "bob")


def bench() -> Bench:
    book = Book()
    for player_id in PLAYERS:
        book.open(int(OPENING) * UNIT, player_id=player_id)
    return Bench(create_adapter({}), book, owners={f"token-{player_id}": player_id for player_id in PLAYERS})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
async def test_evolution_acceptance(case: Callable[[Player, Player], Awaitable[None]]) -> None:
    house = bench()

    async def post(method: str, body: dict[str, Any]) -> Body:
        raw = RawCall("POST", f"/brand/{method}", "authToken=test", (), write_json(body))
        return checked(house.answer(raw), method)

    players = [Player(post, player_id, f"token-{player_id}~EUR", case.__name__[:20]) for player_id in PLAYERS]
    await case(*players)
