"""Loads the adapters that the config names."""

import asyncio
from collections.abc import Sequence

from adapters.contract.adapter import ProviderAdapter
from adapters.contract.manifest import Manifest
from adapters.loader import load_adapter
from gateway.catalogue.registry import Registry
from gateway.config import AdapterConfig


async def load_registry(configs: Sequence[AdapterConfig]) -> Registry:
    """Make every adapter and ask it for its manifest; raises ``AdapterNotLoaded`` or ``ValueError`` (two for one
    provider).
    """
    loop = asyncio.get_running_loop()
    loaded: list[tuple[Manifest, ProviderAdapter]] = []
    for item in configs:
        adapter = await loop.run_in_executor(None, load_adapter, item.factory, item.config)
        loaded.append((await adapter.describe(), adapter))
    return Registry(loaded)
