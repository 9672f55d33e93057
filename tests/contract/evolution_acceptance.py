"""Evolution's operator suite by its names, as cases: calls, and the statuses that must come back.

Run over the adapter and the ledger in memory, and over HTTP against the callback server: ``Post`` is all they share.
"""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

OPENING = Decimal("1000")
TABLE, OTHER_TABLE = "vctlz20yfnmp1ylr", "uwd2bl2khwcikjlz"
Body = dict[str, Any]
Post = Callable[[str, Body], Awaitable[Body]]
"""(method, body) -> answer"""


class Player:
    """One player's calls; ids carry the case, so that no two cases share one."""

    def __init__(self, post: Post, user_id: str, sid: str, case: str) -> None:
        self._post = post
        self.user_id = user_id
        self.sid = sid
        self._case = case

    async def send(self, method: str, **fields: Any) -> Body:
        """Send one call."""
        body = {"sid": self.sid, "userId": self.user_id, "currency": "EUR", "uuid": f"{self._case}-{method}"}
        return await self._post(method, body | fields)

    async def move(
        self, method: str, bet: str, amount: Any = "10", *, name: str = "", game: str = "game", table: str = TABLE,
        **fields: Any,
    ) -> str:  # fmt: skip
        """Debit, credit or cancel a bet by its name; returns the status."""
        transaction = {
            "id": f"{self._case}-{self.user_id}-{method}-{name or bet}",
            "refId": f"{self._case}-{self.user_id}-{bet}",
            "amount": Decimal(amount),
        }
        details = {"table": {"id": table, "vid": "vid"}}
        game_field = {"id": f"{self._case}-{game}", "type": "roulette", "details": details}
        answer = await self.send(method, game=game_field, transaction=transaction, **fields)
        assert answer["uuid"] == f"{self._case}-{method}"
        return str(answer["status"])

    async def debit(self, bet: str, amount: Any = "10", **fields: Any) -> str:
        """Bet."""
        return await self.move("debit", bet, amount, **fields)

    async def credit(self, bet: str, amount: Any = "10", **fields: Any) -> str:
        """Win."""
        return await self.move("credit", bet, amount, **fields)

    async def cancel(self, bet: str, amount: Any = "10", **fields: Any) -> str:
        """Roll back."""
        return await self.move("cancel", bet, amount, **fields)

    async def payout(self, name: str, amount: Any, promo_type: str = "FreeRoundPlayableSpent") -> str:
        """Pay without a bet."""
        promo = {"type": promo_type, "id": f"{self._case}-{name}", "amount": Decimal(amount), "voucherId": "v1"}
        answer = await self.send("promo_payout", promoTransaction=promo)
        return str(answer["status"])

    async def balance(self) -> Decimal:
        """Ask for the balance."""
        answer = await self.send("balance")
        assert answer["status"] == "OK"
        return Decimal(str(answer["balance"]))


async def check_with_new_sid(player: Player, other: Player) -> None:
    answer = await player.send("check", channel={"type": "P"})

    assert (answer["status"], answer["sid"]) == ("OK", player.sid)


async def check_invalid_user(player: Player, other: Player) -> None:
    answer = await player.send("check", userId="nobody", channel={"type": "P"})

    assert answer["status"] in ("INVALID_SID", "INVALID_PARAMETER")


async def different_channel_type(player: Player, other: Player) -> None:
    for channel in ("P", "M"):
        assert (await player.send("check", channel={"type": channel}))["status"] == "OK"


async def debit_bet_already_exist(player: Player, other: Player) -> None:
    assert [await player.debit("a"), await player.debit("a")] == ["OK", "BET_ALREADY_EXIST"]
    assert await player.balance() == OPENING - 10


async def debit_cancel(player: Player, other: Player) -> None:
    assert [await player.debit("a"), await player.cancel("a")] == ["OK", "OK"]
    assert await player.balance() == OPENING


async def debit_credit(player: Player, other: Player) -> None:
    assert [await player.debit("a"), await player.credit("a", "25")] == ["OK", "OK"]
    assert await player.balance() == OPENING + 15


async def debit_credit_bet_already_settled(player: Player, other: Player) -> None:
    statuses = [await player.debit("a"), await player.credit("a", "25")]
    statuses += [await player.credit("a", "25"), await player.credit("a", "25", name="second")]
    statuses += [await player.credit("a", "99", name="third")]

    assert statuses == ["OK", "OK", "BET_ALREADY_SETTLED", "BET_ALREADY_SETTLED", "BET_ALREADY_SETTLED"]
    assert await player.balance() == OPENING + 15


async def debit_credit_bet_does_not_exist(player: Player, other: Player) -> None:
    assert [await player.debit("a"), await player.credit("b")] == ["OK", "BET_DOES_NOT_EXIST"]
    assert await player.balance() == OPENING - 10


async def debit_credit_cancel(player: Player, other: Player) -> None:
    statuses = [await player.debit("a"), await player.credit("a", "25"), await player.cancel("a")]

    assert statuses == ["OK", "OK", "BET_ALREADY_SETTLED"]
    assert await player.balance() == OPENING + 15


async def debit_cancel_credit(player: Player, other: Player) -> None:
    statuses = [await player.debit("a"), await player.cancel("a"), await player.credit("a", "25")]

    assert statuses == ["OK", "OK", "BET_ALREADY_SETTLED"]
    assert await player.balance() == OPENING


async def debit_cancel_bet_does_not_exist(player: Player, other: Player) -> None:
    assert [await player.debit("a"), await player.cancel("b")] == ["OK", "BET_DOES_NOT_EXIST"]
    assert await player.debit("b") == "FINAL_ERROR_ACTION_FAILED"
    assert await player.balance() == OPENING - 10


async def debit_cancel_bet_already_settled(player: Player, other: Player) -> None:
    statuses = [await player.debit("a"), await player.cancel("a"), await player.cancel("a", name="again")]

    assert statuses == ["OK", "OK", "BET_ALREADY_SETTLED"]
    assert await player.balance() == OPENING


async def two_users_two_hands(player: Player, other: Player) -> None:
    for someone in (player, other):
        assert [await someone.debit("left"), await someone.debit("right", "20")] == ["OK", "OK"]
    assert [await player.credit("left", "20"), await player.credit("right", "0")] == ["OK", "OK"]
    assert [await other.credit("left", "0"), await other.credit("right", "40")] == ["OK", "OK"]

    assert (await player.balance(), await other.balance()) == (OPENING - 10, OPENING + 10)


async def bet_before_settle_in_another_game(player: Player, other: Player) -> None:
    statuses = [await player.debit("a", game="one"), await player.debit("b", game="two", table=OTHER_TABLE)]
    statuses += [await player.credit("b", "5", game="two", table=OTHER_TABLE), await player.credit("a", game="one")]

    assert statuses == ["OK"] * 4
    assert await player.balance() == OPENING - 5


async def credit_zero(player: Player, other: Player) -> None:
    assert [await player.debit("a"), await player.credit("a", "0")] == ["OK", "OK"]
    assert await player.balance() == OPENING - 10


async def debit_credit_with_different_sids(player: Player, other: Player) -> None:
    assert await player.debit("a") == "OK"
    assert await player.credit("a", "25", sid="a-sid-of-another-day") == "OK"
    assert await player.balance() == OPENING + 15


async def two_debits_credit_cancel(player: Player, other: Player) -> None:
    statuses = [await player.debit("a"), await player.debit("b", "20")]
    statuses += [await player.credit("a", "15"), await player.cancel("b", "20")]

    assert statuses == ["OK"] * 4
    assert await player.balance() == OPENING + 5


async def two_debits_cancel_credit(player: Player, other: Player) -> None:
    statuses = [await player.debit("a"), await player.debit("b", "20")]
    statuses += [await player.cancel("a"), await player.credit("b", "15")]

    assert statuses == ["OK"] * 4
    assert await player.balance() == OPENING - 5


async def insufficient_funds(player: Player, other: Player) -> None:
    assert await player.debit("a", OPENING + 1) == "INSUFFICIENT_FUNDS"
    assert await player.credit("a", "25") == "BET_DOES_NOT_EXIST"
    assert await player.balance() == OPENING


async def parallel_rounds_on_a_table(player: Player, other: Player) -> None:
    assert [await player.debit("a", game="one"), await player.debit("b", game="two")] == ["OK", "OK"]
    assert [await player.credit("b", "0", game="two"), await player.credit("a", "10", game="one")] == ["OK", "OK"]
    assert await player.balance() == OPENING - 10


async def big_payout(player: Player, other: Player) -> None:
    assert [await player.debit("a", "1"), await player.credit("a", "1234567.123456")] == ["OK", "OK"]
    assert await player.balance() == OPENING - 1 + Decimal("1234567.123456")


async def double_promo_payout(player: Player, other: Player) -> None:
    statuses = [await player.payout("p1", "5"), await player.payout("p2", "5", "JackpotWin")]
    statuses += [await player.payout("p1", "5")]

    assert statuses == ["OK", "OK", "BET_ALREADY_SETTLED"]
    assert await player.balance() == OPENING + 10


async def mixed_settle_types(player: Player, other: Player) -> None:
    for bet in ("a", "b", "c"):
        assert await player.debit(bet) == "OK"
    statuses = [await player.credit("a", "0"), await player.cancel("b"), await player.credit("c", "30")]

    assert statuses == ["OK"] * 3
    assert await player.balance() == OPENING + 10


CASES = (
    check_with_new_sid,
    check_invalid_user,
    different_channel_type,
    debit_bet_already_exist,
    debit_cancel,
    debit_credit,
    debit_credit_bet_already_settled,
    debit_credit_bet_does_not_exist,
    debit_credit_cancel,
    debit_cancel_credit,
    debit_cancel_bet_does_not_exist,
    debit_cancel_bet_already_settled,
    two_users_two_hands,
    bet_before_settle_in_another_game,
    credit_zero,
    debit_credit_with_different_sids,
    two_debits_credit_cancel,
    two_debits_cancel_credit,
    insufficient_funds,
    parallel_rounds_on_a_table,
    big_payout,
    double_promo_payout,
    mixed_settle_types,
)
