"""Ends rounds in doubt: at the start of the process and ever after, asking providers with growing pauses."""

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from adapters.contract.manifest import Manifest, SettlementMode
from gateway.rounds.doubts import asked_time_ms_of
from gateway.rounds.ports import AdapterRegistry, Clock, RoundRef, WalletPort, WalletRound
from gateway.rounds.resolve_round import Resolution, ResolveRound
from gateway.storage.operator_store import Brand

_log = logging.getLogger("reelgate.resolver")


class Brands(Protocol):
    """Where brands are kept."""

    async def list_brands(self) -> list[Brand]:
        """Return all brands."""
        ...


@dataclass(frozen=True, slots=True)
class ResolverTerms:
    """When a round counts as in doubt, and how often its provider is asked."""

    grace_ms: int
    pause_ms: int
    pause_max_ms: int
    page_size: int


@dataclass(slots=True)
class _Wait:
    next_try_ms: int
    pause_ms: int


class DoubtResolver:
    """Walks over the open rounds of gateway-driven providers."""

    def __init__(
        self,
        wallet: WalletPort,
        registry: AdapterRegistry,
        brands: Brands,
        resolve: ResolveRound,
        clock: Clock,
        terms: ResolverTerms,
    ) -> None:
        self._wallet = wallet
        self._registry = registry
        self._brands = brands
        self._resolve = resolve
        self._clock = clock
        self._terms = terms
        self._waits: dict[RoundRef, _Wait] = {}

    async def turn(self) -> dict[RoundRef, Resolution]:
        """Try every round in doubt that is due; return what became of each."""
        manifests = [
            manifest
            for _, manifest, _ in self._registry.all()
            if manifest.settlement_mode is SettlementMode.GATEWAY_DRIVEN
        ]
        results: dict[RoundRef, Resolution] = {}
        if not manifests:
            return results
        seen: set[RoundRef] = set()
        for brand in await self._brands.list_brands():
            for manifest in manifests:
                async for item in self._in_doubt(brand.brand_id, manifest):
                    seen.add(item.ref)
                    if self._is_due(item.ref):
                        results[item.ref] = await self._one(item.ref)
        self._waits = {ref: wait for ref, wait in self._waits.items() if ref in seen}
        return results

    async def _in_doubt(self, brand_id: str, manifest: Manifest) -> AsyncIterator[WalletRound]:
        before_ms = self._clock.now_ms() - manifest.spin_timeout_ms - self._terms.grace_ms
        token = ""
        while True:
            page = await self._wallet.list_open_rounds(
                brand_id,
                self._terms.page_size,
                token,
                provider_id=manifest.provider_id,
                opened_before_ms=before_ms,
            )
            for item in page.items:
                asked_ms = asked_time_ms_of(item)  # none: it waits for its player, not for its provider
                if asked_ms is not None and asked_ms <= before_ms:
                    yield item
            token = page.next_page_token
            if not token:
                return

    def _is_due(self, ref: RoundRef) -> bool:
        wait = self._waits.get(ref)
        return wait is None or wait.next_try_ms <= self._clock.now_ms()

    async def _one(self, ref: RoundRef) -> Resolution:
        stored = await self._wallet.get_round(ref)
        resolution = Resolution.UNKNOWN if stored is None else await self._resolve(stored)
        if resolution in (Resolution.SETTLED, Resolution.ROLLED_BACK):
            self._waits.pop(ref, None)
        else:
            pause_ms = self._pause_ms(ref, resolution)
            self._waits[ref] = _Wait(self._clock.now_ms() + pause_ms, pause_ms)
        _log.info("round %s in doubt: %s", ref.round_id, resolution.value)
        return resolution

    def _pause_ms(self, ref: RoundRef, resolution: Resolution) -> int:
        """Return the next pause: twice the one before, and the longest for what only a person can end."""
        before = self._waits.get(ref)
        if resolution is Resolution.ESCALATED:
            return self._terms.pause_max_ms
        return self._terms.pause_ms if before is None else min(before.pause_ms * 2, self._terms.pause_max_ms)
