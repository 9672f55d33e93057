"""Remembers sessions by token for a short while, so that a spin does not read the database.

A session that is closed in another process may go on for at most ``ttl_s``; in this process it ends at once.
"""

from gateway.rounds.ports import Clock, PlayerSession


class SessionCache:
    """Sessions by the hash of their token."""

    def __init__(self, clock: Clock, ttl_s: float, size_max: int) -> None:
        self._monotonic = clock.monotonic
        self._ttl_s = ttl_s
        self._size_max = size_max
        self._entries: dict[bytes, tuple[PlayerSession, float]] = {}

    def get(self, token_hash: bytes) -> PlayerSession | None:
        """Return a session that was read no longer than ``ttl_s`` ago."""
        entry = self._entries.get(token_hash)
        if entry is None:
            return None
        if entry[1] <= self._monotonic():
            del self._entries[token_hash]
            return None
        return entry[0]

    def put(self, session: PlayerSession) -> None:
        """Remember a session as read just now; the oldest makes room."""
        if len(self._entries) >= self._size_max:
            del self._entries[next(iter(self._entries))]
        self._entries[session.token_hash] = (session, self._monotonic() + self._ttl_s)

    def forget(self, token_hash: bytes) -> None:
        """Read the session anew next time."""
        self._entries.pop(token_hash, None)
