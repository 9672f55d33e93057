"""Draws from tables of weights are in proportion, exactly, whatever the size of the weights."""

import numpy as np
import pytest
import scipy.stats

from adapters.reels.simulate import weighted_sampler
from adapters.reels.simulate.stream import Lanes, WordStream, seed_of
from adapters.reels.simulate.weighted_sampler import WeightedSampler

SEED = seed_of("weights")
GAMES = (("free", 10),)


@pytest.mark.parametrize("factor", [1, 10**12, 2**60 // 7, 10**30])
def test_outcomes_come_in_proportion_to_weights_of_any_size(factor: int) -> None:
    sampler = WeightedSampler({(0, ()): 4 * factor, (5, ()): 2 * factor, (7, GAMES): factor})

    played = sampler.play(Lanes(SEED, 1), 7_000)

    counts = np.bincount(played.numbers, minlength=3)
    assert scipy.stats.chisquare(counts, [4_000, 2_000, 1_000]).pvalue > 0.001
    assert played.awards == ((), (), GAMES)
    assert played.first_awarded == 2
    assert played.pays.tolist() == [[0, 5, 7][number] for number in played.numbers.tolist()]


def test_words_beyond_a_whole_multiple_of_the_total_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    class Chosen(WordStream):
        def __init__(self, words: list[int]) -> None:
            self.left = words

        def next_words(self, count: int):
            taken, self.left = self.left[:count], self.left[count:]
            return np.array(taken, dtype=np.uint64)

    sampler = WeightedSampler({(pay, ()): 1 for pay in range(3)})
    share = 2**64 // 3
    stream = Chosen([2**64 - 1, 0, share - 1, share, 2 * share - 1, 3 * share - 1, 2 * share])

    # 2**64 - 1 is the one word too many: 2**64 is a multiple of three and one.
    assert sampler._draw_words(stream, 6).tolist() == [0, 0, 1, 1, 2, 2]


def test_one_outcome_needs_no_luck() -> None:
    counted = WeightedSampler({(9, ()): 2**70}).count(Lanes(SEED, 2), 50)

    assert (counted.pays.tolist(), counted.times.tolist()) == ([9], [50])
    assert weighted_sampler.WORD_VALUES == 2**64
