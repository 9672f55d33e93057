"""The watch over live play: what was booked goes to the RTP monitor, whose alarms become events.

A booking only adds one to a counter; ``look`` takes in what ``take`` gave it, away from the players' wait. A round
counts once, when it is complete, with all that its steps won; a gamble is a bet of its own and does not count.
"""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import structlog

from adapters.contract.returns import GameReturn, StateStore
from adapters.contract.rounds import SpinOutcome, SpinRequest
from adapters.reels.analysis.figures import Figures, figures_of
from adapters.reels.analysis.report import analyse
from adapters.reels.game import ReadyGame
from adapters.reels.play.gambling import GAMBLE, GAMBLE_CHOICES
from adapters.reels.play.state import decode_state
from adapters.reels.simulate.evidence import Theory
from adapters.reels.simulate.kept_returns import game_return, keep_returns
from adapters.reels.simulate.rtp_monitor import ALARM_PROBABILITY, RtpAlarm, RtpMonitor, StreamKey

Raise = Callable[[RtpAlarm], None]
Dealt = tuple[str, str, int, int, str, str, bool, int]
"""Game hash, bet mode, lines, stake, currency, platform, demo, win."""


class RtpWatch:
    """Counts the rounds that were dealt and raises an event when a game leaves its theory."""

    def __init__(
        self,
        versions: dict[str, ReadyGame],
        raise_event: Raise | None = None,
        alarm_probability: float = ALARM_PROBABILITY,
    ) -> None:
        self.alarms: list[RtpAlarm] = []
        """Every alarm of this process; a stream gives one until it is restarted."""
        self.monitor = RtpMonitor(self._theory_of, alarm_probability)
        self._versions = versions
        self._raise = raise_event or log_alarm
        self._dealt: Counter[Dealt] = Counter()
        self._looking = threading.Lock()

    def saw(self, request: SpinRequest, ready: ReadyGame, outcome: SpinOutcome) -> None:
        """Count the round if this step completed it."""
        tables = ready.tables
        if not outcome.round_complete and outcome.choices != GAMBLE_CHOICES:
            return
        mode, stake_micros, win_micros = request.bet_mode or "base", request.stake.micros, outcome.win.micros
        if request.step:
            state = decode_state(tables, request.state)
            if state.pending[-1][0] == GAMBLE:
                return
            win_micros += tables.play(mode, request.line_count).pay_micros(state.won, stake_micros)
        session = request.session
        lines = 0 if request.line_count == tables.line_count_max else request.line_count
        self._dealt[
            tables.game_hash,
            mode,
            lines,
            stake_micros,
            request.stake.currency_code,
            session.platform,
            session.demo,
            win_micros,
        ] += 1

    def take(self) -> Counter[Dealt]:
        """Return what was dealt since the last call; from the thread that deals."""
        dealt, self._dealt = self._dealt, Counter()
        return dealt

    def look(self, dealt: Counter[Dealt]) -> list[RtpAlarm]:
        """Take in what was dealt; raises an event for each new alarm, and returns them. From any thread."""
        with self._looking:
            return self._look(dealt)

    async def keep(self, store: StateStore) -> None:
        """Add what this process saw to what all processes keep, and go on from the sum (see ``kept_returns``)."""
        await asyncio.to_thread(self.look, self.take())
        await keep_returns(self.monitor, store, self._looking, self._versions.__contains__)

    def returns(self, *, bounds: bool = True) -> tuple[GameReturn, ...]:
        """Say what every stream has returned so far."""
        with self._looking:
            keys = self.monitor.keys()
        return tuple(self._return_of(key, bounds=bounds) for key in keys)

    def _return_of(self, key: StreamKey, *, bounds: bool) -> GameReturn:
        with self._looking:
            return game_return(self.monitor.report(key, bounds=bounds), self.monitor.alarm_of(key))

    def _look(self, dealt: Counter[Dealt]) -> list[RtpAlarm]:
        streams: dict[StreamKey, Counter[int]] = {}
        for (game_hash, mode, lines, stake_micros, currency_code, platform, demo, win_micros), rounds in dealt.items():
            game_id = self._versions[game_hash].tables.declaration.id
            channel = f"{platform}, demo" if demo else platform
            key = StreamKey(game_id, game_hash, mode, stake_micros, currency_code, channel, lines)
            streams.setdefault(key, Counter())[win_micros] += rounds
        found = [self.monitor.observe_counts(key, wins) for key, wins in streams.items()]
        alarms = [alarm for alarm in found if alarm is not None]
        self.alarms += alarms
        for alarm in alarms:
            self._raise(alarm)
        return alarms

    def _theory_of(self, key: StreamKey) -> Theory:
        """Return the theory of a stream in stakes, as its wins are measured."""
        ready = self._versions[key.version]
        figures = ready.analyses[key.bet_mode] if not key.line_count else _figures_with_lines(ready, key)
        cost = float(ready.tables.play(key.bet_mode, key.line_count).cost)
        return Theory(float(figures.rtp) * cost, figures.sigma * cost, figures.rtp_half_width * cost)


def _figures_with_lines(ready: ReadyGame, key: StreamKey) -> Figures:
    return figures_of(analyse(ready.tables, key.bet_mode, key.line_count), ready.tables.win_cap)


def log_alarm(alarm: RtpAlarm) -> None:
    """Write an alarm as one structured event with all its facts."""
    facts: dict[str, Any] = asdict(alarm.report)
    structlog.get_logger("reelgate.reels").error("rtp_alarm", side=alarm.side, **facts.pop("key"), **facts)
