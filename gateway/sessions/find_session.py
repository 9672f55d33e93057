"""Finds sessions, open or over, by what callers know of them; through the cache."""

from dataclasses import replace

from gateway.rounds.play_steps import adapter_session
from gateway.rounds.ports import Clock, PlayerSession, SessionStore
from gateway.sessions.session_cache import CacheKey, SessionCache
from gateway.sessions.tokens import TOKEN_LENGTH_MAX, hash_of


class SessionFinder:
    """Reads sessions, remembering each for the cache's short while."""

    def __init__(self, store: SessionStore, cache: SessionCache, clock: Clock) -> None:
        self._store = store
        self._cache = cache
        self._clock = clock

    def cached(self, token: str) -> PlayerSession | None:
        """Return the session of a token if it is remembered, without waiting."""
        return self._cache.get(hash_of(token))

    async def by_token(self, token: str) -> PlayerSession | None:
        """Return the session with this token."""
        if not token or len(token) > TOKEN_LENGTH_MAX:
            return None
        token_hash = hash_of(token)
        return self._cache.get(token_hash) or await self._cache.read_once(token_hash, self._read)

    async def by_id(self, brand_id: str, session_id: str) -> PlayerSession | None:
        """Return the session with this id in a brand."""
        key = ("id", brand_id, session_id)
        return self._cache.get(key) or self._remembered(key, await self._store.find_in_brand(brand_id, session_id))

    async def open_of_player(self, brand_id: str, player_id: str, provider_id: str) -> PlayerSession | None:
        """Return the newest open session of a player in any game of a provider."""
        key = ("player", brand_id, player_id, provider_id)
        found = self._cache.get(key)
        if found is not None:
            return found
        now_ms = self._clock.now_ms()
        return self._remembered(key, await self._store.find_open_of_player(brand_id, player_id, provider_id, now_ms))

    async def _read(self, token_hash: bytes) -> PlayerSession | None:
        return _prepared(await self._store.find_by_token_hash(token_hash))

    def _remembered(self, key: CacheKey, session: PlayerSession | None) -> PlayerSession | None:
        session = _prepared(session)
        if session is not None:
            self._cache.put(key, session)
        return session


def _prepared(session: PlayerSession | None) -> PlayerSession | None:
    return None if session is None else replace(session, adapter_session=adapter_session(session))
