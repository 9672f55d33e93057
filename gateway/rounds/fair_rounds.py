"""What the use cases of a round need of provably fair play: the seeds behind a round, found or dealt out once."""

from typing import Protocol

from adapters.contract.fair import FairDraw
from gateway.rounds.ports import PlayerSession, RoundRef, WalletRound
from gateway.rounds.records import StepRecord, is_fair
from gateway.rounds.transaction_ids import win_id


class FairBook(Protocol):
    """Knows which seeds and which nonce every fair round has; shared by all processes."""

    async def begin(self, session: PlayerSession, ref: RoundRef) -> FairDraw:
        """Return what a round is dealt from: a nonce that no other round has, the same for every repeat.

        Raises ``FairSeedEnded`` when the round's server seed was ended before.
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


def published_round(
    stored: WalletRound, records: list[StepRecord], draws: list[list[object]], server_seed: bytes | None
) -> dict[str, object] | None:
    """Return what the player may know of a fair round, as the stand-alone verifier reads it; ``None``: not fair."""
    terms = records[0].fair if records else None
    if terms is None:
        return None
    return {
        "round_id": stored.ref.round_id,
        "game_id": stored.game_id,
        "game_hash": stored.game_version,
        "commitment": terms.commitment,
        "client_seed": terms.client_seed,
        "nonce": terms.nonce,
        "server_seed": "" if server_seed is None else server_seed.hex(),
        "complete": stored.closed,
        "steps": draws,
        "wins_micros": [record.win_micros for record in records],
        "presentations": [record.presentation.decode("utf-8", "replace") for record in records],
    }
