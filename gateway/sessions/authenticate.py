"""Knows players by their session token and operators by their API key."""

from typing import Protocol

from gateway.errors import PermissionDenied, SessionExpired, Unauthenticated
from gateway.rounds.ports import Clock, PlayerSession
from gateway.sessions.find_session import SessionFinder
from gateway.sessions.tokens import TOKEN_LENGTH_MAX, hash_of


class OperatorKeys(Protocol):
    """Where operators, brands and keys are kept."""

    async def operator_of_key(self, key_hash: bytes) -> str | None:
        """Return whose live key has this hash."""
        ...

    async def operator_of_brand(self, brand_id: str) -> str | None:
        """Return whose brand it is."""
        ...


class PlayerAuthentication:
    """Turns session tokens into sessions that may bet."""

    def __init__(self, finder: SessionFinder, clock: Clock) -> None:
        self._finder = finder
        self._clock = clock

    def cached(self, token: str) -> PlayerSession | None:
        """Return the session of a token without waiting, if it is remembered and may bet."""
        session = self._finder.cached(token)
        if session is None or session.closed or session.expire_time_ms <= self._clock.now_ms():
            return None
        return session

    async def session_of(self, token: str) -> PlayerSession:
        """Return the open session of a token; raises ``Unauthenticated`` or ``SessionExpired``."""
        session = await self._finder.by_token(token)
        if session is None:
            raise Unauthenticated("the session token is missing or wrong")
        if session.closed or session.expire_time_ms <= self._clock.now_ms():
            raise SessionExpired("the session is over; open a new one")
        return session

    async def session_even_ended(self, token: str) -> PlayerSession:
        """Return the session of a token, open or over, to look back with; raises ``Unauthenticated``."""
        session = await self._finder.by_token(token)
        if session is None:
            raise Unauthenticated("the session token is missing or wrong")
        return session


class OperatorAuthentication:
    """Turns API keys into operators; remembers for ``ttl_s`` (a revoked key stops within it)."""

    def __init__(self, keys: OperatorKeys, clock: Clock, ttl_s: float) -> None:
        self._keys = keys
        self._clock = clock
        self._ttl_s = ttl_s
        self._operators: dict[bytes, tuple[str, float]] = {}
        self._brands: dict[str, str] = {}

    async def operator_of(self, api_key: str) -> str:
        """Return the operator of a live key; raises ``Unauthenticated``."""
        if not api_key or len(api_key) > TOKEN_LENGTH_MAX:
            raise Unauthenticated("the API key is missing or wrong")
        key_hash = hash_of(api_key)
        known = self._operators.get(key_hash)
        if known is not None and known[1] > self._clock.monotonic():
            return known[0]
        operator_id = await self._keys.operator_of_key(key_hash)
        if operator_id is None:
            self._operators.pop(key_hash, None)
            raise Unauthenticated("the API key is missing or wrong")
        self._operators[key_hash] = (operator_id, self._clock.monotonic() + self._ttl_s)
        return operator_id

    async def require_brand(self, operator_id: str, brand_id: str) -> None:
        """Return when the brand is the operator's; raises ``PermissionDenied``. A brand never changes hands."""
        owner = self._brands.get(brand_id)
        if owner is None:
            owner = await self._keys.operator_of_brand(brand_id)
            if owner is not None:
                self._brands[brand_id] = owner
        if owner != operator_id:
            raise PermissionDenied("the brand is not yours")
