"""How a process that serves keeps its garbage."""

import gc

COLLECTOR_THRESHOLDS = (50_000, 20, 50)
"""As the wallet's own process has them: a burst of calls makes and drops thousands of objects, hardly any in cycles."""


def calm_collector() -> None:
    """Keep the garbage collector away from what never dies (compiled games) and from what dies by itself (calls).

    Call it once, when everything is composed. Without it every call waits a tenth of a second each time the collector
    walks through all that was imported.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTOR_THRESHOLDS)
