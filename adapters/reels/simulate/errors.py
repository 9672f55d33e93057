"""What the simulator raises.

::

    ReelsError
    └── SimulationError          root of what follows
        ├── NotSampled           this kind of stage has no sampler; names the stage
        ├── CheckpointRefused    the checkpoint is damaged or of another simulation
        └── MergeRefused         two results do not belong together
"""

from adapters.reels.errors import ReelsError


class SimulationError(ReelsError):
    """Root of the simulator's errors."""


class NotSampled(SimulationError):
    """The simulator has no sampler for this stage; ``stage`` names it."""

    def __init__(self, stage: str, reason: str) -> None:
        super().__init__(f"stage {stage!r} cannot be sampled: {reason}")
        self.stage = stage


class CheckpointRefused(SimulationError):
    """The checkpoint cannot be read, or it belongs to another game, bet or seed."""


class MergeRefused(SimulationError):
    """Two results do not belong together; ``field`` names what differs or overlaps."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
