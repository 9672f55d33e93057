"""The monitor keeps its false-alarm promise over 10,000 games and catches a game that pays two points too much."""

import json
import math
from collections import Counter

import numpy as np
import pytest

from adapters.reels.simulate.evidence import Bets, Evidence, Theory, start_weights
from adapters.reels.simulate.rtp_monitor import RtpAlarm, RtpMonitor, StreamKey
from adapters.reels.simulate.rtp_trial import PayLaw, trial

# A game of 95 % with standard deviation 4.3, wins up to 400 times the stake.
RATIOS = np.array([0.0, 0.5, 1.0, 2.0, 5.0, 20.0, 100.0, 400.0])
CHANCES = np.array([0.0, 0.2, 0.15, 0.09, 0.04, 0.0125, 0.0005, 0.00005])
LAW = PayLaw(RATIOS, np.append([1 - CHANCES.sum()], CHANCES[1:]))
KEY = StreamKey("ember", "v1", "base", 1_000_000, "EUR", "mobile")


def monitor(alarm_probability: float = 1e-5) -> RtpMonitor:
    return RtpMonitor(lambda key: LAW.theory, alarm_probability)


def test_over_10_000_honest_games_false_alarms_stay_below_the_stated_rate() -> None:
    result = trial(LAW, LAW.theory, 10_000, 30, 6_000, 0.01, np.random.default_rng(1))

    assert result.alarms <= 100


def test_at_the_default_rate_10_000_honest_games_give_no_alarm() -> None:
    result = trial(LAW, LAW.theory, 10_000, 20, 20_000, 1e-5, np.random.default_rng(2))

    assert result.alarms == 0


@pytest.mark.parametrize("points", [0.02, -0.02])
def test_two_points_too_much_or_too_little_are_caught_near_the_limit_of_information(points: float) -> None:
    bad = LAW.shifted(points)
    limit = 2 * LAW.theory.sigma**2 * math.log(1e5) / points**2

    result = trial(bad, LAW.theory, 200, 800, 5_000, 1e-5, np.random.default_rng(3))

    assert bad.theory.rtp - LAW.theory.rtp == pytest.approx(points)
    assert result.alarms >= 198
    assert result.rounds_until(0.5) < 1.6 * limit


def test_a_fault_that_comes_in_late_is_not_weighed_down_by_the_good_past() -> None:
    bad = LAW.shifted(0.1)
    at_once = trial(bad, LAW.theory, 200, 200, 1_000, 1e-5, np.random.default_rng(4))
    late = trial(bad, LAW.theory, 200, 1_200, 1_000, 1e-5, np.random.default_rng(5), good_checks=1_000)

    assert late.alarms >= 190
    assert late.rounds_until(0.5) - 1_000_000 < 4 * at_once.rounds_until(0.5)


@pytest.mark.parametrize("ratio_max", [0.96, 1.0, 10.0, 1e3, 1e6])
def test_capitals_do_not_grow_on_average_whatever_the_law_of_this_mean(ratio_max: float) -> None:
    bets = Bets(LAW.theory)
    chance = LAW.theory.rtp / ratio_max
    ratios, chances = np.array([0.0, ratio_max]), np.array([1 - chance, chance])

    one_round = np.ones(2)
    up = bets.log_up(LAW.theory.rtp, bets.logs(ratios), one_round)
    down = bets.log_down(LAW.theory.rtp, ratios, one_round)

    assert (chances @ np.exp(up) <= 1 + 1e-12).all()
    # "Too low" relies on the declared second moment as well.
    if chances @ ratios**2 <= bets.square:
        assert (chances @ np.exp(down) <= 1 + 1e-12).all()


def test_the_capital_at_the_start_is_shared_out_completely() -> None:
    high, low = Evidence(LAW.theory).log_sides()

    assert start_weights().sum() == pytest.approx(1)
    assert np.exp(high) + np.exp(low) == pytest.approx(1)


def test_an_alarm_comes_once_with_side_and_interval() -> None:
    watch = monitor()
    generator = np.random.default_rng(6)
    wins = (generator.choice(RATIOS, size=60_000, p=LAW.shifted(0.3).probabilities) * 1_000_000).astype(int)

    alarms = [alarm for win in wins.tolist() if (alarm := watch.observe(KEY, win)) is not None]

    (alarm,) = alarms
    assert isinstance(alarm, RtpAlarm)
    assert alarm.side == "high"
    assert alarm.report.low > LAW.theory.rtp
    assert alarm.report.rounds % 256 == 0
    assert alarm.report.evidence >= 1e5


def test_a_game_that_pays_too_little_is_told_apart() -> None:
    watch = monitor()

    alarm = watch.observe_counts(KEY, Counter({0: 20_000}))

    assert alarm is not None
    assert alarm.side == "low"
    assert alarm.report.high < LAW.theory.rtp


def test_streams_are_watched_by_themselves() -> None:
    watch = monitor()
    other = StreamKey("ember", "v1", "base", 1_000_000, "EUR", "desktop")

    watch.observe_counts(KEY, Counter({0: 20_000}))
    watch.observe_counts(other, Counter({1_000_000: 95, 0: 5}))

    assert watch.keys() == sorted([KEY, other])
    assert watch.report(other).rtp == pytest.approx(0.95)
    assert watch.report(other).low < LAW.theory.rtp < watch.report(other).high


def test_the_interval_covers_the_true_return_at_all_times() -> None:
    generator = np.random.default_rng(7)
    missed = 0
    for _ in range(40):
        evidence = Evidence(LAW.theory)
        is_missed = False
        for _ in range(6):
            evidence.add(RATIOS, generator.multinomial(10_000, LAW.probabilities))
            low, high = evidence.interval(0.05)
            is_missed |= not low <= LAW.theory.rtp <= high
        missed += is_missed

    assert missed <= 2


def test_the_state_survives_a_restart() -> None:
    first, second, whole = monitor(), monitor(), monitor()
    counts = [Counter({0: 700, 1_000_000: 250, 5_000_000: 50}), Counter({0: 20_000})]
    first.observe_counts(KEY, counts[0])
    first.observe(KEY, 0)
    second.restore(json.loads(json.dumps(first.to_document())))
    whole.observe_counts(KEY, counts[0] + Counter({0: 1}))

    assert second.observe_counts(KEY, counts[1]) == whole.observe_counts(KEY, counts[1])
    assert second.report(KEY) == whole.report(KEY)
    again = monitor()
    again.restore(second.to_document())
    assert again.observe_counts(KEY, counts[1]) is None


def test_after_a_restart_of_the_stream_it_counts_from_nothing() -> None:
    watch = monitor()
    watch.observe_counts(KEY, Counter({0: 20_000}))

    watch.restart(KEY)

    assert watch.report(KEY).rounds == 0
    assert watch.report(KEY).low == 0.0


def test_stored_evidence_of_another_shape_is_refused() -> None:
    document = Evidence(LAW.theory).to_document() | {"logs": [[0.0]]}

    with pytest.raises(ValueError, match="grid"):
        Evidence.from_document(LAW.theory, document)


@pytest.mark.parametrize(("rtp", "sigma"), [(0.0, 1.0), (0.95, 0.0), (float("nan"), 1.0)])
def test_a_theory_without_return_or_spread_is_refused(rtp: float, sigma: float) -> None:
    with pytest.raises(ValueError, match="positive"):
        Theory(rtp, sigma)
