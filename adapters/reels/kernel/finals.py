"""From the 64-bit sum to the outcome of a spin: multipliers, scatter pays and what is won besides money. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from adapters.reels.kernel.registers import PAY_BITS, PAY_MASK

Award = tuple[str, int]
"""(entry, count): so many plays of what the entry leads to."""


@dataclass(frozen=True, slots=True)
class ScatterWin:
    """One scatter that pays or starts something."""

    name: str
    count: int
    pay: int
    kind: str = "scatter"


@dataclass(frozen=True, slots=True)
class Final:
    """What the counters of a spin mean: line wins times ``multiplier``, plus ``scatter_pay``, and the awards."""

    multiplier: Fraction = Fraction(1)
    scatter_pay: int = 0
    scatters: tuple[ScatterWin, ...] = ()
    awards: tuple[Award, ...] = ()
    plain: bool = field(init=False, compare=False)
    """Whether line wins pay as they are."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "plain", self.multiplier == 1)

    def pay(self, line_pay: int) -> int:
        """Return the pay of the spin in pay units."""
        return self.of_line(line_pay) + self.scatter_pay

    def of_line(self, line_pay: int) -> int:
        """Return what a win that is no scatter's pays with the multiplier of the spin."""
        if self.plain:
            return line_pay
        product = line_pay * self.multiplier
        assert product.denominator == 1, "the pay unit makes every pay whole"
        return product.numerator


class Finals:
    """Answers for every value of the counters, worked out once each."""

    def __init__(self, judge: Callable[[int], Final]) -> None:
        self._judge = judge
        self._known: dict[int, Final] = {}

    def of(self, total: int) -> tuple[int, Final]:
        """Split a 64-bit sum into its line pay and the meaning of its counters."""
        counters = total >> PAY_BITS
        final = self._known.get(counters)
        if final is None:
            final = self._known[counters] = self._judge(counters << PAY_BITS)
        return total & PAY_MASK, final
