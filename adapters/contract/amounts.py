"""Amounts of a call: functions that refuse with ``MalformedCall`` and name the field (``units`` has them as objects).

Providers count in integers of some scale, in minor units of the currency, or in decimals; nothing here meets a float.
"""

import re
from decimal import Decimal

from adapters.contract.currencies import EXPONENTS
from adapters.contract.errors import MalformedCall
from adapters.contract.money import MICROS_MAX, MICROS_PER_UNIT

MICROS_DIGITS = 6
FRACTION_DIGITS_MAX = 12
INTEGER_DIGITS_MAX = 18
_DECIMAL = re.compile(r"(0|[1-9][0-9]{0,17})(?:\.([0-9]{1,12}))?\Z")


def minor_exponent(currency_code: str) -> int:
    """Return how many decimals the minor unit of a currency has; one that is not in the table counts in hundredths."""
    return EXPONENTS.get(currency_code, 2)


def micros_from_integer(value: object, units_per_currency_unit: int, field: str) -> int:
    """Convert a non-negative integer of a fixed scale (100_000: hundred-thousandths) to micros, exactly.

    Raises ``MalformedCall`` for anything but an int, a negative one, an inexact or a too large one.
    """
    if type(value) is not int or value < 0:
        raise MalformedCall("an amount must be a whole number, 0 or more", field=field)
    micros, rest = divmod(value * MICROS_PER_UNIT, units_per_currency_unit)
    if rest:
        raise MalformedCall("an amount must be exact in millionths", field=field)
    return _bounded(micros, field)


def micros_from_minor(value: object, exponent: int, field: str) -> int:
    """Convert minor units (cents, satoshis) to micros, exactly; raises ``MalformedCall``."""
    return micros_from_integer(value, 10**exponent, field)


def micros_from_decimal_text(text: object, field: str) -> int:
    """Convert ``"100.10"`` (main units, no sign, no exponent) to micros, exactly; raises ``MalformedCall``."""
    match = _DECIMAL.match(text) if isinstance(text, str) else None
    if match is None:
        raise MalformedCall("an amount must be a plain decimal, 0 or more", field=field)
    whole, fraction = match[1], match[2] or ""
    if fraction[MICROS_DIGITS:].strip("0"):
        raise MalformedCall("an amount must be exact in millionths", field=field)
    return _bounded(int(whole) * MICROS_PER_UNIT + int(fraction[:MICROS_DIGITS].ljust(MICROS_DIGITS, "0")), field)


def micros_from_number(value: object, field: str) -> int:
    """Convert a JSON number in main units (parsed as int or ``Decimal``, never float) to micros, exactly.

    Raises ``MalformedCall``, also for NaN, infinities and exponents beyond all reason.
    """
    if type(value) is int:
        return _bounded(value * MICROS_PER_UNIT if 0 <= value <= MICROS_MAX else -1, field)
    if not isinstance(value, Decimal) or not value.is_finite() or value.is_signed():
        raise MalformedCall("an amount must be a number, 0 or more", field=field)
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int) or not -30 <= exponent <= INTEGER_DIGITS_MAX or len(digits) > 40:
        raise MalformedCall("an amount must be a plain number", field=field)
    scaled = int("".join(map(str, digits))) * 10 ** max(0, exponent + MICROS_DIGITS)
    micros, rest = divmod(scaled, 10 ** max(0, -exponent - MICROS_DIGITS))
    if rest:
        raise MalformedCall("an amount must be exact in millionths", field=field)
    return _bounded(micros, field)


def integer_from_micros(micros: int, units_per_currency_unit: int) -> int:
    """Convert micros to an integer of a fixed scale, rounded down (a balance never shows more than there is)."""
    return micros * units_per_currency_unit // MICROS_PER_UNIT


def minor_from_micros(micros: int, exponent: int) -> int:
    """Convert micros to minor units, rounded down."""
    return integer_from_micros(micros, 10**exponent)


def decimal_from_micros(micros: int, digits: int = MICROS_DIGITS) -> Decimal:
    """Convert micros to main units with exactly ``digits`` decimals (0 to 6), rounded down."""
    return Decimal(integer_from_micros(micros, 10**digits)).scaleb(-digits)


def decimal_text_from_micros(micros: int, digits_min: int = 2, digits_max: int = MICROS_DIGITS) -> str:
    """Write micros in main units, rounded down after ``digits_max`` decimals, no idle zeros after ``digits_min``."""
    text = f"{decimal_from_micros(micros, digits_max):f}"
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0").ljust(digits_min, "0")
    return f"{whole}.{fraction}" if fraction else whole


def _bounded(micros: int, field: str) -> int:
    if not 0 <= micros <= MICROS_MAX:
        raise MalformedCall("an amount must be 0 or more and fit into 64 bits of millionths", field=field)
    return micros
