"""What the use cases of a round need of provably fair play: the seeds behind a round, found or dealt out once."""

from typing import Protocol

from adapters.contract.fair import FairDraw
from gateway.rounds.ports import PlayerSession, RoundRef, WalletRound
from gateway.rounds.records import is_fair
from gateway.rounds.transaction_ids import win_id


class FairBook(Protocol):
    """Knows which seeds and which nonce every fair round has; shared by all processes."""

    async def begin(self, session: PlayerSession, ref: RoundRef) -> FairDraw:
        """Return what a round is dealt from: a nonce that no other round has, the same for every repeat.

        Raises ``FairSeedEnded`` when the round's server seed was told before.
        """
        ...

    async def find(self, ref: RoundRef) -> FairDraw | None:
        """Return what a round was dealt from."""
        ...

    async def revealed_seed(self, ref: RoundRef) -> bytes | None:
        """Return the server seed of a round if it was revealed."""
        ...


def has_fair_steps(stored: WalletRound) -> bool:
    """Say whether a round was begun as a provably fair one, whatever session goes on with it."""
    first = win_id(stored.ref.round_id, 0)
    return any(row.transaction_id == first and is_fair(row.detail) for row in stored.transactions)
