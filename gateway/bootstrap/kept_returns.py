"""What live games returned, read from the database without a server."""

from dataclasses import replace

from adapters.contract.returns import GameReturn, SupportsReturns
from gateway.bootstrap.adapters import load_registry
from gateway.config import Settings
from gateway.rounds.ports import Clock
from gateway.storage.database import migrate, open_engine
from gateway.storage.kept_state import SqlKeptState


async def kept_returns(
    settings: Settings, clock: Clock, game_id: str = "", restart: str = ""
) -> tuple[list[GameReturn], bool]:
    """Return what is kept of all streams, or of one game's; ``restart`` forgets a stream before, and says if it was."""
    found: list[GameReturn] = []
    dropped = False
    engine = open_engine(settings.database_url)
    try:
        await migrate(engine)
        registry = await load_registry(settings.adapters)
        for adapter_id, manifest, adapter in registry.all():
            if not hasattr(adapter, "kept_returns"):
                continue
            watched: SupportsReturns = adapter  # type: ignore[assignment]  # it has the method
            store = SqlKeptState(engine, adapter_id, clock)
            dropped |= bool(restart) and await store.drop(restart)
            returns = watched.kept_returns(await store.read())
            found += [replace(each, game_id=f"{manifest.provider_id}:{each.game_id}") for each in returns]
            await adapter.aclose()
    finally:
        await engine.dispose()
    return [each for each in found if game_id in ("", each.game_id)], dropped
