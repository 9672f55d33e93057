"""Amounts for people: exact, with as many decimals as they need, two at least."""

_MICROS_DIGITS = 6


def amount_text(micros: int) -> str:
    """Return micros as a decimal text."""
    units, rest = divmod(abs(micros), 10**_MICROS_DIGITS)
    decimals = f"{rest:0{_MICROS_DIGITS}d}".rstrip("0").ljust(2, "0")
    return f"{'-' if micros < 0 else ''}{units:,}.{decimals}"
