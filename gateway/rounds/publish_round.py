"""Publishes a provably fair round: what the player may know of it, as the stand-alone verifier reads it."""

from typing import Any

from adapters.contract.fair import FairTerms, SupportsFairPlay
from adapters.contract.wallet_calls import ActionKind
from gateway.errors import CapabilityNotSupported, RoundNotFound
from gateway.rounds.fair_rounds import FairBook
from gateway.rounds.ports import AdapterRegistry, RoundRef, WalletPort
from gateway.rounds.records import StepRecord


class PublishRound:
    """Puts the published values of a round together."""

    def __init__(self, registry: AdapterRegistry, wallet: WalletPort, fair: FairBook) -> None:
        self._registry = registry
        self._wallet = wallet
        self._fair = fair

    async def __call__(self, ref: RoundRef) -> dict[str, Any]:
        """Return the published values; raises ``RoundNotFound`` and ``CapabilityNotSupported``."""
        stored = await self._wallet.get_round(ref)
        if stored is None:
            raise RoundNotFound("no such round")
        rows = (row for row in stored.transactions if row.kind is ActionKind.WIN and row.detail)
        records = sorted((StepRecord.decode(row.detail) for row in rows), key=lambda record: record.step)
        terms = records[0].fair if records else None
        if terms is None:
            raise CapabilityNotSupported("the round is not provably fair")
        adapter = self._adapter_of(ref.provider_id)
        server_seed = await self._fair.revealed_seed(ref)
        return {
            "round_id": ref.round_id,
            "game_id": stored.game_id,
            "game_hash": records[0].game_version,
            **_terms(terms),
            "server_seed": "" if server_seed is None else server_seed.hex(),
            "complete": stored.closed,
            "steps": [adapter.published_draws(record.record) for record in records],
            "wins_micros": [record.win_micros for record in records],
            "presentations": [record.presentation.decode("utf-8", "replace") for record in records],
        }

    def findings(self, provider_id: str, published: dict[str, Any]) -> list[str]:
        """Check a published round from its values alone; returns what does not follow from its seeds."""
        return self._adapter_of(provider_id).fair_findings(published)

    def _adapter_of(self, provider_id: str) -> SupportsFairPlay:
        found = self._registry.adapter_of_provider(provider_id)
        if found is None or not hasattr(found[1], "published_draws"):
            raise CapabilityNotSupported("the provider deals no provably fair rounds here")
        adapter: SupportsFairPlay = found[1]  # type: ignore[assignment]  # it has the methods
        return adapter


def _terms(terms: FairTerms) -> dict[str, Any]:
    return {"commitment": terms.commitment, "client_seed": terms.client_seed, "nonce": terms.nonce}
