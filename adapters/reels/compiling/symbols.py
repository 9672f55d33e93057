"""Numbers for symbols, and the strips with every token spelled out."""

from dataclasses import dataclass
from fractions import Fraction

from adapters.reels.declaration.game import Declaration
from adapters.reels.declaration.layout import StripSet
from adapters.reels.declaration.spins import SpinRules
from adapters.reels.errors import DeclarationError

STRIP_LENGTH_MAX = 5_000


@dataclass(frozen=True, slots=True)
class Strip:
    """One reel: symbol numbers from top to bottom, and the weight of each stop."""

    symbols: tuple[int, ...]
    weights: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Alphabet:
    """All symbols of a game in the order of their numbers."""

    names: tuple[str, ...]
    numbers: dict[str, int]
    file: str

    def number(self, symbol: str, path: str) -> int:
        """Return the number of a symbol; raises DeclarationError when no strip has it."""
        if symbol not in self.numbers:
            raise DeclarationError(self.file, path, f"symbol {symbol!r} is on no strip")
        return self.numbers[symbol]


def spell(strip: str | list[str], path: str, file: str) -> list[str]:
    """Return the symbols of a strip one by one; ``jack*4`` stands for four of them."""
    tokens = strip.split() if isinstance(strip, str) else strip
    symbols: list[str] = []
    for token in tokens:
        symbol, star, times = token.partition("*")
        if star and not (times.isdigit() and 0 < int(times) <= STRIP_LENGTH_MAX):
            raise DeclarationError(file, path, f"{token!r}: after * comes how many of the symbol follow each other")
        symbols.extend([symbol] * (int(times) if star else 1))
    if not 1 <= len(symbols) <= STRIP_LENGTH_MAX:
        raise DeclarationError(file, path, f"a strip has 1 to {STRIP_LENGTH_MAX} symbols, not {len(symbols)}")
    return symbols


def spread(counts: dict[str, int]) -> list[str]:
    """Lay counted symbols on a strip, each as evenly as it goes, the rarest first in every tie."""
    length = sum(counts.values())
    wanted = sorted(
        (Fraction(2 * turn + 1, 2 * count), count, symbol) for symbol, count in counts.items() for turn in range(count)
    )
    assert len(wanted) == length
    return [symbol for _, _, symbol in wanted]


def alphabet_of(declaration: Declaration, file: str) -> tuple[Alphabet, dict[str, tuple[Strip, ...]]]:
    """Number the symbols in the order in which the strips show them, and build every strip set."""
    numbers: dict[str, int] = {}
    sets: dict[str, tuple[Strip, ...]] = {}
    for name, strip_set in declaration.strips.items():
        path = f"strips.{name}"
        spelled = _spelled(strip_set, path, file)
        if len(spelled) != declaration.grid.reels:
            raise DeclarationError(file, path, f"{len(spelled)} strips for a grid of {declaration.grid.reels} reels")
        strips = []
        for reel, symbols in enumerate(spelled):
            for symbol in symbols:
                numbers.setdefault(symbol, len(numbers))
            weights = _weights(strip_set, reel, len(symbols), path, file)
            strips.append(Strip(tuple(numbers[symbol] for symbol in symbols), weights))
        sets[name] = tuple(strips)
    for symbol in _brought_by_rules(declaration):
        numbers.setdefault(symbol, len(numbers))
    return Alphabet(tuple(numbers), numbers, file), sets


def _brought_by_rules(declaration: Declaration) -> list[str]:
    """Return the wilds that may be on no strip: they come over whole reels."""
    free = [feature for feature in declaration.features.values() if isinstance(feature, SpinRules)]
    rules = [declaration.spin, *free]
    return [found.wild_reels.symbol for found in rules if found.wild_reels is not None]


def _spelled(strip_set: StripSet, path: str, file: str) -> list[list[str]]:
    if strip_set.counts is not None:
        for reel, counts in enumerate(strip_set.counts):
            if not 1 <= sum(counts.values()) <= STRIP_LENGTH_MAX:
                reason = f"a strip has 1 to {STRIP_LENGTH_MAX} symbols"
                raise DeclarationError(file, f"{path}.counts[{reel}]", reason)
        return [spread(counts) for counts in strip_set.counts]
    assert strip_set.reels is not None
    return [spell(strip, f"{path}.reels[{reel}]", file) for reel, strip in enumerate(strip_set.reels)]


def _weights(strip_set: StripSet, reel: int, length: int, path: str, file: str) -> tuple[int, ...]:
    if strip_set.weights is None:
        return (1,) * length
    place = f"{path}.weights"
    if len(strip_set.weights) <= reel:
        raise DeclarationError(file, place, f"no weights for reel {reel + 1}")
    weights = tuple(strip_set.weights[reel])
    if len(weights) != length:
        raise DeclarationError(file, f"{place}[{reel}]", f"{len(weights)} weights for {length} stops")
    return weights
