"""Final outcomes through the production path: one round seed each, the real mapping, the stops of a game."""

from collections.abc import Callable, Sequence

import numpy as np

from adapters.reels.random.battery.columns import Integers, Reel
from adapters.reels.random.draws import RoundDraws
from adapters.reels.random.mapping import block_words
from adapters.reels.random.source import RandomSource

PROGRESS_ROUNDS = 10_000
STREAM_ROUNDS = 1024


def final_stops(
    source: RandomSource, reels: Sequence[Reel], rounds: int, progress: Callable[[int], None] | None = None
) -> Integers:
    """Deal ``rounds`` rounds; returns one row per round, one column of stops per reel."""
    bounds = tuple(reel.bound for reel in reels)
    values = np.empty((rounds, len(bounds)), dtype=np.int64)
    for place in range(rounds):
        values[place] = RoundDraws(source.round_seed()).draw_stops("rng test", bounds)
        if progress is not None and place % PROGRESS_ROUNDS == 0:
            progress(place)
    for number, reel in enumerate(reels):
        values[:, number] = np.searchsorted(np.cumsum(reel.weights), values[:, number], side="right")
    return values


def raw_stream(source: RandomSource, write: Callable[[bytes], object], size_bytes: int | None) -> None:
    """Write the words that rounds are dealt from, the first block of every round, for ever or up to a size."""
    left = size_bytes
    while left is None or left > 0:
        words = [block_words(source.round_seed(), 0, 1) for _ in range(STREAM_ROUNDS)]
        content = np.array(words, dtype=">u8").tobytes()[:left]
        write(content)
        if left is not None:
            left -= len(content)
