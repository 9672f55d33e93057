"""CTR_DRBG with AES-256 and no derivation function: NIST SP 800-90A Rev. 1, section 10.2.1. Pure state machine.

The names follow the standard so that an auditor can read the two side by side.
"""

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

KEY_BYTES = 32
BLOCK_BYTES = 16
SEED_BYTES = KEY_BYTES + BLOCK_BYTES
REQUEST_BYTES_MAX = 2**16
RESEED_INTERVAL_MAX = 2**48

_COUNTER_MASK = 2**128 - 1
_NO_INPUT = bytes(SEED_BYTES)


class CtrDrbg:
    """One instantiation of the generator; the caller brings full-entropy input and decides when to reseed.

    Every ``generate`` ends by replacing key and counter with output that nobody sees, so a stolen
    state tells nothing about what was generated before (backtracking resistance).
    """

    __slots__ = ("_counter", "_key", "reseed_counter")

    def __init__(self, entropy: bytes, personalization: bytes = b"") -> None:
        """Instantiate (10.2.1.3.1).

        Raises ValueError when the entropy is not exactly 48 bytes or the personalization longer than that.
        """
        self._key = bytes(KEY_BYTES)
        self._counter = 0
        self._update(_seed_material(entropy, personalization))
        self.reseed_counter = 1

    def reseed(self, entropy: bytes, additional: bytes = b"") -> None:
        """Mix fresh entropy in (10.2.1.4.1)."""
        self._update(_seed_material(entropy, additional))
        self.reseed_counter = 1

    def generate(self, size_bytes: int, additional: bytes = b"") -> bytes:
        """Give ``size_bytes`` of output and step the state forward (10.2.1.5.1).

        Raises ValueError above 2**16 bytes a request or 2**48 requests a seed.
        """
        if not 0 <= size_bytes <= REQUEST_BYTES_MAX:
            raise ValueError(f"size_bytes must be 0..{REQUEST_BYTES_MAX}, got {size_bytes}")
        if self.reseed_counter > RESEED_INTERVAL_MAX:
            raise ValueError("the generator must be reseeded first")
        provided = _padded(additional)
        if additional:
            self._update(provided)
        whole_bytes = -(-size_bytes // BLOCK_BYTES) * BLOCK_BYTES
        # Output and update are consecutive blocks of one counter run, so one cipher serves both.
        stream = self._blocks(whole_bytes + SEED_BYTES)
        self._replace_state(stream[whole_bytes:], provided)
        self.reseed_counter += 1
        return stream[:size_bytes]

    def _update(self, provided: bytes) -> None:
        self._replace_state(self._blocks(SEED_BYTES), provided)

    def _blocks(self, size_bytes: int) -> bytes:
        first = (self._counter + 1) & _COUNTER_MASK
        mode = modes.CTR(first.to_bytes(BLOCK_BYTES, "big"))
        return Cipher(algorithms.AES256(self._key), mode).encryptor().update(bytes(size_bytes))

    def _replace_state(self, blocks: bytes, provided: bytes) -> None:
        mixed = int.from_bytes(blocks, "big") ^ int.from_bytes(provided, "big")
        state = mixed.to_bytes(SEED_BYTES, "big")
        self._key = state[:KEY_BYTES]
        self._counter = int.from_bytes(state[KEY_BYTES:], "big")


def _padded(data: bytes) -> bytes:
    if len(data) > SEED_BYTES:
        raise ValueError(f"at most {SEED_BYTES} bytes, got {len(data)}")
    return data + _NO_INPUT[len(data) :]


def _seed_material(entropy: bytes, text: bytes) -> bytes:
    if len(entropy) != SEED_BYTES:
        raise ValueError(f"entropy must be {SEED_BYTES} bytes, got {len(entropy)}")
    mixed = int.from_bytes(entropy, "big") ^ int.from_bytes(_padded(text), "big")
    return mixed.to_bytes(SEED_BYTES, "big")
