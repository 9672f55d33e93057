"""Continuous health tests of the seed source: NIST SP 800-90B, sections 4.4.1 and 4.4.2. Pure state machine.

A sample is one byte, claimed to hold 8 bits of entropy (the operating system's output is conditioned).
The false-alarm probability is 2**-40 a sample, the strict end of what the standard allows.
"""

FALSE_ALARM_BITS = 40
ENTROPY_BITS_PER_SAMPLE = 8
REPETITION_CUTOFF = 1 + -(-FALSE_ALARM_BITS // ENTROPY_BITS_PER_SAMPLE)
PROPORTION_WINDOW = 512
# 1 + CRITBINOM(512, 2**-8, 1 - 2**-40); the unit test derives it again from the binomial distribution.
PROPORTION_CUTOFF = 19
START_UP_SAMPLES = 4096


class SeedHealth:
    """Repetition count and adaptive proportion over all samples ever fed to it."""

    __slots__ = ("_last", "_repeats", "_window_count", "_window_left", "_window_value")

    def __init__(self) -> None:
        self._last = -1
        self._repeats = 0
        self._window_left = 0
        self._window_value = -1
        self._window_count = 0

    def feed(self, samples: bytes) -> str | None:
        """Test the samples in order; returns what failed, or None."""
        for sample in samples:
            if self._repeats_too_often(sample):
                return f"repetition count: byte {sample:#04x} {REPETITION_CUTOFF} times in a row"
            if self._is_too_frequent(sample):
                return f"adaptive proportion: byte {sample:#04x} {PROPORTION_CUTOFF} times in one window"
        return None

    def _repeats_too_often(self, sample: int) -> bool:
        self._repeats = self._repeats + 1 if sample == self._last else 1
        self._last = sample
        return self._repeats >= REPETITION_CUTOFF

    def _is_too_frequent(self, sample: int) -> bool:
        if self._window_left == 0:
            self._window_left = PROPORTION_WINDOW
            self._window_value = sample
            self._window_count = 0
        self._window_left -= 1
        self._window_count += sample == self._window_value
        return self._window_count >= PROPORTION_CUTOFF
