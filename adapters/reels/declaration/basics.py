"""The small types that every part of a declaration shares."""

from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema


class Strict(BaseModel):
    """A part of a declaration: frozen, and an unknown field is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def _exact(value: Any) -> Fraction:
    if isinstance(value, bool):
        raise ValueError("a number is needed, not true or false")
    if isinstance(value, Fraction | int | Decimal):
        return Fraction(value)
    if isinstance(value, float):
        return Fraction(repr(value))
    if isinstance(value, str):
        try:
            return Fraction(value.strip())
        except (ValueError, ZeroDivisionError):
            raise ValueError(f"{value!r} is not an exact number like 3, 0.25 or 1/3") from None
    raise ValueError(f"{value!r} is not an exact number like 3, 0.25 or 1/3")


def _not_negative(value: Fraction) -> Fraction:
    if value < 0:
        raise ValueError("must not be negative")
    return value


def _as_number(value: Fraction) -> int | str:
    return value.numerator if value.denominator == 1 else str(value)


Rational = Annotated[
    Fraction,
    BeforeValidator(lambda value: _not_negative(_exact(value))),
    PlainSerializer(_as_number, return_type=int | str),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0}, {"type": "string"}]}),
]
"""An exact number that is not negative: 3, 0.25 or "1/3"."""

Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._:-]*$")]
"""A key that the document itself uses: of a symbol, a strip set, a feature."""

Symbol = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
"""The name of a symbol, as it stands on the strips: no spaces."""

CountTable = Annotated[dict[Annotated[int, Field(ge=1, le=49)], Rational], Field(min_length=1)]
"""How many → how much."""

GameCounts = Annotated[
    dict[Annotated[int, Field(ge=1, le=49)], Annotated[int, Field(ge=0, le=1000)]], Field(min_length=1)
]
"""How many symbols → how many games."""
