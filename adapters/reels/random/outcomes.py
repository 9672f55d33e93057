"""Final outcomes through the production path: one round seed each, the real mapping, the stops of a game."""

from collections.abc import Callable

import numpy as np

from adapters.reels.random.battery.columns import Integers
from adapters.reels.random.draws import RoundDraws
from adapters.reels.random.mapping import block_words
from adapters.reels.random.source import RandomSource

PROGRESS_ROUNDS = 10_000
STREAM_ROUNDS = 1024


def final_stops(
    source: RandomSource, lengths: tuple[int, ...], rounds: int, progress: Callable[[int], None] | None = None
) -> Integers:
    """Deal ``rounds`` rounds; returns one row per round, one column per reel."""
    stops = np.empty((rounds, len(lengths)), dtype=np.int64)
    for place in range(rounds):
        stops[place] = RoundDraws(source.round_seed()).draw_stops("rng test", lengths)
        if progress is not None and place % PROGRESS_ROUNDS == 0:
            progress(place)
    return stops


def raw_stream(source: RandomSource, write: Callable[[bytes], object], size_bytes: int | None) -> None:
    """Write the words that rounds are dealt from, the first block of every round, for ever or up to a size."""
    left = size_bytes
    while left is None or left > 0:
        words = [block_words(source.round_seed(), 0, 1) for _ in range(STREAM_ROUNDS)]
        content = np.array(words, dtype=">u8").tobytes()[:left]
        write(content)
        if left is not None:
            left -= len(content)
