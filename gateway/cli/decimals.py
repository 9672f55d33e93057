"""Reads amounts that people type."""

import re

import typer

_AMOUNT = re.compile(r"(\d{1,9})(?:\.(\d{1,6}))?\Z")


def micros_of(text: str) -> int:
    """Return the micros of a decimal text, exactly; 0 for an empty one."""
    if not text:
        return 0
    match = _AMOUNT.match(text)
    if match is None:
        raise typer.BadParameter("an amount looks like 0.50", param_hint="--stake")
    units, decimals = match.groups(default="")
    return int(units) * 1_000_000 + int(decimals.ljust(6, "0"))
