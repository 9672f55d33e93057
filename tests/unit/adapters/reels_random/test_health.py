"""The health tests of the seed source fire at their cut-offs and not before."""

import random

from scipy.stats import binom

from adapters.reels.random.health import (
    ENTROPY_BITS_PER_SAMPLE,
    FALSE_ALARM_BITS,
    PROPORTION_CUTOFF,
    PROPORTION_WINDOW,
    REPETITION_CUTOFF,
    SeedHealth,
)


def test_the_cut_offs_are_those_of_the_standard() -> None:
    critical = binom.ppf(1 - 2.0**-FALSE_ALARM_BITS, PROPORTION_WINDOW, 2.0**-ENTROPY_BITS_PER_SAMPLE)

    assert 1 + critical == PROPORTION_CUTOFF
    assert REPETITION_CUTOFF == 6


def test_five_equal_bytes_pass_and_six_fail_even_across_two_feeds() -> None:
    health = SeedHealth()

    assert health.feed(b"\x07" * 5) is None
    assert "repetition" in (health.feed(b"\x07") or "")


def test_a_byte_that_comes_too_often_in_a_window_fails_at_the_cut_off() -> None:
    health = SeedHealth()
    fillers = bytes(value for value in range(1, 200))
    samples = b"".join(b"\x00" + fillers[10 * k : 10 * k + 10] for k in range(PROPORTION_CUTOFF))
    last = samples.rindex(b"\x00")

    assert health.feed(samples[:last]) is None
    assert "proportion" in (health.feed(samples[last:]) or "")


def test_the_count_starts_anew_in_every_window() -> None:
    health = SeedHealth()
    window = (b"\x00" + bytes(range(1, 64))) * (PROPORTION_WINDOW // 64)

    assert all(health.feed(window) is None for _ in range(50))


def test_good_entropy_passes() -> None:
    assert SeedHealth().feed(random.Random(1).randbytes(200_000)) is None


def test_a_source_with_four_bits_a_byte_is_caught_within_a_few_kilobytes() -> None:
    poor = bytes(value & 0x0F for value in random.Random(2).randbytes(4096))

    assert SeedHealth().feed(poor) is not None
