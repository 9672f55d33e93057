"""What the commands of ``reelgate mock`` refuse with: a sentence, and an exit code."""

from typing import NoReturn

import typer
from rich.console import Console

from adapters.mocks.link import is_http_address

EXIT_FAILED = 1


def check_url(url: str, option: str) -> None:
    """Refuse what is no HTTP address; an empty one is none that was given."""
    if url and not is_http_address(url):
        raise typer.BadParameter(f"{url!r} is no address such as http://HOST:PORT", param_hint=option)


def fail(text: str) -> NoReturn:
    """Say what is wrong, and exit."""
    Console(stderr=True).print(text, style="red", markup=False, soft_wrap=True)
    raise typer.Exit(EXIT_FAILED)
