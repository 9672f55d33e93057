"""Words of the simulation: AES-256-CTR under the seed, one stream for every lane of every block of rounds."""

from hashlib import sha256

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from numpy.typing import NDArray

Words = NDArray[np.uint64]

SEED_BYTES = 32
WORDS_MAX = 1 << 13
_WORD_BYTES = 8
_CIPHER_SLACK = 16
_ZEROS = memoryview(bytes(WORDS_MAX * _WORD_BYTES))


def seed_of(text: str) -> bytes:
    """Make the 32 bytes of a seed from what a person types."""
    return sha256(text.encode()).digest()


class WordStream:
    """Little-endian 64-bit words of the keystream; block and lane are the upper part of the initial counter.

    Counter: block in 48 bits, lane in 32 bits, then 48 bits that count 16-byte cipher blocks, big-endian.
    """

    __slots__ = ("_buffer", "_encryptor", "_words")

    def __init__(self, seed: bytes, block: int, lane: int) -> None:
        counter = block.to_bytes(6, "big") + lane.to_bytes(4, "big") + bytes(6)
        self._encryptor = Cipher(algorithms.AES256(seed), modes.CTR(counter)).encryptor()
        self._buffer = bytearray(WORDS_MAX * _WORD_BYTES + _CIPHER_SLACK)
        self._words: Words = np.frombuffer(self._buffer, dtype="<u8", count=WORDS_MAX)

    def next_words(self, count: int) -> Words:
        """Return the next ``count`` words, at most 8,192; they are valid until the next call."""
        self._encryptor.update_into(_ZEROS[: count * _WORD_BYTES], self._buffer)
        return self._words[:count]


class Lanes:
    """Hands out the lanes of one block in order, so that every use of chance has words of its own."""

    __slots__ = ("_block", "_next", "_seed")

    def __init__(self, seed: bytes, block: int) -> None:
        self._seed = seed
        self._block = block
        self._next = 0

    def open(self) -> WordStream:
        """Return the stream of the next lane."""
        lane, self._next = self._next, self._next + 1
        return WordStream(self._seed, self._block, lane)
