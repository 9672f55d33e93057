"""Amounts: every unit is exact or refuses; a balance is rounded down by less than one step of its unit."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import units
from adapters.contract.units import AmountRefused
from wallet.ledger.ids import MICROS_MAX
from wallet.ledger.limit_settings import LIMIT_NAMES, WARNINGS, change_limits, read_settings

UNITS: list[tuple[Any, str]] = [
    (units.HUNDRED_THOUSANDTHS, "EUR"),
    (units.MILLIONTHS, "EUR"),
    (units.THOUSANDTHS, "EUR"),
    (units.HUNDREDTHS, "EUR"),
    (units.MINOR_UNITS, "JPY"),
    (units.MINOR_UNITS, "KWD"),
    (units.CoinUnit(8), "uBTC"),
    (units.CoinUnit(8), "mBTC"),
    (units.CoinUnit(18), "mETH"),
    (units.DECIMAL_TEXT, "EUR"),
    (units.LONG_DECIMAL_TEXT, "EUR"),
    (units.TWO_PLACES_TEXT, "EUR"),
    (units.SIX_PLACES_TEXT, "EUR"),
    (units.JSON_NUMBER, "EUR"),
]


@pytest.mark.parametrize(("unit", "currency"), UNITS)
@given(micros=st.integers(0, MICROS_MAX))
def test_w18_out_and_in_again_is_the_same_or_refused(unit: Any, currency: str, micros: int) -> None:
    shown = unit.amount_in(unit.balance_out(micros, currency), currency)
    assert 0 <= micros - shown < 1_000_000

    try:
        wire = unit.amount_out(micros, currency)
    except AmountRefused:
        assert shown != micros
    else:
        assert unit.amount_in(wire, currency) == micros == shown


@given(st.text(alphabet="0123456789.eE+-NaInf ", max_size=24))
def test_w19_a_text_is_read_as_decimal_says_or_refused(text: str) -> None:
    try:
        micros = units.DECIMAL_TEXT.amount_in(text, "EUR")
    except AmountRefused:
        return

    assert Decimal(micros) / 1_000_000 == Decimal(text)


@given(st.decimals(min_value=0, max_value=10**12, places=6))
def test_w18_json_numbers_are_exact_digit_for_digit(value: Decimal) -> None:
    text = units.write_json({"amount": value})

    read = units.parse_json(text.encode())

    assert read == {"amount": value}
    assert isinstance(read, dict)
    assert units.JSON_NUMBER.amount_in(read["amount"], "EUR") == int(value * 1_000_000)


LOWEST = {**dict.fromkeys(WARNINGS, 1), "reality_check_ms": 1}
"""What warns once a stretch needs a stretch."""


@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(LIMIT_NAMES)), st.none() | st.integers(0, 9), st.integers(0, 3 * 86_400_000)),
        max_size=12,
    )
)
def test_w29_a_limit_is_never_looser_than_it_was_within_the_last_day(
    changes: list[tuple[str, int | None, int]],
) -> None:
    """Whatever is asked in whatever order of time: what holds now was allowed at every moment of the day before."""
    text, now_ms, asked = "", 0, []
    for name, drawn, wait_ms in changes:
        now_ms += wait_ms
        value = max(drawn, LOWEST.get(name, 0)) if drawn is not None else None
        before = read_settings(text).at(now_ms)
        text = change_limits(text, {name: value}, now_ms)
        asked.append((name, value, now_ms))
        after = read_settings(text).at(now_ms)
        for held, limit in before.items():
            assert held in after
            assert after[held] <= limit
    for name, limit in read_settings(text).at(now_ms).items():
        recent = [
            value for other, value, at in asked if other == name and value is not None and now_ms - at < 86_400_000
        ]
        assert all(limit <= value for value in recent[-1:]) or not recent
