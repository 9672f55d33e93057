"""Commands that hope to be new, on two processes' memories of one database: answers and books are ``decide``'s."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.support.ledger_book import UNIT
from tests.support.ledger_strategies import sequences
from tests.support.memory_store import MemoryDatabase, MemoryStore
from wallet.ledger.decide import decide
from wallet.ledger.evolve import evolve
from wallet.ledger.hopeful import round_call_of
from wallet.ledger.kinds import ActionKind
from wallet.ledger.policy import DEFAULT_POLICY, Policy, SettledBet, UnknownWin
from wallet.ledger.state import Account, Grant
from wallet.ledger.straight import spin_of
from wallet.ledger.types import Action, Command
from wallet.settlement.admin_call import Answer, Instruction
from wallet.settlement.group import all_looked_up
from wallet.settlement.ports import StoreConflict
from wallet.settlement.writes import Ledger

EXAMPLES = int(os.environ.get("HOPEFUL_EXAMPLES", "150"))
GRANTING = Policy(unknown_win=UnknownWin.GRANT)


@dataclass
class Moment:
    """A clock that stands still until it is set, so that a group that is run again bears the same time."""

    time_ms: int = 1_000

    def now_ms(self) -> int:
        """Return the time."""
        return self.time_ms


def a_database() -> MemoryDatabase:
    """Two players with money and a grant each, as ``tests/support/ledger_strategies`` names them."""
    database = MemoryDatabase()
    for player_id in ("ann", "bob"):
        account = Account("brand", player_id, "EUR", "open", cash_micros=100 * UNIT, bonus_micros=9 * UNIT)
        grant = Grant("brand", player_id, "EUR", "g1", 2)
        database.accounts[account.key] = (1, account)
        database.grants[grant.key] = grant
    return database


def hoping(commands: Sequence[Command]) -> list[Instruction]:
    """Hand them over as the committer does."""
    return [spin_of(command) or round_call_of(command) or command for command in commands]


async def settled(store: MemoryStore, group: Sequence[Instruction]) -> tuple[list[Answer], bool]:
    """Settle a group as the committer does; say whether its hope was in vain."""
    try:
        return (await store.settle(0, group, locked=False)).replies, False
    except StoreConflict:
        return (await store.settle(0, all_looked_up(group), locked=True)).replies, True


def books(database: MemoryDatabase) -> Any:
    accounts = {key: account for key, (_, account) in database.accounts.items()}
    return accounts, database.rows, database.rounds, database.grants, database.notes


async def same_books(
    groups: Sequence[tuple[int, Sequence[Command]]], policy: Policy = DEFAULT_POLICY
) -> tuple[int, int]:
    """Settle the groups, each by one of two processes, with hope and without; return how many calls hoped, and in
    how many groups in vain.
    """
    moment = Moment()
    ledger = Ledger(lambda state, command: decide(state, command, policy), evolve, moment.now_ms)
    plain, hopeful = a_database(), a_database()
    slow = MemoryStore(plain, ledger)
    quick = [MemoryStore(hopeful, ledger), MemoryStore(hopeful, ledger)]
    hoped = in_vain = 0
    for process, commands in groups:
        moment.time_ms += 1
        expected, _ = await settled(slow, all_looked_up(list(commands)))
        handed = hoping(commands)
        hoped += sum(command is not handed[place] for place, command in enumerate(commands))
        answers, vain = await settled(quick[process], handed)
        in_vain += vain
        assert answers == expected
        assert books(hopeful) == books(plain)
    return hoped, in_vain


@st.composite
def grouped(draw: st.DrawFn) -> list[tuple[int, list[Command]]]:
    """Sequences of calls that meet each other, cut into groups, mostly of one process."""
    commands = list(draw(sequences()))
    groups: list[tuple[int, list[Command]]] = []
    while commands:
        size = draw(st.integers(1, 4))
        groups.append((draw(st.sampled_from([0, 0, 0, 1])), commands[:size]))
        del commands[:size]
    return groups


@given(grouped(), st.sampled_from([UnknownWin.REFUSE, UnknownWin.GRANT]), st.sampled_from(list(SettledBet)))
@settings(max_examples=EXAMPLES, deadline=None)
def test_w02_hoping_changes_no_answer_and_no_row(
    groups: list[tuple[int, list[Command]]], unknown_win: UnknownWin, settled_bet: SettledBet
) -> None:
    policy = Policy(unknown_win=unknown_win, settled_bet=settled_bet)
    hoped, in_vain = asyncio.run(same_books(groups, policy))
    event(f"hoped: {hoped > 0}, in vain: {in_vain > 0}")


def call(round_id: str, *actions: Action, close: bool = False) -> Command:
    return Command("brand", "ann", "EUR", "provider", 0, actions, "game", round_id, close_round=close)


def bet(transaction_id: str) -> Action:
    return Action(ActionKind.BET, transaction_id, UNIT)


def win(transaction_id: str) -> Action:
    return Action(ActionKind.WIN, transaction_id, 2 * UNIT)


async def test_a_bet_and_the_win_of_its_round_are_decided_without_a_look_at_the_database() -> None:
    database = a_database()
    store = MemoryStore(database, Ledger(decide, evolve, Moment().now_ms))
    await settled(store, hoping([call("r0", bet("b0"))]))
    asked: list[int] = []
    load = database.load

    def counted(plan: Any, *others: Any) -> None:
        asked.append(len(plan.accounts) + len(plan.rounds) + len(plan.transactions))
        load(plan, *others)

    database.load = counted  # type: ignore[method-assign]
    for group in ([call("r1", bet("b1"))], [call("r1", win("w1"), close=True)], [call("r0", win("w0"), close=True)]):
        answers, in_vain = await settled(store, hoping(group))
        assert all(answer.accepted for answer in answers)  # type: ignore[union-attr]
        assert not in_vain
    assert asked == []
    assert {round_.status for round_ in database.rounds.values()} == {"closed"}


async def test_w08_a_win_that_names_its_bet_needs_no_look_at_it_and_one_that_names_another_does() -> None:
    named = [Action(ActionKind.WIN, f"w{name}", UNIT, name) for name in ("b1", "b2", "unseen")]
    first = [(0, [call("r1", bet("b1"))]), (0, [call("r2", bet("b2"))])]
    await same_books([*first, *((0, [call("r1", action)]) for action in named)])


@pytest.mark.parametrize("named", ["b-dead", "b-refused", "b-bobs", "b-other", "b-unseen"])
async def test_w08_a_granted_win_is_held_against_the_bet_that_it_names_wherever_that_is(named: str) -> None:
    rollback = Action(ActionKind.ROLLBACK, "x", 0, "b-dead", ActionKind.BET)
    prize = Action(ActionKind.WIN, "w1", 50 * UNIT, named)
    groups = [
        (0, [call("r-bobs", bet("b-bobs"))._replace(player_id="bob")]),
        (0, [call("r-other", bet("b-other"))]),
        (0, [call("r", bet("b1"))]),
        (0, [call("r", Action(ActionKind.BET, "b-refused", 1_000_000 * UNIT))]),
        (0, [call("r", rollback)]),
        (0, [call("r", bet("b2"))]),
        (0, [call("r", prize)]),
        (0, [call("r-new", bet("b3"), prize._replace(transaction_id="w2"))]),
    ]
    await same_books(groups, GRANTING)


async def test_w06_a_dead_round_that_a_win_had_opened_pays_no_win_from_memory() -> None:
    rollback = Action(ActionKind.ROLLBACK, "x1", 0, "b1", ActionKind.BET)
    groups = [(0, [call("r1", win("w0"))]), (0, [call("r1", rollback)]), (0, [call("r1", win("w1"))])]
    await same_books(groups, GRANTING)


async def test_w27_a_round_that_another_process_has_changed_is_not_taken_from_memory() -> None:
    groups = [
        (0, [call("r1", bet("b1"))]),
        (0, [call("r2", bet("b2"))]),
        (1, [call("r1", Action(ActionKind.ROLLBACK, "x1", 0, "b1"))]),
        (0, [call("r1", win("w1"))]),
        (0, [call("r2", win("w2"), close=True)]),
    ]
    await same_books(groups)


async def test_w02_a_call_that_came_before_is_replayed_though_it_hoped_to_be_new() -> None:
    groups = [
        (0, [call("r1", bet("b1"))]),
        (0, [call("r1", bet("b1"))]),
        (0, [call("r1", win("w1")), call("r1", win("w1"))]),
    ]
    hoped, in_vain = await same_books(groups)
    assert hoped == 4
    assert in_vain == 1, "the repeat of the bet; the win that comes twice in a group is seen there"


async def test_w27_a_round_is_forgotten_when_its_account_was_read_after_another_process_had_moved_it() -> None:
    deposit = Command("brand", "ann", "EUR", "provider", 5, (Action(ActionKind.DEPOSIT, "d1", UNIT),))
    groups = [
        (0, [call("r1", bet("b1"))]),
        (1, [call("r1", Action(ActionKind.ROLLBACK, "x1", 0, "b1"))]),
        (0, [deposit]),
        (0, [call("r1", win("w1"))]),
    ]
    await same_books(groups)


async def test_w29_one_game_at_a_time_holds_though_the_open_rounds_were_not_looked_up() -> None:
    second = call("r2", bet("b2"))._replace(exclusive_game=True)
    await same_books(
        [(0, [call("r1", bet("b1"))]), (0, [second]), (0, [call("r1", win("w1"), close=True)]), (0, [second])]
    )


async def test_w02_a_refusal_that_leaves_no_row_does_not_hide_that_the_call_is_a_repeat() -> None:
    prize = call("r1", Action(ActionKind.WIN, "w1", 5 * 10**18))  # twice as much does not fit into the account
    await same_books([(0, [call("r1", bet("b1"))]), (0, [prize]), (0, [prize])])
