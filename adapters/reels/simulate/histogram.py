"""How often each pay came: exact counts, cheap to add to and to merge. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator

import numpy as np

from adapters.reels.simulate.sampling_tables import Integers

DENSE_PAYS = 1 << 16


class PayHistogram:
    """Counts by pay: an array for pays below 65,536 pay units, a dictionary for the rest."""

    __slots__ = ("_dense", "_large")

    def __init__(self, counts: Iterable[tuple[int, int]] = ()) -> None:
        self._dense: Integers = np.zeros(DENSE_PAYS, dtype=np.int64)
        self._large: Counter[int] = Counter()
        for pay, times in counts:
            self.add(np.array([pay], dtype=np.int64), np.array([times], dtype=np.int64))

    def add(self, pays: Integers, times: Integers) -> None:
        """Count each of ``pays`` so many times."""
        is_small = pays < DENSE_PAYS
        if is_small.all():
            np.add.at(self._dense, pays, times)
            return
        np.add.at(self._dense, pays[is_small], times[is_small])
        for pay, count in zip(pays[~is_small].tolist(), times[~is_small].tolist(), strict=True):
            self._large[pay] += count

    def add_each(self, pays: Integers) -> None:
        """Count each of ``pays`` once."""
        values, times = np.unique(pays, return_counts=True)
        self.add(values, times.astype(np.int64))

    def update(self, other: "PayHistogram") -> None:
        """Add all counts of another histogram."""
        self._dense += other._dense
        self._large.update(other._large)

    def items(self) -> Iterator[tuple[int, int]]:
        """Yield every pay that came, ascending, with its count."""
        for pay in np.flatnonzero(self._dense).tolist():
            yield pay, int(self._dense[pay])
        yield from sorted((pay, count) for pay, count in self._large.items() if count)

    def __getitem__(self, pay: int) -> int:
        return int(self._dense[pay]) if pay < DENSE_PAYS else self._large[pay]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PayHistogram) and dict(self.items()) == dict(other.items())

    __hash__ = None  # type: ignore[assignment]  # it changes, so it is no key

    def moments(self) -> tuple[int, int, int]:
        """Return the count, the sum and the sum of squares of all pays, exact."""
        count = total = squares = 0
        for pay, times in self.items():
            count += times
            total += pay * times
            squares += pay * pay * times
        return count, total, squares
