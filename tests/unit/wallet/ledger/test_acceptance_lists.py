"""The acceptance lists that providers publish (wallet-semantics 2.10), as stories on the core.

A story is a list of calls; a call is words: ``bet b1 100``, ``win w1 250 of b1``, ``undo x1 b1``, ``close c1``. After
every call stand the code of each action and the balance (in whole units; the player begins with 1000).
"""

from typing import Any

import pytest

from tests.support.ledger_book import UNIT, Book
from wallet.ledger.ids import MICROS_MAX
from wallet.ledger.kinds import ActionKind, OutcomeCode
from wallet.ledger.types import Action

KINDS = {
    "bet": ActionKind.BET,
    "win": ActionKind.WIN,
    "promo": ActionKind.PROMO_WIN,
    "undo": ActionKind.ROLLBACK,
    "close": ActionKind.CLOSE,
}
Call = tuple[str, str, int]
"""Words of the actions with ``,`` between; codes with ``,`` between (``=`` behind a replay); the balance after."""


def read(words: str) -> tuple[Action, dict[str, Any]]:
    """Read one action, and the call's fields that its ``@`` words set (``@bob``: the player, ``@r2``: the round)."""
    kind, name, *rest = words.split()
    call: dict[str, Any] = {}
    values: dict[str, Any] = {}
    amount = 0
    while rest:
        word = rest.pop(0)
        if word == "of":
            values["reference_transaction_id"] = rest.pop(0)
        elif word.startswith("@r"):
            call["round_id"] = word[1:]
        elif word.startswith("@s"):
            call["session_id"] = word[1:]
        elif word.startswith("@"):
            call["player_id"] = word[1:]
        elif word == "of-win":
            values["reference_kind"] = ActionKind.WIN
        elif kind == "undo":
            values["reference_transaction_id"] = word
        else:
            amount = int(word) * UNIT
    return Action(KINDS[kind], name, amount, **values), call


def play(story: list[Call]) -> Book:
    book = Book()
    book.open(1_000 * UNIT)
    book.open(1_000 * UNIT, "bob")
    for words, codes, balance in story:
        fields: dict[str, Any] = {}
        actions = []
        for part in words.split(","):
            action, call = read(part)
            actions.append(action)
            fields |= call
        reply = book.act(*actions, **fields)
        told = ",".join(f"{result.code}{'=' if result.replayed else ''}" for result in reply.results)
        assert (words, told, reply.balance_micros) == (words, codes, balance * UNIT)
    assert book.audit().findings == []
    return book


SOFTSWISS: dict[str, list[Call]] = {
    "C a single finished bet": [("bet b1 100", "ok", 900), ("close c1", "ok", 900)],
    "D bet and win in one call": [("bet b1 100,win w1 250", "ok,ok", 1150)],
    "E a bet above the balance applies nothing": [
        ("bet b1 1001", "insufficient_funds", 1000),
        ("bet b2 600,bet b3 600", "batch_refused,insufficient_funds", 1000),
        ("bet b4 1001,win w4 5000", "insufficient_funds,batch_refused", 1000),
    ],
    "F bet then win in two calls": [("bet b1 100", "ok", 900), ("win w1 250", "ok", 1150)],
    "G bet then rollback": [("bet b1 100", "ok", 900), ("undo x1 b1", "ok", 1000)],
    "H a repeated bet together with a new one": [
        ("bet b1 100", "ok", 900),
        ("bet b1 100,bet b2 50", "ok=,ok", 850),
        ("bet b1 100,bet b2 50", "ok=,ok=", 850),
    ],
    "I rollback before the bet": [("undo x1 b1", "no_effect", 1000), ("bet b1 100", "rolled_back=", 1000)],
    "J rollbacks of bet and win before either exists": [
        ("undo x1 b1,undo x2 w1", "no_effect,no_effect", 1000),
        ("bet b1 100,win w1 250", "rolled_back=,rolled_back=", 1000),
        ("win w1 250,bet b1 100", "rolled_back=,rolled_back=", 1000),
    ],
}
EVOLUTION: dict[str, list[Call]] = {
    "debitBetAlreadyExist": [("bet b1 100", "ok", 900), ("bet b1 100", "ok=", 900)],
    "debitCancel": [("bet b1 100", "ok", 900), ("undo x1 b1", "ok", 1000)],
    "debitCredit": [("bet b1 100", "ok", 900), ("win w1 200 of b1", "ok", 1100)],
    "debitCreditBetAlreadySettled": [
        ("bet b1 100", "ok", 900),
        ("win w1 200 of b1", "ok", 1100),
        ("win w1 200 of b1", "ok=", 1100),
    ],
    "debitCreditBetDoesNotExist": [("bet b1 100", "ok", 900), ("win w1 200 of b2", "bet_not_found", 900)],
    "debitCreditCancel": [
        ("bet b1 100", "ok", 900),
        ("win w1 200 of b1", "ok", 1100),
        ("undo x1 b1", "already_settled", 1100),
    ],
    "debitCancelCredit": [
        ("bet b1 100", "ok", 900),
        ("undo x1 b1", "ok", 1000),
        ("win w1 200 of b1", "rolled_back", 1000),
    ],
    "two users, two hands": [
        ("bet b1 100", "ok", 900),
        ("bet b2 100 @bob", "ok", 900),
        ("win w1 200 of b1", "ok", 1100),
        ("win w2 0 of b2 @bob", "ok", 900),
    ],
    "bet before settle in another game": [
        ("bet b1 100 @r1", "ok", 900),
        ("bet b2 100 @r2", "ok", 800),
        ("win w1 150 of b1 @r1", "ok", 950),
        ("win w2 150 of b2 @r2", "ok", 1100),
    ],
    "debitCancelBetDoesNotExist": [("undo x1 b1", "no_effect", 1000)],
    "debitCancelBetAlreadySettled": [
        ("bet b1 100", "ok", 900),
        ("undo x1 b1", "ok", 1000),
        ("undo x2 b1", "no_effect", 1000),
    ],
    "credit zero": [("bet b1 100", "ok", 900), ("win w1 0 of b1", "ok", 900)],
    "debit and credit with different sids": [("bet b1 100 @s1", "ok", 900), ("win w1 200 of b1 @s2", "ok", 1100)],
    "a retried debit with another sid": [("bet b1 100 @s1", "ok", 900), ("bet b1 100 @s2", "ok=", 900)],
    "two debits, credit, cancel": [
        ("bet b1 100", "ok", 900),
        ("bet b2 100", "ok", 800),
        ("win w1 300 of b1", "ok", 1100),
        ("undo x2 b2", "ok", 1200),
    ],
    "two debits, cancel, credit": [
        ("bet b1 100", "ok", 900),
        ("bet b2 100", "ok", 800),
        ("undo x2 b2", "ok", 900),
        ("win w1 300 of b1", "ok", 1200),
    ],
    "insufficient funds": [("bet b1 1001", "insufficient_funds", 1000)],
    "parallel rounds on a table": [
        ("bet b1 100 @r1", "ok", 900),
        ("bet b2 100 @r2", "ok", 800),
        ("undo x2 b2 @r2", "ok", 900),
        ("win w1 200 of b1 @r1", "ok", 1100),
    ],
    "big payout": [("bet b1 1", "ok", 999), ("win w1 1000000000 of b1", "ok", 1_000_000_999)],
    "double promo payout": [
        ("promo p1 50", "ok", 1050),
        ("promo p1 50", "ok=", 1050),
        ("promo p2 50", "ok", 1100),
    ],
    "mixed settle types": [
        ("bet b1 100", "ok", 900),
        ("bet b2 100", "ok", 800),
        ("win w1 100 of b1", "ok", 900),
        ("win w2 100", "ok", 1000),
        ("close c1", "ok", 1000),
        ("win w3 100 of b2", "ok", 1100),
    ],
}
CALETA: dict[str, list[Call]] = {
    "winnings of bonus, free spins and extra balls": [
        ("bet b1 100", "ok", 900),
        ("win w1 10", "ok", 910),
        ("win w2 20", "ok", 930),
        ("bet b2 50", "ok", 880),
        ("win w3 0", "ok", 880),
        ("close c1", "ok", 880),
    ],
    "a forced rollback is retried until it succeeds": [
        ("bet b1 100", "ok", 900),
        *[("undo x1 b1", "ok" if attempt == 0 else "ok=", 1000) for attempt in range(5)],
    ],
    "an extra ball's rollback does not invalidate the round": [
        ("bet b1 100", "ok", 900),
        ("bet b2 50", "ok", 850),
        ("undo x2 b2", "ok", 900),
        ("win w1 70", "ok", 970),
    ],
    "an id of another player": [("bet b1 100", "ok", 900), ("bet b1 100 @bob", "key_reused", 1000)],
    "an id of another round": [("bet b1 100 @r1", "ok", 900), ("bet b1 100 @r2", "key_reused", 900)],
    "a bet after the end of the round": [
        ("bet b1 100", "ok", 900),
        ("close c1", "ok", 900),
        ("bet b2 100", "round_closed", 900),
    ],
    "a promo win after the end of the round": [
        ("bet b1 100", "ok", 900),
        ("close c1", "ok", 900),
        ("promo p1 5", "ok", 905),
    ],
    "a win out of nothing": [("win w1 100", "bet_not_found", 1000)],
}
STORIES = [
    pytest.param(story, id=f"{owner}: {name}")
    for owner, stories in (("softswiss", SOFTSWISS), ("evolution", EVOLUTION), ("caleta", CALETA))
    for name, story in stories.items()
]


@pytest.mark.parametrize("story", STORIES)
def test_the_providers_acceptance_story_holds(story: list[Call]) -> None:
    play(story)


@pytest.mark.parametrize("story", STORIES)
def test_w02_every_call_of_a_story_may_be_delivered_twice_at_its_end(story: list[Call]) -> None:
    """All that was accepted is a replay, and the balance is the one that stands."""
    book = play(story)
    accounts = dict(book.accounts)
    for words, codes, _ in story:
        fields: dict[str, Any] = {}
        actions = []
        for part in words.split(","):
            action, call = read(part)
            actions.append(action)
            fields |= call
        if "bet_not_found" in codes:
            continue
        reply = book.act(*actions, **fields)
        assert [result.code.value for result in reply.results] == codes.replace("=", "").split(",")

    assert book.accounts == accounts


def test_softswiss_b_the_balance() -> None:
    book = Book()
    book.open(1_000 * UNIT)

    assert book.act().balance_micros == 1_000 * UNIT


def test_evolution_check_of_an_invalid_user() -> None:
    assert Book().act().code is OutcomeCode.PLAYER_NOT_FOUND


@pytest.mark.parametrize("micros", [1_000_000, 10_000, 1_000, 10])
def test_caleta_amounts_down_to_a_hundred_thousandth(micros: int) -> None:
    book = Book()
    book.open(10 * UNIT)

    book.bet("b1", micros)
    book.win("w1", 3 * micros)

    assert book.account.cash_micros == 10 * UNIT + 2 * micros


def test_caleta_the_largest_32_bit_amount() -> None:
    book = Book()
    book.open((2**31 - 1) * UNIT)

    assert book.bet("b1", (2**31 - 1) * UNIT).accepted
    assert book.win("w1", (2**31 - 1) * UNIT).balance_micros == (2**31 - 1) * UNIT
    assert book.bet("b2", MICROS_MAX).code is OutcomeCode.INSUFFICIENT_FUNDS


@pytest.mark.parametrize("currency", ["EUR", "JPY", "KWD", "uBTC", "USDT"])
def test_caleta_a_bet_in_every_kind_of_currency(currency: str) -> None:
    book = Book(currency_code=currency)
    book.open(10 * UNIT)

    assert book.bet("b1", UNIT).balance_micros == 9 * UNIT
