"""Lets no signed call pass that is too old, too far ahead, or that carries a number used once before.

An adapter says what it found in the signed bytes by two facts: ``sent_time_ms`` and ``nonce``. A protocol whose honest
retries repeat a request id must not call it a nonce.
"""

from collections import OrderedDict
from collections.abc import Mapping

from adapters.contract.errors import OutcomeUnknown
from gateway.callbacks.ports import AuditKind, CallbackLimits

SENT_TIME_FACT = "sent_time_ms"
NONCE_FACT = "nonce"


class OutsideWindow(OutcomeUnknown):
    """The call is sound but not of now; an earlier try of it may have been booked, so it is not refused for certain."""


class ReplayWindow:
    """The window of one adapter."""

    def __init__(self, limits: CallbackLimits) -> None:
        self._window_ms = limits.timestamp_window_s * 1000
        self._count_max = limits.nonce_count_max
        self._seen: OrderedDict[tuple[str, str], int] = OrderedDict()

    def objection(self, brand_ref: str, facts: Mapping[str, str], now_ms: int) -> AuditKind | None:
        """Return why the call must be refused; ``None``: it may pass, and its nonce is now used."""
        sent = facts.get(SENT_TIME_FACT)
        if sent is not None and not self._is_fresh(sent, now_ms):
            return AuditKind.STALE_TIMESTAMP
        nonce = facts.get(NONCE_FACT)
        if nonce is not None and not self._is_new((brand_ref, nonce), now_ms):
            return AuditKind.REPLAYED_NONCE
        return None

    def _is_fresh(self, sent: str, now_ms: int) -> bool:
        return sent.isascii() and sent.isdigit() and abs(now_ms - int(sent)) <= self._window_ms

    def _is_new(self, key: tuple[str, str], now_ms: int) -> bool:
        self._forget(now_ms)
        if key in self._seen:
            return False
        self._seen[key] = now_ms
        return True

    def _forget(self, now_ms: int) -> None:
        """Drop what the timestamp alone would refuse by now, and the oldest above the cap."""
        while self._seen:
            key, seen_ms = next(iter(self._seen.items()))
            if now_ms - seen_ms <= 2 * self._window_ms and len(self._seen) < self._count_max:
                return
            del self._seen[key]
