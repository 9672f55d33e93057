"""The draws of a round: exactly uniform, deterministic, logged, the same as the stand-alone verifier's."""

from collections import Counter
from itertools import product as combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.reels.random import draws as draws_module
from adapters.reels.random import mapping, verify_fair
from adapters.reels.random.draws import RoundDraws
from adapters.reels.random.mapping import BATCH_PRODUCT_MAX, plan

seeds = st.binary(min_size=32, max_size=32)
bounds = st.one_of(st.integers(1, 60), st.integers(1, 2**63))


class WordsUsedUp(Exception):
    """The one word of the experiment was rejected."""


class OneWord(RoundDraws):
    """The production mapping, fed with one chosen word."""

    def __init__(self, word: int) -> None:
        super().__init__(bytes(32))
        self._given = [word]

    def _next_word(self) -> int:
        if not self._given:
            raise WordsUsedUp
        return self._given.pop()


@pytest.fixture
def word_bits(monkeypatch: pytest.MonkeyPatch):
    """Shrink the word so that every one of its values can be tried."""
    plan.cache_clear()

    def shrink(bits: int) -> int:
        for module in (mapping, draws_module):
            monkeypatch.setattr(module, "WORD_VALUES", 2**bits)
            monkeypatch.setattr(module, "WORD_MASK", 2**bits - 1, raising=False)
            monkeypatch.setattr(module, "WORD_BITS", bits)
        return 2**bits

    yield shrink
    plan.cache_clear()


def tally(words: int, draw) -> tuple[Counter, int]:
    counts: Counter = Counter()
    rejected = 0
    for word in range(words):
        try:
            counts[draw(OneWord(word))] += 1
        except WordsUsedUp:
            rejected += 1
    return counts, rejected


@pytest.mark.parametrize("bound", [1, 2, 3, 5, 7, 34, 100, 127, 128, 129, 255, 256])
def test_over_all_words_of_8_bits_every_value_is_accepted_equally_often(word_bits, bound: int) -> None:
    words = word_bits(8)

    counts, rejected = tally(words, lambda draws: draws.draw("x", bound))

    assert counts == dict.fromkeys(range(bound), words // bound)
    assert rejected == words % bound


@pytest.mark.parametrize("lengths", [(2, 3), (3, 5, 7), (7, 7, 7), (4, 8, 16), (1, 9, 1), (10, 10, 10), (34, 30)])
def test_over_all_words_of_12_bits_every_combination_of_stops_is_equally_likely(word_bits, lengths) -> None:
    words = word_bits(12)
    cycle = len(list(combinations(*map(range, lengths))))

    counts, rejected = tally(words, lambda draws: draws.draw_stops("x", lengths))

    assert counts == dict.fromkeys(combinations(*map(range, lengths)), words // cycle)
    assert rejected == words % cycle


def test_over_all_words_an_index_is_drawn_in_proportion_to_its_weight(word_bits) -> None:
    words = word_bits(10)

    counts, _ = tally(words, lambda draws: draws.draw_weighted("x", (3, 3, 10, 11)))

    assert counts == {0: 3 * (words // 11), 2: 7 * (words // 11), 3: words // 11}


@pytest.mark.parametrize("bound", [3, 34, 10**9 + 7, 2**63 - 1])
def test_with_64_bit_words_acceptance_begins_exactly_at_2_64_modulo_the_bound(bound: int) -> None:
    inverse = pow(bound, -1, 2**64) if bound % 2 else None
    threshold = 2**64 % bound
    # For an odd bound the word whose product ends in a given low word is known.
    if inverse is not None:
        accepted, rejected = threshold * inverse % 2**64, (threshold - 1) * inverse % 2**64
        assert OneWord(accepted).draw("x", bound) == accepted * bound >> 64
        with pytest.raises(WordsUsedUp):
            OneWord(rejected).draw("x", bound)
    with pytest.raises(WordsUsedUp):
        OneWord(0).draw("x", bound)


def test_a_power_of_two_never_rejects() -> None:
    assert OneWord(0).draw("x", 2**20) == 0
    assert OneWord(2**64 - 1).draw("x", 2**20) == 2**20 - 1


@given(seeds, st.integers(0, 5), st.lists(st.lists(bounds, min_size=1, max_size=8), min_size=1, max_size=6))
def test_the_stand_alone_verifier_gives_the_same_numbers(seed, step, requests) -> None:
    draws, stream = RoundDraws(seed, step), verify_fair.words(seed, step)

    for request in requests:
        assert list(draws.draw_stops("x", tuple(request))) == verify_fair.next_values(stream, request)
        assert [draws.draw("x", request[0])] == verify_fair.next_values(stream, request[:1])


@given(st.lists(bounds, min_size=1, max_size=30))
def test_a_batch_never_outgrows_its_word(lengths) -> None:
    batches = plan(tuple(lengths))

    assert [bound for batch in batches for bound in batch.bounds] == lengths
    assert all(batch.product <= BATCH_PRODUCT_MAX or len(batch.bounds) == 1 for batch in batches)


def test_every_draw_is_logged_with_purpose_range_and_value() -> None:
    draws = RoundDraws(bytes(32))

    stops = draws.draw_stops("base", (34, 30))
    pick = draws.draw("pick", 5)
    index = draws.draw_weighted("book", (2, 10))

    assert draws.log[:2] == [("base", (34, 30), stops), ("pick", (5,), (pick,))]
    purpose, ranges, (value,) = draws.log[2]
    assert (purpose, ranges, index) == ("book", (10,), int(value >= 2))


def test_steps_of_a_round_have_independent_words() -> None:
    first = [RoundDraws(bytes(32), step).draw("x", 2**63) for step in range(100)]

    assert len(set(first)) == 100


@pytest.mark.parametrize("bound", [0, -1, 2**63 + 1])
def test_a_bound_outside_the_range_is_refused(bound: int) -> None:
    with pytest.raises(ValueError, match="bound"):
        RoundDraws(bytes(32)).draw("x", bound)
    with pytest.raises(ValueError, match="bound"):
        RoundDraws(bytes(32)).draw_stops("x", (3, bound))


def test_a_seed_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        RoundDraws(bytes(31))
