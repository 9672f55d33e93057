"""Value types of the hot path: frozen for the type checker, plain at run time.

The constructor of a frozen dataclass sets each field through ``object.__setattr__``, which takes several times as long;
a spin makes some twenty values. ``@value(frozen=True, slots=True)`` is a dataclass like any other to a type checker,
which refuses an assignment to a field; while the program runs nothing watches. Hash and equality are those of a
frozen dataclass.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as value
else:
    from dataclasses import dataclass

    def value(*, frozen, slots):
        """Return the decorator that makes a class a value."""
        return dataclass(slots=slots, unsafe_hash=frozen)


__all__ = ["value"]
