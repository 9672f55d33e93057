"""Stops bets of a provider while too many of its wallet calls end uncertain; wins and rollbacks never ask it (W32)."""

from collections import deque
from enum import StrEnum

from gateway.callbacks.ports import CallbackLimits
from gateway.rounds.ports import Clock


class BreakerState(StrEnum):
    """Closed lets bets pass, open stops them, half-open lets one pass to see."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Breaker:
    """Counts the answers of a sliding window."""

    def __init__(self, limits: CallbackLimits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._cooldown_ms = limits.breaker_cooldown_s * 1000
        self._answers: deque[tuple[int, bool]] = deque()
        self._uncertain_count = 0
        self._opened_at_ms: int | None = None
        self._probe_sent_at_ms: int | None = None

    def _now_ms(self) -> int:
        return int(self._clock.monotonic() * 1000)

    @property
    def state(self) -> BreakerState:
        """Where it stands now."""
        if self._opened_at_ms is None:
            return BreakerState.CLOSED
        if self._now_ms() - self._opened_at_ms < self._cooldown_ms:
            return BreakerState.OPEN
        return BreakerState.HALF_OPEN

    def lets_bet_pass(self) -> bool:
        """Say whether a bet may go to the wallet; half-open, one bet per cool-down may."""
        state = self.state
        if state is not BreakerState.HALF_OPEN:
            return state is BreakerState.CLOSED
        now_ms = self._now_ms()
        if self._probe_sent_at_ms is not None and now_ms - self._probe_sent_at_ms < self._cooldown_ms:
            return False
        self._probe_sent_at_ms = now_ms
        return True

    def record(self, *, certain: bool) -> BreakerState | None:
        """Count one answer of the wallet; returns the new state when it changed."""
        if self._opened_at_ms is not None:
            return self._record_while_open(certain)
        now_ms = self._now_ms()
        self._answers.append((now_ms, certain))
        self._uncertain_count += not certain
        while now_ms - self._answers[0][0] > self._limits.breaker_window_s * 1000:
            self._uncertain_count -= not self._answers.popleft()[1]
        count = len(self._answers)
        if count < self._limits.breaker_calls_min:
            return None
        if self._uncertain_count * 1_000_000 < count * self._limits.breaker_uncertain_ppm:
            return None
        self._opened_at_ms = now_ms
        return BreakerState.OPEN

    def _record_while_open(self, certain: bool) -> BreakerState | None:
        """Open again after an uncertain answer; close after the first certain one once the cool-down is over."""
        if not certain:
            self._opened_at_ms = self._now_ms()
            return None
        if self.state is BreakerState.OPEN:
            return None
        self._opened_at_ms = self._probe_sent_at_ms = None
        self._answers.clear()
        self._uncertain_count = 0
        return BreakerState.CLOSED
