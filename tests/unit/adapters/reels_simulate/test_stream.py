"""Every block and lane has words of its own, and they are AES-256-CTR by the book."""

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from adapters.reels.simulate.stream import WORDS_MAX, Lanes, WordStream, seed_of

SEED = seed_of("test")


def test_words_are_the_keystream_from_the_blocks_counter() -> None:
    counter = (3).to_bytes(6, "big") + (2).to_bytes(4, "big") + bytes(6)
    keystream = Cipher(algorithms.AES256(SEED), modes.CTR(counter)).encryptor().update(bytes(160))
    expected = [int.from_bytes(keystream[at : at + 8], "little") for at in range(0, 160, 8)]

    assert WordStream(SEED, block=3, lane=2).next_words(20).tolist() == expected


def test_how_many_words_are_asked_at_a_time_does_not_matter() -> None:
    whole = WordStream(SEED, 0, 0).next_words(WORDS_MAX).copy()
    stream = WordStream(SEED, 0, 0)

    pieces = [stream.next_words(count).copy() for count in (1, 2, 3, 1000, 57)]

    assert np.array_equal(np.concatenate(pieces), whole[:1063])


def test_no_two_lanes_or_blocks_share_words() -> None:
    words = set()
    for block in range(20):
        lanes = Lanes(SEED, block)
        for _ in range(20):
            words.update(lanes.open().next_words(10).tolist())

    assert len(words) == 4000


def test_the_seed_is_aes_key_sized() -> None:
    assert len(SEED) == 32
    with pytest.raises(ValueError, match="key"):
        WordStream(b"short", 0, 0)
