"""A point on a monotonic clock by which an answer is due.

It shrinks along the way: client > gateway > adapter > provider.
"""

from collections.abc import Callable

from adapters.contract.value import value


@value(frozen=True, slots=True)
class Deadline:
    """An instant on the clock ``monotonic`` (seconds as that clock counts them)."""

    at_s: float
    monotonic: Callable[[], float]

    @classmethod
    def after_ms(cls, timeout_ms: int, monotonic: Callable[[], float]) -> "Deadline":
        """Make a deadline ``timeout_ms`` from now on ``monotonic``."""
        return cls(monotonic() + timeout_ms / 1000, monotonic)

    def left_ms(self) -> int:
        """Return the whole milliseconds that are left; 0 when the deadline has passed."""
        return max(0, int((self.at_s - self.monotonic()) * 1000))

    def passed(self) -> bool:
        """Say whether the deadline has passed."""
        return self.monotonic() >= self.at_s

    def shrunk_by_ms(self, reserve_ms: int) -> "Deadline":
        """Return an earlier deadline that leaves ``reserve_ms`` to the caller."""
        return Deadline(self.at_s - reserve_ms / 1000, self.monotonic)
