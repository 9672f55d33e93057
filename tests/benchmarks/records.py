"""What a benchmark returns."""

from collections.abc import Callable
from typing import TypedDict


class Record(TypedDict):
    """One measured figure; ``ratio`` is ``value`` over ``baseline``, to be held against ``goal``."""

    name: str
    value: float
    unit: str
    baseline: float | None
    ratio: float | None
    goal: str
    command: str


Benchmarks = dict[str, Callable[[], list[Record]]]
