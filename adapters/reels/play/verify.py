"""Replay a stored record: the same seed must give the same bytes."""

import json
from collections.abc import Callable
from typing import Any

from adapters.reels.compiling.game_tables import GameTables
from adapters.reels.draws import DrawSource
from adapters.reels.errors import RecordMismatch
from adapters.reels.play.bets import Bet
from adapters.reels.play.results import StepResult
from adapters.reels.play.step import play_step
from adapters.reels.random.draws import RoundDraws

OpenDraws = Callable[[bytes, int], DrawSource]


def verify_step(game: GameTables, record: bytes, open_draws: OpenDraws = RoundDraws) -> StepResult:
    """Replay ``record`` and return the step; raises RecordMismatch at the first field that differs."""
    stored = _read(record)
    for field, mine in (("game", game.game_hash), ("tables", _tables_hash(game, stored))):
        if stored[field] != mine:
            raise RecordMismatch(field, stored[field], mine)
    seed = bytes.fromhex(stored["seed"])
    bet = Bet(stored["bet"]["stake_micros"], stored["bet"]["mode"], stored["bet"]["line_count"])
    draws = open_draws(seed, stored["step"])
    replayed = play_step(game, bet, stored["state"].encode(), draws, stored["choice"], seed=seed)
    if replayed.record != record:
        again = json.loads(replayed.record)
        field = next((key for key in again if again[key] != stored.get(key)), "bytes")
        raise RecordMismatch(field, stored.get(field), again.get(field))
    return replayed


def _read(record: bytes) -> dict[str, Any]:
    try:
        stored = json.loads(record)
        bytes.fromhex(stored["seed"])
        bet = stored["bet"]
        expected = (bet["stake_micros"], bet["mode"], bet["line_count"], stored["step"], stored["state"])
        assert isinstance(stored["choice"], str)
    except (ValueError, KeyError, TypeError, AssertionError) as error:
        raise RecordMismatch("record", record[:80], "a readable record") from error
    if [type(value) for value in expected] != [int, str, int, int, str]:
        raise RecordMismatch("record", expected, "fields of the right types")
    return dict(stored)


def _tables_hash(game: GameTables, stored: dict[str, Any]) -> str:
    bet = stored["bet"]
    if bet["mode"] not in game.modes or bet["line_count"] not in game.line_counts:
        raise RecordMismatch("bet", bet, "a bet of this game")
    return game.play(bet["mode"], bet["line_count"]).tables_hash
