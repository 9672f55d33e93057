"""Commands that wait for a writer, and which of them a free writer takes.

A player's commands keep their order: while a writer has one of them in its group, no other writer takes the next. So
two groups that are under way never share an account. Beyond that any writer takes whatever waits: groups as large as
can be are what makes a commit cheap. Only what an idle writer can take at once is left to it, by the player's hash.
Players take turns, so one with thousands of commands holds up nobody else.
"""

import asyncio
from collections import deque
from typing import TypeAlias
from zlib import crc32

from wallet.settlement.admin_call import Answer, Instruction

Waiting: TypeAlias = tuple[Instruction, "asyncio.Future[Answer]"]
_Player: TypeAlias = tuple[str, str]


class WaitingCommands:
    """What waits, player by player, and whose turn it is."""

    def __init__(self, writer_count: int, group_size_max: int) -> None:
        self._group_size_max = group_size_max
        self._count = 0
        self._commands: dict[_Player, deque[Waiting]] = {}
        self._turns: deque[_Player] = deque()
        """The players who wait and are not under way, each once."""
        self._under_way: set[_Player] = set()
        self._groups: list[list[_Player]] = [[] for _ in range(writer_count)]
        """The players in the group of each writer; a writer with none is idle."""

    def __len__(self) -> int:
        return self._count

    def add(self, item: Waiting) -> int | None:
        """Append a command; return an idle writer that may take it, the one of its player's hash before others."""
        command = item[0]
        player = (command.brand_id, command.player_id)
        self._count += 1
        before = self._commands.get(player)
        if before is not None:
            before.append(item)
        else:
            self._commands[player] = deque((item,))
        if player in self._under_way:
            return None  # whoever has him under way comes back
        if before is None:
            self._turns.append(player)
        home = self._home_of(player)
        if not self._groups[home]:
            return home
        return next((writer for writer, players in enumerate(self._groups) if not players), None)

    def take(self, writer: int) -> tuple[list[Waiting], set[int]]:
        """Take the next group of an idle writer, and name the idle writers that something was left to.

        Who has left before his group began is dropped.
        """
        turns, players = self._turns, self._groups[writer]
        idle = {other for other, others in enumerate(self._groups) if other != writer and not others}
        group: list[Waiting] = []
        left: list[_Player] = []
        left_to: set[int] = set()
        while turns and len(group) < self._group_size_max:
            player = turns.popleft()
            if idle and (home := self._home_of(player)) in idle:
                left.append(player)
                left_to.add(home)
            elif self._take_of(player, group):
                players.append(player)
        if group and turns:  # more than one group
            left_to |= idle
        turns.extendleft(reversed(left))
        self._under_way.update(players)
        return group, left_to

    def _take_of(self, player: _Player, group: list[Waiting]) -> bool:
        """Move a player's commands into the group as long as there is room; say whether one was."""
        waiting = self._commands[player]
        size = len(group)
        while waiting and len(group) < self._group_size_max:
            item = waiting.popleft()
            self._count -= 1
            if not item[1].done():
                group.append(item)
        if not waiting:
            del self._commands[player]
        return len(group) > size

    def end(self, writer: int) -> None:
        """The group of a writer has ended: its players may be taken again, behind all others."""
        players = self._groups[writer]
        self._under_way.difference_update(players)
        self._turns.extend(player for player in players if player in self._commands)
        players.clear()

    def is_idle(self, writer: int) -> bool:
        """Say whether a writer has no group."""
        return not self._groups[writer]

    def refuse_all(self, answer: Answer) -> None:
        """Answer those whose group has not begun: nothing of theirs was taken in."""
        for waiting in self._commands.values():
            for _, future in waiting:
                if not future.done():
                    future.set_result(answer)
        self._commands.clear()
        self._turns.clear()
        self._count = 0

    def _home_of(self, player: _Player) -> int:
        if len(self._groups) == 1:
            return 0
        return crc32("|".join(player).encode("utf-8", "replace")) % len(self._groups)
