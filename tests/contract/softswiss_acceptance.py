"""The SOFTSWISS-style acceptance list A to J as data: calls, and what must come back.

Run over the adapter and the ledger in memory, and over HTTP against the callback server: ``Post`` is all they share.
The cases read in the words of GCP v1; ``a8r_acceptance`` says the same in those of A8R v2.
"""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple


class Answer(NamedTuple):
    """An HTTP status and a JSON body."""

    status: int
    body: dict[str, Any]


Post = Callable[[str, dict[str, Any], bool], Awaitable[Answer]]
"""(method, body, signed) -> answer"""
OPENING_MINOR = 1_000_00
GAME = "acceptance:test"


class Session:
    """A player's calls, with the ids of one case."""

    refused_status = 412

    def __init__(self, post: Post, user_id: str, case: str) -> None:
        self._post = post
        self._user_id = user_id
        self._case = case

    def id(self, name: str) -> str:
        """Return an id that no other case uses."""
        return f"{self._case}-{name}"

    async def send(self, method: str, signed: bool = True, **fields: Any) -> Answer:
        """Send one callback."""
        body = {"user_id": self._user_id, "currency": "USD", "game": GAME} | fields
        return await self._post(method, body, signed)

    async def play(self, *actions: tuple[str, str, int], finished: bool = False, round_name: str = "round") -> Answer:
        """Send ``/play`` with (action, name of the id, amount)."""
        wire = [{"action": action, "action_id": self.id(name), "amount": amount} for action, name, amount in actions]
        return await self.send("play", game_id=self.id(round_name), finished=finished, actions=wire)

    async def rollback(self, *pairs: tuple[str, str], round_name: str = "round") -> Answer:
        """Send ``/rollback`` with (name of its id, name of the original's)."""
        wire = [
            {"action": "rollback", "action_id": self.id(name), "original_action_id": self.id(original)}
            for name, original in pairs
        ]
        return await self.send("rollback", game_id=self.id(round_name), finished=True, actions=wire)

    async def balance(self) -> int:
        """Ask for the balance."""
        answer = await self.send("play")
        assert answer.status == 200
        return int(answer.body["balance"])


def tx_ids(answer: Answer) -> list[str]:
    """Return the casino's ids of the booked actions."""
    assert answer.status == 200, answer
    return [item["tx_id"] for item in answer.body["transactions"]]


async def a_without_a_right_signature_the_call_is_forbidden(session: Session) -> None:
    assert (await session.send("play", signed=False)).status == 403


async def b_no_actions_ask_for_the_balance(session: Session) -> None:
    answer = await session.send("play")

    assert (answer.status, answer.body["balance"]) == (200, OPENING_MINOR)


async def c_a_single_finished_bet(session: Session) -> None:
    answer = await session.play(("bet", "bet", 100), finished=True)

    assert answer.body["balance"] == OPENING_MINOR - 100
    assert answer.body["game_id"] == session.id("round")
    assert [item["action_id"] for item in answer.body["transactions"]] == [session.id("bet")]
    assert all(tx_ids(answer))


async def d_bet_and_win_in_one_call(session: Session) -> None:
    answer = await session.play(("bet", "bet", 100), ("win", "win", 250), finished=True)

    assert answer.body["balance"] == OPENING_MINOR + 150
    assert len(set(tx_ids(answer))) == 2


async def e_a_bet_beyond_the_balance_is_refused_with_code_100_and_nothing_applies(session: Session) -> None:
    answer = await session.play(("bet", "bet", OPENING_MINOR + 1), ("win", "win", OPENING_MINOR), finished=True)

    assert (answer.status, answer.body["code"], answer.body["balance"]) == (session.refused_status, 100, OPENING_MINOR)
    assert await session.balance() == OPENING_MINOR


async def f_bet_then_win_in_two_calls(session: Session) -> None:
    bet = await session.play(("bet", "bet", 100))
    win = await session.play(("win", "win", 250), finished=True)

    assert (bet.body["balance"], win.body["balance"]) == (OPENING_MINOR - 100, OPENING_MINOR + 150)


async def g_bet_then_rollback(session: Session) -> None:
    await session.play(("bet", "bet", 100))
    first = await session.rollback(("rb", "bet"))
    again = await session.rollback(("rb", "bet"))

    assert first.body["balance"] == again.body["balance"] == OPENING_MINOR
    assert tx_ids(first) == tx_ids(again)
    assert all(tx_ids(first))


async def h_a_repeated_bet_beside_a_new_one_applies_only_the_new_one(session: Session) -> None:
    first = await session.play(("bet", "one", 100))
    both = await session.play(("bet", "one", 100), ("bet", "two", 200))

    assert both.body["balance"] == OPENING_MINOR - 300
    assert tx_ids(both)[0] == tx_ids(first)[0]
    assert both.body["transactions"][0] == first.body["transactions"][0]


async def i_a_rollback_before_its_bet_moves_nothing_and_neither_does_the_bet(session: Session) -> None:
    rollback = await session.rollback(("rb", "bet"))
    bet = await session.play(("bet", "bet", 100), finished=True)

    assert (rollback.body["balance"], tx_ids(rollback)) == (OPENING_MINOR, [""])
    assert (bet.body["balance"], tx_ids(bet)) == (OPENING_MINOR, [""])


async def j_rollbacks_of_bet_and_win_before_either_exists_kill_both(session: Session) -> None:
    rollback = await session.rollback(("rb1", "bet"), ("rb2", "win"))
    play = await session.play(("bet", "bet", 100), ("win", "win", 250), finished=True)

    assert (rollback.body["balance"], tx_ids(rollback)) == (OPENING_MINOR, ["", ""])
    assert (play.body["balance"], tx_ids(play)) == (OPENING_MINOR, ["", ""])


CASES = (
    a_without_a_right_signature_the_call_is_forbidden,
    b_no_actions_ask_for_the_balance,
    c_a_single_finished_bet,
    d_bet_and_win_in_one_call,
    e_a_bet_beyond_the_balance_is_refused_with_code_100_and_nothing_applies,
    f_bet_then_win_in_two_calls,
    g_bet_then_rollback,
    h_a_repeated_bet_beside_a_new_one_applies_only_the_new_one,
    i_a_rollback_before_its_bet_moves_nothing_and_neither_does_the_bet,
    j_rollbacks_of_bet_and_win_before_either_exists_kill_both,
)
