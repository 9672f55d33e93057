"""What a switch is about."""

from enum import StrEnum
from typing import NamedTuple


class TargetKind(StrEnum):
    """What a switch is about."""

    GAME = "game"
    PROVIDER = "provider"


class Target(NamedTuple):
    """A game or a provider, for one brand."""

    brand_id: str
    kind: TargetKind
    target_id: str
