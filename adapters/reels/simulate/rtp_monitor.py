"""The live RTP monitor: one stream per game, version, bet, stake and channel; an alarm when it leaves the theory.

Feed it settled rounds; free rounds and test accounts are the caller's to leave out. State is small,
can be stored, and added up over processes: the capital of several gamblers who bet on different rounds is the product
of theirs, so sums of logarithms add, and what they add up to is a supermartingale again.
"""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from adapters.reels.simulate.evidence import Evidence, Theory

CHECK_ROUNDS = 256
ALARM_PROBABILITY = 1e-5


@dataclass(frozen=True, slots=True, order=True)
class StreamKey:
    """What is watched by itself: a fault may be in one version, one stake or one channel only."""

    game_id: str
    version: str
    bet_mode: str
    stake_micros: int
    currency_code: str
    channel: str
    line_count: int = 0
    """0 means all lines."""


@dataclass(frozen=True, slots=True)
class RtpReport:
    """What a stream has shown so far; ``low`` and ``high`` bound the true return at all times at once."""

    key: StreamKey
    rounds: int
    rtp: float
    theoretical_rtp: float
    low: float
    high: float
    evidence: float


@dataclass(frozen=True, slots=True)
class RtpAlarm:
    """The return has left the theoretical one: ``side`` is ``high`` (pays too much) or ``low``."""

    side: str
    report: RtpReport


@dataclass(slots=True)
class _Stream:
    theory: Theory
    evidence: Evidence
    waiting: Counter[int]
    base: Evidence
    """What of the evidence is kept already, for all processes."""
    alarm: str = ""
    """The side of the alarm that was given; empty: none."""


class RtpMonitor:
    """Watches any number of streams; each gives at most one alarm until it is restarted.

    While a stream's theory holds, it ever gives an alarm with probability at most ``alarm_probability``; over 10,000
    streams and for all time the chance of any false alarm is therefore at most 10 % with the default of 1e-5.
    """

    def __init__(
        self,
        theory_of: Callable[[StreamKey], Theory],
        alarm_probability: float = ALARM_PROBABILITY,
        check_rounds: int = CHECK_ROUNDS,
    ) -> None:
        self._theory_of = theory_of
        self._alarm_probability = alarm_probability
        self._check_rounds = check_rounds
        self._streams: dict[StreamKey, _Stream] = {}

    def observe(self, key: StreamKey, win_micros: int) -> RtpAlarm | None:
        """Take in one settled round; returns the alarm when this round completes the evidence for one."""
        stream = self._stream(key)
        stream.waiting[win_micros] += 1
        if stream.waiting.total() < self._check_rounds:
            return None
        return self._check(key, stream)

    def observe_counts(self, key: StreamKey, rounds_by_win_micros: Counter[int]) -> RtpAlarm | None:
        """Take in many settled rounds at once."""
        stream = self._stream(key)
        stream.waiting.update(rounds_by_win_micros)
        return self._check(key, stream)

    def report(self, key: StreamKey, *, bounds: bool = True) -> RtpReport:
        """Say what the stream has shown so far; without ``bounds`` in no time."""
        stream = self._stream(key)
        self._take_in(key, stream)
        return self._report(key, stream, bounds=bounds)

    def keys(self) -> list[StreamKey]:
        """Return the streams that have been seen."""
        return sorted(self._streams)

    def was_kept(self, key: StreamKey) -> bool:
        """Say whether a part of the stream is kept."""
        return self._stream(key).base.rounds > 0

    def watch(self, key: StreamKey) -> None:
        """Begin to watch a stream, if it is not watched yet."""
        self._stream(key)

    def restart(self, key: StreamKey) -> None:
        """Forget a stream, after its alarm was looked into."""
        self._streams.pop(key, None)

    def to_document(self) -> list[dict[str, Any]]:
        """Return the state of all streams as JSON."""
        for key, stream in self._streams.items():
            self._take_in(key, stream)
        return [
            {"key": asdict(key), "alarm": stream.alarm, **stream.evidence.to_document()}
            for key, stream in sorted(self._streams.items())
        ]

    def restore(self, document: list[dict[str, Any]]) -> None:
        """Go on from what ``to_document`` gave."""
        for entry in document:
            key = StreamKey(**entry["key"])
            theory = self._theory_of(key)
            evidence = Evidence.from_document(theory, entry)
            self._streams[key] = _Stream(theory, evidence, Counter(), evidence.copy(), str(entry["alarm"]))

    def alarm_of(self, key: StreamKey) -> str:
        """Return the side of the alarm that a stream gave, here or in another process; empty: none."""
        return self._stream(key).alarm

    def unkept(self, key: StreamKey) -> dict[str, Any]:
        """Return as JSON what a stream saw since it was last ``kept``, with its theory."""
        stream = self._stream(key)
        self._take_in(key, stream)
        return {
            "key": asdict(key),
            "alarm": stream.alarm,
            "theory": asdict(stream.theory),
            **stream.evidence.less(stream.base).to_document(),
        }

    def kept(self, key: StreamKey, added: dict[str, Any], total: dict[str, Any]) -> None:
        """Go on from ``total``: what all processes kept, ``added`` (an ``unkept`` of this one) included."""
        stream = self._stream(key)
        self._take_in(key, stream)
        theory = stream.theory
        since = stream.evidence.less(stream.base).less(Evidence.from_document(theory, added))
        stream.base = Evidence.from_document(theory, total)
        stream.evidence = stream.base.plus(since)
        stream.alarm = str(total["alarm"])

    def _stream(self, key: StreamKey) -> _Stream:
        stream = self._streams.get(key)
        if stream is None:
            theory = self._theory_of(key)
            stream = self._streams[key] = _Stream(theory, Evidence(theory), Counter(), Evidence(theory))
        return stream

    def _take_in(self, key: StreamKey, stream: _Stream) -> None:
        if not stream.waiting:
            return
        wins = np.array(list(stream.waiting), dtype=np.float64)
        counts = np.array(list(stream.waiting.values()), dtype=np.int64)
        stream.evidence.add(wins / key.stake_micros, counts)
        stream.waiting.clear()

    def _check(self, key: StreamKey, stream: _Stream) -> RtpAlarm | None:
        self._take_in(key, stream)
        if stream.alarm:
            return None
        high, low = stream.evidence.log_sides()
        if np.logaddexp(high, low) < -math.log(self._alarm_probability):
            return None
        stream.alarm = "high" if high > low else "low"
        return RtpAlarm(stream.alarm, self._report(key, stream))

    def _report(self, key: StreamKey, stream: _Stream, *, bounds: bool = True) -> RtpReport:
        evidence = stream.evidence
        low, high = evidence.interval(self._alarm_probability) if bounds else (0.0, math.inf)
        sides = float(np.logaddexp(*evidence.log_sides()))
        return RtpReport(key, evidence.rounds, evidence.mean, stream.theory.rtp, low, high, math.exp(min(sides, 700.0)))
