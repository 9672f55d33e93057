"""A ready game as the catalogue shows it."""

import json
from fractions import Fraction

from adapters.contract.games import BetMode, Game, Volatility
from adapters.contract.ids import GameId
from adapters.reels.game import ReadyGame

PPM = 1_000_000
VOLATILITY_BELOW = ((2.0, Volatility.LOW), (4.0, Volatility.MEDIUM_LOW), (7.0, Volatility.MEDIUM))
VOLATILITY_HIGH_FROM = 12.0


def catalogue_entry(ready: ReadyGame) -> Game:
    """Describe a game; figures are the computed ones, not the declared."""
    declaration, analysis = ready.tables.declaration, ready.analysis
    return Game(
        game_id=GameId(declaration.id),
        display_name=declaration.name,
        studio=declaration.studio or "Reelgate",
        game_version=ready.tables.game_hash,
        rtp_ppm=_ppm(analysis.rtp),
        hit_frequency_ppm=_ppm(analysis.hit_rate),
        volatility=_volatility(analysis.sigma),
        sigma_ppm=round(analysis.sigma * PPM),
        win_multiplier_max=analysis.win_multiplier_max,
        features=frozenset(feature.kind for feature in declaration.features.values()),
        stakes_micros=tuple(sorted(declaration.bet.stakes)),
        stakes_micros_by_currency={
            code: tuple(sorted(stakes)) for code, stakes in declaration.bet.stakes_by_currency.items()
        },
        bet_modes=tuple(_bet_mode(ready, mode) for mode in ready.tables.modes),
        line_count=ready.tables.line_count_max,
        facts=_facts(ready),
    )


def _facts(ready: ReadyGame) -> dict[str, str]:
    declaration = ready.tables.declaration
    facts = {"declaration_version": declaration.version, "tables_hash": ready.tables.tables_hash}
    if declaration.jurisdictions:
        rules = {code: rule.model_dump(mode="json") for code, rule in declaration.jurisdictions.items()}
        facts["jurisdictions"] = json.dumps(rules, sort_keys=True, separators=(",", ":"))
    return facts


def _bet_mode(ready: ReadyGame, mode: str) -> BetMode:
    declared = ready.tables.declaration.modes.get(mode)
    title = (declared.title if declared is not None else "") or mode
    return BetMode(mode, title, cost_ppm=_ppm(ready.tables.cost_of(mode)), rtp_ppm=_ppm(ready.analyses[mode].rtp))


def _ppm(share: Fraction) -> int:
    return int(share * PPM)


def _volatility(sigma: float) -> Volatility:
    for below, volatility in VOLATILITY_BELOW:
        if sigma < below:
            return volatility
    return Volatility.MEDIUM_HIGH if sigma < VOLATILITY_HIGH_FROM else Volatility.HIGH
