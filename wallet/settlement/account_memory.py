"""The accounts that this process wrote last, as it left them: most spins are decided without a look at the database.

Nothing rests on the memory being right. On PostgreSQL every write compares the account's version, so a group that was
decided on what another process has changed meanwhile writes nothing, and is run again with everything read. On SQLite
the memory is emptied as soon as the file says that somebody else has written. Only the straight lane uses it; a spin
that finds the remembered account unusual is decided with the account read.
"""

from collections.abc import Iterable, Mapping

from wallet.ledger.ids import AccountKey
from wallet.ledger.state import Account

ACCOUNTS_MAX = 100_000
"""About 60 MB."""
PAUSE_GROUPS_MIN = 64
PAUSE_GROUPS_MAX = 4_096


class AccountMemory:
    """Committed accounts with their versions; never used by two groups at once for the same account."""

    def __init__(self, accounts_max: int = ACCOUNTS_MAX) -> None:
        # Two generations, each half of it at most: what was not written since the last change of generations goes.
        self._young: dict[AccountKey, tuple[Account, int]] = {}
        self._old: dict[AccountKey, tuple[Account, int]] = {}
        self._generation_max = accounts_max // 2
        self._pause_groups = 0
        self._next_pause_groups = PAUSE_GROUPS_MIN

    def recall(self, key: AccountKey) -> tuple[Account, int] | None:
        """Return the account and its version as this process left them."""
        return self._young.get(key) or self._old.get(key)

    def remember(self, accounts: Mapping[AccountKey, Account], versions: Mapping[AccountKey, int]) -> None:
        """Take in what a group has committed: ``versions`` are those it had read."""
        if self._pause_groups:
            self._pause_groups -= 1
            return
        young = self._young
        for key, account in accounts.items():
            young[key] = (account, versions.get(key, 0) + 1)
        if len(young) > self._generation_max:
            self._young, self._old = {}, young

    def forget(self, keys: Iterable[AccountKey]) -> None:
        """Read these accounts when they are needed next."""
        for key in keys:
            self._young.pop(key, None)
            self._old.pop(key, None)

    def forget_all(self) -> None:
        """Read every account when it is needed next."""
        self._young, self._old = {}, {}

    def pause(self) -> None:
        """Somebody else moves our accounts: remember none for a while, each time a longer one."""
        self.forget_all()
        self._pause_groups = self._next_pause_groups
        self._next_pause_groups = min(PAUSE_GROUPS_MAX, 2 * self._next_pause_groups)
