"""The stops that can pay, in an order that can be interrupted. Numba compiles it where installed."""

import numpy as np

from adapters.reels.kernel.board import Ints


def list_stops(
    following: Ints,
    adds: Ints,
    classes: Ints,
    weights: Ints,
    counts: Ints,
    speaking: Ints,
    position: Ints,
    stops: Ints,
    shares: Ints,
) -> tuple[int, int, bool]:
    """Go on from ``position`` until the buffers are full or the cycle is through: (entries, silent weight, done)."""
    reels = len(counts)
    last = reels - 1
    state = np.zeros(reels + 1, dtype=np.int64)
    total = np.zeros(reels + 1, dtype=np.int64)
    weight = np.ones(reels + 1, dtype=np.int64)
    filled = 0
    silent = 0
    depth = 0
    while True:
        for reel in range(depth, last):
            number = classes[reel, position[reel]]
            state[reel + 1] = following[reel, state[reel], number]
            total[reel + 1] = total[reel] + adds[reel, state[reel], number]
            weight[reel + 1] = weight[reel] * weights[reel, position[reel]]
        if filled + counts[last] > len(shares):
            return filled, silent, False
        for stop in range(counts[last]):
            whole = total[last] + adds[last, state[last], classes[last, stop]]
            share = weight[last] * weights[last, stop]
            if (whole & 0xFFFFFFFFFF) == 0 and speaking[whole >> 40] == 0:
                silent += share
                continue
            position[last] = stop
            for reel in range(reels):
                stops[filled, reel] = position[reel]
            shares[filled] = share
            filled += 1
        depth = last - 1
        while depth >= 0:
            position[depth] += 1
            if position[depth] < counts[depth]:
                break
            position[depth] = 0
            depth -= 1
        if depth < 0:
            return filled, silent, True
