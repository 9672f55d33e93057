"""A store that keeps nothing: what is left is what one wallet process does by itself for each round."""

import asyncio
from collections.abc import Sequence

from wallet.ledger.state import Account
from wallet.settlement.account_memory import AccountMemory
from wallet.settlement.admin_call import Instruction
from wallet.settlement.group import Group
from wallet.settlement.ports import Settled
from wallet.settlement.writes import Ledger
from wallet.storage.postgres_spins import Guard, spin_parameters

_NO_HEAD = bytes(32)


class NoDatabase:
    """Every player is rich; a group of spins is decided and made ready for PostgreSQL, and goes nowhere."""

    writer_count = 2

    def __init__(self, ledger: Ledger, cash_micros: int) -> None:
        self._ledger = ledger
        self._cash_micros = cash_micros
        self._memory = AccountMemory()

    async def settle(self, writer: int, commands: Sequence[Instruction], *, locked: bool) -> Settled:
        """Decide a group of spins."""
        group = Group(self._ledger, commands, self._memory, as_lines=True)
        while plan := group.next_plan():
            for key in plan.accounts:
                group.state.accounts[key] = Account(*key, cash_micros=self._cash_micros, chain_head=_NO_HEAD)
                group.versions[key] = 1
        heads = {key: account.chain_head for key, account in group.state.accounts.items()}
        writes = group.decide()
        assert writes is not None
        spin_parameters(writes, Guard(group.versions, heads, 0))
        await asyncio.sleep(0)  # as much of a pause as a server's answer needs at least
        self._memory.remember(writes.accounts, group.versions)
        return Settled(writes.replies, writes.accounts)

    def settle_swiftly(self, command: Instruction) -> Settled | None:
        """Never."""
        return None

    async def aclose(self) -> None:
        """Nothing is open."""
