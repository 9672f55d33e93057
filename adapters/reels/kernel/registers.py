"""The 64-bit sum that travels with the automaton: pay in the low bits, small counters above."""

from dataclasses import dataclass, field

PAY_BITS = 40
PAY_MASK = (1 << PAY_BITS) - 1
TOTAL_BITS = 62


class RegistersFull(ValueError):
    """More is to be counted on one spin than 64 bits hold."""


@dataclass(slots=True)
class Registers:
    """Gives each counter its place; a counter of at most ``largest`` gets just the bits that it needs."""

    fields: dict[str, tuple[int, int]] = field(default_factory=dict)
    used_bits: int = PAY_BITS

    def allocate(self, name: str, largest: int) -> int:
        """Reserve a counter and return its unit: adding the unit counts one."""
        bits = max(1, largest.bit_length())
        if self.used_bits + bits > TOTAL_BITS:
            raise RegistersFull(f"no room to count {name!r} up to {largest}")
        shift = self.used_bits
        self.used_bits += bits
        self.fields[name] = (shift, (1 << bits) - 1)
        return 1 << shift

    def read(self, total: int, name: str) -> int:
        """Return the counter ``name`` of a sum."""
        shift, mask = self.fields[name]
        return (total >> shift) & mask
