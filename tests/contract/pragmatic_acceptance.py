"""The ordering matrix in Pragmatic's words, as cases: calls, and the codes that must come back.

Run over the adapter and the ledger in memory, and over HTTP against the callback server: a ``House`` is all they share.
"""

from typing import Any, Protocol

Fields = dict[str, str]
Answer = dict[str, Any]
OPENING = 100
"""The player's cash in units."""


class Table(Protocol):
    """The other end: an operator with one player."""

    user_id: str
    token: str

    async def send(self, method: str, fields: Fields) -> Answer:
        """Sign and send one method; returns the validated reply."""
        ...

    async def cash(self) -> int:
        """Return the true cash in units."""
        ...

    def now_ms(self) -> int:
        """Return the time of the operator's clock."""
        ...

    async def end_session(self) -> None:
        """End the player's session."""
        ...

    def lose_answers(self, lost: bool) -> None:
        """Let the wallet be unable to say what it did, or able again."""
        ...


class House:
    """A player with 100.00 in cash, called by method and fields; references carry the case: no two cases share one."""

    def __init__(self, table: Table, case: str) -> None:
        self._table = table
        self._case = case
        self.token = table.token
        self.cash = table.cash
        self.end_session = table.end_session
        self.lose_answers = table.lose_answers

    def id(self, name: str) -> str:
        """Return an id that no other case uses."""
        return f"{self._case}-{name}"

    async def call(self, method: str, **fields: str) -> Answer:
        """Send one method, for the player where no other is named."""
        common = {"userId": self._table.user_id} if method != "authenticate" else {}
        return await self._table.send(method, {k: v for k, v in (common | fields).items() if v})

    async def play(self, method: str, reference: str, amount: str = "10.00", **fields: str) -> Answer:
        """Send a method that moves money in round 1."""
        common = {
            "gameId": "vs20orchard", "roundId": "1", "amount": amount, "reference": self.id(reference),
            "timestamp": str(self._table.now_ms()), "roundDetails": "spin",
        }  # fmt: skip
        return await self.call(method, **(common | fields))

    async def end(self) -> Answer:
        """End round 1."""
        return await self.call("endRound", gameId="vs20orchard", roundId="1")


async def a_bet_and_its_repeat_have_one_transaction(house: House) -> None:
    first, again = await house.play("bet", "b1"), await house.play("bet", "b1")

    assert (first["error"], first["cash"], first["usedPromo"]) == (0, 90.0, 0)
    assert again["transactionId"] == first["transactionId"]
    assert await house.cash() == 90


async def a_reference_with_other_content_is_error_7(house: House) -> None:
    await house.play("bet", "b1")

    assert (await house.play("bet", "b1", "11.00"))["error"] == 7
    assert await house.cash() == 90


async def a_bet_beyond_the_balance_is_error_1_with_the_balance(house: House) -> None:
    reply = await house.play("bet", "b1", "100.01")

    assert (reply["error"], reply["cash"]) == (1, 100.0)
    assert (await house.play("bet", "b1", "100.01"))["error"] == 1


async def a_result_without_a_bet_is_120(house: House) -> None:
    assert (await house.play("result", "w1"))["error"] == 120
    assert await house.cash() == 100


async def a_result_after_the_refund_is_120(house: House) -> None:
    await house.play("bet", "b1")
    assert (await house.play("refund", "b1"))["error"] == 0

    assert (await house.play("result", "w1"))["error"] == 120
    assert await house.cash() == 100


async def two_results_of_an_open_round_are_both_paid(house: House) -> None:
    await house.play("bet", "b1")

    assert [(await house.play("result", name, "5.00"))["error"] for name in ("w1", "w2")] == [0, 0]
    assert await house.cash() == 100


async def a_bet_after_the_end_of_the_round_is_refused_and_a_late_result_is_paid(house: House) -> None:
    await house.play("bet", "b1")
    assert (await house.end())["error"] == 0

    assert (await house.play("bet", "b2"))["error"] == 120
    assert (await house.play("result", "w1", "30.00"))["error"] == 0
    assert await house.cash() == 120


async def a_refund_twice_gives_back_once(house: House) -> None:
    await house.play("bet", "b1")

    assert [(await house.play("refund", "b1"))["error"] for _ in range(2)] == [0, 0]
    assert await house.cash() == 100


async def w06_w07_a_refund_before_its_bet_kills_it(house: House) -> None:
    assert (await house.play("refund", "b1"))["error"] == 0

    assert (await house.play("bet", "b1"))["error"] == 120
    assert await house.cash() == 100


async def w09_a_refund_after_the_result_is_120(house: House) -> None:
    await house.play("bet", "b1")
    await house.play("result", "w1", "30.00")

    assert (await house.play("refund", "b1"))["error"] == 120
    assert await house.cash() == 120


async def only_one_of_two_bets_is_refunded(house: House) -> None:
    await house.play("bet", "b1")
    await house.play("bet", "b2", "20.00")

    assert (await house.play("refund", "b2", "20.00"))["error"] == 0
    assert (await house.play("result", "w1", "5.00"))["error"] == 0
    assert await house.cash() == 95


async def an_end_of_round_repeats_and_waits_for_a_round_that_is_not_there(house: House) -> None:
    assert (await house.end())["error"] == 130
    await house.play("bet", "b1")

    assert [(await house.end())["error"] for _ in range(3)] == [0, 0, 0]


async def jackpot_promo_bonus_and_adjustment_are_paid_once_each(house: House) -> None:
    await house.play("bet", "b1")
    for _ in range(2):
        assert (await house.play("jackpotWin", "j1", "50.00", jackpotId="daily"))["error"] == 0
        assert (await house.play("bonusWin", "x1", "5.00", bonusCode="any"))["error"] == 0
        promo = {"campaignId": "7", "campaignType": "T", "currency": "EUR", "gameId": "", "roundId": ""}
        assert (await house.play("promoWin", "p1", "3.00", **promo))["error"] == 0
        assert (await house.play("adjustment", "a1", "-8.00", validBetAmount="10.00"))["error"] == 0

    assert await house.cash() == 100 - 10 + 50 + 5 + 3 - 8


async def a_promo_win_inside_a_result_is_one_commit(house: House) -> None:
    await house.play("bet", "b1")

    reply = await house.play("result", "w1", "2.00", promoWinAmount="7.00", promoWinReference=house.id("p1"))

    assert reply["error"] == 0
    assert await house.cash() == 99


async def a_promo_in_another_currency_than_the_account_is_refused(house: House) -> None:
    fields = {"campaignId": "7", "campaignType": "T", "currency": "USD", "gameId": "", "roundId": ""}

    assert (await house.play("promoWin", "p1", "3.00", **fields))["error"] == 120
    assert await house.cash() == 100


async def a_dead_session_stops_bets_and_authenticate_alone(house: House) -> None:
    await house.play("bet", "b1", token=house.token)
    await house.end_session()

    assert (await house.play("bet", "b2", token=house.token))["error"] == 4
    assert (await house.call("authenticate", token=house.token))["error"] == 4
    assert (await house.call("authenticate", token="somebody-elses"))["error"] == 4
    assert (await house.call("balance", token=house.token))["error"] == 0
    assert (await house.play("result", "w1", "30.00", token=house.token))["error"] == 0


async def an_unknown_player_is_error_2(house: House) -> None:
    assert (await house.call("balance", userId="bob_EUR"))["error"] == 2
    assert (await house.call("balance", userId="not an account"))["error"] == 2
    assert (await house.play("result", "w1", userId="bob_EUR"))["error"] == 2
    assert (await house.play("bet", "b1", userId="bob_EUR"))["error"] in (2, 4)  # the gateway misses his session first


async def the_calls_that_move_nothing_answer_in_their_own_fields(house: House) -> None:
    balances = await house.call("getBalancePerGame", gameIdList="vs20orchard,vs5harbour")

    assert [entry["gameID"] for entry in balances["gamesBalances"]] == ["vs20orchard", "vs5harbour"]
    assert (await house.call("sessionExpired"))["error"] == 0


async def w15_a_lost_commit_is_100_and_the_repeat_tells_the_truth(house: House) -> None:
    house.lose_answers(True)
    assert (await house.play("bet", "b1"))["error"] == 100
    house.lose_answers(False)

    assert (await house.play("bet", "b1"))["error"] == 0
    assert await house.cash() == 90


CASES = (
    a_bet_and_its_repeat_have_one_transaction,
    a_reference_with_other_content_is_error_7,
    a_bet_beyond_the_balance_is_error_1_with_the_balance,
    a_result_without_a_bet_is_120,
    a_result_after_the_refund_is_120,
    two_results_of_an_open_round_are_both_paid,
    a_bet_after_the_end_of_the_round_is_refused_and_a_late_result_is_paid,
    a_refund_twice_gives_back_once,
    w06_w07_a_refund_before_its_bet_kills_it,
    w09_a_refund_after_the_result_is_120,
    only_one_of_two_bets_is_refunded,
    an_end_of_round_repeats_and_waits_for_a_round_that_is_not_there,
    jackpot_promo_bonus_and_adjustment_are_paid_once_each,
    a_promo_win_inside_a_result_is_one_commit,
    a_promo_in_another_currency_than_the_account_is_refused,
    a_dead_session_stops_bets_and_authenticate_alone,
    an_unknown_player_is_error_2,
    the_calls_that_move_nothing_answer_in_their_own_fields,
    w15_a_lost_commit_is_100_and_the_repeat_tells_the_truth,
)
