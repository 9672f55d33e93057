"""The straight lane against ``decide``: where it answers at all, it answers and writes the same, byte for byte."""

import os
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from tests.support.ledger_strategies import a_wallet, whole_state
from wallet.ledger import straight
from wallet.ledger.decide import decide
from wallet.ledger.evolve import evolve
from wallet.ledger.ids import MICROS_MAX
from wallet.ledger.kinds import ActionKind
from wallet.ledger.state import Account, State
from wallet.ledger.straight import settle_spin, spin_of
from wallet.ledger.types import Action, Command
from wallet.settlement.account_memory import AccountMemory
from wallet.settlement.group import Group
from wallet.settlement.lone_spin import play_remembered
from wallet.settlement.writes import Ledger, Writes

EXAMPLES = int(os.environ.get("STRAIGHT_EXAMPLES", "200"))
IDS = st.sampled_from([f"t{number}" for number in range(1, 30)] + ["x" * 64, "é", "x" * 65])
ROUNDS = st.sampled_from([f"r{number}" for number in range(1, 15)] + [""])
AMOUNTS = st.one_of(*[st.integers(0, 20_000_000)] * 9, st.sampled_from([-1, MICROS_MAX, MICROS_MAX + 1, True]))
USUALLY = st.sampled_from([True] * 19 + [False])
SELDOM = USUALLY.map(lambda drawn: not drawn)
DETAILS = st.one_of(st.just(b""), st.binary(max_size=8))
TEXTS = st.sampled_from(["", "", "", "v1", "v1", "back\\slash\ttab"])
PLAIN_COMMAND = Command(
    "brand", "ann", "EUR", "provider", 3_600_000, (Action(ActionKind.BET, "t1", 5), Action(ActionKind.WIN, "t2", 7)),
    "game", "r9", close_round=True, one_unit=True,
)  # fmt: skip
BEFORE = [
    PLAIN_COMMAND._replace(actions=(Action(ActionKind.BET, "t1", 5),), round_id="r1", close_round=False, now_ms=0),
    PLAIN_COMMAND._replace(round_id="r8", now_ms=40 * 3_600_000, player_id="bob"),
    PLAIN_COMMAND._replace(
        actions=(Action(ActionKind.ROLLBACK, "x", reference_transaction_id="t3"),), one_unit=False, round_id=""
    ),
    PLAIN_COMMAND._replace(actions=(Action(ActionKind.BET, "t2", 10**14),), round_id="r2"),
]
"""Calls that may have come before: an open round, a closed one, tombstones, a stored refusal."""


@st.composite
def actions(draw: st.DrawFn, kind: ActionKind) -> Action:
    """An action that is mostly as plain as the straight lane wants it."""
    if draw(SELDOM):
        kind = draw(st.sampled_from(list(ActionKind)))
    action = Action(kind, draw(IDS), draw(AMOUNTS), detail=draw(DETAILS))
    if draw(SELDOM):
        field = draw(st.sampled_from(["reference_transaction_id", "grant_id", "jackpot_id", "author", "reason"]))
        more: dict[str, Any] = {field: draw(TEXTS)}
        action = action._replace(**more)
    if draw(SELDOM):
        action = action._replace(bonus_micros=draw(st.integers(0, 3)), jackpot_contribution_micros=draw(AMOUNTS))
    return action


@st.composite
def spins(draw: st.DrawFn) -> Command:
    """A call that has the straight form nearly always, on players and rounds that may be known."""
    played = [draw(actions(kind)) for kind in (ActionKind.BET, ActionKind.WIN, ActionKind.WIN)]
    return Command(
        "brand", draw(st.sampled_from(["ann"] * 9 + ["bob"] * 9 + ["nobody"])),
        draw(st.sampled_from(["EUR"] * 19 + ["SEK", "?"])),
        "provider", draw(st.integers(0, 90)) * 3_600_000, tuple(played[: draw(st.sampled_from([2, 2, 2, 1, 1, 3]))]),
        draw(st.sampled_from(["game"] * 9 + ["", "g 1"])), draw(ROUNDS),
        draw(st.sampled_from(["", "s1"])), draw(USUALLY), draw(USUALLY), draw(st.booleans()),
        draw(st.sampled_from([None, None, b"", b"state"])), draw(TEXTS), draw(SELDOM), draw(SELDOM),
    )  # fmt: skip


@st.composite
def states(draw: st.DrawFn) -> State:
    """What any calls may have left, with the players' accounts bent further."""
    book = a_wallet(draw(st.sampled_from([None] * 9 + [{"stake": 5}, {"wager.day": 100}])))
    for command in draw(st.lists(st.sampled_from(BEFORE), max_size=2)):
        book.apply(command)
    state = whole_state(book)
    for account in state.accounts.values():
        _bend(draw, account)
    return state


def _bend(draw: st.DrawFn, account: Account) -> None:
    account.cash_micros = draw(
        st.sampled_from([account.cash_micros, 10**9, 10**12, 10**12, 5_000_000, 0, MICROS_MAX - 40_000_000])
    )
    if draw(SELDOM):
        account.receivable_micros, account.cash_micros = 5, 0
    if draw(SELDOM):
        account.status = draw(st.sampled_from(["blocked", "excluded", "unknown"]))
    account.demo = draw(SELDOM)
    account.bonus_micros += draw(st.sampled_from([0, 3]))
    account.open_round_count += draw(SELDOM)


def same_both_ways(state: State, commands: list[Command]) -> int:
    """Play on two copies of ``state``, one with the straight lane; return how many calls it took."""
    slow, quick = deepcopy(state), deepcopy(state)
    taken = 0
    for command in commands:
        decision = decide(slow, command)
        spin = spin_of(command)
        answer = None if spin is None else settle_spin(quick, spin, command.now_ms)
        evolve(slow, decision)
        if answer is None:
            evolve(quick, decide(quick, command))
            assert quick == slow, "the straight lane changed something and gave up"
            continue
        taken += 1
        reply, rows, account, round_key, round_ = answer
        assert reply == decision.reply
        assert list(rows) == decision.rows
        assert [type(value) for row in rows for value in row] == [type(v) for row in decision.rows for v in row]
        assert account == decision.account
        assert [round_] == decision.rounds
        assert round_key == round_.key
        assert not decision.grants
        assert not decision.notes
        _without_empty_games(slow)
        assert quick == slow
    return taken


def _without_empty_games(state: State) -> None:
    for key in [key for key, rounds in state.open_games.items() if not rounds]:
        del state.open_games[key]


@given(states(), st.lists(spins(), min_size=1, max_size=4))
@settings(max_examples=EXAMPLES)
def test_w02_the_straight_lane_answers_and_writes_what_decide_would(state: State, commands: list[Command]) -> None:
    _without_empty_games(state)
    event(f"straight: {same_both_ways(state, commands)}")


@given(states(), spins())
@settings(max_examples=EXAMPLES)
def test_w02_a_lone_spin_comes_to_what_its_group_would(state: State, command: Command) -> None:
    spin = spin_of(command)
    for key, account in state.accounts.items() if spin is not None else ():
        memory = AccountMemory()
        memory.remember({key: account.copy()}, {key: 6})
        lone = play_remembered(spin, memory, command.now_ms)
        event(f"straight: {lone is not None}")
        assert memory.recall(key) == (account, 7, {}), "what is remembered may not change before the commit"
        if lone is None:
            continue
        assert key == spin.account_key
        spin.now_ms = command.now_ms
        group = Group(Ledger(decide, evolve, lambda: command.now_ms), [spin], memory, as_lines=True)
        assert not group.next_plan()
        writes = group.decide()
        assert writes == Writes([lone.reply], accounts={key: lone.account}, lines=[lone.line], ends={key: 0})
        assert group.versions == {key: lone.version}


@given(st.integers(1, 10**9), st.integers(0, 10**9), st.booleans(), st.sampled_from([None, b"s"]))
@example(5, 7, True, b"")
def test_the_straight_lane_takes_the_usual_spin(stake: int, prize: int, wins: bool, round_state: bytes | None) -> None:
    state = whole_state(a_wallet())
    state.accounts["brand", "ann", "EUR"].cash_micros = 10**12
    played = (Action(ActionKind.BET, "t1", stake), Action(ActionKind.WIN, "t2", prize, detail=b"\x00"))
    command = PLAIN_COMMAND._replace(actions=played if wins else played[:1], round_state=round_state)

    assert same_both_ways(state, [command, command._replace(with_receipt=True)]) == 1


@pytest.mark.parametrize("what", ["limits", "receivable_micros", "status", "demo", "open_round_count"])
def test_what_asks_for_a_closer_look_leaves_the_straight_lane(what: str) -> None:
    account = Account("brand", "ann", "EUR", cash_micros=100)
    bent = {"limits": "{}", "receivable_micros": 1, "status": "blocked", "demo": True, "open_round_count": 1}
    command = PLAIN_COMMAND._replace(exclusive_game=True)
    assert straight.is_straight(account, command)
    setattr(account, what, bent[what])
    assert not straight.is_straight(account, command)
    assert not straight.is_straight(None, command)
