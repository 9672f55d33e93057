"""A group of one remembered spin, decided without the machinery of a group: what ``Group`` comes to, sooner.

A caller who is alone waits for all of it at every spin, and after a sync its code comes out of cold caches.
"""

from typing import NamedTuple

from wallet.ledger.state import Account
from wallet.ledger.straight import Spin, SpinLine, is_straight, play_spin
from wallet.ledger.types import Reply
from wallet.settlement.account_memory import AccountMemory


class LoneSpin(NamedTuple):
    """What a lone spin came to."""

    reply: Reply
    line: SpinLine
    account: Account
    version: int
    """Of the account, as it was remembered."""


def play_remembered(spin: Spin, memory: AccountMemory, now_ms: int) -> LoneSpin | None:
    """Decide a spin on its account as it is remembered; ``None``: it has to be looked at more closely.

    ``now_ms`` is raised to the account's last time, as in every group.
    """
    known = memory.recall(spin.account_key)
    if known is None or not is_straight(known[0], spin.command):
        return None
    account = known[0].copy()
    played = play_spin(account, spin.command, max(now_ms, account.updated_time_ms))
    return None if played is None else LoneSpin(*played, account, known[1])
