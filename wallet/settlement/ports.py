"""What settlement needs of a store, and the three ways in which a store may fail.

::

    StoreFailure
    ├── StoreConflict      certainly not committed: someone else was faster; the same group may be run again at once
    ├── StoreUnavailable   no connection, no disk, no time; ``committed_maybe`` says whether the commit was under way
    └── StoreRefused       certainly not committed, and never will be: a value that the database cannot hold
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from wallet.ledger.ids import AccountKey, RoundKey, TransactionKey
from wallet.ledger.state import Account, Round
from wallet.ledger.types import JournalRow, NoteRow
from wallet.settlement.admin_call import Answer, Instruction


class StoreFailure(Exception):
    """A group was not settled, as far as the store can tell."""


class StoreConflict(StoreFailure):
    """Another writer changed a row in between (or 40001, 40P01): nothing was committed.

    ``key_taken``: a key or a round that was taken for new may be known, so everything has to be looked up; without it
    an account was no longer the one that had been read.
    """

    def __init__(self, message: str, key_taken: bool = True) -> None:
        super().__init__(message)
        self.key_taken = key_taken


class StoreUnavailable(StoreFailure):
    """The database cannot be reached or cannot work; ``committed_maybe`` when a commit had been sent."""

    def __init__(self, message: str, committed_maybe: bool = False) -> None:
        super().__init__(message)
        self.committed_maybe = committed_maybe


class StoreRefused(StoreFailure):
    """The database refuses a value of this group; without the command that carries it the others would pass."""


class WalletUnavailable(Exception):
    """The wallet cannot say whether it did what was asked; the same request may be repeated."""


class AccountRefused(ValueError):
    """The account cannot be opened as asked: nothing was done, and never will be."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


@dataclass(slots=True)
class Settled:
    """A committed group: one reply per command, and the accounts and rounds as they stand now."""

    replies: list[Answer]
    accounts: dict[AccountKey, Account] = field(default_factory=dict)
    rounds: dict[RoundKey, Round] = field(default_factory=dict)
    """Those of spins, which are closed, may be missing."""


class LedgerStore(Protocol):
    """Loads, decides and writes a group of commands in one transaction."""

    @property
    def writer_count(self) -> int:
        """How many groups may be in flight at once; a player always belongs to the same writer."""

    async def settle(self, writer: int, commands: Sequence[Instruction], *, locked: bool) -> Settled:
        """Settle ``commands`` in order in one transaction, or raise ``StoreFailure``.

        ``locked`` takes row locks on the accounts first (after a conflict); without it the version of each account
        is compared when it is written.
        """

    def settle_swiftly(self, command: Instruction) -> Settled | None:
        """Settle a lone command before returning, where that takes less than handing it over would; else ``None``.

        Raises what ``settle`` raises; after that the command may be settled in a group.
        """

    async def aclose(self) -> None:
        """Close the writers."""


class LedgerReads(Protocol):
    """Reads for people and reports; they see what is committed and decide no money."""

    async def account(self, key: AccountKey) -> Account | None:
        """Return an account."""

    async def transaction(self, key: TransactionKey) -> JournalRow | None:
        """Return the journal row under a key."""

    async def transactions(
        self, key: AccountKey, before: int | None, limit: int, round_id: str = ""
    ) -> list[JournalRow]:
        """Return rows of an account below the sequence ``before``, newest first."""

    async def round(self, key: RoundKey) -> Round | None:
        """Return a round."""

    async def round_with_rows(self, key: RoundKey) -> tuple[Round, tuple[JournalRow, ...]] | None:
        """Return a round with the rows that moved it, oldest first, both of one moment."""

    async def round_story(self, key: RoundKey) -> list[JournalRow]:
        """Return every row that names a round."""

    async def find_rounds(
        self, round_id: str, brand_id: str = "", player_id: str = "", provider_id: str = "", limit: int = 10
    ) -> list[RoundKey]:
        """Return the rounds with this id; slow without brand and player."""

    async def round_notes(self, key: RoundKey) -> list[NoteRow]:
        """Return the notes of a round, oldest first."""

    async def rounds(
        self, key: AccountKey, before: int | None, limit: int, game_id: str = ""
    ) -> list[tuple[int, Round]]:
        """Return rounds of an account with the sequence that opened each, newest first."""

    async def open_rounds(
        self,
        brand_id: str,
        after: tuple[int, str, str, str, str] | None,
        limit: int,
        *,
        player_id: str = "",
        provider_id: str = "",
        opened_before_ms: int | None = None,
    ) -> list[Round]:
        """Return open rounds, oldest first; an empty ``brand_id``: of all brands."""

    async def events(
        self, after: tuple[int, str, str, str, int] | None, until_ms: int, limit: int, brand_id: str = ""
    ) -> list[JournalRow]:
        """Return journal rows in order of time, not younger than ``until_ms``."""

    async def aclose(self) -> None:
        """Close the connections."""
