"""How far a player's purse may be after so many rounds: sessions drawn from the exact distribution of a round."""

from itertools import pairwise
from typing import Any

import numpy as np

from adapters.reels.analysis.distribution import RoundDistribution

SESSIONS = 4_000
CHECKPOINTS = (0, 50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1_000)
SHARES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
SEED = 20_240_229


def bankroll_fan(distribution: RoundDistribution, bet: float, cap: float) -> list[dict[str, Any]]:
    """Return what shares of sessions are worse off than what, in bets, after so many rounds.

    ``bet`` is the price of a round in pay units. What is beyond the table counts as ``cap``, or as the table's end.
    """
    sums = np.cumsum(distribution.shown())
    wins = (
        np.append(np.arange(len(sums), dtype=np.float64) * distribution.step, cap or float(distribution.largest)) / bet
    )
    generator = np.random.Generator(np.random.PCG64(SEED))
    purse = np.zeros(SESSIONS)
    rows = [{"rounds": 0, **{_key(share): 0.0 for share in SHARES}}]
    for before, rounds in pairwise(CHECKPOINTS):
        drawn = np.searchsorted(sums, generator.random((SESSIONS, rounds - before)), side="right")
        purse += wins[drawn].sum(axis=1) - (rounds - before)
        found = np.quantile(purse, SHARES)
        rows.append(
            {"rounds": rounds} | {_key(share): float(value) for share, value in zip(SHARES, found, strict=True)}
        )
    return rows


def _key(share: float) -> str:
    return f"worst_{share:.0%}".replace("%", "")
