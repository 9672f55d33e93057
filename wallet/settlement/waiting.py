"""Commands that wait for a writer, and which of them a free writer takes.

A player's commands keep their order: while a writer has one of them in its group, no other writer takes the next. So
two groups that are under way never share an account. Beyond that any writer takes whatever waits: groups as large as
can be are what makes a commit cheap. Only what an idle writer can take at once is left to it, by the player's hash.
"""

import asyncio
from collections import deque
from typing import TypeAlias
from zlib import crc32

from wallet.settlement.admin_call import Answer, Instruction

Waiting: TypeAlias = tuple[Instruction, "asyncio.Future[Answer]"]
_Player: TypeAlias = tuple[str, str]
LOOKED_AT_MAX = 1_024
"""So many waiting commands are looked at for a group: of one player there may be thousands that have to wait."""


class WaitingCommands:
    """The queue in front of the writers, first come first served but for players who are under way."""

    def __init__(self, writer_count: int, group_size_max: int) -> None:
        self._queue: deque[Waiting] = deque()
        self._group_size_max = group_size_max
        self._under_way: set[_Player] = set()
        self._groups: list[set[_Player]] = [set() for _ in range(writer_count)]
        """The players in the group of each writer; a writer with none is idle."""

    def __len__(self) -> int:
        return len(self._queue)

    def add(self, item: Waiting) -> int | None:
        """Append a command; return an idle writer that may take it, the one of its player's hash before others."""
        self._queue.append(item)
        player = _player_of(item[0])
        if player in self._under_way:
            return None  # whoever has him under way comes back
        home = self._home_of(player)
        if not self._groups[home]:
            return home
        return next((writer for writer, players in enumerate(self._groups) if not players), None)

    def take(self, writer: int) -> tuple[list[Waiting], set[int]]:
        """Take the next group of an idle writer, and name the idle writers that something was left to.

        Who has left before his group began is dropped.
        """
        queue, size_max = self._queue, self._group_size_max
        under_way, players = self._under_way, self._groups[writer]
        idle = {other for other, others in enumerate(self._groups) if other != writer and not others}
        group: list[Waiting] = []
        left: list[Waiting] = []
        left_to: set[int] = set()
        while queue and len(group) < size_max and len(group) + len(left) < LOOKED_AT_MAX:
            item = queue.popleft()
            if item[1].done():
                continue
            player = _player_of(item[0])
            if player in under_way:
                left.append(item)
            elif idle and (home := self._home_of(player)) in idle:
                left.append(item)
                left_to.add(home)
            else:
                group.append(item)
                players.add(player)
        if group and queue:  # more than one group
            left_to |= idle
        queue.extendleft(reversed(left))
        under_way |= players
        return group, left_to

    def end(self, writer: int) -> None:
        """The group of a writer has ended: its players may be taken again."""
        players = self._groups[writer]
        self._under_way -= players
        players.clear()

    def is_idle(self, writer: int) -> bool:
        """Say whether a writer has no group."""
        return not self._groups[writer]

    def refuse_all(self, answer: Answer) -> None:
        """Answer those whose group has not begun: nothing of theirs was taken in."""
        while self._queue:
            _, future = self._queue.popleft()
            if not future.done():
                future.set_result(answer)

    def _home_of(self, player: _Player) -> int:
        if len(self._groups) == 1:
            return 0
        return crc32("|".join(player).encode("utf-8", "replace")) % len(self._groups)


def _player_of(command: Instruction) -> _Player:
    return command.brand_id, command.player_id
