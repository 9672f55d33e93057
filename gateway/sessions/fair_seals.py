"""Seals server seeds for storage, so that who reads the database alone cannot foretell a round."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_PLAIN, _SEALED = b"\0", b"\1"
_NONCE_BYTES = 12


class FairSeals:
    """AES-256-GCM under the key of the config, bound to the commitment; without a key seeds are stored as they are.

    The cipher's nonce is the head of the commitment: a commitment is sealed once, so no nonce serves two seeds.
    """

    def __init__(self, key_text: str = "") -> None:
        """Raises ValueError when the key is not 64 hexadecimal digits."""
        key = bytes.fromhex(key_text)
        if key and len(key) != KEY_BYTES:
            raise ValueError(f"fair_seed_key must be {2 * KEY_BYTES} hexadecimal digits")
        self._cipher = AESGCM(key) if key else None

    def seal(self, commitment: str, server_seed: bytes) -> bytes:
        """Return what is stored of a seed."""
        if self._cipher is None:
            return _PLAIN + server_seed
        associated = bytes.fromhex(commitment)
        return _SEALED + self._cipher.encrypt(associated[:_NONCE_BYTES], server_seed, associated)

    def open(self, commitment: str, sealed: bytes) -> bytes:
        """Return the seed; raises ValueError when it was sealed under another key, or altered."""
        kind, content = sealed[:1], sealed[1:]
        if kind == _PLAIN:
            return content
        if self._cipher is None:
            raise ValueError("the server seed is sealed, and fair_seed_key is not set")
        associated = bytes.fromhex(commitment)
        try:
            return self._cipher.decrypt(associated[:_NONCE_BYTES], content, associated)
        except InvalidTag as error:
            raise ValueError("the server seed was sealed under another fair_seed_key, or altered") from error
