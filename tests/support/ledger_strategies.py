"""Hypothesis strategies: calls that meet each other, because ids, rounds and players come from small pools."""

from typing import Any

from hypothesis import strategies as st

from tests.support.ledger_book import UNIT, Book
from wallet.ledger.kinds import ActionKind, RoundStatus
from wallet.ledger.limit_settings import change_limits
from wallet.ledger.state import Grant, State
from wallet.ledger.types import Action, Command

NUMBERS = st.integers(0, 4)
AMOUNTS = st.sampled_from([0, 1, UNIT, 3 * UNIT, 10 * UNIT, 40 * UNIT])
ROLLED_BACK = st.sampled_from(
    [None, ActionKind.BET, ActionKind.BET, ActionKind.WIN, ActionKind.JACKPOT_WIN, ActionKind.PROMO_WIN]
)
PREFIXES = {
    ActionKind.BET: "b", ActionKind.WIN: "w", ActionKind.JACKPOT_WIN: "j", ActionKind.PROMO_WIN: "p", None: "b",
}  # fmt: skip


@st.composite
def plays(draw: st.DrawFn) -> Action:
    """A bet, win, jackpot win, promo win, rollback or close; half of them in pairs that belong together."""
    kind = draw(
        st.sampled_from(
            [ActionKind.BET] * 4 + [ActionKind.WIN] * 3 + [ActionKind.ROLLBACK] * 3
            + [ActionKind.CLOSE, ActionKind.JACKPOT_WIN, ActionKind.PROMO_WIN]
        )
    )  # fmt: skip
    number, amount = draw(NUMBERS), draw(AMOUNTS)
    if kind is ActionKind.ROLLBACK:
        undone = draw(ROLLED_BACK)
        return Action(kind, f"x{number}", amount, f"{PREFIXES[undone]}{draw(NUMBERS)}", undone)
    if kind is ActionKind.CLOSE:
        return Action(kind, f"c{number}")
    bonus = draw(st.sampled_from([0, 0, 0, amount, amount // 2]))
    if kind is ActionKind.BET:
        grant_id = draw(st.sampled_from(["", "", "", "g1"]))
        contribution = draw(st.sampled_from([0, amount // 10]))
        return Action(
            kind, f"b{number}", amount, grant_id=grant_id, bonus_micros=0 if grant_id else bonus,
            jackpot_contribution_micros=contribution,
        )  # fmt: skip
    reference = "" if kind is ActionKind.PROMO_WIN else draw(st.sampled_from(["", "", f"b{number}"]))
    return Action(kind, f"{PREFIXES[kind]}{number}", amount, reference, bonus_micros=bonus)


@st.composite
def payments(draw: st.DrawFn) -> Action:
    """A deposit, a step of a withdrawal, or an adjust."""
    kind = draw(
        st.sampled_from(
            [ActionKind.DEPOSIT, ActionKind.WITHDRAW_RESERVE, ActionKind.WITHDRAW_CONFIRM, ActionKind.WITHDRAW_CANCEL,
             ActionKind.ADJUST]
        )
    )  # fmt: skip
    number, amount = draw(NUMBERS), draw(AMOUNTS)
    if kind in (ActionKind.WITHDRAW_CONFIRM, ActionKind.WITHDRAW_CANCEL):
        return Action(kind, f"e{number}", reference_transaction_id=f"d{draw(NUMBERS)}")
    if kind is ActionKind.ADJUST:
        sign = draw(st.sampled_from([1, -1]))
        bonus = draw(st.sampled_from([0, amount]))
        return Action(kind, f"a{number}", sign * amount, bonus_micros=sign * bonus, author="bo", reason="test")
    return Action(kind, f"d{number}", amount)


@st.composite
def calls(draw: st.DrawFn) -> Command:
    """One call: mostly one action, sometimes a batch or a unit."""
    values: dict[str, Any] = {
        "player_id": draw(st.sampled_from(["ann", "ann", "ann", "bob", "nobody"])),
        "currency_code": draw(st.sampled_from(["EUR"] * 9 + ["SEK"])),
        "round_id": f"r{draw(st.integers(0, 2))}",
        "close_round": draw(st.sampled_from([False, False, True])),
        "exclusive_game": draw(st.sampled_from([False, False, False, True])),
        "with_receipt": draw(st.booleans()),
        "session_id": draw(st.sampled_from(["", "s1"])),
    }
    if draw(st.integers(0, 4)) == 0:
        actions: list[Action] = [draw(payments())]
        values["round_id"] = ""
    else:
        actions = draw(st.lists(plays(), min_size=1, max_size=draw(st.sampled_from([1, 1, 1, 4]))))
        if actions[0].kind is ActionKind.BET and all(action.kind is not ActionKind.ROLLBACK for action in actions):
            values["one_unit"] = draw(st.booleans())
    now_ms = draw(st.integers(0, 40)) * 3_600_000
    return Command("brand", provider_id="provider", now_ms=now_ms, actions=tuple(actions), game_id="game", **values)


def a_wallet(limits: dict[str, int] | None = None) -> Book:
    """Two players with money, bonus and a grant; perhaps with limits."""
    book = Book(now_ms=0)
    for player_id in ("ann", "bob"):
        book.open(50 * UNIT, player_id)
        book.player_id = player_id
        gift = Action(ActionKind.ADJUST, f"gift.{player_id}", 5 * UNIT, bonus_micros=5 * UNIT, author="bo", reason="hi")
        assert book.act(gift, round_id="").accepted
        grant = Grant("brand", player_id, "EUR", "g1", 2)
        book.grants[grant.key] = grant
        book.account.limits = change_limits("", limits or {}, 0)
    book.player_id = "ann"
    return book


def whole_state(book: Book) -> State:
    """Everything that the book holds, as one state."""
    state = State(dict(book.accounts), dict(book.rows), dict(book.rounds), dict(book.grants))
    for row in book.rows.values():
        if row.flags & 4:
            state.resolutions[row.brand_id, row.provider_id, row.reference_kind, row.reference_transaction_id] = row
        if row.unit_size > 1:
            journal = book.journal(row.account_key)
            state.units[row.key] = tuple(journal[row.sequence - 1 : row.sequence - 1 + row.unit_size])
    for round_ in book.rounds.values():
        if round_.status == RoundStatus.OPEN:
            key = (round_.brand_id, round_.player_id, round_.provider_id, round_.game_id)
            state.open_games.setdefault(key, set()).add(round_.round_id)
    for account in book.accounts.values():
        if account.status != "unknown":
            state.currencies.setdefault((account.brand_id, account.player_id), set()).add(account.currency_code)
    return state
