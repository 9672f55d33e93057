"""W29, W24: whatever happens to an account with limits, the audit counts as the money did, and names an edit."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.ledger_book import UNIT, Book
from wallet.ledger.admin import Author, issue_grant, open_account, set_limits, set_status
from wallet.ledger.audit import audit
from wallet.ledger.audit_player import Finding
from wallet.ledger.kinds import AccountStatus, ActionKind
from wallet.ledger.policy import DAY_MS, Policy, SettledBet
from wallet.ledger.state import Grant
from wallet.ledger.types import Action

START_MS = int(datetime(2026, 1, 30, tzinfo=UTC).timestamp()) * 1_000
LIMITS: list[dict[str, int | None]] = [
    {"wager.day": 40 * UNIT, "warn_percent": 50},
    {"wager.day": 20 * UNIT},
    {"loss.week": 60 * UNIT, "deposit.month": 500 * UNIT, "session_ms": 7_200_000},
    {"reality_check_ms": 3_600_000},
    {"wager.day": None, "warn_percent": None, "loss.week": None},
    {"deposit.month": None, "session_ms": None, "reality_check_ms": None},
]
AMOUNTS = st.integers(0, 20).map(lambda units: units * UNIT)
NAMES = st.integers(0, 5)
STEPS = st.one_of(
    st.tuples(st.just("bet"), NAMES, AMOUNTS, st.sampled_from(["", "s1", "s2"])),
    st.tuples(st.just("beside"), NAMES, AMOUNTS),
    st.tuples(st.just("free"), NAMES),
    st.tuples(st.just("win"), NAMES, AMOUNTS, st.booleans()),
    st.tuples(st.just("undo"), NAMES, st.sampled_from(["bet", "win"])),
    st.tuples(st.just("spin"), NAMES, AMOUNTS, AMOUNTS),
    st.tuples(st.just("deposit"), AMOUNTS),
    st.tuples(st.just("pass"), st.sampled_from([1, 3_600_000, DAY_MS // 2, DAY_MS, 7 * DAY_MS, 30 * DAY_MS])),
    st.tuples(st.just("limits"), st.sampled_from(range(len(LIMITS)))),
    st.tuples(st.just("status"), st.sampled_from([AccountStatus.EXCLUDED, AccountStatus.OPEN])),
)


class Life:
    """One account, opened by a row, and what happens to it."""

    def __init__(self, policy: Policy) -> None:
        self.book = Book(now_ms=START_MS, policy=policy)
        self.number = 0
        self.book.administer(open_account(None, "brand", "ann", "EUR", self.by))
        self.book.one(ActionKind.DEPOSIT, "first", 1_000 * UNIT, round_id="")
        self.book.administer(issue_grant(self.book.account, None, Grant("brand", "ann", "EUR", "g", 3), self.by))

    @property
    def by(self) -> Author:
        return Author("bo", "", self.book.now_ms)

    def step(self, word: str, *facts: Any) -> None:
        """Do one thing; whether it is refused does not matter."""
        book, self.number = self.book, self.number + 1
        round_id = f"r{self.number % 4}"
        if word == "bet":
            name, amount, session_id = facts
            book.bet(f"b{name}", amount, round_id=round_id, session_id=session_id)
        elif word == "beside":
            name, amount = facts
            known = book.rows.get(("brand", "provider", "bet", f"b{name}"))
            if known is not None:
                repeat = Action(ActionKind.BET, f"b{name}", known.amount_micros)
                book.act(repeat, Action(ActionKind.BET, f"n{self.number}", amount), round_id=known.round_id)
        elif word == "free":
            book.bet(f"b{facts[0]}", UNIT, round_id=round_id, grant_id="g")
        elif word == "win":
            name, amount, is_jackpot = facts
            kind = ActionKind.JACKPOT_WIN if is_jackpot else ActionKind.WIN
            book.one(kind, f"w{name}", amount, reference_transaction_id=f"b{name}", round_id="")
        elif word == "undo":
            name, kind_name = facts
            book.rollback(f"x{self.number}", f"{kind_name[0]}{name}", reference_kind=ActionKind(kind_name), round_id="")
        elif word == "spin":
            name, stake, win = facts
            bet = Action(ActionKind.BET, f"s{name}", stake)
            book.act(bet, Action(ActionKind.WIN, f"s{name}", win), round_id=f"s{name}", close_round=True)
        elif word == "deposit":
            book.one(ActionKind.DEPOSIT, f"d{self.number}", facts[0], round_id="")
        elif word == "pass":
            book.now_ms += facts[0]
        elif word == "limits":
            self.administer(set_limits(book.account, LIMITS[facts[0]], self.by))
        else:
            self.administer(set_status(book.account, facts[0], self.by))

    def administer(self, outcome: Any) -> None:
        """Keep a decision that was one."""
        if outcome.row is not None:
            self.book.administer(outcome)

    def findings(self) -> list[Finding]:
        """Audit, as of a ledger that rows alone have made."""
        book = self.book
        return audit(
            list(book.accounts.values()), book.journal(),
            sorted(book.rounds.values(), key=lambda round_: round_.key), list(book.grants.values()),
        ).findings  # fmt: skip


KNOWN = {
    "a bet is warned of in a call that is not certain": [
        ("limits", 0), ("bet", 1, UNIT, ""), ("beside", 1, 20 * UNIT),
    ],
    "a bet from before the limits is rolled back": [
        ("bet", 1, 9 * UNIT, ""), ("limits", 0), ("bet", 2, UNIT, ""), ("undo", 1, "bet"),
    ],
    "a bet of yesterday is rolled back": [
        ("limits", 0), ("bet", 1, 9 * UNIT, ""), ("pass", DAY_MS), ("bet", 2, UNIT, ""), ("undo", 1, "bet"),
    ],
    "a bet of last month is rolled back": [
        ("limits", 0), ("bet", 1, 9 * UNIT, ""), ("pass", 30 * DAY_MS), ("bet", 2, UNIT, ""), ("undo", 1, "bet"),
    ],
    "a win of yesterday is rolled back": [
        ("limits", 0), ("bet", 1, 9 * UNIT, ""), ("win", 1, 7 * UNIT, False), ("pass", DAY_MS), ("undo", 1, "win"),
    ],
    "a jackpot is won": [("limits", 0), ("bet", 1, 9 * UNIT, ""), ("win", 1, 7 * UNIT, True)],
    "a bet between two eras of limits is rolled back in the second": [
        ("limits", 3), ("bet", 1, UNIT, "s1"), ("limits", 5), ("pass", DAY_MS), ("limits", 5), ("bet", 2, 5 * UNIT, ""),
        ("limits", 0), ("bet", 3, UNIT, ""), ("undo", 2, "bet"), ("undo", 1, "bet"),
    ],
    "a win comes after the limits are gone": [
        ("limits", 3), ("bet", 1, UNIT, "s1"), ("limits", 5), ("pass", DAY_MS), ("limits", 5), ("win", 1, UNIT, False),
    ],
    "a free bet is rolled back": [("limits", 0), ("bet", 2, UNIT, ""), ("free", 1), ("undo", 1, "bet")],
}  # fmt: skip


@pytest.mark.parametrize("steps", KNOWN.values(), ids=KNOWN.keys())
def test_w29_what_is_rare_is_counted_alike_too(steps: list[tuple[Any, ...]]) -> None:
    life = Life(Policy())
    for step in steps:
        life.step(*step)

    assert life.findings() == []


@given(
    st.lists(STEPS, min_size=5, max_size=60),
    st.sampled_from([SettledBet.REFUSE, SettledBet.TAKE_BACK]),
    st.sampled_from(range(len(LIMITS))),
)
def test_w29_the_audit_counts_as_the_money_did(
    steps: list[tuple[Any, ...]], settled_bet: SettledBet, first: int
) -> None:
    life = Life(Policy(settled_bet=settled_bet))
    life.step("limits", first)
    for step in steps:
        life.step(*step)

    assert life.findings() == []


def lived() -> Life:
    """An account whose day, week and month have counted something of each kind, and that was warned."""
    life = Life(Policy())
    for step in (
        ("limits", 0), ("limits", 2), ("bet", 1, 15 * UNIT, "s1"), ("bet", 2, 10 * UNIT, ""), ("bet", 3, 10 * UNIT, ""),
        ("win", 1, 5 * UNIT, False), ("deposit", 7 * UNIT), ("undo", 3, "bet"),
    ):  # fmt: skip
        life.step(*step)
    return life


def test_w24_every_edit_of_a_counter_is_named() -> None:
    counters = json.loads(lived().book.account.counters)
    places = [(name, index) for name, values in counters.items() for index in range(len(values))]
    derivable = [(name, index) for name, index in places if not name.startswith("session.")]
    assert {name for name, _ in derivable} == {"since", "day", "week", "month", "warned.wager.day"}

    for name, index in derivable:
        life = lived()
        counters = json.loads(life.book.account.counters)
        counters[name][index] += 1
        life.book.account.counters = json.dumps(counters)

        assert [finding.field for finding in life.findings()] == [f"counters.{name}"], (name, index)


def test_w24_lost_unreadable_and_invented_counters_are_named() -> None:
    for text, fields in (
        ("", ["counters.day", "counters.month", "counters.since", "counters.warned.wager.day", "counters.week"]),
        ("no JSON", ["counters"]),
        ("[]", ["counters"]),
    ):
        life = lived()
        life.book.account.counters = text
        assert [finding.field for finding in life.findings()] == fields

    life = lived()
    counters = json.loads(life.book.account.counters) | {"warned.loss.week": [1]}
    life.book.account.counters = json.dumps(counters)
    assert [finding.field for finding in life.findings()] == ["counters.warned.loss.week"]
