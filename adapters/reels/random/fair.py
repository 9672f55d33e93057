"""Provably fair rounds: the house commits to a server seed, the player adds words, both make the round's seed. Pure.

The server seed comes from ``RandomSource.round_seed``; the caller keeps it secret, hands out nonces 0, 1, 2, ...
once each, and reveals it when it rotates. ``verify_fair.py`` checks a round from the published values alone.
"""

import hmac
import re
from dataclasses import dataclass
from hashlib import sha256

SERVER_SEED_BYTES = 32
NONCE_MAX = 2**53
# Rotation bounds what one stolen server seed can foretell (GLI-19 3.3.2 c: mix in fresh entropy regularly).
ROUNDS_PER_SERVER_SEED_MAX = 10_000

_CLIENT_SEED = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")
_GAME_HASH = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True, slots=True)
class FairTerms:
    """What is published before the round: nothing in it tells the outcome."""

    commitment: str
    client_seed: str
    nonce: int
    game_hash: str

    def __post_init__(self) -> None:
        """Raises ValueError naming the field that is malformed."""
        if not _GAME_HASH.match(self.commitment):
            raise ValueError("commitment must be 64 lower-case hexadecimal digits")
        if not _CLIENT_SEED.match(self.client_seed):
            raise ValueError("client_seed must be 1 to 64 of A-Z a-z 0-9 . _ -")
        if not 0 <= self.nonce <= NONCE_MAX:
            raise ValueError("nonce must be 0..2**53")
        if not _GAME_HASH.match(self.game_hash):
            raise ValueError("game_hash must be 64 lower-case hexadecimal digits")


def commitment_of(server_seed: bytes) -> str:
    """SHA-256 of the server seed in hexadecimal: shown to the player before the first round under it."""
    if len(server_seed) != SERVER_SEED_BYTES:
        raise ValueError(f"server_seed must be {SERVER_SEED_BYTES} bytes, got {len(server_seed)}")
    return sha256(server_seed).hexdigest()


def fair_round_seed(server_seed: bytes, terms: FairTerms) -> bytes:
    """The round's 32 bytes: HMAC-SHA-256(server_seed, "client_seed:nonce:game_hash").

    Raises ValueError when the server seed is not the one that the terms commit to.
    """
    if not hmac.compare_digest(commitment_of(server_seed), terms.commitment):
        raise ValueError("server_seed does not match the commitment")
    message = f"{terms.client_seed}:{terms.nonce}:{terms.game_hash}"
    return hmac.digest(server_seed, message.encode("ascii"), "sha256")
