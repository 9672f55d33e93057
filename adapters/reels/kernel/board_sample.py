"""A sample of a board game's rounds with the production cipher, where the full cycle is out of reach."""

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from adapters.reels.kernel.board import WORDS_PER_ROUND, BoardArrays, Ints, Words
from adapters.reels.kernel.board_exact import BoardCycle, collect
from adapters.reels.kernel.compiled import board_functions
from adapters.reels.kernel.spin_tables import SpinTables

BATCH_ROUNDS = 1 << 16
WORDS_PER_BATCH = 1 << 21


def sample_board(spin: SpinTables, rules: BoardArrays, rounds: int, key: bytes) -> BoardCycle:
    """Play ``rounds`` rounds from an AES-256-CTR stream under ``key``: the same key gives the same figures."""
    stream = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor()
    resolve = board_functions()["resolve_many"]
    pays = np.empty(BATCH_ROUNDS, dtype=np.int64)
    extras = np.empty((BATCH_ROUNDS, 2), dtype=np.int64)
    ones = np.ones(BATCH_ROUNDS, dtype=np.int64)
    cycle = BoardCycle()
    left = rounds
    while left:
        wanted = min(left, BATCH_ROUNDS)
        stops = _stops(spin, _words(stream, 2 * wanted * len(rules.rows) + 1024), wanted)
        words = _words(stream, WORDS_PER_BATCH + WORDS_PER_ROUND) if rules.random_refill else _words(stream, 0)
        done = int(resolve(rules, stops, wanted, words, pays, extras))
        collect(cycle, np.column_stack([pays[:done], extras[:done], ones[:done]]))
        left -= done
    return cycle


def _words(stream: object, count: int) -> Words:
    update = stream.update  # type: ignore[attr-defined]  # the cipher's context has no public type
    return np.frombuffer(update(bytes(4 * count)), dtype="<u4")


def _stops(spin: SpinTables, words: Words, rounds: int) -> Ints:
    """Map words to stops without bias: what would bias a number is dropped."""
    columns = []
    begin = 0
    for layer in spin.layers:
        bound = layer.bound
        columns.append(np.empty(rounds, dtype=np.int64))
        product = words[begin:].astype(np.uint64) * np.uint64(bound)
        kept = product[(product & np.uint64(0xFFFFFFFF)) >= np.uint64(2**32 % bound)][:rounds]
        if len(kept) < rounds:
            raise AssertionError("twice as many words as needed were not enough")
        ticks = (kept >> np.uint64(32)).astype(np.int64)
        sums = np.array(layer.cumulative(), dtype=np.int64)
        atoms = ticks if layer.uniform else np.searchsorted(sums, ticks, side="right")
        columns[-1][:] = np.array([atom.stop for atom in layer.atoms], dtype=np.int64)[atoms]
        begin += len(words) // len(spin.layers)
    return np.column_stack(columns)
