"""What a spin can lead to: free games, picks, hold-and-win, gamble; and the ways to bet."""

from fractions import Fraction
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


class HoldAndWin(Strict):
    """Coins stay where they are while the rest respins; every new coin gives all respins back.

    ``trigger`` says with how many coins it starts (its scatter is the coin). In every respin each empty cell
    shows a coin with ``coin_chance``. A coin pays, in total bets, what is drawn from ``coins`` by weight; a full
    window pays ``full_pays`` more.
    """

    kind: Literal["hold_and_win"]
    trigger: Trigger
    respins: Annotated[int, Field(ge=1, le=10)] = 3
    coin_chance: Rational
    coins: Annotated[dict[Rational, Weight], Field(min_length=1)]
    full_pays: Rational = Field(default_factory=lambda: Fraction(0))

    @model_validator(mode="after")
    def _chance(self) -> "HoldAndWin":
        if not 0 < self.coin_chance < 1:
            raise ValueError("coin_chance lies between 0 and 1")
        return self


class Jackpot(Strict):
    """A pot: ``contribution`` is the share of every stake that feeds it, ``seed`` what it pays at least, in total bets.

    What the contributions grow to is kept by the keeper of the pot; the engine says when it is won.
    """

    kind: Literal["jackpot"]
    trigger: Trigger
    seed: Rational
    contribution: Rational = Field(default_factory=lambda: Fraction(0))


class Gamble(Strict):
    """After a win the player may stake it: it becomes ``factor`` times itself with ``probability``, else nothing.

    At most ``steps_max`` times in a round, and never above ``win_max`` total bets.
    """

    factor: Annotated[int, Field(ge=2, le=10)] = 2
    probability: Rational = Field(default_factory=lambda: Fraction(1, 2))
    steps_max: Annotated[int, Field(ge=1, le=20)] = 5
    win_max: Annotated[int, Field(ge=1, le=1_000_000)] = 1000


class Start(Strict):
    """What a bought round begins with, instead of a base spin: so many plays of a feature."""

    feature: Name
    games: Annotated[int, Field(ge=1, le=1000)]


class BetMode(SpinRules):
    """Another way to bet: it costs ``cost`` times the stake; base spins may differ, or ``start`` replaces them."""

    title: Annotated[str, Field(max_length=80)] = ""
    cost: Annotated[Rational, Field(gt=0)] = Field(default_factory=lambda: Fraction(1))
    start: Start | None = None


Feature = Annotated[FreeGames | Pick | HoldAndWin | Jackpot, Field(discriminator="kind")]
