"""The figures that a game is offered with: worked out, or read from a PAR sheet bound to the game by its hashes."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from adapters.reels.analysis.report import Analysis
from adapters.reels.compiling.game_tables import ENGINE_FORMAT, GameTables


@dataclass(frozen=True, slots=True)
class Figures:
    """What the catalogue and the checks at load need to know of one bet mode with all lines."""

    rtp: Fraction
    sigma: float
    hit_rate: Fraction
    rtp_half_width: float
    """Half of the 99 % confidence interval and of what a transform may be off by; 0 when the RTP is exact."""
    top_award_one_in: float
    win_multiplier_max: int
    """The largest win of a round in stakes, rounded up; 0 where there is none or it is not known."""


def figures_of(analysis: Analysis, win_cap: int) -> Figures:
    """Take the figures from an analysis."""
    context = analysis.tables.context
    largest = analysis.largest.pay if analysis.is_enumerated else None
    return Figures(
        rtp=analysis.rtp,
        sigma=analysis.sigma,
        hit_rate=analysis.hit_rate,
        rtp_half_width=analysis.rtp_half_width,
        top_award_one_in=analysis.top_award_one_in,
        win_multiplier_max=win_cap or -(-(largest or 0) // (context.cost_units * context.scale)),
    )


def evidence_document(game: GameTables, figures: dict[str, Figures]) -> dict[str, Any]:
    """Return the figures with the hashes that they belong to."""
    modes = {}
    for mode, known in figures.items():
        entry = {**asdict(known), "rtp": str(known.rtp), "hit_rate": str(known.hit_rate)}
        modes[mode] = {**entry, "tables_hash": game.play(mode).tables_hash}
    return {"engine": ENGINE_FORMAT, "game_hash": game.game_hash, "modes": modes}


def tables_hashes(content: bytes) -> dict[str, str]:
    """Return the hash of the tables of each bet mode that a PAR sheet was made from; empty when it cannot be read."""
    try:
        return {str(mode): str(known["tables_hash"]) for mode, known in json.loads(content)["modes"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def read_evidence(game_hash: str, modes: Sequence[str], content: bytes) -> dict[str, Figures] | None:
    """Return the figures of all bet modes; None when they are another game's or cannot be read.

    Whether the sheet may be believed is the caller's to know: by its checksum and by the hashes of its tables.
    """
    try:
        document = json.loads(content)
        if document["engine"] != ENGINE_FORMAT or document["game_hash"] != game_hash:
            return None
        found = {}
        for mode in modes:
            known = {key: value for key, value in document["modes"][mode].items() if key != "tables_hash"}
            found[mode] = Figures(**{**known, "rtp": Fraction(known["rtp"]), "hit_rate": Fraction(known["hit_rate"])})
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return found
