"""The small rounds whose every interleaving is walked."""

from tests.support.ledger_explorer import Scenario
from tests.support.ledger_reference import Message

BET = Message("bet", "b1", amount=100)
BET_2 = Message("bet", "b2", amount=40)
WIN = Message("win", "w1", amount=250)
UNDO = Message("rollback", "x1", target="b1", target_kind="bet")
UNDO_AGAIN = Message("rollback", "x2", target="b1", target_kind="bet")
UNDO_2 = Message("rollback", "x3", target="b2", target_kind="bet")
UNDO_WIN = Message("rollback", "x4", target="w1", target_kind="win")
CLOSE = Message("close", "c1")
CLOSE_AGAIN = Message("close", "c2")


def bob(message: Message) -> Message:
    """The same message, sent for another player."""
    return Message(message.kind, message.id, "bob", message.round, message.amount, message.target, message.target_kind)


SMALL = (
    Scenario("bet, win, rollback, close, each twice", ((BET, 2), (WIN, 2), (UNDO, 2), (CLOSE, 2))),
    Scenario("two rollbacks of one bet", ((BET, 2), (WIN, 1), (UNDO, 1), (UNDO_AGAIN, 2), (CLOSE_AGAIN, 1))),
    Scenario("win and bet rolled back", ((BET, 2), (WIN, 2), (UNDO_WIN, 2), (UNDO, 1), (CLOSE, 1))),
    Scenario(
        "a rollback that does not say of what",
        ((BET, 2), (WIN, 1), (Message("win", "b1", amount=30), 2), (Message("rollback", "x5", target="b1"), 2)),
    ),
    Scenario(
        "the same keys with other content",
        ((BET, 2), (Message("bet", "b1", amount=101), 1), (WIN, 1), (Message("win", "w1", amount=251), 1),
         (UNDO, 1), (Message("rollback", "x1", target="b2", target_kind="bet"), 1)),
    ),
    Scenario(
        "money for one of two bets, unless the win comes first",
        ((Message("bet", "b1", amount=100), 2), (Message("bet", "b2", amount=100, round="r2"), 2),
         (Message("win", "w1", amount=100), 1), (UNDO, 1), (Message("rollback", "x3", target="b2", round="r2"), 1)),
        start=150,
    ),
    Scenario(
        "a reversal that may fall short",
        ((BET, 1), (Message("bet", "b2", amount=200, round="r2"), 2), (Message("win", "w1", amount=150), 1),
         (UNDO_WIN, 2), (Message("win", "w2", amount=60, round="r2"), 1)),
        start=100,
    ),
    Scenario(
        "wins that name their bets",
        ((BET, 1), (BET_2, 1), (Message("win", "w1", amount=250, target="b1"), 2),
         (Message("win", "w2", amount=9, target="b2"), 1), (UNDO, 1), (UNDO_2, 1), (CLOSE, 1)),
    ),
    Scenario(
        "wins that name a bet for which there is no money",
        ((BET, 2), (BET_2, 1), (Message("win", "w1", amount=20, target="b1"), 2), (Message("win", "w2", amount=3), 1),
         (UNDO, 1), (UNDO_AGAIN, 1)),
        start=50,
    ),
    Scenario(
        "two rounds and messages of the wrong one",
        ((BET, 1), (Message("bet", "b2", amount=40, round="r2"), 1),
         (Message("win", "w1", amount=250, target="b1", round="r2"), 1),
         (Message("rollback", "x1", target="b2", target_kind="bet"), 1), (WIN, 1), (CLOSE, 1),
         (Message("close", "c3", round="r2"), 1)),
    ),
    Scenario(
        "two players and the same keys",
        ((BET, 1), (bob(BET), 2), (WIN, 1), (bob(WIN), 1), (UNDO, 1), (bob(UNDO), 1), (CLOSE, 1)),
        players=("ann", "bob"),
    ),
)  # fmt: skip
BATCHES = (
    Scenario(
        "bet and win in one call, and each alone",
        (((BET, WIN), 2), (BET, 1), (WIN, 1), (UNDO, 1), ((CLOSE,), 1)),
    ),
    Scenario(
        "two bets in one call, money for one",
        (((BET, BET_2), 2), (BET_2, 2), ((BET, WIN), 1), (UNDO_2, 1), (CLOSE, 1)),
        start=120,
    ),
    Scenario(
        "rollbacks and their targets in one call",
        (((UNDO, UNDO_WIN), 2), ((BET, WIN), 2), ((UNDO_WIN, WIN), 1), ((UNDO, BET), 1), ((BET, UNDO), 1)),
    ),
    Scenario(
        "duplicates and contradictions inside one call",
        (((BET, BET), 1), ((BET, Message("bet", "b1", amount=7)), 1), ((BET_2, BET, WIN, BET), 2), (WIN, 1),
         ((CLOSE, BET_2), 1), ((WIN, CLOSE, CLOSE_AGAIN), 1)),
    ),
    Scenario(
        "wins that name unseen bets in one call with bets",
        (((BET_2, Message("win", "w1", amount=5, target="b1")), 2), (BET, 1), (UNDO_2, 1),
         ((Message("win", "w1", amount=5, target="b1"), CLOSE), 2)),
    ),
)  # fmt: skip
LARGE = (
    Scenario(
        "two bets, win, rollback, close, with a retry of each",
        ((BET, 2), (BET_2, 2), (WIN, 2), (UNDO, 2), (CLOSE, 1)),
    ),
    Scenario(
        "two players, two bets each",
        ((BET, 1), (BET_2, 1), (WIN, 1), (UNDO, 1), (Message("bet", "bb1", "bob", amount=70), 2),
         (Message("rollback", "bx1", "bob", target="bb1"), 1), (Message("rollback", "bx2", "bob", target="b2"), 1)),
        players=("ann", "bob"),
    ),
)  # fmt: skip
RETRIED = (
    Scenario(
        "two bets, win, rollback, close, each with a retry",
        ((BET, 2), (BET_2, 2), (WIN, 2), (UNDO, 2), (CLOSE, 2)),
    ),
    Scenario(
        "two bets, win, close twice over, rollbacks of both bets",
        ((BET, 2), (BET_2, 1), (WIN, 2), (UNDO, 1), (UNDO_2, 1), (CLOSE, 2), (CLOSE_AGAIN, 1)),
    ),
    Scenario(
        "two players, each with a bet, its end and a close, and a retry of each",
        ((BET, 2), (WIN, 2), (CLOSE, 2), (Message("bet", "bb1", "bob", amount=70), 2),
         (Message("rollback", "bx1", "bob", target="bb1"), 2), (Message("close", "bc1", "bob"), 2)),
        players=("ann", "bob"),
    ),
    Scenario(
        "two players, two bets, the same keys, close and retries",
        ((BET, 2), (BET_2, 1), (UNDO, 1), (CLOSE, 2), (bob(BET), 2), (bob(UNDO), 1), (bob(CLOSE), 2)),
        players=("ann", "bob"),
    ),
)  # fmt: skip
"""Too many to walk one by one: these walks merge (see ``ledger_explorer``)."""
LONG = (
    Scenario(
        "two players, each with bet, win, rollback and close, and a retry of most",
        ((BET, 2), (WIN, 2), (UNDO, 2), (CLOSE, 2), (Message("bet", "bb1", "bob", amount=70), 2),
         (Message("win", "bw1", "bob", amount=90), 1), (Message("rollback", "bx1", "bob", target="bb1"), 1),
         (Message("close", "bc1", "bob"), 2)),
        players=("ann", "bob"),
    ),
)  # fmt: skip
"""For the night."""
ALL = (*SMALL, *BATCHES, *LARGE)
