"""Keeps what adapters want kept between processes, and shows as metrics what their games return."""

import logging
from collections import Counter
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Gauge

from adapters.contract.adapter import ProviderAdapter
from adapters.contract.returns import GameReturn, StateStore, SupportsKeptState
from gateway.catalogue.returns import game_returns
from gateway.rounds.ports import AdapterRegistry

_log = logging.getLogger("reelgate.workers")
OpenStore = Callable[[str], StateStore]
"""Opens what is kept of an adapter, by the adapter's id."""


class ReturnMetrics:
    """What the monitor of returns says, by game: few series, since an alarm names its stream in the log."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._alarms = Gauge(
            "reelgate_rtp_alarmed_streams",
            "Streams of a game whose return has left the theoretical one.",
            ("game_id", "side"),
            registry=registry,
        )
        self._rounds = Gauge("reelgate_rtp_watched_rounds", "Rounds watched, by game.", ("game_id",), registry=registry)

    def show(self, returns: tuple[GameReturn, ...]) -> None:
        """Set the gauges."""
        rounds: Counter[str] = Counter()
        alarms: Counter[tuple[str, str]] = Counter()
        for each in returns:
            rounds[each.game_id] += each.rounds
            for side in ("high", "low"):
                alarms[each.game_id, side] += each.alarm == side
        for game_id, count in rounds.items():
            self._rounds.labels(game_id).set(count)
        for (game_id, side), count in alarms.items():
            self._alarms.labels(game_id, side).set(count)


class StateKeeper:
    """Brings each adapter of this process and what is kept of it together."""

    def __init__(self, registry: AdapterRegistry, open_store: OpenStore, metrics: ReturnMetrics) -> None:
        self._registry = registry
        self._open_store = open_store
        self._metrics = metrics

    async def turn(self) -> None:
        """Keep and show; at start, now and then, and at the end."""
        for adapter_id, _, adapter in self._registry.all():
            keeps = _keeping(adapter)
            if keeps is not None:
                await keeps.keep_state(self._open_store(adapter_id))
        self._metrics.show(game_returns(self._registry, bounds=False))

    async def last_turn(self) -> None:
        """Keep what there is when the process stops; a failure is logged and holds nothing up."""
        try:
            await self.turn()
        except Exception:  # noqa: BLE001  # the edge of a worker: the process stops all the same
            _log.exception("what games returned since the last turn was not kept")


def _keeping(adapter: ProviderAdapter) -> SupportsKeptState | None:
    if not hasattr(adapter, "keep_state"):
        return None
    keeps: SupportsKeptState = adapter  # type: ignore[assignment]  # it has the method
    return keeps
