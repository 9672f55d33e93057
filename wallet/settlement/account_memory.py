"""The accounts that this process wrote last, with their open rounds, as it left them: most bets, wins and spins are
decided without a look at the database.

Nothing rests on the memory being right. On PostgreSQL every write compares the account's version, so a group that was
decided on what another process has changed meanwhile writes nothing, and is run again with everything read. On SQLite
the memory is emptied as soon as the file says that somebody else has written. Whoever changes a round writes its
account, so the account's version stands for its rounds too. Only commands that hope to be new use it
(``wallet.ledger.hopeful``); one that finds the account unusual is decided with everything read.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from wallet.ledger.ids import AccountKey, RoundKey
from wallet.ledger.kinds import RoundStatus
from wallet.ledger.state import Account, Round

ACCOUNTS_MAX = 100_000
"""About 60 MB, and as much again where every account has one open round."""
OPEN_ROUNDS_MAX = 8
"""Of one account; further ones are read."""
ROUND_LENGTH_MAX = 1024
"""Of its state and its legs; a larger round is read."""
PAUSE_GROUPS_MIN = 64
PAUSE_GROUPS_MAX = 4_096
Remembered: TypeAlias = tuple[Account, int, Mapping[RoundKey, Round]]
"""An account, its version, and those of its open rounds that are known."""
NO_ROUNDS: Mapping[RoundKey, Round] = MappingProxyType({})
_OPEN = RoundStatus.OPEN.value


class AccountMemory:
    """Committed accounts with their versions; never used by two groups at once for the same account."""

    def __init__(self, accounts_max: int = ACCOUNTS_MAX) -> None:
        # Two generations, each half of it at most: what was not written since the last change of generations goes.
        self._young: dict[AccountKey, Remembered] = {}
        self._old: dict[AccountKey, Remembered] = {}
        self._generation_max = accounts_max // 2
        self._pause_groups = 0
        self._next_pause_groups = PAUSE_GROUPS_MIN

    def recall(self, key: AccountKey) -> Remembered | None:
        """Return what this process left; nobody may change it."""
        return self._young.get(key) or self._old.get(key)

    def remember(
        self,
        accounts: Mapping[AccountKey, Account],
        versions: Mapping[AccountKey, int],
        rounds: Mapping[RoundKey, Round] = NO_ROUNDS,
    ) -> None:
        """Take in what a group has committed: ``versions`` are those it had read."""
        if self._pause_groups:
            self._pause_groups -= 1
            return
        young = self._young
        for key, account in accounts.items():
            version = versions.get(key, 0)
            before = self.recall(key)
            still_open = before[2] if before is not None and before[1] == version else NO_ROUNDS
            young[key] = (account, version + 1, still_open)
        for round_ in rounds.values():
            self._remember_round(round_)
        if len(young) > self._generation_max:
            self._young, self._old = {}, young

    def _remember_round(self, round_: Round) -> None:
        account_key = (round_.brand_id, round_.player_id, round_.currency_code)
        remembered = self._young.get(account_key)
        if remembered is None:  # written without its account: then no version tells of it
            self.forget([account_key])
            return
        account, version, known = remembered
        others = {key: other for key, other in known.items() if key != round_.key}
        small = len(round_.state) + len(round_.legs) <= ROUND_LENGTH_MAX
        if round_.status == _OPEN and small and len(others) < OPEN_ROUNDS_MAX:
            others[round_.key] = round_
        self._young[account_key] = (account, version, others)

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
