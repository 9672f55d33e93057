"""The breaker and the replay window on their own."""

from gateway.callbacks.breaker import Breaker, BreakerState
from gateway.callbacks.ports import AuditKind, CallbackLimits
from gateway.callbacks.replay_window import ReplayWindow
from tests.unit.gateway.callbacks.paper import ManualClock

LIMITS = CallbackLimits(breaker_calls_min=4, breaker_window_s=30, breaker_cooldown_s=5, nonce_count_max=3)


def opened(clock: ManualClock) -> Breaker:
    breaker = Breaker(LIMITS, clock)
    assert [breaker.record(certain=False) for _ in range(4)] == [None, None, None, BreakerState.OPEN]
    return breaker


def test_few_calls_say_nothing() -> None:
    breaker = Breaker(LIMITS, ManualClock())

    assert [breaker.record(certain=False) for _ in range(3)] == [None] * 3
    assert breaker.lets_bet_pass()


def test_old_answers_leave_the_window() -> None:
    clock = ManualClock()
    breaker = Breaker(LIMITS, clock)
    for _ in range(3):
        breaker.record(certain=False)
    clock.seconds += 31

    assert breaker.record(certain=False) is None
    assert breaker.state is BreakerState.CLOSED


def test_half_the_answers_uncertain_opens() -> None:
    breaker = Breaker(LIMITS, ManualClock())

    assert [breaker.record(certain=certain) for certain in (True, False, True, False)][-1] is BreakerState.OPEN


def test_half_open_lets_one_bet_pass_per_cool_down() -> None:
    clock = ManualClock()
    breaker = opened(clock)
    clock.seconds += 5

    assert [breaker.lets_bet_pass() for _ in range(3)] == [True, False, False]
    clock.seconds += 5
    assert breaker.lets_bet_pass()


def test_an_uncertain_probe_opens_again_and_a_certain_one_closes() -> None:
    clock = ManualClock()
    breaker = opened(clock)
    clock.seconds += 5
    breaker.record(certain=False)
    assert breaker.state is BreakerState.OPEN

    clock.seconds += 5
    assert breaker.record(certain=True) is BreakerState.CLOSED
    assert breaker.lets_bet_pass()


def test_timestamps_outside_the_window_on_either_side_and_nonsense_are_stale() -> None:
    window = ReplayWindow(CallbackLimits(timestamp_window_s=120))
    answers = [
        window.objection("b", {"sent_time_ms": sent}, 1_000_000) for sent in ("880000", "879999", "1120001", "x")
    ]

    assert answers == [None, *[AuditKind.STALE_TIMESTAMP] * 3]


def test_a_nonce_is_used_once_per_brand() -> None:
    window = ReplayWindow(CallbackLimits())
    answers = [window.objection(brand, {"nonce": "n"}, 0) for brand in ("b1", "b2", "b1")]

    assert answers == [None, None, AuditKind.REPLAYED_NONCE]


def test_the_memory_for_nonces_is_bounded_by_count_and_by_time() -> None:
    window = ReplayWindow(LIMITS)
    for number in range(4):
        window.objection("b", {"nonce": str(number)}, 0)

    assert window.objection("b", {"nonce": "0"}, 0) is None
    assert window.objection("b", {"nonce": "3"}, 0) is AuditKind.REPLAYED_NONCE
    assert window.objection("b", {"nonce": "3"}, 241_000) is None
