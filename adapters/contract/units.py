"""Amounts as providers write them, to and from micros: exact or refused, never through a float.

An amount that comes in or goes out is exact or ``AmountRefused``. A *balance* that goes out is rounded down to what the
unit can say (``balance_out``), so a player is never shown money that is not there. Pick the unit of your provider:

======================  ===================================================  =====================
unit                    on the wire                                          10.5 EUR
======================  ===================================================  =====================
HUNDRED_THOUSANDTHS     integer x 100 000                                    ``1050000``
MILLIONTHS              integer x 1 000 000                                  ``10500000``
THOUSANDTHS             integer x 1 000                                      ``10500``
HUNDREDTHS              integer x 100, whatever the currency                 ``1050``
MINOR_UNITS             integer of the currency's minor unit (JPY 0, KWD 3)  ``1050``
CoinUnit(8)             integer of a coin's smallest unit (BTC 8)            (coins only)
DECIMAL_TEXT            string, no sign, no exponent, shortest form          ``"10.5"``
LONG_DECIMAL_TEXT       the same, at most 18 and 12 digits                   ``"10.5"``
TWO_PLACES_TEXT         string with exactly two decimals                     ``"10.50"``
SIX_PLACES_TEXT         string with exactly six decimals (jackpots)          ``"10.500000"``
JSON_NUMBER             JSON number (parse with ``parse_json``)              ``10.5``
======================  ===================================================  =====================
"""

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, TypeVar

from adapters.contract.amounts import (
    decimal_from_micros,
    decimal_text_from_micros,
    integer_from_micros,
    micros_from_decimal_text,
    micros_from_integer,
    micros_from_minor,
    micros_from_number,
    minor_exponent,
    minor_from_micros,
)
from adapters.contract.currencies import DENOMINATIONS, EXPONENTS
from adapters.contract.money import MICROS_MAX, MICROS_PER_UNIT

WireAmount = TypeVar("WireAmount", covariant=True)


class AmountRefused(ValueError):
    """The amount is no amount of this unit, or cannot be said exactly."""


class AmountUnit(Protocol[WireAmount]):
    """How one provider writes amounts."""

    def amount_in(self, value: object, currency_code: str) -> int:
        """Return the micros of an amount from the wire."""
        ...

    def amount_out(self, micros: int, currency_code: str) -> WireAmount:
        """Return an amount for the wire, exactly."""
        ...

    def balance_out(self, micros: int, currency_code: str) -> WireAmount:
        """Return a balance for the wire, rounded down."""
        ...


def _bounded(micros: int) -> int:
    if not 0 <= micros <= MICROS_MAX:
        raise AmountRefused("amounts are from 0 to 64 bits of micros")
    return micros


def _exactly(numerator: int, denominator: int) -> int:
    whole, rest = divmod(numerator, denominator)
    if rest:
        raise AmountRefused("the amount has more decimals than the unit can say")
    return whole


def _integer(value: object) -> int:
    if type(value) is not int:
        raise AmountRefused(f"an integer is expected, not {type(value).__name__}")
    return value


@dataclass(frozen=True, slots=True)
class IntegerUnit:
    """An integer of which ``per_whole`` make one unit of the currency."""

    per_whole: int

    def amount_in(self, value: object, currency_code: str) -> int:
        """Return the micros of an integer from the wire."""
        return _bounded(_exactly(_integer(value) * MICROS_PER_UNIT, self.per_whole))

    def amount_out(self, micros: int, currency_code: str) -> int:
        """Return an exact integer for the wire."""
        return _exactly(_bounded(micros) * self.per_whole, MICROS_PER_UNIT)

    def balance_out(self, micros: int, currency_code: str) -> int:
        """Return a balance for the wire, rounded down."""
        return _bounded(micros) * self.per_whole // MICROS_PER_UNIT


@dataclass(frozen=True, slots=True)
class MinorUnit:
    """An integer of the currency's own minor unit, by the currency table."""

    def _unit(self, currency_code: str) -> IntegerUnit:
        if currency_code not in EXPONENTS:
            raise AmountRefused(f"{currency_code} is not in the currency table")
        return IntegerUnit(10 ** EXPONENTS[currency_code])

    def amount_in(self, value: object, currency_code: str) -> int:
        """Return the micros of an integer from the wire."""
        return self._unit(currency_code).amount_in(value, currency_code)

    def amount_out(self, micros: int, currency_code: str) -> int:
        """Return an exact integer for the wire."""
        return self._unit(currency_code).amount_out(micros, currency_code)

    def balance_out(self, micros: int, currency_code: str) -> int:
        """Return a balance for the wire, rounded down."""
        return self._unit(currency_code).balance_out(micros, currency_code)


@dataclass(frozen=True, slots=True)
class CoinUnit:
    """An integer of a coin's smallest unit (``coin_exponent`` 8: satoshi), where we hold a denomination (uBTC)."""

    coin_exponent: int

    def _unit(self, currency_code: str) -> IntegerUnit:
        if currency_code not in DENOMINATIONS:
            raise AmountRefused(f"{currency_code} is no denomination of a coin")
        shift = self.coin_exponent - DENOMINATIONS[currency_code].coin_shift
        if shift < 0:
            raise AmountRefused(f"a coin with {self.coin_exponent} decimals cannot say {currency_code}")
        return IntegerUnit(10**shift)

    def amount_in(self, value: object, currency_code: str) -> int:
        """Return the micros of the denomination."""
        return self._unit(currency_code).amount_in(value, currency_code)

    def amount_out(self, micros: int, currency_code: str) -> int:
        """Return an exact integer for the wire."""
        return self._unit(currency_code).amount_out(micros, currency_code)

    def balance_out(self, micros: int, currency_code: str) -> int:
        """Return a balance for the wire, rounded down."""
        return self._unit(currency_code).balance_out(micros, currency_code)


_DECIMAL = re.compile(r"(0|[1-9][0-9]*)(?:\.([0-9]+))?\Z", re.ASCII)
_MICROS_DECIMALS = 6
_DIGITS_MAX = 40


def _read_decimal(text: str, integer_digits_max: int, decimals_max: int) -> int:
    match = _DECIMAL.match(text) if len(text) <= integer_digits_max + decimals_max + 1 else None
    if match is None:
        raise AmountRefused("digits, and a point with digits: no sign, no exponent, no leading zero")
    whole, decimals = match.group(1), match.group(2) or ""
    if len(whole) > integer_digits_max or len(decimals) > decimals_max:
        raise AmountRefused(f"at most {integer_digits_max} digits and {decimals_max} decimals")
    if decimals[_MICROS_DECIMALS:].strip("0"):
        raise AmountRefused("the amount is finer than a micro")
    return _bounded(int(whole) * MICROS_PER_UNIT + int(decimals[:_MICROS_DECIMALS].ljust(_MICROS_DECIMALS, "0")))


def _write_decimal(micros: int, places_min: int) -> str:
    whole, rest = divmod(micros, MICROS_PER_UNIT)
    decimals = f"{rest:06d}".rstrip("0").ljust(places_min, "0")
    return f"{whole}.{decimals}" if decimals else str(whole)


def _cut(micros: int, places: int) -> int:
    step: int = 10 ** (_MICROS_DECIMALS - places)
    return _bounded(micros) // step * step


@dataclass(frozen=True, slots=True)
class DecimalUnit:
    """A decimal string in whole units: at most ``places`` decimals go out; exactly so many if ``fixed``."""

    places: int = _MICROS_DECIMALS
    fixed: bool = False
    integer_digits_max: int = 18
    decimals_in_max: int = _MICROS_DECIMALS

    def amount_in(self, value: object, currency_code: str) -> int:
        """Return the micros of a string from the wire."""
        if not isinstance(value, str):
            raise AmountRefused(f"a string is expected, not {type(value).__name__}")
        return _read_decimal(value, self.integer_digits_max, self.decimals_in_max)

    def amount_out(self, micros: int, currency_code: str) -> str:
        """Return an exact string for the wire."""
        if _cut(micros, self.places) != micros:
            raise AmountRefused(f"the amount has more than {self.places} decimals")
        return _write_decimal(micros, self.places if self.fixed else 0)

    def balance_out(self, micros: int, currency_code: str) -> str:
        """Return a balance for the wire, rounded down."""
        return _write_decimal(_cut(micros, self.places), self.places if self.fixed else 0)


@dataclass(frozen=True, slots=True)
class NumberUnit:
    """A JSON number in whole units, as ``parse_json`` reads it: int or Decimal, never float."""

    places: int = _MICROS_DECIMALS

    def amount_in(self, value: object, currency_code: str) -> int:
        """Return the micros of a number from the wire."""
        if type(value) is not int and not isinstance(value, Decimal):
            raise AmountRefused(f"an exact number is expected, not {type(value).__name__}")
        if isinstance(value, Decimal) and not (value.is_finite() and abs(value.adjusted()) < _DIGITS_MAX):
            raise AmountRefused("no amount is like that")
        return _read_decimal(f"{value:f}" if isinstance(value, Decimal) else str(value), 18, 12)

    def amount_out(self, micros: int, currency_code: str) -> Decimal:
        """Return an exact number for the wire."""
        return Decimal(DecimalUnit(self.places).amount_out(micros, currency_code))

    def balance_out(self, micros: int, currency_code: str) -> Decimal:
        """Return a balance for the wire, rounded down."""
        return Decimal(DecimalUnit(self.places).balance_out(micros, currency_code))


HUNDRED_THOUSANDTHS = IntegerUnit(100_000)
MILLIONTHS = IntegerUnit(1_000_000)
THOUSANDTHS = IntegerUnit(1_000)
HUNDREDTHS = IntegerUnit(100)
MINOR_UNITS = MinorUnit()
DECIMAL_TEXT = DecimalUnit()
LONG_DECIMAL_TEXT = DecimalUnit(integer_digits_max=18, decimals_in_max=12)
TWO_PLACES_TEXT = DecimalUnit(places=2, fixed=True)
SIX_PLACES_TEXT = DecimalUnit(places=6, fixed=True)
JSON_NUMBER = NumberUnit()


def parse_json(data: bytes) -> object:
    """Parse JSON with exact numbers: ints stay ints, all else is Decimal; NaN, Infinity and exponents are refused.

    Raises:
        AmountRefused: a number that is not written plainly.
        ValueError: no JSON.
    """
    return json.loads(data, parse_float=_plain_number, parse_constant=_no_number)


def _plain_number(text: str) -> Decimal:
    if not text.isascii() or "e" in text or "E" in text or len(text) > 64:
        raise AmountRefused(f"a number must be written plainly, not {text[:16]}")
    return Decimal(text)


def _no_number(text: str) -> Decimal:
    raise AmountRefused(f"{text} is no amount")


def write_json(value: object) -> str:
    """Write JSON compactly, with Decimals digit for digit; a float is refused."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, float):
        raise AmountRefused("floats are not written")
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(str(key))}:{write_json(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(write_json(item) for item in value) + "]"
    return json.dumps(value)


__all__ = [
    "DECIMAL_TEXT",
    "HUNDREDTHS",
    "HUNDRED_THOUSANDTHS",
    "JSON_NUMBER",
    "LONG_DECIMAL_TEXT",
    "MILLIONTHS",
    "MINOR_UNITS",
    "SIX_PLACES_TEXT",
    "THOUSANDTHS",
    "TWO_PLACES_TEXT",
    "AmountRefused",
    "AmountUnit",
    "CoinUnit",
    "DecimalUnit",
    "IntegerUnit",
    "MinorUnit",
    "NumberUnit",
    "decimal_from_micros",
    "decimal_text_from_micros",
    "integer_from_micros",
    "micros_from_decimal_text",
    "micros_from_integer",
    "micros_from_minor",
    "micros_from_number",
    "minor_exponent",
    "minor_from_micros",
    "parse_json",
    "write_json",
]
