"""Units of providers (``adapters.contract.units``): exact or refused, balances rounded down."""

from decimal import Decimal
from typing import Any

import pytest

from adapters.contract import units
from adapters.contract.units import AmountRefused

EVERY_UNIT: list[tuple[Any, str, object]] = [
    (units.HUNDRED_THOUSANDTHS, "EUR", 1_050_000),
    (units.MILLIONTHS, "EUR", 10_500_000),
    (units.THOUSANDTHS, "EUR", 10_500),
    (units.HUNDREDTHS, "EUR", 1_050),
    (units.MINOR_UNITS, "EUR", 1_050),
    (units.MINOR_UNITS, "KWD", 10_500),
    (units.CoinUnit(8), "uBTC", 1_050),
    (units.CoinUnit(18), "mETH", 10_500_000_000_000_000),
    (units.DECIMAL_TEXT, "EUR", "10.5"),
    (units.LONG_DECIMAL_TEXT, "EUR", "10.5"),
    (units.TWO_PLACES_TEXT, "EUR", "10.50"),
    (units.SIX_PLACES_TEXT, "EUR", "10.500000"),
    (units.JSON_NUMBER, "EUR", Decimal("10.5")),
]


@pytest.mark.parametrize(("unit", "currency", "wire"), EVERY_UNIT)
def test_w18_ten_and_a_half_in_every_unit_both_ways(unit: Any, currency: str, wire: object) -> None:
    assert unit.amount_in(wire, currency) == 10_500_000
    assert unit.amount_out(10_500_000, currency) == wire
    assert unit.balance_out(10_500_000, currency) == wire
    assert unit.amount_in(unit.amount_out(0, currency), currency) == 0


@pytest.mark.parametrize(
    ("unit", "currency", "micros", "rounded"),
    [
        (units.HUNDRED_THOUSANDTHS, "EUR", 19, 1),
        (units.THOUSANDTHS, "EUR", 1_999, 1),
        (units.HUNDREDTHS, "EUR", 19_999, 1),
        (units.MINOR_UNITS, "JPY", 1_999_999, 1),
        (units.CoinUnit(8), "uBTC", 19_999, 1),
        (units.TWO_PLACES_TEXT, "EUR", 1_999_999, "1.99"),
    ],
)
def test_w18_a_balance_is_rounded_down_and_an_inexact_amount_refused(
    unit: Any, currency: str, micros: int, rounded: object
) -> None:
    assert unit.balance_out(micros, currency) == rounded
    with pytest.raises(AmountRefused):
        unit.amount_out(micros, currency)


@pytest.mark.parametrize(
    "text",
    ["", "-1", "+1", "1e3", "1E3", "NaN", "Infinity", ".5", "5.", "01", "00", "1,5", " 1", "1 ", "1.0000001", "0x1",
     "9223372036855", "1" * 19, "1_000", "٣", "1.5.5"],
)  # fmt: skip
def test_w19_a_text_that_is_no_plain_amount_is_refused(text: str) -> None:
    for unit in (units.DECIMAL_TEXT, units.LONG_DECIMAL_TEXT, units.TWO_PLACES_TEXT):
        with pytest.raises(AmountRefused):
            unit.amount_in(text, "EUR")


def test_w18_twelve_decimals_are_read_when_the_finest_are_zero() -> None:
    assert units.LONG_DECIMAL_TEXT.amount_in("1.500000000000", "EUR") == 1_500_000
    with pytest.raises(AmountRefused, match="finer than a micro"):
        units.LONG_DECIMAL_TEXT.amount_in("1.000000000001", "EUR")


@pytest.mark.parametrize("value", [1.0, "1", True, None, -1, 2**70])
def test_w19_what_is_no_integer_amount_is_refused(value: object) -> None:
    for unit in (units.HUNDRED_THOUSANDTHS, units.HUNDREDTHS, units.MINOR_UNITS):
        with pytest.raises(AmountRefused):
            unit.amount_in(value, "EUR")


@pytest.mark.parametrize("value", [1.0, "1", True, None, Decimal(-1), Decimal("NaN"), Decimal("1e999999"), -1])
def test_w19_what_is_no_exact_number_is_refused(value: object) -> None:
    with pytest.raises(AmountRefused):
        units.JSON_NUMBER.amount_in(value, "EUR")


def test_w19_a_currency_without_the_unit_is_refused() -> None:
    for unit, currency in ((units.MINOR_UNITS, "XXX"), (units.CoinUnit(8), "EUR"), (units.CoinUnit(2), "uBTC")):
        with pytest.raises(AmountRefused):
            unit.amount_in(1, currency)


def test_w18_the_smallest_wei_is_refused_where_micros_cannot_say_it() -> None:
    with pytest.raises(AmountRefused):
        units.CoinUnit(18).amount_in(1, "mETH")


def test_w18_json_numbers_survive_digit_for_digit() -> None:
    value = units.parse_json(b'{"amount": 0.1, "other": [12345678901.123456, 7], "name": "x\\u00e9"}')

    assert isinstance(value, dict)
    assert units.JSON_NUMBER.amount_in(value["amount"], "EUR") == 100_000
    assert units.JSON_NUMBER.amount_in(value["other"][0], "EUR") == 12_345_678_901_123_456
    assert units.write_json(value) == '{"amount":0.1,"other":[12345678901.123456,7],"name":"x\\u00e9"}'


@pytest.mark.parametrize("data", [b"NaN", b"-Infinity", b"1e2", b"[1E2]", b"1.5e0"])
def test_w19_json_numbers_that_are_not_plain_are_refused(data: bytes) -> None:
    with pytest.raises(AmountRefused):
        units.parse_json(data)


def test_w18_a_float_is_never_written() -> None:
    with pytest.raises(AmountRefused):
        units.write_json({"amount": 0.5})
    assert units.write_json([None, True, "x", Decimal("1.50")]) == '[null,true,"x",1.50]'
