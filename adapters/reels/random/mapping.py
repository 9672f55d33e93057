"""From 32 bytes to unbiased integers: the exact mapping an auditor replays. Pure, standard library only.

README.md of this folder states it in words; ``verify_fair.py`` states it a second time, on its own.
"""

import struct
from functools import lru_cache
from hashlib import sha512
from typing import NamedTuple

SEED_BYTES = 32
WORDS_PER_BLOCK = 8
WORD_BITS = 64
WORD_VALUES = 2**WORD_BITS
WORD_MASK = WORD_VALUES - 1
BOUND_MAX = 2**63
# A batch shares one word while the product of its bounds stays within this: rejection below 2**-8.
BATCH_PRODUCT_MAX = 2**56
LABEL = b"reelgate.round.v1"

_unpack_words = struct.Struct(">8Q").unpack
_pack_input = struct.Struct(f">I{SEED_BYTES}s{len(LABEL)}sI").pack


def block_words(seed: bytes, step: int, block: int) -> tuple[int, ...]:
    """Eight 64-bit words: SHA-512(block ‖ seed ‖ label ‖ step), the one-step KDF of NIST SP 800-56C.

    ``block`` counts from 1; both counters are 32-bit big-endian, the words are big-endian.
    """
    return _unpack_words(sha512(_pack_input(block, seed, LABEL, step)).digest())


class Batch(NamedTuple):
    """Bounds that share one word: drawn as one number below ``product``, then split into digits."""

    bounds: tuple[int, ...]
    product: int
    rejected_below: int


def _batch(bounds: list[int], product: int) -> Batch:
    return Batch(tuple(bounds), product, WORD_VALUES % product)


@lru_cache(maxsize=4096)
def plan(bounds: tuple[int, ...]) -> tuple[Batch, ...]:
    """Cut the bounds into batches, from the left, each as long as its product stays within 2**56.

    Raises ValueError for a bound outside 1..2**63.
    """
    batches: list[Batch] = []
    current: list[int] = []
    product = 1
    for bound in bounds:
        if not 1 <= bound <= BOUND_MAX:
            raise ValueError(f"a bound must be 1..2**63, got {bound}")
        if current and product * bound > BATCH_PRODUCT_MAX:
            batches.append(_batch(current, product))
            current, product = [], 1
        current.append(bound)
        product *= bound
    if current:
        batches.append(_batch(current, product))
    return tuple(batches)
