"""The draws of one round (or of one step of it): deterministic from its seed, unbiased, logged. Pure."""

from bisect import bisect_right

from adapters.reels.draws import Draw
from adapters.reels.random.mapping import BOUND_MAX, SEED_BYTES, WORD_BITS, WORD_MASK, WORD_VALUES, block_words, plan


class RoundDraws:
    """The production ``DrawSource``: SHA-512 words of the seed, multiply-shift with rejection, never a remainder.

    ``step`` separates the steps of a round that the player advances, so that a resumed step never
    depends on how many words an earlier one used.
    """

    __slots__ = ("_block", "_seed", "_step", "_used", "_words", "log")

    def __init__(self, seed: bytes, step: int = 0) -> None:
        """Raises ValueError when the seed is not 32 bytes."""
        if len(seed) != SEED_BYTES:
            raise ValueError(f"a round's seed has {SEED_BYTES} bytes, got {len(seed)}")
        self._seed = seed
        self._step = step
        self._block = 0
        self._words: tuple[int, ...] = ()
        self._used = 0
        self.log: list[Draw] = []

    def draw(self, purpose: str, bound: int) -> int:
        """One number, uniform in 0..bound-1; raises ValueError for a bound outside 1..2**63."""
        if not 1 <= bound <= BOUND_MAX:
            raise ValueError(f"a bound must be 1..2**63, got {bound}")
        scaled = self._next_word() * bound
        if (scaled & WORD_MASK) < bound:
            rejected_below = WORD_VALUES % bound
            while (scaled & WORD_MASK) < rejected_below:
                scaled = self._next_word() * bound
        value = scaled >> WORD_BITS
        self.log.append((purpose, (bound,), (value,)))
        return value

    def draw_stops(self, purpose: str, lengths: tuple[int, ...]) -> tuple[int, ...]:
        """One number for each length, independent and uniform; as few words as the products allow."""
        batches = plan(lengths)
        if len(batches) == 1:
            values = self._draw_batch(*batches[0])
        else:
            values = tuple(value for batch in batches for value in self._draw_batch(*batch))
        self.log.append((purpose, lengths, values))
        return values

    def draw_weighted(self, purpose: str, cumulative: tuple[int, ...]) -> int:
        """An index, drawn in proportion to the steps of the rising integers ``cumulative``."""
        return bisect_right(cumulative, self.draw(purpose, cumulative[-1]))

    def _draw_batch(self, bounds: tuple[int, ...], product: int, rejected_below: int) -> tuple[int, ...]:
        scaled = self._next_word() * product
        while (scaled & WORD_MASK) < rejected_below:
            scaled = self._next_word() * product
        digits = []
        rest = scaled >> WORD_BITS
        for bound in bounds[:0:-1]:
            rest, digit = divmod(rest, bound)
            digits.append(digit)
        digits.append(rest)
        return tuple(digits[::-1])

    def _next_word(self) -> int:
        used = self._used
        if used == len(self._words):
            self._block += 1
            self._words, used = block_words(self._seed, self._step, self._block), 0
        self._used = used + 1
        return self._words[used]
