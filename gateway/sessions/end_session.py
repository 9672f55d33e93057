"""The use cases behind ``GetSession`` and ``CloseSession``."""

from dataclasses import replace

from gateway.errors import SessionNotFound
from gateway.rounds.ports import PlayerSession, SessionStore
from gateway.sessions.session_cache import SessionCache


class SessionKeeper:
    """Reads and ends sessions of an operator."""

    def __init__(self, store: SessionStore, cache: SessionCache) -> None:
        self._store = store
        self._cache = cache

    async def read(self, operator_id: str, session_id: str) -> PlayerSession:
        """Return the session; raises ``SessionNotFound``."""
        session = await self._store.get(operator_id, session_id)
        if session is None:
            raise SessionNotFound("no such session")
        return session

    async def close(self, operator_id: str, session_id: str) -> PlayerSession:
        """End the session: no more bets under its token. Closing it again changes nothing."""
        session = await self.read(operator_id, session_id)
        await self._store.close(operator_id, session_id)
        self._cache.forget(session.token_hash)
        return replace(session, closed=True)
