"""Values of the hot path: compared and hashed by their fields, as frozen dataclasses are."""

from dataclasses import FrozenInstanceError, dataclass, fields, replace

import pytest

from adapters.contract.value import value


@value(frozen=True, slots=True)
class _Point:
    x: int
    y: int = 0


@dataclass(frozen=True, slots=True)
class _FrozenPoint:
    x: int
    y: int = 0


def test_a_value_is_compared_and_hashed_by_its_fields() -> None:
    assert _Point(1, 2) == _Point(1, 2) != _Point(1, 3)
    assert hash(_Point(1, 2)) == hash(_FrozenPoint(1, 2))
    assert [field.name for field in fields(_Point)] == ["x", "y"]


def test_a_changed_copy_leaves_the_value_as_it_was() -> None:
    point = _Point(1, 2)

    moved = replace(point, y=5)

    assert (point.y, moved.y) == (2, 5)


def test_a_value_takes_no_field_that_it_does_not_have() -> None:
    with pytest.raises(AttributeError):
        _Point(1).z = 3  # type: ignore[attr-defined]  # the point is that there is none


def test_only_a_frozen_dataclass_watches_assignments_at_run_time() -> None:
    with pytest.raises(FrozenInstanceError):
        _FrozenPoint(1).x = 2  # type: ignore[misc]  # the point is that it raises
    point = _Point(1)
    point.x = 2  # type: ignore[misc]  # the type checker refuses it; nothing else does

    assert point.x == 2
