"""Units of providers: each is exact in its own step, in both directions; both ways of reading an amount agree."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import units
from adapters.contract.amounts import micros_from_decimal_text, micros_from_integer, micros_from_number
from adapters.contract.errors import MalformedCall
from adapters.contract.units import AmountRefused
from wallet.ledger.ids import MICROS_MAX

STEPS: list[tuple[Any, str, int]] = [
    (units.HUNDRED_THOUSANDTHS, "EUR", 10),
    (units.MILLIONTHS, "EUR", 1),
    (units.THOUSANDTHS, "EUR", 1_000),
    (units.HUNDREDTHS, "EUR", 10_000),
    (units.HUNDREDTHS, "JPY", 10_000),
    (units.MINOR_UNITS, "EUR", 10_000),
    (units.MINOR_UNITS, "JPY", 1_000_000),
    (units.MINOR_UNITS, "KWD", 1_000),
    (units.MINOR_UNITS, "uBTC", 10_000),
    (units.CoinUnit(8), "uBTC", 10_000),
    (units.CoinUnit(8), "mBTC", 10),
    (units.DECIMAL_TEXT, "EUR", 1),
    (units.LONG_DECIMAL_TEXT, "EUR", 1),
    (units.TWO_PLACES_TEXT, "EUR", 10_000),
    (units.SIX_PLACES_TEXT, "EUR", 1),
    (units.JSON_NUMBER, "EUR", 1),
]
"""How many micros the smallest difference is that the unit can say."""
INTEGERS = [(unit, currency, step) for unit, currency, step in STEPS if not isinstance(unit, units.DecimalUnit)][:-1]


@pytest.mark.parametrize(("unit", "currency", "step_micros"), STEPS)
@given(micros=st.integers(0, MICROS_MAX))
def test_w18_what_goes_out_is_exact_or_refused_and_a_balance_is_the_step_below(
    unit: Any, currency: str, step_micros: int, micros: int
) -> None:
    below = micros - micros % step_micros

    assert unit.balance_out(micros, currency) == unit.amount_out(below, currency)
    assert unit.amount_in(unit.amount_out(below, currency), currency) == below
    if below != micros:
        with pytest.raises(AmountRefused):
            unit.amount_out(micros, currency)


@pytest.mark.parametrize(("unit", "currency", "step_micros"), INTEGERS)
@given(value=st.integers(0, MICROS_MAX))
def test_w18_an_integer_that_comes_in_is_so_many_steps_or_refused(
    unit: Any, currency: str, step_micros: int, value: int
) -> None:
    if value * step_micros > MICROS_MAX:
        with pytest.raises(AmountRefused):
            unit.amount_in(value, currency)
        return
    assert unit.amount_in(value, currency) == value * step_micros
    assert unit.amount_out(value * step_micros, currency) == value


@given(value=st.integers(0, 10**22))
def test_w18_wei_are_read_exactly_or_refused(value: int) -> None:
    micros = Fraction(value * 1_000, 10**18) * 1_000_000  # of a thousandth of a coin

    try:
        read = units.CoinUnit(18).amount_in(value, "mETH")
    except AmountRefused:
        assert micros.denominator != 1
    else:
        assert read == micros


def answer_of(read: Callable[[], int]) -> int | None:
    try:
        return read()
    except (AmountRefused, MalformedCall):
        return None


PLAIN = st.from_regex(r"\A(0|[1-9][0-9]{0,19})(\.[0-9]{1,13})?\Z", fullmatch=True)
ENDS = st.sampled_from(["", "0", "000000", "0000000", "000001"])
"""Behind six decimals: zeros up to the twelve that may be written, one more, and what is finer than a micro."""
LONG = st.builds("{}.{:06d}{}".format, st.integers(0, 10**12), st.integers(0, 999_999), ENDS)
ODD = st.text(alphabet="0123456789.eE+-٣ \n", max_size=8)


@given(text=PLAIN | LONG | ODD)
def test_w19_both_ways_to_read_a_long_decimal_text_say_the_same(text: str) -> None:
    as_unit = answer_of(lambda: units.LONG_DECIMAL_TEXT.amount_in(text, "EUR"))

    assert as_unit == answer_of(lambda: micros_from_decimal_text(text, "amount"))
    assert as_unit is None or as_unit == Fraction(text) * 1_000_000


@given(
    value=st.integers(-2, 2 * MICROS_MAX) | st.booleans(), per_whole=st.sampled_from([1, 100, 1_000, 100_000, 10**8])
)
def test_w19_both_ways_to_read_an_integer_say_the_same(value: int, per_whole: int) -> None:
    as_unit = answer_of(lambda: units.IntegerUnit(per_whole).amount_in(value, "EUR"))

    assert as_unit == answer_of(lambda: micros_from_integer(value, per_whole, "amount"))
    assert as_unit is None or as_unit == Fraction(value, per_whole) * 1_000_000


@given(value=st.integers(-2, MICROS_MAX) | st.decimals(allow_nan=True, places=None))
def test_w19_a_number_is_read_exactly_or_refused(value: int | Decimal) -> None:
    for read in (lambda: units.JSON_NUMBER.amount_in(value, "EUR"), lambda: micros_from_number(value, "amount")):
        micros = answer_of(read)
        assert micros is None or micros == Fraction(value) * 1_000_000
