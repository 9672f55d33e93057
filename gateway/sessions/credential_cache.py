"""Remembers the keys of brands at providers for a short while, so that a callback does not read the database.

A key that is added or retired counts within ``ttl_s``; an unknown brand is asked for every time.
"""

from typing import Protocol

from adapters.contract.wallet_calls import Credential
from gateway.rounds.ports import Clock


class CredentialStore(Protocol):
    """Where keys are kept."""

    async def find_credential(self, adapter_id: str, brand_ref: str, credential_ref: str = "") -> Credential | None:
        """Return the live keys, newest first; ``None``: unknown brand."""
        ...


class CachedCredentials:
    """Finds credentials through the cache."""

    def __init__(self, store: CredentialStore, clock: Clock, ttl_s: float) -> None:
        self._store = store
        self._clock = clock
        self._ttl_s = ttl_s
        self._known: dict[tuple[str, str, str], tuple[Credential, float]] = {}

    async def find_credential(self, adapter_id: str, brand_ref: str, credential_ref: str = "") -> Credential | None:
        """Return the live keys, newest first; ``None``: unknown brand."""
        key = (adapter_id, brand_ref, credential_ref)
        known = self._known.get(key)
        if known is not None and known[1] > self._clock.monotonic():
            return known[0]
        found = await self._store.find_credential(adapter_id, brand_ref, credential_ref)
        if found is None:
            self._known.pop(key, None)
            return None
        self._known[key] = (found, self._clock.monotonic() + self._ttl_s)
        return found
