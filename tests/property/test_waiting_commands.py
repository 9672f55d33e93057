"""Whoever takes what waits: no two groups share a player, a player's commands keep their order, nobody is forgotten."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from tests.support.wallets import deposit
from wallet.settlement.waiting import WaitingCommands

PLAYERS = tuple(f"player-{number}" for number in range(6))
ADD, TURN, END = (st.tuples(st.just(name), st.integers(0, 5)) for name in ("add", "turn", "end"))
STEPS = st.lists(st.one_of(ADD, ADD, ADD, TURN, TURN, END), max_size=150)


class Writers:
    """The writers of a committer: awake when told to look, until they find nothing."""

    def __init__(self, writer_count: int, group_size_max: int) -> None:
        self.waiting = WaitingCommands(writer_count, group_size_max)
        self.awake: set[int] = set()
        self.groups: dict[int, list[str]] = {}
        self.added: dict[str, list[str]] = {}
        self.taken: dict[str, list[str]] = {}
        self.futures: list[asyncio.Future[Any]] = []
        self._numbers = iter(range(10**6))

    def add(self, player_id: str) -> None:
        name = f"{player_id}/{next(self._numbers)}"
        self.added.setdefault(player_id, []).append(name)
        future: asyncio.Future[Any] = asyncio.Future()
        self.futures.append(future)
        writer = self.waiting.add((deposit(name, 5, player_id=player_id), future))
        if writer is not None:
            assert writer not in self.groups, "only an idle writer is told to look"
            self.awake.add(writer)

    def turn(self, writer: int) -> None:
        """Let a writer look, if it is awake and has no group."""
        if writer not in self.awake or writer in self.groups:
            return
        group, left_to = self.waiting.take(writer)
        if not group:
            self.awake.discard(writer)
        else:
            self.groups[writer] = [command.player_id for command, _ in group]
        self.awake |= left_to
        for command, _ in group:
            self.taken.setdefault(command.player_id, []).append(command.actions[0].transaction_id)

    def end(self, writer: int) -> None:
        """Let a group end; its writer looks again."""
        if self.groups.pop(writer, None) is not None:
            self.waiting.end(writer)

    def check(self) -> None:
        under_way = [player for group in self.groups.values() for player in set(group)]
        assert len(under_way) == len(set(under_way)), "two groups share a player"
        for player_id, names in self.taken.items():
            assert names == self.added[player_id][: len(names)], "a player's commands changed places"
        if len(self.waiting):
            assert self.awake or self.groups, "commands wait, and nobody will look"


@pytest.fixture(autouse=True)
def loop() -> Iterator[None]:
    """Futures belong to a loop."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()


@given(STEPS, st.integers(1, 3), st.integers(1, 4))
def test_two_groups_never_share_a_player_whose_commands_keep_their_order(steps, writer_count, group_size_max) -> None:
    writers = Writers(writer_count, group_size_max)
    for step in steps:
        what, number = step
        if what == "add":
            writers.add(PLAYERS[number])
        else:
            getattr(writers, what)(number % writer_count)
        writers.check()
    event(f"{len(writers.groups)} groups under way at the end")

    for _ in range(len(steps) + 1):  # whoever is awake goes on until nothing is left
        for writer in range(writer_count):
            writers.end(writer)
            writers.turn(writer)
            writers.check()

    assert writers.taken == writers.added


def test_a_writer_takes_what_waits_for_another_that_is_busy() -> None:
    writers = Writers(2, 64)
    for player_id in PLAYERS:
        writers.add(player_id)
    first = min(writers.awake)
    writers.turn(first)
    writers.turn(1 - first)
    for number in range(60):
        writers.add(f"new-{number}")
    writers.end(first)
    writers.turn(first)

    assert len(writers.groups[first]) == 60


def test_what_is_left_to_an_idle_writer_wakes_it() -> None:
    writers = Writers(2, 64)
    writers.add("one")
    home = writers.awake.pop()
    other = 1 - home
    writers.awake.add(home)
    writers.turn(home)
    same_home = next(name for name in map(str, range(100)) if writers.waiting._home_of(("brand-1", name)) == home)
    writers.add(same_home)
    writers.turn(other)  # its own is busy
    writers.add(same_home)
    writers.end(home)
    writers.turn(home)  # finds nothing: the player is under way
    assert home not in writers.awake

    writers.end(other)
    writers.turn(other)

    assert home in writers.awake
    writers.turn(home)
    assert writers.groups == {home: [same_home]}


def test_more_than_one_group_wakes_who_is_idle() -> None:
    writers = Writers(2, 1)
    of_one = [name for name in map(str, range(100)) if writers.waiting._home_of(("brand-1", name)) == 0][:3]
    writers.add(of_one[0])
    writers.turn(0)
    writers.add(of_one[1])
    writers.turn(1)
    writers.end(1)
    writers.turn(1)
    writers.add(of_one[2])
    writers.add(of_one[1])
    writers.awake = {0}

    writers.end(0)
    writers.turn(0)

    assert 1 in writers.awake


def test_a_player_with_thousands_of_commands_holds_up_nobody() -> None:
    writers = Writers(2, 64)
    for _ in range(5_000):
        writers.add("hot")
    hot = min(writers.awake)
    writers.turn(hot)
    for number in range(100):
        writers.add(f"other-{number}")
    writers.turn(1 - hot)
    writers.end(hot)
    writers.turn(hot)

    assert len(writers.groups[1 - hot]) == 64
    assert set(writers.groups[hot]).isdisjoint(writers.groups[1 - hot])
    assert len(set(writers.groups[hot])) == 37, "all others come before the next command of the hot one"


def test_who_left_before_his_group_began_is_dropped() -> None:
    writers = Writers(1, 64)
    for player_id in PLAYERS:
        writers.add(player_id)
    writers.futures[2].cancel()
    writers.turn(0)

    assert writers.groups[0] == [player_id for player_id in PLAYERS if player_id != PLAYERS[2]]
