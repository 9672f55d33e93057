"""Watching balances: told after each commit of this process, and by asking now and then for those of others."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

from wallet.ledger.ids import AccountKey
from wallet.ledger.state import Account

POLL_S = 1.0


class BalanceWatchers:
    """Keeps the newest balance for every watcher; what a slow watcher has missed is left out."""

    def __init__(self, read: Callable[[AccountKey], Awaitable[Account | None]], poll_s: float = POLL_S) -> None:
        self._read = read
        self._poll_s = poll_s
        self._watchers: dict[AccountKey, set[_Watcher]] = {}
        self._closed = asyncio.Event()

    def tell(self, accounts: Iterable[Account]) -> None:
        """Hand committed accounts to those who watch them."""
        if not self._watchers:
            return
        for account in accounts:
            for watcher in self._watchers.get(account.key, ()):
                watcher.offer(account)

    async def watch(self, key: AccountKey) -> AsyncIterator[Account]:
        """Yield the account now and after every change, until the wallet closes."""
        watcher = _Watcher()
        self._watchers.setdefault(key, set()).add(watcher)
        try:
            seen = -1
            while not self._closed.is_set():
                account = watcher.take() or await self._read(key)
                if account is None:
                    return
                if _stamp(account) > seen:
                    seen = _stamp(account)
                    yield account
                await watcher.wait(self._poll_s)
        finally:
            watchers = self._watchers[key]
            watchers.discard(watcher)
            if not watchers:
                del self._watchers[key]

    def close(self) -> None:
        """End every watch."""
        self._closed.set()
        for watchers in self._watchers.values():
            for watcher in watchers:
                watcher.changed.set()


def _stamp(account: Account) -> int:
    return account.sequence * 2**42 + account.updated_time_ms % 2**42


class _Watcher:
    def __init__(self) -> None:
        self.changed = asyncio.Event()
        self._newest: Account | None = None

    def offer(self, account: Account) -> None:
        self._newest = account
        self.changed.set()

    def take(self) -> Account | None:
        newest, self._newest = self._newest, None
        return newest

    async def wait(self, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await self.changed.wait()
        except TimeoutError:
            return
        self.changed.clear()
