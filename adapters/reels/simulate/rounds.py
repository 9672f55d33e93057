"""Whole rounds, a block at a time: all base plays, then whatever they lead to, stage by stage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from adapters.reels.kernel.finals import Award
from adapters.reels.random.mapping import WORD_VALUES
from adapters.reels.simulate.histogram import PayHistogram
from adapters.reels.simulate.kernel_numpy import Numbers
from adapters.reels.simulate.results import StageTally
from adapters.reels.simulate.samplers import Sampler
from adapters.reels.simulate.sampling_tables import Integers
from adapters.reels.simulate.stream import WORDS_MAX, Lanes

PLAYS_MAX = 1 << 20
ROUND_PLAYS_MAX = 1_000_000


class EndlessRounds(RuntimeError):
    """Rounds go on and on: the game leads to itself at least once on average."""


@dataclass(frozen=True, slots=True)
class RoundRules:
    """How the stages of a round hang together: the tables' ``entries`` (entry → weighted stages) and ``entry``."""

    samplers: Mapping[str, Sampler]
    entries: Mapping[str, Sequence[tuple[int, str]]]
    entry: str


class AwardPlan:
    """What the award numbers of a stage lead to: plays by stage where it is certain, the rest is drawn."""

    __slots__ = ("certain", "drawn")

    def __init__(self, awards: Sequence[tuple[Award, ...]], entries: Mapping[str, Sequence[tuple[int, str]]]) -> None:
        self.certain: dict[str, Integers] = {}
        self.drawn: list[tuple[int, Award]] = []
        for number, won in enumerate(awards):
            for entry, plays in won:
                if len(entries[entry]) > 1:
                    self.drawn.append((number, (entry, plays)))
                    continue
                stage = entries[entry][0][1]
                self.certain.setdefault(stage, np.zeros(len(awards), dtype=np.int64))[number] += plays


class BlockPlayer:
    """Plays the rounds of one block; ``rounds_by_pay`` and ``stages`` hold what came out."""

    def __init__(self, rules: RoundRules, lanes: Lanes) -> None:
        self._rules = rules
        self._lanes = lanes
        self._plans: dict[int, AwardPlan] = {}
        self._pending: dict[str, list[tuple[Integers, Integers]]] = {}
        self._totals: Integers = np.zeros(0, dtype=np.int64)
        self.rounds_by_pay = PayHistogram()
        self.stages: dict[str, StageTally] = {}

    def play(self, rounds: int) -> None:
        """Play the block; raises EndlessRounds."""
        base = self._rules.samplers[self._rules.entry]
        counted = base.count(self._lanes, rounds)
        self.rounds_by_pay.add(counted.pays, counted.times)
        self._totals = counted.award_pays.copy()
        hits = int(counted.times[counted.pays > 0].sum()) + int(np.count_nonzero(counted.award_pays))
        pay_sum = int(counted.pays @ counted.times) + int(counted.award_pays.sum())
        self._tally(self._rules.entry, StageTally(rounds, pay_sum, hits, len(counted.award_pays)))
        everyone = np.arange(len(self._totals), dtype=np.int64)
        self._award(base, everyone, counted.award_numbers)
        self._play_pending(limit=ROUND_PLAYS_MAX * max(1, len(everyone)))
        self.rounds_by_pay.add_each(self._totals)

    def _play_pending(self, limit: int) -> None:
        played = 0
        while self._pending:
            # A fixed order, so that the lanes are the same in every run.
            name = min(self._pending)
            waiting = self._pending.pop(name)
            rounds = np.concatenate([np.repeat(of_round, plays) for of_round, plays in waiting])
            for begin in range(0, len(rounds), PLAYS_MAX):
                self._play_stage(name, rounds[begin : begin + PLAYS_MAX])
            played += len(rounds)
            if played > limit:
                raise EndlessRounds(f"more than {ROUND_PLAYS_MAX} plays a round on average")

    def _play_stage(self, name: str, rounds: Integers) -> None:
        sampler = self._rules.samplers[name]
        pays, numbers = sampler.play(self._lanes, len(rounds))
        np.add.at(self._totals, rounds, pays)
        has_awards = numbers >= sampler.first_awarded
        tally = StageTally(len(rounds), int(pays.sum()), int(np.count_nonzero(pays)), int(has_awards.sum()))
        self._tally(name, tally)
        self._award(sampler, rounds[has_awards], numbers[has_awards])

    def _award(self, sampler: Sampler, rounds: Integers, numbers: Numbers) -> None:
        plan = self._plans.get(id(sampler))
        if plan is None:
            plan = self._plans[id(sampler)] = AwardPlan(sampler.awards, self._rules.entries)
        for stage, plays in plan.certain.items():
            self._wait(stage, rounds, plays[numbers])
        for number, (entry, plays_won) in plan.drawn:
            winners = rounds[numbers == number]
            choices = self._rules.entries[entry]
            sums = np.cumsum([weight for weight, _ in choices], dtype=np.int64)
            drawn = np.searchsorted(sums, draw_below(self._lanes, len(winners), int(sums[-1])), side="right")
            for place, (_, stage) in enumerate(choices):
                self._wait(stage, winners, (drawn == place) * np.int64(plays_won))

    def _wait(self, stage: str, rounds: Integers, plays: Integers) -> None:
        if plays.any():
            self._pending.setdefault(stage, []).append((rounds, plays))

    def _tally(self, name: str, tally: StageTally) -> None:
        self.stages.setdefault(name, StageTally()).add(tally)


def draw_below(lanes: Lanes, count: int, bound: int) -> Integers:
    """Draw numbers uniform in 0..bound-1 (bound below 2**32): multiply-shift with rejection, as in play."""
    stream, drawn, done = lanes.open(), np.empty(count, dtype=np.int64), 0
    size, rejected_below = np.uint64(bound), np.uint64(WORD_VALUES % bound)
    half, low_half = np.uint64(32), np.uint64(0xFFFFFFFF)
    while done < count:
        words = stream.next_words(min(WORDS_MAX, count - done))
        words = words[words * size >= rejected_below]
        values = ((words >> half) * size + (((words & low_half) * size) >> half)) >> half
        drawn[done : done + len(values)] = values
        done += len(values)
    return drawn
