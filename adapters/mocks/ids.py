"""Ids that repeat themselves after a reset, so that a recorded run can be compared."""

import random
import uuid


class IdSource:
    """UUIDs and short names from a seeded generator."""

    def __init__(self, seed: int = 1) -> None:
        self._seed = seed
        self._generation = -1
        self.reset()

    def reset(self) -> None:
        """Begin another sequence, the same one in every run: a wallet that was not reset must not see old ids again."""
        self._generation += 1
        name = f"{self._seed}/{self._generation}"
        self._draw = random.Random(name)  # noqa: S311 ids of a test tool must repeat themselves

    def uuid(self) -> str:
        """Return the next UUID (version 4 by form)."""
        return str(uuid.UUID(int=self._draw.getrandbits(128), version=4))

    def number(self) -> str:
        """Return the next id made of digits only."""
        return str(self._draw.randrange(10**11, 10**12))
