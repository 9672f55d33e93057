"""The adapters of this process, by what they say about themselves."""

from collections.abc import Iterable

from adapters.contract.adapter import ProviderAdapter
from adapters.contract.ids import AdapterId
from adapters.contract.manifest import Manifest
from gateway.catalogue.guard import guarded


class Registry:
    """All adapters with their manifests; refuses two adapters for one provider or id.

    Whoever calls an adapter has it from here, so this is where the guard stands.
    """

    def __init__(self, adapters: Iterable[tuple[Manifest, ProviderAdapter]]) -> None:
        self._by_id: dict[str, tuple[Manifest, ProviderAdapter]] = {}
        self._by_provider: dict[str, tuple[Manifest, ProviderAdapter]] = {}
        for manifest, unguarded in adapters:
            adapter = guarded(unguarded, manifest.adapter_id)
            if manifest.adapter_id in self._by_id or manifest.provider_id in self._by_provider:
                raise ValueError(f"two adapters serve {manifest.adapter_id} ({manifest.provider_id})")
            self._by_id[manifest.adapter_id] = (manifest, adapter)
            self._by_provider[manifest.provider_id] = (manifest, adapter)

    def manifest_of(self, adapter_id: str) -> Manifest | None:
        """Return the manifest of an adapter."""
        found = self._by_id.get(adapter_id)
        return None if found is None else found[0]

    def adapter_of_provider(self, provider_id: str) -> tuple[Manifest, ProviderAdapter] | None:
        """Return the adapter that serves a provider."""
        return self._by_provider.get(provider_id)

    def all(self) -> tuple[tuple[AdapterId, Manifest, ProviderAdapter], ...]:
        """Return every adapter."""
        return tuple((manifest.adapter_id, manifest, adapter) for manifest, adapter in self._by_id.values())
