"""Plain functions compiled by Numba where the extra ``[sim]`` is installed; otherwise the same code is interpreted."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from types import FunctionType
from typing import Any

from adapters.reels.kernel import board, board_walk


def has_numba() -> bool:
    """Whether the extra ``[sim]`` is installed."""
    return find_spec("numba") is not None


@cache
def board_functions() -> Mapping[str, Callable[..., Any]]:
    """Return the functions of the board by name, compiled together when Numba is there.

    Only functions of one file call each other from a cache: Numba does not see that a callee in another file changed.
    """
    parts = (
        board.line_pay,
        board.ways_pay,
        board.anywhere_pay,
        board.cluster_pay,
        board.scatter_pay,
        board.show,
        board.fall,
        board.draw_below,
        board.resolve_many,
    )
    if not has_numba():
        return {function.__name__: function for function in (*parts, board_walk.list_stops)}
    compiled = _compile(parts, vars(board), cached=True)
    walk = _compile([board_walk.list_stops], vars(board_walk), cached=True)
    return {**compiled, **walk}


def _compile(
    functions: Sequence[Callable[..., Any]], names: Mapping[str, Any], *, cached: bool
) -> dict[str, Callable[..., Any]]:
    import numba  # the extra is optional, and importing it takes half a second

    scope = dict(names)
    for function in functions:
        plain = FunctionType(function.__code__, scope, function.__name__)
        plain.__module__ = function.__module__
        plain.__qualname__ = function.__qualname__
        try:
            scope[function.__name__] = numba.njit(nogil=True, cache=cached)(plain)
        except RuntimeError:  # no place to keep a cache
            scope[function.__name__] = numba.njit(nogil=True)(plain)
    return {function.__name__: scope[function.__name__] for function in functions}
