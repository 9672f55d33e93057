"""Remembers sessions for a short while, so that a spin does not read the database.

A session that is closed in another process may go on for at most ``ttl_s``; in this process it ends at once.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from gateway.rounds.ports import Clock, PlayerSession

CacheKey = bytes | tuple[str, ...]
"""The hash of a token, or the words by which a provider names a session."""
Read = Callable[[bytes], Awaitable[PlayerSession | None]]
"""Reads the session with the hash of its token."""


class SessionCache:
    """Sessions by the key under which they were found."""

    def __init__(self, clock: Clock, ttl_s: float, size_max: int) -> None:
        self._monotonic = clock.monotonic
        self._ttl_s = ttl_s
        self._size_max = size_max
        self._entries: dict[CacheKey, tuple[PlayerSession, float]] = {}
        self._keys_by_token: dict[bytes, set[CacheKey]] = {}
        self._reading: dict[bytes, asyncio.Task[PlayerSession | None]] = {}

    def get(self, key: CacheKey) -> PlayerSession | None:
        """Return a session that was read no longer than ``ttl_s`` ago."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry[1] <= self._monotonic():
            self._drop(key)
            return None
        return entry[0]

    def put(self, key: CacheKey, session: PlayerSession) -> None:
        """Remember a session as read just now; the oldest makes room."""
        if len(self._entries) >= self._size_max:
            self._drop(next(iter(self._entries)))
        self._entries[key] = (session, self._monotonic() + self._ttl_s)
        self._keys_by_token.setdefault(session.token_hash, set()).add(key)

    async def read_once(self, token_hash: bytes, read: Read) -> PlayerSession | None:
        """Read a session and remember it; who asks for it meanwhile waits for the same answer."""
        reading = self._reading.get(token_hash)
        if reading is None:
            reading = self._reading[token_hash] = asyncio.create_task(self._read(token_hash, read))
            reading.add_done_callback(partial(self._ended, token_hash))
        return await asyncio.shield(reading)

    async def _read(self, token_hash: bytes, read: Read) -> PlayerSession | None:
        session = await read(token_hash)
        if session is not None and self._reading.get(token_hash) is asyncio.current_task():
            self.put(token_hash, session)  # unless it was changed while it was read
        return session

    def _ended(self, token_hash: bytes, reading: "asyncio.Task[PlayerSession | None]") -> None:
        if self._reading.get(token_hash) is reading:
            del self._reading[token_hash]
        if not reading.cancelled():
            reading.exception()  # whoever waits gets it; it may be that nobody does any more

    def forget(self, token_hash: bytes) -> None:
        """Read the session with this token anew next time, by whatever key; what is being read now is out of date."""
        self._reading.pop(token_hash, None)
        for key in tuple(self._keys_by_token.get(token_hash, ())):
            self._drop(key)

    def _drop(self, key: CacheKey) -> None:
        session, _ = self._entries.pop(key)
        keys = self._keys_by_token[session.token_hash]
        keys.discard(key)
        if not keys:
            del self._keys_by_token[session.token_hash]
