"""What a request may ask before anything is drawn: currency, step and state, and what the player's country allows."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from adapters.contract.errors import InvalidCall
from adapters.contract.rounds import SpinRequest
from adapters.reels.compiling.game_tables import GameTables
from adapters.reels.declaration.game import Jurisdiction
from adapters.reels.play.gambling import GAMBLE_CHOICES

PLAYERS_KEPT = 10_000
Seat = tuple[str, str, str]
"""Brand, player, game."""


def check_asked(request: SpinRequest, game: GameTables) -> None:
    """Raise InvalidCall, naming the field, for a request that no draw may follow."""
    if request.stake.currency_code != request.session.currency_code:
        raise InvalidCall(f"the session plays in {request.session.currency_code}", field="stake.currency_code")
    if request.step:
        _check_step(request)
    elif request.state:
        raise InvalidCall("a round begins without a state", field="state")
    rules = rules_for(game, request.session.country_code)
    if rules is None:
        return
    chosen = game.declaration.modes.get(request.bet_mode)
    if not request.step and chosen is not None and chosen.start is not None and not rules.buy_allowed:
        raise InvalidCall("features are not for sale where the player is", field="bet_mode", rule="buy_allowed")
    if request.choice == GAMBLE_CHOICES[1] and game.has_gamble and not rules.gamble_allowed:
        raise InvalidCall("wins may not be gambled where the player is", field="choice", rule="gamble_allowed")


def rules_for(game: GameTables, country_code: str) -> Jurisdiction | None:
    """Return the rules of the player's country and part, else those of the country."""
    declared = game.declaration.jurisdictions
    if not declared:
        return None
    code = country_code.upper()
    return declared.get(code) or declared.get(code.partition("-")[0])


def _check_step(request: SpinRequest) -> None:
    if not request.state:
        raise InvalidCall("a later step needs the state of the round", field="step")
    try:
        step = json.loads(request.state)["step"]
    except (ValueError, KeyError, TypeError):
        return  # play says what is wrong with the state
    if step != request.step:
        raise InvalidCall(f"the state waits for step {step}", field="step")


@dataclass(slots=True)
class SpinPace:
    """Holds games to the least time between the beginnings of two rounds, where the player's country has one.

    It is kept by process: where several share a port, a player's connection stays with one of them.
    """

    monotonic_s: Callable[[], float]
    _begun: dict[Seat, tuple[str, float]] = field(default_factory=dict)

    def check(self, request: SpinRequest, game: GameTables) -> None:
        """Raise InvalidCall when the round begins too soon after the one before; a repeat of that one may come."""
        rules = rules_for(game, request.session.country_code)
        if rules is None or not rules.spin_time_min_ms or request.step:
            return
        seat = (request.session.brand_id, request.session.player_id, request.game_id)
        now_s = self.monotonic_s()
        round_id, begun_s = self._begun.get(seat, ("", float("-inf")))
        left_ms = rules.spin_time_min_ms - (now_s - begun_s) * 1000
        if round_id != request.round_id and left_ms > 0:
            reason = f"a round takes {rules.spin_time_min_ms} ms at least where the player is"
            raise InvalidCall(reason, field="round_id", rule="spin_time_min_ms", wait_ms=str(int(left_ms) + 1))
        if round_id != request.round_id:
            self._forget(now_s)
            self._begun[seat] = (request.round_id, now_s)

    def _forget(self, now_s: float) -> None:
        """Keep the memory small: a minute is longer than any rule."""
        if len(self._begun) >= PLAYERS_KEPT:
            self._begun = {seat: begun for seat, begun in self._begun.items() if now_s - begun[1] < 60}
