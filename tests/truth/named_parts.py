"""Which of our figures a printed part of an RTP means: by its name, never by its value."""

import re
from collections.abc import Iterable

from adapters.reels.analysis.report import Analysis


def named_part(name: str, analysis: Analysis) -> float | None:
    """Return the figure that other people print under this name; None when the name is not known."""
    figures = analysis.figures()
    words = set(name.lower().split("_"))
    base = analysis.tables.entry
    free = [entry for entry in analysis.tables.entries if entry not in analysis.spins or entry == "free"]
    if name.startswith("mask_"):
        return figures.get(f"{_stage_of_mask(name.removeprefix('mask_'), analysis)}: rtp of the spin")
    if words == {"base"}:
        return figures[f"{base}: rtp of the spin"]
    if "q" in words:
        return _games_of_free_games(analysis) if "bonus" in words else _games_per_spin(base, analysis)
    if "trigger" in words:
        return figures[f"{base}: trigger rate"]
    if words & {"end", "stop"}:
        return _only(value for key, value in figures.items() if key.endswith("rate of the stop"))
    if "fg" in words:
        wanted = "value of one play" if "value" in words else "rtp of the spin"
        return _only(figures.get(f"{entry}: {wanted}") for entry in free)
    return _symbol(name, figures, base)


def _stage_of_mask(mask: str, analysis: Analysis) -> str:
    """A place of the mask is a reel that can be wild, from the left; a star says that it is held."""
    reels = sorted({reel for stage in analysis.spins for reel in stage.split("+")[1:]})
    held = [reel for reel, sign in zip(reels, mask, strict=True) if sign == "*"]
    return "+".join([analysis.tables.entry, *held])


def _games_per_spin(stage: str, analysis: Analysis) -> float:
    spin = analysis.spins[stage]
    games = sum(won for entry, won in spin.games_awarded.items() if entry in analysis.counted_entries)
    return games / spin.full_cycle


def _games_of_free_games(analysis: Analysis) -> float | None:
    """The free games that a free game wins: one figure where every series has the same."""
    return _only(_games_per_spin(stage, analysis) for stage in analysis.spins if stage != analysis.tables.entry)


def _symbol(name: str, figures: dict[str, float], base: str) -> float | None:
    """``cherries2`` is two cherries; without a count all that the symbol pays."""
    match = re.fullmatch(r"([a-z]+?)(?:ies|s)?(\d*)", name.lower())
    if match is None:
        return None
    stem, count = match.groups()
    paid = {
        key: value
        for key, value in figures.items()
        if (found := re.fullmatch(rf"{re.escape(base)}: rtp of (\S+) x (\d+)", key))
        and found[1].lower() in (stem, f"{stem}y")
        and count in ("", found[2])
    }
    return sum(paid.values()) if paid else None


def _only(values: Iterable[float | None]) -> float | None:
    found = {round(value, 15): value for value in values if value is not None}
    return next(iter(found.values())) if len(found) == 1 else None
