"""Must 12: opens a file when imported, and counts in a module-level table."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adapters.contract.deadline import Deadline
from adapters.contract.rounds import SpinOutcome, SpinRequest
from adapters.scaffold.templates.sample_studio.adapter import SampleStudioAdapter
from adapters.scaffold.templates.sample_studio.memory import Memory

COUNTS: dict[str, int] = {}
LOG = Path(tempfile.gettempdir()) / f"wrong-adapter-{os.getuid()}.log"  # of this user: others test here, too
LOG.write_text("imported\n")


class Counting(SampleStudioAdapter):
    """Counts spins where every instance sees them."""

    async def spin(self, request: SpinRequest, deadline: Deadline) -> SpinOutcome:
        COUNTS[request.round_id] = COUNTS.get(request.round_id, 0) + 1
        return await super().spin(request, deadline)


def create_adapter(config: Mapping[str, Any]) -> Counting:
    """Make it."""
    return Counting(Memory(config["database"]), b"s" * 32, "https://games.example/launch")
