"""Asks the adapters that deal in this process what their games have returned."""

from dataclasses import replace

from adapters.contract.returns import GameReturn, SupportsReturns
from gateway.rounds.ports import AdapterRegistry


def game_returns(registry: AdapterRegistry, game_id: str = "", *, bounds: bool = True) -> tuple[GameReturn, ...]:
    """Return what all watched streams, or those of one game, came to, by public ids: "provider:game"."""
    found: list[GameReturn] = []
    for _, manifest, adapter in registry.all():
        if not hasattr(adapter, "game_returns"):
            continue
        watched: SupportsReturns = adapter  # type: ignore[assignment]  # it has the method
        returns = watched.game_returns(bounds=bounds)
        found += [replace(each, game_id=f"{manifest.provider_id}:{each.game_id}") for each in returns]
    return tuple(each for each in found if game_id in ("", each.game_id))
