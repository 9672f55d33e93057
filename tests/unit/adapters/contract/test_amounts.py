from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import amounts
from adapters.contract.errors import MalformedCall
from adapters.contract.money import MICROS_MAX

AMOUNTS = st.integers(0, MICROS_MAX)


@given(AMOUNTS)
def test_w18_a_decimal_text_comes_back_as_the_same_micros(micros: int) -> None:
    assert amounts.micros_from_decimal_text(amounts.decimal_text_from_micros(micros), "amount") == micros


@given(AMOUNTS)
def test_w18_a_number_comes_back_as_the_same_micros(micros: int) -> None:
    assert amounts.micros_from_number(amounts.decimal_from_micros(micros), "amount") == micros


@given(AMOUNTS, st.integers(0, 6))
def test_w18_minor_units_are_rounded_down_and_what_is_left_is_exact(micros: int, exponent: int) -> None:
    minor = amounts.minor_from_micros(micros, exponent)

    back = amounts.micros_from_minor(minor, exponent, "amount")

    assert back <= micros < back + 10 ** (6 - exponent)


@given(st.one_of(st.floats(), st.text(), st.booleans(), st.none(), st.integers(max_value=-1), st.binary()))
def test_w19_what_is_no_amount_is_refused(value: object) -> None:
    with pytest.raises(MalformedCall):
        amounts.micros_from_integer(value, 100_000, "amount")
    with pytest.raises(MalformedCall):
        amounts.micros_from_number(value, "amount")


@pytest.mark.parametrize(
    "text",
    ["", "-1", "+1", "1e3", "01", "1.", ".5", "NaN", "Infinity", "1,0", " 1", "1\n", "0.0000001", "1" * 19, "\u0661",
     "9223372036855"],
)  # fmt: skip
def test_w19_malformed_inexact_and_too_large_decimals_are_refused(text: str) -> None:
    with pytest.raises(MalformedCall):
        amounts.micros_from_decimal_text(text, "amount")


@pytest.mark.parametrize(
    "text", ["-0.1", "NaN", "sNaN", "Infinity", "1E-7", "0.0000001", "1E+13", "1E+999999", "1E-999999", "-0", "-0.0"]
)
def test_w19_malformed_inexact_and_too_large_numbers_are_refused(text: str) -> None:
    with pytest.raises(MalformedCall):
        amounts.micros_from_number(Decimal(text), "amount")


@pytest.mark.parametrize(
    ("text", "micros"), [("0", 0), ("0.000001", 1), ("1E2", 100_000_000), ("12.50", 12_500_000),
    ("1.0000000000", 1_000_000)]
)  # fmt: skip
def test_plain_numbers_are_read(text: str, micros: int) -> None:
    assert amounts.micros_from_number(Decimal(text), "amount") == micros


def test_a_satoshi_is_exact_in_milli_bitcoin() -> None:
    assert amounts.micros_from_minor(1, amounts.minor_exponent("mBTC"), "amount") == 10


def test_yen_have_no_minor_unit_and_dinars_have_three_decimals() -> None:
    assert amounts.micros_from_minor(5, amounts.minor_exponent("JPY"), "amount") == 5_000_000
    assert amounts.micros_from_minor(5, amounts.minor_exponent("KWD"), "amount") == 5_000


def test_an_outgoing_decimal_is_rounded_down_and_keeps_two_decimals() -> None:
    assert amounts.decimal_text_from_micros(1_999_999, 2, 2) == "1.99"
    assert amounts.decimal_text_from_micros(1_500_000) == "1.50"
    assert amounts.decimal_text_from_micros(1, 2) == "0.000001"
