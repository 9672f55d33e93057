"""What one spin is like: the strips it uses and how its wins are changed. Features may override each field."""

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field

from adapters.reels.declaration.basics import Name, Rational, Strict, Symbol
from adapters.reels.declaration.layout import ExpandingWilds, FullScreen, WildReels, Wilds

Weight = Annotated[int, Field(ge=1, le=2**31)]


class Exempt(Strict):
    """A win that the spin's multiplier leaves alone."""

    symbol: Symbol
    count: Annotated[int, Field(ge=1, le=49)]


class WildMultiplier(Strict):
    """The multiplier of wilds is drawn: once per spin for all, or for each reel, or for each cell."""

    weights: Annotated[dict[Rational, Weight], Field(min_length=1)]
    per: Literal["spin", "reel", "cell"] = "spin"


class MultiplierReel(Strict):
    """One more reel that shows only multipliers: multiplier → weight. ``scatters`` says whether it multiplies them."""

    weights: Annotated[dict[Rational, Weight], Field(min_length=1)]
    scatters: bool = False


class Cascade(Strict):
    """Winning cells vanish, symbols fall, new ones come from above, until nothing wins.

    ``strip`` refill goes on up the strip from where the reel stands; ``random`` draws each new symbol anew by its
    share of the strip. ``multipliers`` holds for the first, second, ... win of the chain; the last one goes on.
    """

    refill: Literal["strip", "random"] = "strip"
    multipliers: Annotated[list[Rational], Field(min_length=1)] = Field(default_factory=lambda: [Fraction(1)])
    multiply_scatters: bool = True
    falls_max: Annotated[int, Field(ge=1, le=1000)] = 200


class SpinRules(Strict):
    """Fields that a spin has; in a feature or bet mode an absent field is as in the base spin."""

    off: list[str] = Field(default_factory=list)
    """Fields of the base spin that do not hold here, like ``["multiplier_reel"]``."""
    strips: Name | None = None
    multiplier: Rational | None = None
    exempt: list[Exempt] | None = None
    wilds: Wilds | None = None
    also_wild: list[Symbol] | None = None
    expanding_wilds: ExpandingWilds | None = None
    wild_multiplier: WildMultiplier | None = None
    multiplier_reel: MultiplierReel | None = None
    full_screen: list[FullScreen] | None = None
    wild_reels: WildReels | None = None
    cascade: Cascade | None = None
