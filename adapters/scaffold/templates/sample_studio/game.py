"""The mathematics of the sample game: pure, no clock, no chance of its own, no float.

Every step of a round is drawn from a keyed hash of the round id, so that the same round always falls the same way. Put
your own game here; the rest of the package need not change.
"""

import hashlib
import hmac
from dataclasses import dataclass

from adapters.contract.games import BetMode, Game, Volatility
from adapters.contract.ids import GameId

GAME_VERSION = "1"
FREE_STEP_COUNT = 2
# Of 1000 equally likely numbers: from this one on, the step pays so many stakes.
PAYS = ((990, 20), (950, 5), (850, 2), (650, 1), (0, 0))
FREE_STEPS_FROM, FREE_STEPS_BELOW = 400, 500

GAME = Game(
    game_id=GameId("lucky-dip"),
    display_name="Lucky Dip",
    studio="SampleStudio",
    game_version=GAME_VERSION,
    rtp_ppm=960_000,
    hit_frequency_ppm=407_750,
    volatility=Volatility.LOW,
    win_multiplier_max=20 * FREE_STEP_COUNT,
    features=frozenset({"free_steps"}),
    stakes_micros=(100_000, 200_000, 500_000, 1_000_000, 2_000_000, 5_000_000),
    stakes_micros_by_currency={"JPY": (10_000_000, 50_000_000, 100_000_000)},
    bet_modes=(BetMode("base", "Base game", rtp_ppm=960_000),),
)
"""One step pays 0.8 stakes on average, and a tenth of all rounds has two steps more: an RTP of 0.8 x 1.2 = 0.96."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one step of a round shows and pays."""

    number: int
    win_micros: int
    free_steps_left: int


def play(secret: bytes, round_id: str, step: int, stake_micros: int, free_steps_left: int) -> Step:
    """Draw one step; ``free_steps_left`` counts this one when ``step`` is not 0."""
    digest = hmac.digest(secret, f"{round_id}:{step}".encode(), hashlib.sha256)
    number = int.from_bytes(digest[:16], "big") % 1000
    win_micros = stake_micros * next(stakes for start, stakes in PAYS if number >= start)
    if step > 0:
        return Step(number, win_micros, free_steps_left - 1)
    grants = FREE_STEPS_FROM <= number < FREE_STEPS_BELOW
    return Step(number, win_micros, FREE_STEP_COUNT if grants else 0)
