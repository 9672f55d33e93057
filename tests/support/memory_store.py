"""A database in memory that behaves as PostgreSQL does for the wallet: version checks, unique keys, lost answers.

Several ``MemoryStore`` may share one ``MemoryDatabase``, as wallet processes share a server. ``faults`` is asked
before the load, before the write, before the commit and after it; whatever it raises, the store raises.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from wallet.ledger.ids import AccountKey, GrantKey, RoundKey, TransactionKey
from wallet.ledger.kinds import FLAG_RESOLVES
from wallet.ledger.state import Account, Grant, LoadPlan, Round, State
from wallet.ledger.straight import round_of, rows_of
from wallet.ledger.types import JournalRow, NoteRow
from wallet.settlement.account_memory import AccountMemory
from wallet.settlement.admin_call import Instruction, PlayerCall, account_key_of
from wallet.settlement.group import Group
from wallet.settlement.ports import Settled, StoreConflict
from wallet.settlement.writes import Ledger, Writes

Fault = Callable[[str], Awaitable[None]]
SwiftFault = Callable[[str], None]


async def no_fault(place: str) -> None:
    """Nothing happens, but other tasks run."""
    await asyncio.sleep(0)


@dataclass
class MemoryDatabase:
    """What is committed."""

    accounts: dict[AccountKey, tuple[int, Account]] = field(default_factory=dict)
    rows: dict[TransactionKey, JournalRow] = field(default_factory=dict)
    sequences: dict[tuple[str, str, str, int], JournalRow] = field(default_factory=dict)
    resolutions: dict[TransactionKey, JournalRow] = field(default_factory=dict)
    rounds: dict[RoundKey, Round] = field(default_factory=dict)
    grants: dict[GrantKey, Grant] = field(default_factory=dict)
    notes: list[NoteRow] = field(default_factory=list)
    players: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held by whoever looks at all accounts of a player."""

    def load(self, plan: LoadPlan, state: State, versions: dict[AccountKey, int]) -> None:
        """Load what ``plan`` names."""
        of_players = {key for key in self.accounts if key[:2] in plan.players}
        for key in of_players | plan.accounts:
            if key in self.accounts:
                versions[key], account = self.accounts[key]
                state.accounts[key] = account.copy()
        state.transactions.update({key: self.rows[key] for key in plan.transactions if key in self.rows})
        state.rounds.update({key: self.rounds[key].copy() for key in plan.rounds if key in self.rounds})
        state.grants.update({key: self.grants[key].copy() for key in plan.grants if key in self.grants})
        for key in plan.resolutions:
            if key in self.resolutions:
                state.resolutions[key] = self.resolutions[key]
        for key in plan.units:
            first = self.rows[key]
            span = range(first.sequence, first.sequence + first.unit_size)
            state.units[key] = tuple(self.sequences[*first.account_key, sequence] for sequence in span)
        for game in plan.open_games:
            state.open_games[game] = {
                round_.round_id
                for round_ in self.rounds.values()
                if round_.status == "open"
                and (round_.brand_id, round_.player_id, round_.provider_id, round_.game_id) == game
            }
        for player in plan.currencies:
            known = (account for _, account in self.accounts.values())
            state.currencies[player] = {
                account.currency_code
                for account in known
                if (account.brand_id, account.player_id) == player and account.status != "unknown"
            }

    def commit(self, writes: Writes, versions: dict[AccountKey, int]) -> None:
        """Write all of it or raise ``StoreConflict``."""
        for key in writes.accounts:
            if (self.accounts[key][0] if key in self.accounts else 0) != versions.get(key, 0):
                raise StoreConflict("version", key_taken=False)
        for row in writes.rows:
            if row.key in self.rows or (*row.account_key, row.sequence) in self.sequences:
                raise StoreConflict("key")
        for key in writes.rounds:
            if key not in writes.known_rounds and key in self.rounds:
                raise StoreConflict("round")
        for row in writes.rows:
            self.rows[row.key] = self.sequences[*row.account_key, row.sequence] = row
            if row.flags & FLAG_RESOLVES:
                target = (row.brand_id, row.provider_id, row.reference_kind, row.reference_transaction_id)
                self.resolutions[target] = row
        for key, account in writes.accounts.items():
            self.accounts[key] = (versions.get(key, 0) + 1, account.copy())
        self.rounds.update({key: round_.copy() for key, round_ in writes.rounds.items()})
        self.grants.update({key: grant.copy() for key, grant in writes.grants.items()})
        self.notes += writes.notes

    def streams(self) -> tuple[Any, Any, Any, Any]:
        """Return accounts, rows, rounds and grants in the order that the audit wants."""
        return (
            [self.accounts[key][1] for key in sorted(self.accounts)],
            [self.sequences[key] for key in sorted(self.sequences)],
            [self.rounds[key] for key in sorted(self.rounds)],
            [self.grants[key] for key in sorted(self.grants)],
        )


def _written_out(writes: Writes) -> Writes:
    """Return the rows that the lines of spins stand for; the same round twice is a key taken, as in a database."""
    rounds = {round_.key: round_ for round_ in map(round_of, writes.lines)}
    rows = [row for line in writes.lines for row in rows_of(line)]
    if len(rounds) < len(writes.lines) or len({row.key for row in rows}) < len(rows):
        raise StoreConflict("twice in a group")
    return Writes(writes.replies, rows, accounts=writes.accounts, rounds=rounds)


class MemoryStore:
    """One wallet process's connections to the database in memory."""

    def __init__(
        self,
        database: MemoryDatabase,
        ledger: Ledger,
        writer_count: int = 2,
        faults: Fault = no_fault,
        swift_faults: SwiftFault | None = None,
    ) -> None:
        self.writer_count = writer_count
        self.groups: list[int] = []
        self.line_groups = self.swift_count = 0
        self._database = database
        self._ledger = ledger
        self._faults = faults
        self._swift_faults = swift_faults
        self._memory = AccountMemory()

    def settle_swiftly(self, command: Instruction) -> Settled | None:
        """Settle it, with the faults that need no time; without any: never."""
        faults, memory = self._swift_faults, self._memory
        if faults is None:
            return None
        try:
            faults("load")
            group, writes = self._decided((command,), memory)
            faults("write")
            if writes.anything:
                faults("commit")
                self._database.commit(writes, group.versions)
                faults("committed")
        except BaseException as error:
            self._forget((command,), error)
            raise
        memory.remember(writes.accounts, group.versions, writes.rounds)
        self.swift_count += 1
        return Settled(writes.replies, writes.accounts, writes.rounds)

    def _forget(self, commands: Sequence[Instruction], error: BaseException) -> None:
        self._memory.forget(map(account_key_of, commands))
        if isinstance(error, StoreConflict) and not error.key_taken:
            self._memory.pause()

    async def settle(self, writer: int, commands: Sequence[Instruction], *, locked: bool) -> Settled:
        """Settle a group, with a chance for a fault at every step."""
        memory = self._memory
        alone = self._database.players if any(isinstance(each, PlayerCall) for each in commands) else nullcontext()
        try:
            async with alone:
                settled, versions = await self._settle(commands, None if locked else memory)
        except BaseException as error:
            self._forget(commands, error)
            raise
        memory.remember(settled.accounts, versions, settled.rounds)
        return settled

    async def _settle(
        self, commands: Sequence[Instruction], memory: AccountMemory | None
    ) -> tuple[Settled, dict[AccountKey, int]]:
        await self._faults("load")
        group, writes = self._decided(commands, memory)
        await self._faults("write")
        if writes.anything:
            await self._faults("commit")
            self._database.commit(writes, group.versions)
            await self._faults("committed")
        self.groups.append(len(commands))
        return Settled(writes.replies, writes.accounts, writes.rounds), group.versions

    def _decided(self, commands: Sequence[Instruction], memory: AccountMemory | None) -> tuple[Group, Writes]:
        group, writes = Group(self._ledger, commands, memory, as_lines=True), None
        while writes is None:
            while plan := group.next_plan():
                self._database.load(plan, group.state, group.versions)
            writes = group.decide()
        if writes.lines:
            self.line_groups += 1
            writes = _written_out(writes)
        return group, writes

    async def aclose(self) -> None:
        """Do nothing."""
