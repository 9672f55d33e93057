import numpy as np
import pytest

from adapters.reels.kernel import board_exact
from adapters.reels.kernel.board_exact import BoardCycle, collect


@pytest.mark.parametrize("weights", [1, 5])
@pytest.mark.parametrize("pay_max", [50, 2**55])
def test_rows_are_added_up_alike_however_they_are_put_in_order(weights: int, pay_max: int) -> None:
    generator = np.random.Generator(np.random.PCG64(3))
    shape = 2_000
    rows = np.column_stack(
        [
            generator.choice([0, 7, pay_max], shape),
            generator.choice([0, 8, 10 << 12], shape),
            generator.integers(0, 4, shape),
            generator.integers(1, weights + 1, shape),
        ]
    ).astype(np.int64)
    expected = BoardCycle()
    for pay, games, falls, weight in rows.tolist():
        expected.outcomes[pay, games] = expected.outcomes.get((pay, games), 0) + weight
        expected.falls[falls] = expected.falls.get(falls, 0) + weight

    found = BoardCycle()
    for part in np.array_split(rows, 3):
        collect(found, part)
    collect(found, rows[:0])

    assert (board_exact._shifts(rows) is None) == (pay_max > 50)
    assert found == expected
