"""The PAR sheet of a game as one document: JSON first, CSV and the page are made from it."""

from dataclasses import asdict, dataclass, field
from fractions import Fraction
from math import sqrt
from statistics import NormalDist
from typing import Any

from adapters.reels.analysis.bankroll import bankroll_fan
from adapters.reels.analysis.distribution import RoundDistribution
from adapters.reels.analysis.max_win import max_win
from adapters.reels.analysis.report import Analysis, analyse
from adapters.reels.analysis.symbols import symbol_table
from adapters.reels.compiling.game_tables import GameTables

BANDS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000)
CONFIDENCES = (0.9, 0.95, 0.99)
VOLATILITY_CONFIDENCE = 0.9
HORIZONS = (100, 1_000, 10_000, 100_000, 1_000_000)
LARGEST_BETS = 20_000
PLOTTED_SIZE = 1 << 18
"""How long the grid may be where no cap asks for more."""


@dataclass(slots=True)
class ParSheet:
    """All figures of one bet mode and number of lines, ready to be written."""

    game: dict[str, Any]
    bet: dict[str, Any]
    figures: dict[str, Any]
    spins: list[dict[str, Any]]
    symbols: list[dict[str, Any]]
    bands: list[dict[str, Any]] = field(default_factory=list)
    bankroll: list[dict[str, Any]] = field(default_factory=list)
    fan: list[dict[str, Any]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    modes: list[dict[str, Any]] = field(default_factory=list)
    components: list[dict[str, Any]] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """Return the sheet as plain data."""
        return asdict(self)


def par_sheet(game: GameTables, mode: str = "base", line_count: int = 0) -> ParSheet:
    """Work out the sheet of one way to bet."""
    analysis = analyse(game, mode, line_count)
    distribution = _distribution(analysis)
    declaration = game.declaration
    return ParSheet(
        game={
            "id": declaration.id,
            "name": declaration.name,
            "version": declaration.version,
            "game_hash": game.game_hash,
            "tables_hash": analysis.tables.tables_hash,
        },
        bet={
            "mode": mode,
            "lines": line_count or game.line_count_max,
            "cost_in_stakes": str(analysis.tables.cost),
            "units": analysis.tables.context.cost_units,
            "pay_units_per_line_bet": analysis.tables.context.scale,
        },
        figures=_figures(game, analysis, distribution),
        spins=[_spin(analysis, name) for name in analysis.spins],
        symbols=_symbols(analysis),
        bands=_bands(analysis, distribution),
        bankroll=bankroll_fan(distribution, float(analysis.unit), float(analysis.cap)),
        fan=_fan(analysis),
        lines=_line_counts(game, mode),
        modes=[_mode(game, other) for other in game.modes],
        components=_components(analysis),
    )


def _distribution(analysis: Analysis) -> RoundDistribution:
    if analysis.cap:
        return analysis.distribution(analysis.cap)
    largest = int(LARGEST_BETS * analysis.unit)
    if analysis.is_enumerated and analysis.largest.pay is not None:
        largest = min(largest, analysis.largest.pay)
    return analysis.distribution(largest, PLOTTED_SIZE)


def _figures(game: GameTables, analysis: Analysis, distribution: RoundDistribution) -> dict[str, Any]:
    sigma = analysis.sigma
    figures: dict[str, Any] = {
        "exact": analysis.is_exact,
        "rtp": float(analysis.rtp),
        "sigma": sigma,
        "hit_rate": float(analysis.hit_rate),
        "volatility_index": NormalDist().inv_cdf((1 + VOLATILITY_CONFIDENCE) / 2) * sigma,
        "max_win": max_win(analysis, distribution),
        "max_spin_win_bets": float(max(spin.pay_max for spin in analysis.spins.values()) / analysis.unit),
        "top_award_one_in_rounds": analysis.top_award_one_in,
        "jackpot_contribution": float(analysis.contribution),
    }
    half = analysis.rtp_half_width
    if analysis.is_exact:
        figures["rtp_exact"] = str(analysis.rtp)
    elif analysis.is_enumerated:
        figures["rtp_numerical_within"] = half
    else:
        figures["rtp_simulated_99"] = [float(analysis.rtp) - half, float(analysis.rtp) + half]
    if game.win_cap:
        figures["win_cap_bets"] = game.win_cap
        figures["rtp_without_cap"] = float(analysis.rtp_uncapped)
    gamble = game.declaration.gamble
    if gamble is not None:
        figures["gamble_rtp"] = float(gamble.factor * gamble.probability)
    return figures


def _spin(analysis: Analysis, name: str) -> dict[str, Any]:
    spin = analysis.spins[name]
    return {
        "stage": name,
        "exact": spin.exact,
        "N": spin.cycle,
        "S": spin.pay_sum,
        "Q": spin.square_sum,
        "hits": spin.hits,
        "max_pay": spin.pay_max,
        "rtp": float(analysis.spin_rtp(name)),
        "sigma": analysis.spin_sigma(name),
        "value": float(analysis.totals.mean[name] / analysis.unit),
        "components": {
            part: float(Fraction(total, spin.cycle) / analysis.unit) for part, total in spin.component_sums.items()
        },
        "awards": {
            entry: {
                "one_in": spin.full_cycle / spin.award_counts[entry],
                "games_per_play": games / spin.full_cycle,
            }
            for entry, games in spin.games_awarded.items()
        },
        "falls": spin.fall_counts,
    }


def _components(analysis: Analysis) -> list[dict[str, Any]]:
    """Return how the RTP comes together: the base spin's parts, and what each award is worth."""
    base = analysis.base
    parts = [
        {"part": f"base: {part}", "rtp": float(Fraction(total, base.cycle) / analysis.unit)}
        for part, total in base.component_sums.items()
    ]
    for entry, games in base.games_awarded.items():
        mean = Fraction(games, base.full_cycle) * analysis.entry_mean(entry)
        parts.append({"part": entry, "rtp": float(mean / analysis.unit)})
    if analysis.capped is not None:
        parts.append({"part": "taken by the cap", "rtp": float(analysis.rtp - analysis.rtp_uncapped)})
    return parts


def _symbols(analysis: Analysis) -> list[dict[str, Any]]:
    rows = []
    for name, stage in analysis.tables.stages.items():
        if stage.spin is None or stage.spin.board is not None:
            continue
        context = analysis.tables.context
        rows += [
            {
                "stage": name,
                "symbol": row.symbol,
                "count": row.count,
                "hits_per_spin": float(row.hits),
                "rtp": float(row.pay / analysis.unit),
            }
            for row in symbol_table(stage.spin, context.paths, context.all_names())
        ]
    return rows


def _bands(analysis: Analysis, distribution: RoundDistribution) -> list[dict[str, Any]]:
    chance, step = distribution.shown(), distribution.step
    places = [float(bound * analysis.unit) / step for bound in BANDS]
    bands = [{"band": "0", "chance": float(chance[0]), "rtp": 0.0}]
    for number, low in enumerate(places):
        high = places[number + 1] if number + 1 < len(places) else float("inf")
        first = int(low) + 1 if number else 1
        last = min(len(chance), int(high) + 1) if high != float("inf") else len(chance)
        if first >= len(chance):
            break
        part = chance[first:last]
        mean = sum(float(p) * (first + at) for at, p in enumerate(part) if p) * step / float(analysis.unit)
        top = f"{BANDS[number + 1]}" if number + 1 < len(BANDS) else "more"
        bands.append({"band": f"{BANDS[number]}-{top}", "chance": float(part.sum()), "rtp": mean})
    if analysis.cap:
        capped = float(analysis.cap / analysis.unit) * distribution.beyond
        bands.append({"band": "cut to the cap", "chance": distribution.beyond, "rtp": capped})
    else:
        bands.append({"band": "beyond the table", "chance": distribution.beyond, "rtp": 0.0})
    return bands


def _fan(analysis: Analysis) -> list[dict[str, Any]]:
    """Return the bands of the seen RTP after so many rounds, by the normal approximation."""
    rtp, sigma = float(analysis.rtp), analysis.sigma
    return [
        {
            "rounds": rounds,
            **{
                f"half_width_{int(share * 100)}": NormalDist().inv_cdf((1 + share) / 2) * sigma / sqrt(rounds)
                for share in CONFIDENCES
            },
            "rtp": rtp,
        }
        for rounds in HORIZONS
    ]


def _line_counts(game: GameTables, mode: str) -> list[dict[str, Any]]:
    rows = []
    for line_count in sorted(set(game.line_counts) - {0}):
        analysis = analyse(game, mode, line_count)
        hit_rate = float(analysis.hit_rate)
        rows.append({"lines": line_count, "rtp": float(analysis.rtp), "sigma": analysis.sigma, "hit_rate": hit_rate})
    return rows


def _mode(game: GameTables, mode: str) -> dict[str, Any]:
    analysis = analyse(game, mode)
    cost = str(analysis.tables.cost)
    return {"mode": mode, "cost_in_stakes": cost, "rtp": float(analysis.rtp), "sigma": analysis.sigma}
