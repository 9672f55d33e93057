"""The ordering matrix in Pragmatic's words over adapter and real ledger; every reply validates by its field list."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from adapters.contract.wallet_calls import RawCall
from adapters.pragmatic.adapter import create_adapter
from adapters.pragmatic.hashing import write_form
from tests.contract.pragmatic_acceptance import CASES, OPENING, House
from tests.support.dialect_bench import SECRET, Bench
from tests.support.ledger_book import UNIT, Book
from tests.support.pragmatic_replies import checked

NOW_MS = 1_767_225_600_000


class TableInMemory:
    """One player, the adapter and the book."""

    user_id = "ann_EUR"
    token = "secret~ann_EUR"

    def __init__(self, bonus_micros: int = 0) -> None:
        self._book = Book(provider_id="pragmatic")
        self._book.open(OPENING * UNIT, bonus_micros=bonus_micros)
        self._bench = Bench(create_adapter({}), self._book)

    async def send(self, method: str, fields: dict[str, str]) -> dict[str, Any]:
        """Send one method."""
        body = write_form(fields, SECRET)
        return checked(self._bench.answer(RawCall("POST", f"/brand/{method}.html", "", (), body)), method)

    async def cash(self) -> int:
        """Return the true cash in units."""
        return self._book.account.cash_micros // UNIT

    def now_ms(self) -> int:
        """Return the time."""
        return NOW_MS

    async def end_session(self) -> None:
        """Let the token die."""
        self._bench.dead_tokens.add("secret")

    def lose_answers(self, lost: bool) -> None:
        """Lose what the wallet says after its commit."""
        self._bench.lost = lost


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
async def test_pragmatics_matrix(case: Callable[[House], Awaitable[None]]) -> None:
    await case(House(TableInMemory(), "case"))


async def test_a_bonus_is_told_apart_and_the_part_used_is_told() -> None:
    house = House(TableInMemory(bonus_micros=20 * UNIT), "bonus")

    start = await house.call("authenticate", token=house.token)
    bet = await house.play("bet", "b1", "110.00")

    assert (start["userId"], start["cash"], start["bonus"]) == ("ann_EUR", 100.0, 20.0)
    assert (bet["error"], bet["cash"], bet["bonus"], bet["usedPromo"]) == (0, 0.0, 10.0, 10.0)
