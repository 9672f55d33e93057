"""The battery passes good sources at its stated rate, fails every planted bad one, and its laws are right."""

import itertools

import numpy as np
import pytest
import scipy.stats

from adapters.reels.random.battery import statistics
from adapters.reels.random.battery.columns import Column, Reel, plain_reel, stop_columns
from adapters.reels.random.battery.probability import chi_square_tail, poisson_two_sided
from adapters.reels.random.battery.run import run_battery
from adapters.reels.random.draws import RoundDraws

REELS = [plain_reel("AABBBCCCCDDDDDEEEEEFFFFFGGGGGHHHHH")] * 5
LENGTHS = (34,) * 5
ROUNDS = 100_000


def good_stops(seed: int, rounds: int = ROUNDS) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 34, (rounds, 5))


def failed_tests(stops: np.ndarray) -> set[str]:
    return {finding.test.split(" of ")[0] for finding in run_battery(stops, REELS).failed}


def test_the_production_mapping_fails_no_more_often_than_stated() -> None:
    failed = 0
    for batch in range(6):
        seeds = range(batch * 20_000, (batch + 1) * 20_000)
        stops = [RoundDraws(seed.to_bytes(32, "big")).draw_stops("base", LENGTHS) for seed in seeds]
        failed += not run_battery(np.array(stops), REELS).passed

    # One in a hundred good samples fails by design; two of six would be no accident (p < 0.002).
    assert failed <= 1


def test_good_sources_fail_no_more_often_than_stated() -> None:
    verdicts = [run_battery(good_stops(seed, 20_000), REELS) for seed in range(30)]
    p_values = [finding.p_value for verdict in verdicts for finding in verdict.findings]

    assert sum(not verdict.passed for verdict in verdicts) <= 2
    assert scipy.stats.kstest(p_values, "uniform").pvalue > 0.001


def test_modulo_bias_fails() -> None:
    stops = np.random.default_rng(1).integers(0, 256, (ROUNDS, 5)) % 34

    assert "total distribution" in failed_tests(stops)


def test_the_low_bits_of_a_linear_congruential_generator_fail() -> None:
    state, values = 12345, []
    for _ in range(ROUNDS * 5):
        state = (state * 1664525 + 1013904223) % 2**32
        values.append((state & 0xFFFF) * 34 >> 16)

    assert "overlaps" in failed_tests(np.array(values).reshape(ROUNDS, 5))


def test_a_sequence_that_repeats_fails() -> None:
    assert "duplicates" in failed_tests(np.tile(good_stops(2, ROUNDS // 2), (2, 1)))


def test_a_source_without_the_natural_repeats_fails() -> None:
    rows = list(dict.fromkeys(map(tuple, good_stops(3, 150_000).tolist())))[:ROUNDS]

    assert "duplicates" in failed_tests(np.array(rows))


def test_reels_that_follow_each_other_fail() -> None:
    stops = good_stops(4)
    is_copied = np.random.default_rng(5).random(ROUNDS) < 0.02
    stops[is_copied, 3] = stops[is_copied, 1]

    assert failed_tests(stops) == {"interplay"}


def test_a_reel_that_follows_another_reel_of_the_round_before_fails() -> None:
    stops = good_stops(6)
    is_copied = np.random.default_rng(7).random(ROUNDS) < 0.02
    is_copied[0] = False
    stops[is_copied, 2] = stops[np.flatnonzero(is_copied) - 1, 1]

    assert failed_tests(stops) == {"interplay"}


def test_rounds_that_remember_the_one_before_fail() -> None:
    stops = good_stops(8)
    is_near = np.random.default_rng(9).random(ROUNDS) < 0.03
    is_near[0] = False
    places = np.flatnonzero(is_near)
    stops[places, 0] = np.minimum(stops[places - 1, 0] + 1, 33)

    assert {"serial correlation", "runs", "overlaps"} <= failed_tests(stops)


def test_outcomes_that_come_round_in_turn_fail_the_coupon_collector() -> None:
    permutations = [np.random.default_rng(seed).permutation(34) for seed in range(ROUNDS // 34)]
    stops = good_stops(10, len(permutations) * 34)
    stops[:, 0] = np.concatenate(permutations)

    failed = failed_tests(stops)

    assert {"coupon collector", "total distribution"} <= failed


def test_a_constant_reel_fails() -> None:
    stops = good_stops(11)
    stops[:, 4] = 7

    assert {"total distribution", "runs", "serial correlation"} <= failed_tests(stops)


def test_too_few_outcomes_are_refused() -> None:
    with pytest.raises(ValueError, match="20000"):
        run_battery(good_stops(1, 100), REELS)


@pytest.mark.parametrize("degrees", [1, 2, 7, 33, 1155, 40_000])
@pytest.mark.parametrize("factor", [0.01, 0.5, 0.97, 1.0, 1.1, 3.0])
def test_the_chi_square_tail_is_that_of_scipy(degrees: int, factor: float) -> None:
    assert chi_square_tail(degrees * factor, degrees) == pytest.approx(
        scipy.stats.chi2.sf(degrees * factor, degrees), rel=1e-8, abs=1e-12
    )


@pytest.mark.parametrize(("count", "mean"), [(0, 0.3), (0, 9.0), (4, 3.7), (40, 20.5), (900, 999.0)])
def test_the_poisson_tails_are_those_of_scipy(count: int, mean: float) -> None:
    law = scipy.stats.poisson(mean)

    assert poisson_two_sided(count, mean) == pytest.approx(min(1.0, 2 * min(law.sf(count - 1), law.cdf(count))))


def test_the_coupon_law_is_that_of_enumeration() -> None:
    def length(values: tuple[int, ...]) -> int:
        return next((t for t in range(3, 9) if len(set(values[:t])) == 3), 9)

    lengths = [length(values) for values in itertools.product(range(3), repeat=8)]
    law = statistics._coupon_law(3)

    assert law[3:9] == pytest.approx(np.bincount(lengths, minlength=10)[3:9] / 3**8)
    assert law.sum() == pytest.approx(1)


def test_neighbouring_values_are_put_together_with_their_weights() -> None:
    column = Column("x", np.array([0, 4, 9]), (1, 1, 1, 1, 1, 1, 1, 1, 1, 3)).grouped(4)

    assert column.values.tolist() == [0, 1, 3]
    assert column.weights == (3, 2, 3, 4)


def test_rare_values_are_pooled_until_they_are_likely_enough() -> None:
    column = Column("x", np.array([0, 1, 2, 3, 4]), (1, 50, 1, 47, 1))

    assert column.pooled(0.3).weights == (51, 49)
    assert column.pooled(0.3).values.tolist() == [0, 0, 1, 1, 1]
    assert column.pooled(0.9).weights == (100,)


def test_the_duplicates_of_a_huge_cycle_follow_poisson() -> None:
    stops = np.random.default_rng(1).integers(0, 1000, (20_000, 5))

    finding = statistics.duplicates(stop_columns(stops, [plain_reel([str(n) for n in range(1000)])] * 5), "x")

    assert (finding.statistic, finding.p_value) == (0, 1.0)


def test_weighted_stops_pass_with_their_weights_and_fail_with_others() -> None:
    weights = (1, 5, 2, 9, 3, 3, 1, 6)
    chances = np.array(weights) / sum(weights)
    stops = np.random.default_rng(2).choice(8, size=(ROUNDS, 3), p=chances)
    told, wrong = (Reel(tuple("abcdabcd"), given) for given in (weights, (1, 5, 2, 9, 3, 4, 1, 5)))

    assert run_battery(stops, [told] * 3).passed
    assert "total distribution" in {finding.test for finding in run_battery(stops, [wrong] * 3).failed}


def test_pairs_of_unequal_outcomes_have_the_stated_spread() -> None:
    reel = Reel(tuple("abcd"), (1, 2, 3, 10))
    scores = []
    for seed in range(150):
        stops = np.random.default_rng(seed).choice(4, size=(2_000, 2), p=np.array(reel.weights) / 16)
        scores.append(statistics.duplicates(stop_columns(stops, [reel] * 2), "x").statistic)

    assert scipy.stats.kstest(scores, "norm").pvalue > 0.001
