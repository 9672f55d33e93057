"""Asks adapters how they are. When one that deals here is sick, health says NOT_SERVING for rounds: it must not
deal.
"""

import logging
from collections.abc import Awaitable, Callable

from adapters.contract.adapter import ProviderAdapter
from adapters.contract.errors import AdapterError
from adapters.contract.manifest import SettlementMode
from gateway.rounds.ports import AdapterRegistry

_log = logging.getLogger("reelgate.health")
SetServing = Callable[[bool], Awaitable[None]]


class AdapterHealth:
    """Keeps the health of ``RoundService`` in step with the adapters that deal in this process."""

    def __init__(self, registry: AdapterRegistry, set_serving: SetServing) -> None:
        self._registry = registry
        self._set_serving = set_serving
        self._serving = True
        self.sick: dict[str, str] = {}

    async def check(self) -> None:
        """Probe every adapter; change health when the answer changed."""
        for adapter_id, manifest, adapter in self._registry.all():
            cause = await _sickness(adapter)
            if cause != self.sick.get(adapter_id, ""):
                _log.warning("adapter %s: %s", adapter_id, cause or "well again")
            self.sick[adapter_id] = cause if cause else ""
            del manifest
        serving = not any(
            self.sick.get(adapter_id)
            for adapter_id, manifest, _ in self._registry.all()
            if manifest.settlement_mode is SettlementMode.ATOMIC
        )
        if serving != self._serving:
            self._serving = serving
            await self._set_serving(serving)


async def _sickness(adapter: ProviderAdapter) -> str:
    try:
        await adapter.probe()
    except AdapterError as error:
        return error.message
    except Exception as error:  # noqa: BLE001  # the adapter border: anything else is a sickness, too
        return f"broke while it was probed: {error!r}"
    return ""
