"""Loads the adapters that the config names."""

import asyncio
import logging
from collections.abc import Sequence

from adapters.contract.adapter import ProviderAdapter
from adapters.contract.errors import AdapterError
from adapters.contract.manifest import Manifest
from adapters.loader import AdapterNotLoaded, load_adapter
from gateway.catalogue.guard import guarded
from gateway.catalogue.registry import Registry
from gateway.config import AdapterConfig

_log = logging.getLogger("reelgate.adapters")


async def load_registry(configs: Sequence[AdapterConfig]) -> Registry:
    """Make every adapter and ask it for its manifest; raises ``AdapterNotLoaded`` or ``ValueError`` (two for one
    provider).
    """
    loop = asyncio.get_running_loop()
    loaded: list[tuple[Manifest, ProviderAdapter]] = []
    for item in configs:
        adapter = await loop.run_in_executor(None, load_adapter, item.factory, item.config)
        try:
            loaded.append((await guarded(adapter, item.factory).describe(), adapter))
        except AdapterError as error:
            raise AdapterNotLoaded(f"{item.factory!r} does not describe itself: {error.message}") from error
    return Registry(loaded)


async def close_adapters(registry: Registry) -> None:
    """Let every adapter let go; one that fails at it keeps nobody else from closing."""
    for adapter_id, _, adapter in registry.all():
        try:
            await adapter.aclose()
        except Exception:  # noqa: BLE001  # the adapter border: the wallet must be closed all the same
            _log.exception("adapter %s did not close", adapter_id)
