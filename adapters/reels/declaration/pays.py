"""What pays: lines with combinations, ways, symbols anywhere, clusters, scatters."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from adapters.reels.declaration.basics import CountTable, GameCounts, Name, Rational, Strict, Symbol

Reel = Annotated[int, Field(ge=1, le=7)]
PayTable = Annotated[dict[Symbol, CountTable], Field(min_length=1)]
SymbolCounts = dict[Symbol, Annotated[int, Field(ge=0, le=7)]]


class Combo(Strict):
    """A combination on a line beyond runs; all conditions that are given must hold.

    ``positions``: for each reel the symbols that fit ("*" fits all, "bar|seven" either). ``all_of``: every cell is
    one of these. ``exactly`` and ``at_least``: how often symbols show on the line, in any order. ``wilds`` lets
    wilds fit positions and all_of, and multiply the pay.
    """

    name: Annotated[str, Field(min_length=1, max_length=40)]
    pays: Rational
    positions: list[str] | None = None
    all_of: list[Symbol] | None = None
    exactly: SymbolCounts = Field(default_factory=dict)
    at_least: SymbolCounts = Field(default_factory=dict)
    wilds: bool = False

    @model_validator(mode="after")
    def _has_a_condition(self) -> "Combo":
        if not (self.positions or self.all_of or self.exactly or self.at_least):
            raise ValueError("a combination needs positions, all_of, exactly or at_least")
        return self


class LineMultiplier(Strict):
    """On the reel ``reel`` a line meets not a paying symbol but a multiplier of its win: symbol → multiplier."""

    reel: Reel
    symbols: dict[Symbol, Rational]


class Lines(Strict):
    """Pays along lines; ``paths`` gives for each line the row on each reel, 0 is the top.

    ``direction``: ``left`` (runs from the first reel), ``right``, ``both`` (each way pays; a run over all reels
    once), ``best_way`` (the better of the two), ``adjacent`` (the best run anywhere on the line).
    ``games_feature`` names the feature whose free games the table ``games`` awards (default: the only one).
    ``choose`` says what a line pays that fits several entries: the ``highest``, or the ``first`` in the order
    runs, then combinations as listed.
    """

    paths: Annotated[list[Annotated[list[Annotated[int, Field(ge=0, le=6)]], Field(min_length=1)]], Field(min_length=1)]
    pays: dict[Symbol, CountTable] = Field(default_factory=dict)
    combos: list[Combo] = Field(default_factory=list)
    direction: Literal["left", "right", "both", "best_way", "adjacent"] = "left"
    right_only_if_left_below: Annotated[int, Field(ge=2, le=7)] | None = None
    choose: Literal["highest", "first"] = "highest"
    games_feature: Name | None = None
    games: dict[Symbol, GameCounts] = Field(default_factory=dict)
    multiplier: LineMultiplier | None = None


class Ways(Strict):
    """Pays a symbol that shows on adjacent reels from the first, once for every way through its cells."""

    pays: PayTable
    direction: Literal["left", "right", "both"] = "left"


class Anywhere(Strict):
    """Pays a symbol by how many of it show anywhere, in line bets; ``wilds`` count for every symbol they stand for.

    ``natural_min`` is how many of the symbol itself must be among them: 0 lets wilds alone pay every symbol.
    """

    pays: PayTable
    wilds: bool = True
    natural_min: Annotated[int, Field(ge=0, le=49)] = 1


class Clusters(Strict):
    """Pays groups of one symbol that touch side by side; ``wilds`` belong to every group they touch."""

    pays: PayTable
    wilds: bool = True
    diagonal: bool = False


class Scatter(Strict):
    """Symbols that count wherever they show.

    ``symbols`` defaults to the name of the entry. ``pays`` is in total bets (or in line bets, by ``pays_in``).
    ``reels`` limits where they count, ``count`` says whether each cell or each reel counts once. The largest
    listed count stands for that many or more, unless ``or_more`` is false. ``multiplied`` says whether the
    multiplier of free games applies.
    """

    symbols: list[Symbol] | None = None
    pays: dict[Annotated[int, Field(ge=1, le=49)], Rational] = Field(default_factory=dict)
    pays_in: Literal["total_bet", "line_bet"] = "total_bet"
    reels: list[Reel] | None = None
    count: Literal["cells", "reels"] = "cells"
    or_more: bool = True
    multiplied: bool = True
