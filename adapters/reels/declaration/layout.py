"""Where symbols can show: the grid, the strips and who is wild."""

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field, model_validator

from adapters.reels.declaration.basics import Name, Rational, Strict, Symbol

RowCount = Annotated[int, Field(ge=1, le=7)]


class Grid(Strict):
    """The window: so many reels, each with the same rows or with its own."""

    reels: Annotated[int, Field(ge=1, le=7)]
    rows: RowCount | list[RowCount]

    @model_validator(mode="after")
    def _one_row_count_per_reel(self) -> "Grid":
        if isinstance(self.rows, list) and len(self.rows) != self.reels:
            raise ValueError(f"rows lists {len(self.rows)} reels, the grid has {self.reels}")
        return self

    def row_counts(self) -> tuple[int, ...]:
        """Return the rows of each reel."""
        return tuple(self.rows) if isinstance(self.rows, list) else (self.rows,) * self.reels


class StripSet(Strict):
    """One strip per reel: in order (``reels``, with ``weights`` where stops are not equally likely) or as ``counts``.

    A strip in order is a list of symbols or one text of symbols; ``jack*4`` stands for four jacks in a row.
    Counts are laid out on a strip by the engine, each symbol spread as evenly as it goes.
    """

    reels: list[str | list[Symbol]] | None = None
    weights: list[list[Annotated[int, Field(ge=1, le=2**31)]]] | None = None
    counts: list[dict[Symbol, Annotated[int, Field(ge=0, le=10_000)]]] | None = None

    @model_validator(mode="after")
    def _one_form(self) -> "StripSet":
        if (self.reels is None) == (self.counts is None):
            raise ValueError("give either reels (symbols in order) or counts, not both")
        if self.weights is not None and self.reels is None:
            raise ValueError("weights need reels in order")
        return self


class Wild(Strict):
    """One wild symbol.

    ``except`` lists symbols that it does not stand for. A run of wilds alone pays as the symbol ``pays_as``
    (default: by its own line of the pay table, where it has one); ``own_pays_multiplied`` applies the wild's
    multiplier there too.
    """

    multiplier: Annotated[Rational, Field(gt=0)] = Field(default_factory=lambda: Fraction(1))
    not_for: list[Symbol] = Field(default_factory=list, alias="except")
    pays_as: Symbol | None = None
    own_pays_multiplied: bool = False


class Wilds(Strict):
    """All wilds; ``combine`` says what several multiplying wilds in one win do."""

    combine: Literal["multiply", "highest", "sum"] = "multiply"
    symbols: Annotated[dict[Symbol, Wild], Field(min_length=1)]


class ExpandingWilds(Strict):
    """A reel that shows one of ``symbols`` (default: any wild) becomes wild in all its rows.

    Scatters on such a reel still count, unless ``covers_scatters``.
    """

    symbols: list[Symbol] | None = None
    reels: list[Annotated[int, Field(ge=1, le=7)]] | None = None
    covers_scatters: bool = False


class FullScreen(Strict):
    """When every cell shows the same one of ``symbols``, line wins are multiplied."""

    symbols: Annotated[list[Symbol], Field(min_length=1)]
    multiplier: Rational


class WildReels(Strict):
    """Whole reels that turn wild and give a respin while they are held.

    With ``probability`` each of ``reels`` turns wild by itself with that chance on every spin; without it a
    reel turns wild when it shows ``symbol``. ``pays`` says with which reels a spin pays: ``held`` (only those
    that were wild before it) or ``landed`` (also those that turned wild on it). Every spin that adds a wild reel
    gives one respin; ``respin_when_all_held`` says whether also the one that completes them.
    """

    reels: Annotated[list[Annotated[int, Field(ge=1, le=7)]], Field(min_length=1, max_length=5)]
    symbol: Symbol
    probability: Rational | None = None
    pays: Literal["held", "landed"] = "landed"
    respin_when_all_held: bool = True


__all__ = ["ExpandingWilds", "FullScreen", "Grid", "Name", "StripSet", "Wild", "WildReels", "Wilds"]
