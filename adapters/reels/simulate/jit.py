"""Numba, where it is installed: compiled at first use, cached where a cache can be written."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from types import FunctionType
from typing import Any


def has_numba() -> bool:
    """Whether the extra ``[sim]`` is installed."""
    return find_spec("numba") is not None


@cache
def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function compiled so that it runs without the interpreter's lock."""
    return compiled_together([function], {})[function.__name__]


def compiled_together(
    functions: Sequence[Callable[..., Any]], names: Mapping[str, Any]
) -> dict[str, Callable[..., Any]]:
    """Return functions of one file compiled, each able to call those before it; ``names`` are what else they use.

    Only the last one can be called from Python.

    Numba keeps its cache in NUMBA_CACHE_DIR, else beside the source when that can be written, else in the user's
    cache folder; when none of them can be written it refuses, and the functions are compiled for this process only.
    """
    import numba  # the extra is optional, and importing it takes half a second

    njit: Any = numba.njit

    scope = {**names}
    for function in functions:
        plain = function
        if names:
            plain = FunctionType(function.__code__, scope, function.__name__)
            plain.__module__, plain.__qualname__ = function.__module__, function.__qualname__
        # Only the last one is called from Python; wrappers for the others would double the time to compile.
        options: dict[str, bool] = (
            {} if function is functions[-1] else {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
        )
        try:
            scope[function.__name__] = njit(nogil=True, cache=True, **options)(plain)
        except RuntimeError:
            scope[function.__name__] = njit(nogil=True, **options)(plain)
    return {function.__name__: scope[function.__name__] for function in functions}
