"""Numba, where it is installed: compiled at first use, cached where a cache can be written."""

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Any


def has_numba() -> bool:
    """Whether the extra ``[sim]`` is installed."""
    return find_spec("numba") is not None


@cache
def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function compiled without the interpreter's lock.

    Numba keeps its cache in NUMBA_CACHE_DIR, else beside the source when that can be written, else in the user's
    cache folder; when none of them can be written it refuses, and the function is compiled for this process only.
    """
    import numba  # the extra is optional, and importing it takes half a second

    try:
        return _typed(numba.njit(nogil=True, cache=True)(function))
    except RuntimeError:
        return _typed(numba.njit(nogil=True)(function))


def _typed(function: Any) -> Callable[..., Any]:
    return function  # type: ignore[no-any-return]  # numba has no types
