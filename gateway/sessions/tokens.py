"""Session tokens and API keys: high-entropy secrets of which only the SHA-256 is kept."""

from hashlib import sha256

TOKEN_LENGTH_MAX = 128


def hash_of(secret: str) -> bytes:
    """Return the hash under which a secret is kept."""
    return sha256(secret.encode()).digest()
