"""Audit events as structured log lines, and counted."""

from collections import Counter

import structlog

from gateway.callbacks.ports import AuditEvent, AuditKind

_QUIET = frozenset({AuditKind.OLD_KEY, AuditKind.BREAKER_CLOSED})


class LogAudit:
    """Writes each event as one log line; ``counts`` says how often each kind came, per adapter."""

    def __init__(self) -> None:
        self._log = structlog.get_logger("reelgate.callbacks")
        self.counts: Counter[tuple[str, AuditKind]] = Counter()

    def record(self, event: AuditEvent) -> None:
        """Write the event."""
        self.counts[event.adapter_id, event.kind] += 1
        write = self._log.info if event.kind in _QUIET else self._log.warning
        write(event.kind.value, adapter_id=event.adapter_id, brand_ref=event.brand_ref, **event.facts)
