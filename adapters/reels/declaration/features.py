"""What a spin can lead to: free games, picks, hold-and-win, gamble; and the ways to bet."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from adapters.reels.declaration.basics import GameCounts, Name, Rational, Strict, Symbol
from adapters.reels.declaration.spins import SpinRules, Weight

Count = Annotated[int, Field(ge=1, le=49)]


class Trigger(Strict):
    """Starts a feature when ``scatter`` shows often enough: count → free games (or how often the feature is won)."""

    scatter: Name
    counts: GameCounts


class StopSymbol(Strict):
    """The series ends with the free game on which ``scatter`` shows ``count`` times (that game still pays)."""

    scatter: Name
    count: Count


class ExpandingSymbol(Strict):
    """The book: a symbol drawn for the whole series pays on every line, wherever it stands.

    ``counts`` says whether each cell counts or each reel that shows it. A symbol pays by the pay table of lines for
    its count. ``skip_own_lines`` leaves out ordinary line wins whose first cell is the symbol itself.
    """

    symbols: list[Symbol] | dict[Symbol, Weight]
    counts: Literal["cells", "reels"] = "reels"
    skip_own_lines: bool = False


class FreeGames(SpinRules):
    """A series of free games; every field of a spin may differ from the base spin."""

    kind: Literal["free_games"]
    trigger: Trigger | None = None
    retrigger: bool | Trigger = True
    until: StopSymbol | None = None
    expanding_symbol: ExpandingSymbol | None = None


class Pick(Strict):
    """The player opens boxes: each reveals a pay in total bets (or line bets), drawn by weight."""

    kind: Literal["pick"]
    trigger: Trigger
    weights: Annotated[dict[Rational, Weight], Field(min_length=1)]
    picks: Annotated[int, Field(ge=1, le=20)] = 1
    boxes: Annotated[int, Field(ge=1, le=60)] = 3
    pays_in: Literal["total_bet", "line_bet"] = "total_bet"

    @model_validator(mode="after")
    def _enough_boxes(self) -> "Pick":
        if self.picks > self.boxes:
            raise ValueError(f"{self.picks} picks need at least as many boxes, there are {self.boxes}")
        return self


Feature = Annotated[FreeGames | Pick, Field(discriminator="kind")]
