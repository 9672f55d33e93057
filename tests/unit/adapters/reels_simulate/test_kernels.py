"""Composed tables give the outcome of the walk reel by reel, in both kernels, for the very words of play."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.reels.compiling.game_tables import GameTables
from adapters.reels.random.mapping import plan
from adapters.reels.simulate import sampling_tables
from adapters.reels.simulate.kernel_numba import NumbaKernel
from adapters.reels.simulate.kernel_numpy import NumpyKernel
from adapters.reels.simulate.rounds import draw_below
from adapters.reels.simulate.sampling_tables import Batch, TablesTooLarge, compose
from adapters.reels.simulate.stream import Lanes, WordStream, seed_of
from tests.unit.adapters.reels_simulate.games import small_game, weighted_game

KERNELS = [NumpyKernel, NumbaKernel]
SEED = seed_of("kernels")


def outcome_by_the_book(spin, words: list[int]) -> tuple[int, tuple]:
    """Rules 2 and 3 of the random README, then the walk of play."""
    values: list[int] = []
    for batch, word in zip(plan(spin.bounds), words, strict=True):
        assert (word * batch.product) % 2**64 >= batch.rejected_below
        for bound in batch.bounds:
            values.append(word * bound >> 64)
            word = word * bound % 2**64
    classes = []
    for layer, value in zip(spin.layers, values, strict=True):
        atom = next(place for place, rising in enumerate(layer.cumulative()) if value < rising)
        classes.append(layer.class_of_atom[atom])
    line_pay, final = spin.outcome_of(classes)
    return final.pay(line_pay), final.awards


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("game", [small_game, weighted_game])
@pytest.mark.parametrize("entries_max", [1, 40, 1 << 20])
def test_a_word_gives_the_outcome_that_play_gives(kernel, game, entries_max: int) -> None:
    spin = game().play().stages["base"].spin
    tables = compose(spin, entries_max)
    count = 300
    words = [WordStream(SEED, 0, lane).next_words(count).copy() for lane in range(len(tables.batches))]

    rows = None
    for batch, drawn in zip(tables.batches, words, strict=True):
        rows = kernel().walk(batch, drawn, rows).copy()

    assert len(rows) == count
    for place, row in enumerate(rows.tolist()):
        expected = outcome_by_the_book(spin, [int(drawn[place]) for drawn in words])
        assert (int(tables.pays[row]), tables.awards[row]) == expected


@pytest.mark.parametrize("kernel", KERNELS)
def test_biased_words_are_dropped_and_only_those(kernel) -> None:
    product = 2**55 + 12345
    rejected_below = 2**64 % product
    # An odd factor keeps the low word known: word = low / product modulo 2**64.
    inverse = pow(product, -1, 2**64)
    lows = [rejected_below - 1, rejected_below, 0, 2**64 - 1, 1, rejected_below + 1]
    words = np.array([low * inverse % 2**64 for low in lows], dtype=np.uint64)
    halves = np.array([2**27, 2], dtype=np.uint64)
    batch = Batch(rejected_below, product, halves, np.zeros(2**27 + 2, dtype=np.int32))

    accepted = NumpyKernel().accepted(batch, words)

    assert accepted.tolist() == [int(words[1]), int(words[3]), int(words[5])]
    # The compiled kernel tests what is left after the last group: the same low word for the true sizes.
    single = Batch(2**64 % 7, 7, np.array([7], dtype=np.uint64), np.arange(7, dtype=np.int32))
    seventh = pow(7, -1, 2**64)
    words = np.array([(2**64 % 7 - 1) * seventh % 2**64, (2**64 % 7) * seventh % 2**64], dtype=np.uint64)
    assert kernel().walk(single, words, None).tolist() == [int(words[1]) * 7 >> 64]


@pytest.mark.parametrize("game", [small_game, weighted_game])
def test_over_the_whole_cycle_the_composed_tables_have_the_exact_counts(game) -> None:
    spin = game().play().stages["base"].spin
    sums, counts = spin.exact()
    exact: dict = {}
    for total, count in zip(sums.tolist(), counts, strict=True):
        line_pay, final = spin.finals.of(total)
        key = (final.pay(line_pay), final.awards)
        exact[key] = exact.get(key, 0) + count

    tables = compose(spin, 1 << 10)

    reached = np.zeros(1, dtype=np.int64)
    weights = np.ones(1, dtype=object)
    for batch in tables.batches:
        for size in batch.sizes.tolist():
            reached, weights = _spread(batch, reached, weights, size)
    seen: dict = {}
    for row, weight in zip(reached.tolist(), weights.tolist(), strict=True):
        key = (int(tables.pays[row]), tables.awards[row])
        seen[key] = seen.get(key, 0) + weight
    assert seen == exact


def _spread(batch: Batch, rows, weights, size: int):
    """Follow every row with every digit; merge equal rows (long weighted strips have few)."""
    following = batch.table[(rows[:, None] + np.arange(size)[None, :])].ravel()
    spread = np.repeat(weights, size)
    unique, inverse = np.unique(following, return_inverse=True)
    merged = np.zeros(len(unique), dtype=object)
    np.add.at(merged, inverse, spread)
    return unique.astype(np.int64), merged


@given(st.integers(1, 2**32 - 1))
def test_a_drawn_choice_is_the_mapping_of_play(bound: int) -> None:
    drawn = draw_below(Lanes(SEED, 1), 20, bound)
    words = [int(word) for word in WordStream(SEED, 1, 0).next_words(30)]

    expected = [word * bound >> 64 for word in words if word * bound % 2**64 >= 2**64 % bound]

    assert drawn.tolist() == expected[:20]


def test_outcomes_with_awards_come_last() -> None:
    tables = compose(small_game().play().stages["base"].spin, 1 << 10)

    assert all(not awards for awards in tables.awards[: tables.first_awarded])
    assert all(tables.awards[tables.first_awarded :])
    assert math.prod(int(size) for size in tables.batches[0].sizes) == 210


def test_tables_that_would_not_fit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    game: GameTables = weighted_game()
    monkeypatch.setattr(sampling_tables, "BOUND_MAX", 1000)

    with pytest.raises(TablesTooLarge, match="reel 1"):
        compose(game.play().stages["base"].spin, 1 << 10)
