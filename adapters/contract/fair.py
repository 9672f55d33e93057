"""Provably fair rounds: what the house commits to before a round, and what an adapter that offers them can do.

The house draws a server seed and publishes its SHA-256 (the commitment); the player adds words of their own (the
client seed); every round under the pair has a number (the nonce). When the server seed is revealed, anybody can work
out what every one of these rounds had to deal. Standard library only.
"""

import re
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Protocol

SERVER_SEED_BYTES = 32
CLIENT_SEED_LENGTH_MAX = 64
NONCE_MAX = 2**53
CLIENT_SEED_WORDS = f"1 to {CLIENT_SEED_LENGTH_MAX} of A-Z a-z 0-9 . _ -"

_is_client_seed = re.compile(rf"[A-Za-z0-9._-]{{1,{CLIENT_SEED_LENGTH_MAX}}}\Z").match
_is_commitment = re.compile(r"[0-9a-f]{64}\Z").match


def is_client_seed(value: str) -> bool:
    """Say whether a text may be a client seed."""
    return _is_client_seed(value) is not None


def is_commitment(value: str) -> bool:
    """Say whether a text may be a commitment: 64 lower-case hexadecimal digits."""
    return _is_commitment(value) is not None


def commitment_of(server_seed: bytes) -> str:
    """Return the SHA-256 of a server seed in hexadecimal: what the player sees before the first round under it."""
    if len(server_seed) != SERVER_SEED_BYTES:
        raise ValueError(f"server_seed must be {SERVER_SEED_BYTES} bytes, got {len(server_seed)}")
    return sha256(server_seed).hexdigest()


@dataclass(frozen=True, slots=True)
class FairTerms:
    """What is known before the round; nothing in it tells the outcome."""

    commitment: str
    client_seed: str
    nonce: int

    def __post_init__(self) -> None:
        """Raises ValueError naming the field that is malformed."""
        if not is_commitment(self.commitment):
            raise ValueError("commitment must be 64 lower-case hexadecimal digits")
        if not is_client_seed(self.client_seed):
            raise ValueError(f"client_seed must be {CLIENT_SEED_WORDS}")
        if not 0 <= self.nonce <= NONCE_MAX:
            raise ValueError("nonce must be 0..2**53")


@dataclass(frozen=True, slots=True)
class FairDraw:
    """The terms of a round with the seed that is behind them, which nobody else may see before it is revealed."""

    terms: FairTerms
    server_seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Raises ValueError when the server seed is not the one that the terms commit to."""
        if commitment_of(self.server_seed) != self.terms.commitment:
            raise ValueError("server_seed does not match the commitment")


class SupportsFairPlay(Protocol):
    """Dealing from ``SpinRequest.fair`` (adapters that deal here; who has no such methods offers no fair rounds)."""

    def new_server_seed(self) -> bytes:
        """Return 32 fresh bytes from the random source; raises ``ProviderUnavailable`` when it has failed."""
        ...

    def published_draws(self, record: bytes) -> list[Any]:
        """Return the draws of a stored step as JSON: [[purpose, [range, ...], [value, ...]], ...]."""
        ...

    def fair_findings(self, published: dict[str, Any]) -> list[str]:
        """Check a round from its published values alone; returns what does not follow from the seeds."""
        ...
