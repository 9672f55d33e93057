"""Asks the adapters that deal in this process whether their games are what was certified."""

from dataclasses import replace

from adapters.contract.adapter import SupportsIntegrity
from adapters.contract.games import GameIntegrity
from adapters.contract.ids import GameId
from gateway.rounds.ports import AdapterRegistry


async def verify_integrity(registry: AdapterRegistry, game_id: str = "") -> tuple[GameIntegrity, ...]:
    """Return the verdicts of all games that can be checked here, or of one, by public ids: "provider:game"."""
    found: list[GameIntegrity] = []
    for _, manifest, adapter in registry.all():
        if not hasattr(adapter, "verify_integrity"):
            continue
        checked: SupportsIntegrity = adapter  # type: ignore[assignment]  # it has the method
        verdicts = await checked.verify_integrity()
        found += [replace(each, game_id=GameId(f"{manifest.provider_id}:{each.game_id}")) for each in verdicts]
    return tuple(verdict for verdict in found if game_id in ("", verdict.game_id))
