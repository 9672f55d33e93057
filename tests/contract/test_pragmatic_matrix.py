"""The ordering matrix in Pragmatic's words over adapter and real ledger; every reply validates by its field list."""

from typing import Any

import pytest

from adapters.contract.wallet_calls import RawCall
from adapters.pragmatic.adapter import create_adapter
from adapters.pragmatic.hashing import write_form
from tests.support.dialect_bench import SECRET, Bench
from tests.support.ledger_book import UNIT, Book
from tests.support.pragmatic_replies import checked

STAMP = "1767225600000"


class House:
    """A player with 100.00 in cash (and perhaps a bonus), called by method and fields."""

    def __init__(self, bonus_micros: int = 0) -> None:
        self.book = Book(provider_id="pragmatic")
        self.book.open(100 * UNIT, bonus_micros=bonus_micros)
        self.bench = Bench(create_adapter({}), self.book)

    def call(self, method: str, **fields: str) -> dict[str, Any]:
        """Send one method; returns the validated reply."""
        body = write_form({name: text for name, text in fields.items() if text}, SECRET)
        return checked(self.bench.answer(RawCall("POST", f"/brand/{method}.html", "", (), body)), method)

    def play(self, method: str, reference: str, amount: str = "10.00", **fields: str) -> dict[str, Any]:
        """Send a method that moves money in round 1."""
        common = {
            "userId": "ann_EUR", "gameId": "vs20orchard", "roundId": "1", "amount": amount, "reference": reference,
            "timestamp": STAMP, "roundDetails": "spin",
        }  # fmt: skip
        return self.call(method, **(common | fields))

    def end(self) -> dict[str, Any]:
        """End round 1."""
        return self.call("endRound", userId="ann_EUR", gameId="vs20orchard", roundId="1")

    @property
    def cash(self) -> int:
        """The true cash in units."""
        return self.book.account.cash_micros // UNIT


@pytest.fixture
def house() -> House:
    return House()


def test_a_bet_and_its_repeat_have_one_transaction(house: House) -> None:
    first, again = house.play("bet", "b1"), house.play("bet", "b1")

    assert (first["error"], first["cash"], first["usedPromo"]) == (0, 90.0, 0)
    assert again["transactionId"] == first["transactionId"]
    assert house.cash == 90


def test_a_reference_with_other_content_is_error_7(house: House) -> None:
    house.play("bet", "b1")

    assert house.play("bet", "b1", "11.00")["error"] == 7
    assert house.cash == 90


def test_a_bet_beyond_the_balance_is_error_1_with_the_balance(house: House) -> None:
    reply = house.play("bet", "b1", "100.01")

    assert (reply["error"], reply["cash"]) == (1, 100.0)
    assert house.play("bet", "b1", "100.01")["error"] == 1


def test_a_result_without_a_bet_is_120(house: House) -> None:
    assert house.play("result", "w1")["error"] == 120
    assert house.cash == 100


def test_a_result_after_the_refund_is_120(house: House) -> None:
    house.play("bet", "b1")
    assert house.play("refund", "b1")["error"] == 0

    assert house.play("result", "w1")["error"] == 120
    assert house.cash == 100


def test_two_results_of_an_open_round_are_both_paid(house: House) -> None:
    house.play("bet", "b1")

    assert [house.play("result", name, "5.00")["error"] for name in ("w1", "w2")] == [0, 0]
    assert house.cash == 100


def test_a_bet_after_the_end_of_the_round_is_refused_and_a_late_result_is_paid(house: House) -> None:
    house.play("bet", "b1")
    assert house.end()["error"] == 0

    assert house.play("bet", "b2")["error"] == 120
    assert house.play("result", "w1", "30.00")["error"] == 0
    assert house.cash == 120


def test_a_refund_twice_gives_back_once(house: House) -> None:
    house.play("bet", "b1")

    assert [house.play("refund", "b1")["error"] for _ in range(2)] == [0, 0]
    assert house.cash == 100


def test_w06_w07_a_refund_before_its_bet_kills_it(house: House) -> None:
    assert house.play("refund", "b1")["error"] == 0

    assert house.play("bet", "b1")["error"] == 120
    assert house.cash == 100


def test_w09_a_refund_after_the_result_is_120(house: House) -> None:
    house.play("bet", "b1")
    house.play("result", "w1", "30.00")

    assert house.play("refund", "b1")["error"] == 120
    assert house.cash == 120


def test_only_one_of_two_bets_is_refunded(house: House) -> None:
    house.play("bet", "b1")
    house.play("bet", "b2", "20.00")

    assert house.play("refund", "b2", "20.00")["error"] == 0
    assert house.play("result", "w1", "5.00")["error"] == 0
    assert house.cash == 95


def test_an_end_of_round_repeats_and_waits_for_a_round_that_is_not_there(house: House) -> None:
    assert house.end()["error"] == 130
    house.play("bet", "b1")

    assert [house.end()["error"] for _ in range(3)] == [0, 0, 0]


def test_jackpot_promo_bonus_and_adjustment_are_paid_once_each(house: House) -> None:
    house.play("bet", "b1")
    for _ in range(2):
        assert house.play("jackpotWin", "j1", "50.00", jackpotId="daily")["error"] == 0
        assert house.play("bonusWin", "x1", "5.00", bonusCode="any")["error"] == 0
        promo = {"campaignId": "7", "campaignType": "T", "currency": "EUR", "gameId": "", "roundId": ""}
        assert house.play("promoWin", "p1", "3.00", **promo)["error"] == 0
        assert house.play("adjustment", "a1", "-8.00", validBetAmount="10.00")["error"] == 0

    assert house.cash == 100 - 10 + 50 + 5 + 3 - 8


def test_a_promo_win_inside_a_result_is_one_commit(house: House) -> None:
    house.play("bet", "b1")

    assert house.play("result", "w1", "2.00", promoWinAmount="7.00", promoWinReference="p1")["error"] == 0
    assert house.cash == 99


def test_a_promo_in_another_currency_than_the_account_is_refused(house: House) -> None:
    fields = {"campaignId": "7", "campaignType": "T", "currency": "USD", "gameId": "", "roundId": ""}

    assert house.play("promoWin", "p1", "3.00", **fields)["error"] == 120
    assert house.cash == 100


def test_a_dead_session_stops_bets_and_authenticate_alone(house: House) -> None:
    house.play("bet", "b1", token="secret~ann_EUR")
    house.bench.dead_tokens.add("secret")

    assert house.play("bet", "b2", token="secret~ann_EUR")["error"] == 4
    assert house.call("authenticate", token="secret~ann_EUR")["error"] == 4
    assert house.call("authenticate", token="somebody-elses")["error"] == 4
    assert house.call("balance", userId="ann_EUR", token="secret~ann_EUR")["error"] == 0
    assert house.play("result", "w1", "30.00", token="secret~ann_EUR")["error"] == 0


def test_an_unknown_player_is_error_2(house: House) -> None:
    assert house.call("balance", userId="bob_EUR")["error"] == 2
    assert house.call("balance", userId="not an account")["error"] == 2
    assert house.play("bet", "b1", userId="bob_EUR")["error"] == 2


def test_a_bonus_is_told_apart_and_the_part_used_is_told() -> None:
    house = House(bonus_micros=20 * UNIT)

    start = house.call("authenticate", token="secret~ann_EUR")
    bet = house.play("bet", "b1", "110.00")

    assert (start["userId"], start["cash"], start["bonus"]) == ("ann_EUR", 100.0, 20.0)
    assert (bet["error"], bet["cash"], bet["bonus"], bet["usedPromo"]) == (0, 0.0, 10.0, 10.0)


def test_the_calls_that_move_nothing_answer_in_their_own_fields(house: House) -> None:
    balances = house.call("getBalancePerGame", userId="ann_EUR", gameIdList="vs20orchard,vs5harbour")

    assert [entry["gameID"] for entry in balances["gamesBalances"]] == ["vs20orchard", "vs5harbour"]
    assert house.call("sessionExpired", userId="ann_EUR")["error"] == 0


def test_w15_a_lost_commit_is_100_and_the_repeat_tells_the_truth(house: House) -> None:
    house.bench.lost = True
    assert house.play("bet", "b1")["error"] == 100
    house.bench.lost = False

    assert house.play("bet", "b1")["error"] == 0
    assert house.cash == 90
