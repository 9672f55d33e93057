import contextlib
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract.amounts import decimal_from_micros
from adapters.contract.errors import MalformedCall
from adapters.contract.json_text import flag_of, objects_of, optional_text_of, read_object, text_of, write_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(max_size=5)
    | st.integers(0, 2**63 - 1).map(decimal_from_micros),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=4))
def test_what_is_written_is_read_back_exactly(value: dict[str, object]) -> None:
    assert read_object(write_json(value)) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_a_typed_error(body: bytes) -> None:
    with contextlib.suppress(MalformedCall):
        assert isinstance(read_object(body), dict)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"1", b"{", b"\xff", b'{"a":NaN}', b'{"a":-Infinity}', b'{"a":1,"a":2}',
        b'{"a":' + b"9" * 5_000 + b"}",
        b'{"a":1.' + b"9" * 100 + b"}", b'{"a":' + b"[" * 100_000 + b"}", b'{"a":1e99999999999999999999}',
        b'{"a":"' + b"x" * 300_000 + b'"}', b'\xef\xbb\xbf{"a":1}',
    ],
)  # fmt: skip
def test_json_with_surprises_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedCall):
        read_object(body)


def test_numbers_with_a_point_stay_exact() -> None:
    assert read_object(b'{"a":0.1}') == {"a": Decimal("0.1")}


def test_no_float_is_written() -> None:
    with pytest.raises(TypeError):
        write_json({"a": 0.1})


def test_a_written_number_is_json() -> None:
    assert json.loads(write_json({"a": Decimal("1E+2"), "b": [Decimal("0.10")]})) == {"a": 100, "b": [0.1]}


@pytest.mark.parametrize("value", [None, 1, "", True, [], {}, "x" * 5_000, "\ud800"])
def test_a_text_that_must_be_there_is_refused_otherwise(value: object) -> None:
    with pytest.raises(MalformedCall) as caught:
        text_of({"name": value}, "name")

    assert caught.value.facts == {"field": "name"}


def test_optional_fields_may_be_missing_or_null() -> None:
    source: dict[str, object] = {"a": None}

    assert (optional_text_of(source, "a"), flag_of(source, "a"), objects_of(source, "b", 3)) == ("", False, [])


def test_a_list_of_too_many_or_of_other_things_is_refused() -> None:
    values: tuple[object, ...] = ([{}, {}], [1], {})
    for value in values:
        with pytest.raises(MalformedCall):
            objects_of({"a": value}, "a", 1)
