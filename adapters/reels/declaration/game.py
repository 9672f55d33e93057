"""The whole declaration of a game."""

from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from adapters.reels.declaration.basics import Name, Rational, Strict, Symbol
from adapters.reels.declaration.features import BetMode, Feature, Gamble
from adapters.reels.declaration.layout import Grid, StripSet, Wilds
from adapters.reels.declaration.pays import Anywhere, Clusters, Lines, Scatter, Ways
from adapters.reels.declaration.spins import SpinRules

MICROS = 1_000_000
STAKE_MICROS_MAX = 10**15


def _to_micros(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str | float | Decimal):
        raise ValueError("a stake is an amount like 0.20")
    micros = Decimal(repr(value) if isinstance(value, float) else str(value)) * MICROS
    if micros != micros.to_integral_value() or not 0 < micros <= STAKE_MICROS_MAX:
        raise ValueError(f"{value} is not a positive amount in whole micros")
    return int(micros)


def _from_micros(micros: int) -> str:
    return f"{Decimal(micros) / MICROS:f}"


Stake = Annotated[
    int,
    BeforeValidator(_to_micros),
    PlainSerializer(_from_micros, return_type=str),
    WithJsonSchema({"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "string"}]}),
]
"""A total stake in units of the currency, like 0.20; in memory whole micros."""


class BetRules(Strict):
    """What a spin costs.

    ``units`` line bets make up the total stake with all lines (default: one per line). ``line_counts`` lists the
    numbers of lines that a player may select (default: all lines only); the stake is then shared among fewer.
    """

    units: Annotated[int, Field(ge=1, le=10_000)] | None = None
    line_counts: list[Annotated[int, Field(ge=1, le=1000)]] | None = None
    stakes: Annotated[list[Stake], Field(min_length=1)] = Field(default_factory=lambda: [MICROS])
    stakes_by_currency: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9]{3,8}$")], list[Stake]] = Field(
        default_factory=dict
    )


class DeclaredRtp(Strict):
    """What the studio says the return to player is; loading refuses a game that computes otherwise."""

    value: Rational
    tolerance: Rational = Field(default_factory=lambda: Fraction(1, 1_000_000))


class Jurisdiction(Strict):
    """What holds for the game under one regulator, named by its country (and part): GB, CA-ON, MT."""

    rtp_floor: Rational = Field(default_factory=lambda: Fraction(3, 4))
    spin_time_min_ms: Annotated[int, Field(ge=0, le=60_000)] = 0
    autoplay: bool = True
    turbo: bool = True
    buy_allowed: bool = True
    gamble_allowed: bool = True


class Declaration(Strict):
    """One game, complete; version 1 of the format."""

    format: Literal[1]
    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
    name: Annotated[str, Field(min_length=1, max_length=80)]
    version: Annotated[str, Field(pattern=r"^[0-9A-Za-z._-]{1,32}$")] = "1"
    studio: Annotated[str, Field(max_length=80)] = ""
    description: Annotated[str, Field(max_length=4000)] = ""
    rtp: DeclaredRtp | None = None
    grid: Grid
    bet: BetRules = BetRules()
    strips: Annotated[dict[Name, StripSet], Field(min_length=1)]
    wilds: Wilds | None = None
    lines: Lines | None = None
    ways: Ways | None = None
    anywhere: Anywhere | None = None
    clusters: Clusters | None = None
    scatters: dict[Name, Scatter] = Field(default_factory=dict)
    spin: SpinRules = SpinRules()
    features: dict[Name, Feature] = Field(default_factory=dict)
    modes: dict[Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,32}$")], BetMode] = Field(default_factory=dict)
    gamble: Gamble | None = None
    win_cap: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """No round wins more than this many total bets."""
    rare_top_award: bool = False
    """Says that the top award may be rarer than once in 100,000,000 games (its odds are then displayed)."""
    jurisdictions: dict[Annotated[str, Field(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,8})?$")], Jurisdiction] = Field(
        default_factory=dict
    )
    symbol_names: dict[Symbol, str] = Field(default_factory=dict)
