"""Hypothesis strategies: calls that meet each other, because ids, rounds and players come from small pools."""

from typing import Any

from hypothesis import strategies as st

from tests.support.ledger_book import UNIT, Book
from wallet.ledger.kinds import ActionKind, RoundStatus
from wallet.ledger.limit_settings import change_limits
from wallet.ledger.state import Grant, State
from wallet.ledger.types import Action, Command

NUMBERS = st.integers(0, 5)
AMOUNTS = (UNIT, 3 * UNIT, 10 * UNIT, 0, 40 * UNIT, 1)
"""The amount that belongs to a number, so that a second call with it is a replay; now and then another one is drawn."""
RARELY = st.integers(0, 11).map(lambda drawn: drawn == 7)
KINDS_UNDONE = st.sampled_from([None, ActionKind.BET, ActionKind.BET, ActionKind.WIN, ActionKind.WIN])
OTHERS_UNDONE = st.sampled_from([ActionKind.JACKPOT_WIN, ActionKind.PROMO_WIN])
PREFIXES = {
    ActionKind.BET: "b", ActionKind.WIN: "w", ActionKind.JACKPOT_WIN: "j", ActionKind.PROMO_WIN: "p", None: "b",
}  # fmt: skip
PLAYS = st.sampled_from(
    [ActionKind.BET] * 4 + [ActionKind.WIN] * 3 + [ActionKind.ROLLBACK] * 3
    + [ActionKind.CLOSE, ActionKind.JACKPOT_WIN, ActionKind.PROMO_WIN]
)  # fmt: skip
PAYMENTS = st.sampled_from(
    [ActionKind.DEPOSIT, ActionKind.ADJUST, ActionKind.WITHDRAW_RESERVE, ActionKind.WITHDRAW_RESERVE,
     ActionKind.WITHDRAW_CONFIRM, ActionKind.WITHDRAW_CANCEL]
)  # fmt: skip


@st.composite
def plays(draw: st.DrawFn, number: int) -> Action:
    """A bet, win, jackpot win, promo win, rollback or close about the same ``number``, so that they meet."""
    kind = draw(PLAYS)
    amount = draw(st.sampled_from(AMOUNTS)) if draw(RARELY) else AMOUNTS[number]
    version = draw(st.sampled_from(["", "", "a"]))
    if kind is ActionKind.ROLLBACK:
        undone = draw(OTHERS_UNDONE) if draw(RARELY) else draw(KINDS_UNDONE)
        return Action(kind, f"x{number}{version}{undone or ''}", 0, f"{PREFIXES[undone]}{number}", undone)
    if kind is ActionKind.CLOSE:
        return Action(kind, f"c{number}{version}")
    bonus = amount // 2 if number == 2 else 0
    if kind is ActionKind.BET:
        grant_id = "g1" if number == 5 else ""
        contribution = amount // 10 if number % 2 == 0 else 0
        return Action(
            kind, f"b{number}{version}", amount, grant_id=grant_id, bonus_micros=0 if grant_id else bonus // 5,
            jackpot_contribution_micros=contribution,
        )  # fmt: skip
    reference = f"b{number}" if kind is not ActionKind.PROMO_WIN and number in (1, 4) else ""
    return Action(kind, f"{PREFIXES[kind]}{number}{version}", 2 * amount, reference, bonus_micros=bonus)


@st.composite
def payments(draw: st.DrawFn, number: int) -> Action:
    """A deposit, a step of a withdrawal, or an adjust."""
    kind = draw(PAYMENTS)
    amount = AMOUNTS[number]
    if kind in (ActionKind.WITHDRAW_CONFIRM, ActionKind.WITHDRAW_CANCEL):
        return Action(kind, f"e{number}{kind.value[-3:]}", reference_transaction_id=f"d{number}")
    if kind is ActionKind.ADJUST:
        sign = draw(st.sampled_from([1, -1]))
        bonus = amount if number % 2 else 0
        return Action(kind, f"a{number}{sign}", sign * amount, bonus_micros=sign * bonus, author="bo", reason="test")
    return Action(kind, f"d{number}", amount)


@st.composite
def calls(draw: st.DrawFn, number: int) -> Command:
    """One call about one number (its player, its round), rarely about another's: one action, a batch or a unit."""
    values: dict[str, Any] = {
        "player_id": "bob" if number == 3 else "ann",
        "currency_code": "EUR",
        "round_id": f"r{number % 3}",
        "close_round": draw(RARELY),
        "exclusive_game": draw(RARELY),
        "with_receipt": draw(RARELY),
        "session_id": draw(st.sampled_from(["", "s1"])),
    }
    if draw(RARELY):
        values["player_id"] = draw(st.sampled_from(["ann", "bob", "nobody"]))
    if draw(RARELY):
        values["currency_code"] = "SEK"
    if draw(RARELY):
        values["round_id"] = f"r{draw(NUMBERS)}"
    if draw(st.integers(0, 5)) == 0:
        actions: list[Action] = [draw(payments(number))]
        values["round_id"] = ""
    else:
        size = draw(st.sampled_from([1, 1, 1, 1, 2, 3]))
        actions = [draw(plays(number)) for _ in range(size)]
        if size > 1 and all(action.kind is not ActionKind.ROLLBACK for action in actions):
            values["one_unit"] = draw(st.booleans())
    now_ms = draw(st.integers(0, 40)) * 3_600_000
    return Command("brand", provider_id="provider", now_ms=now_ms, actions=tuple(actions), game_id="game", **values)


@st.composite
def stories(draw: st.DrawFn) -> list[Command]:
    """A bet, or sometimes a withdrawal, and up to five calls about it."""
    number = draw(NUMBERS)
    amount = AMOUNTS[number]
    if draw(st.integers(0, 5)) == 5:
        reserve = Action(ActionKind.WITHDRAW_RESERVE, f"d{number}", amount)
        ends = draw(st.lists(payments(number), min_size=1, max_size=3))
        return [Command("brand", "ann", "EUR", "provider", 0, (action,), "game") for action in (reserve, *ends)]
    bet = Action(
        ActionKind.BET, f"b{number}", amount, grant_id="g1" if number == 5 else "",
        jackpot_contribution_micros=amount // 10 if number % 2 == 0 else 0,
    )  # fmt: skip
    player_id = "bob" if number == 3 else "ann"
    opening = Command("brand", player_id, "EUR", "provider", 0, (bet,), "game", f"r{number % 3}")
    return [opening, *draw(st.lists(calls(number), min_size=1, max_size=5))]


@st.composite
def sequences(draw: st.DrawFn) -> list[Command]:
    """One to five stories, mostly in order, sometimes shuffled into each other."""
    calls_of_all = [call for story in draw(st.lists(stories(), min_size=1, max_size=5)) for call in story]
    return draw(st.permutations(calls_of_all)) if draw(st.integers(0, 2)) == 0 else calls_of_all


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
