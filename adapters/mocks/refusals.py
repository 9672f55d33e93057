"""What a control call did wrong, in words that help: the field, what it may be, and what was probably meant."""

from collections.abc import Awaitable, Callable

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from adapters.mocks.known_words import meant


class ControlRefused(Exception):
    """A control call that makes no sense; its text tells the tester why."""


async def answered(handle: Callable[[], Awaitable[object]]) -> Response:
    """Return what a control call gives as JSON; what it did wrong as 400 with an ``error``."""
    try:
        return JSONResponse(await handle())
    except (ControlRefused, ValueError) as refused:
        return JSONResponse({"error": plain(refused)}, status_code=400)


def plain(error: Exception) -> str:
    """Return the text of a refusal without the words of the library that made it."""
    if not isinstance(error, ValidationError):
        return str(error)
    return "; ".join(
        _sentence(".".join(map(str, item["loc"])), item["type"], item["msg"], item["input"]) for item in error.errors()
    )


async def no_such_control(request: Request, error: Exception) -> Response:
    """Answer an address that is not there with JSON, like everything else."""
    return JSONResponse({"error": f"there is no {request.method} {request.url.path}"}, status_code=404)


def _sentence(place: str, kind: str, text: str, given: object) -> str:
    if kind in ("enum", "literal_error"):
        listed = text.replace("Input should be", "").replace("'", "").replace(" or ", ",").split(",")
        names = [name.strip() for name in listed if name.strip()]
        return f"{place}: {given!r} is none of {', '.join(names)}{meant(str(given), names)}"
    if kind == "extra_forbidden":
        return f"{place}: there is no such word"
    return f"{place}: {text[:1].lower()}{text[1:]}" if place else text
