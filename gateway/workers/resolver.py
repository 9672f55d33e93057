"""Ends rounds in doubt: at the start of the process and ever after, asking providers with growing pauses.

Each provider has a lane of its own, so that one that does not answer holds up nobody's rounds but its own.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Protocol

from adapters.contract.deadline import Deadline
from adapters.contract.manifest import Manifest, SettlementMode
from gateway.rounds.doubts import asked_time_ms_of
from gateway.rounds.ports import AdapterRegistry, Clock, RoundRef, WalletPort, WalletRound
from gateway.rounds.resolve_round import Resolution, ResolveRound
from gateway.storage.operator_store import Brand

_log = logging.getLogger("reelgate.resolver")
LANES_MAX = 16
"""So many providers are asked at once."""


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
    lane_ms: int = 10_000
    """So long a provider's lane begins questions in one turn; what it did not come to is asked first in the next."""


@dataclass(slots=True)
class _Wait:
    next_try_ms: int
    pause_ms: int


@dataclass(slots=True)
class _Lane:
    """One provider's part of a turn."""

    provider_id: str
    results: dict[RoundRef, Resolution] = field(default_factory=dict)
    seen: list[RoundRef] = field(default_factory=list)
    """Its rounds in doubt; all of them when ``complete``."""
    complete: bool = False


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
        """Try the rounds in doubt that are due, provider by provider at once; return what became of each."""
        manifests = {
            manifest.provider_id: manifest
            for _, manifest, _ in self._registry.all()
            if manifest.settlement_mode is SettlementMode.GATEWAY_DRIVEN
        }
        if not manifests:
            return {}
        brand_ids = [brand.brand_id for brand in await self._brands.list_brands()]
        free = asyncio.Semaphore(LANES_MAX)
        lanes = await asyncio.gather(*(self._lane(manifest, brand_ids, free) for manifest in manifests.values()))
        self._forget(lanes)
        return {ref: resolution for lane in lanes for ref, resolution in lane.results.items()}

    async def _lane(self, manifest: Manifest, brand_ids: list[str], free: asyncio.Semaphore) -> _Lane:
        """Go through one provider's rounds; a round that breaks is left for later and holds up none behind it."""
        lane = _Lane(manifest.provider_id)
        async with free:
            until = Deadline.after_ms(self._terms.lane_ms, self._clock.monotonic)
            try:
                for ref in await self._list(lane, manifest, brand_ids):
                    if until.passed():
                        break
                    lane.results[ref] = await self._tried(ref)
            except Exception:  # noqa: BLE001  # the edge of a lane: the other providers' rounds must be ended
                _log.exception("the rounds in doubt of provider %s could not be gone through", manifest.provider_id)
        return lane

    async def _list(self, lane: _Lane, manifest: Manifest, brand_ids: list[str]) -> list[RoundRef]:
        """Return the rounds that are due, those first that have waited longest since they were."""
        for brand_id in brand_ids:
            async for item in self._in_doubt(brand_id, manifest):
                lane.seen.append(item.ref)
        lane.complete = True
        now_ms = self._clock.now_ms()
        return sorted((ref for ref in lane.seen if self._due_ms(ref) <= now_ms), key=self._due_ms)

    def _forget(self, lanes: list[_Lane]) -> None:
        """Forget the pauses of rounds that are in doubt no more, where a lane has seen all that are."""
        complete = {lane.provider_id for lane in lanes if lane.complete}
        seen = {ref for lane in lanes for ref in lane.seen}
        self._waits = {ref: wait for ref, wait in self._waits.items() if ref in seen or ref.provider_id not in complete}

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

    def _due_ms(self, ref: RoundRef) -> int:
        wait = self._waits.get(ref)
        return 0 if wait is None else wait.next_try_ms

    async def _tried(self, ref: RoundRef) -> Resolution:
        """Try one round and note when to try again, whatever comes out."""
        try:
            stored = await self._wallet.get_round(ref)
            resolution = Resolution.UNKNOWN if stored is None else await self._resolve(stored)
        except Exception:  # noqa: BLE001  # else this round would come first, and end the lane, in every turn
            _log.exception("round %s of provider %s could not be ended", ref.round_id, ref.provider_id)
            resolution = Resolution.UNKNOWN
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
