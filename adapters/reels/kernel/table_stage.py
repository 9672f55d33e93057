"""Steps that are no spins: a weighted table of pays and awards. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from adapters.reels.kernel.finals import Award

TableOutcomes = Mapping[tuple[int, tuple[Award, ...]], int]


@dataclass(frozen=True, slots=True)
class TableStage:
    """One step by the rules of ``kind``; ``outcomes`` is its exact distribution, ``facts`` what play draws from."""

    kind: str
    outcomes: TableOutcomes
    facts: Mapping[str, Any] = field(default_factory=dict)

    def digest(self) -> bytes:
        """Return the hash of everything that decides the step."""
        facts = sorted((key, repr(value)) for key, value in self.facts.items())
        return sha256(repr((self.kind, sorted(self.outcomes.items()), facts)).encode()).digest()
