"""Whole rounds, a block at a time: all base plays, then whatever they lead to, stage by stage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from adapters.reels.kernel.finals import Award
from adapters.reels.random.mapping import WORD_VALUES
from adapters.reels.simulate.histogram import PayHistogram
from adapters.reels.simulate.results import StageTally
from adapters.reels.simulate.samplers import Awards, Played, Sampler
from adapters.reels.simulate.sampling_tables import Integers
from adapters.reels.simulate.stream import WORDS_MAX, Lanes

PLAYS_MAX = 1 << 20
NO_CAP = 2**62
ROUND_PLAYS_MAX = 1_000_000


class EndlessRounds(RuntimeError):
    """Rounds go on and on: the game leads to itself at least once on average."""


@dataclass(frozen=True, slots=True)
class RoundRules:
    """How the stages of a round hang together: the tables' ``entries`` (entry → weighted stages) and ``entry``."""

    samplers: Mapping[str, Sampler]
    entries: Mapping[str, Sequence[tuple[int, str]]]
    entry: str
    pay_max: int = NO_CAP
    """The cap on the wins of a round in pay units: what is won beyond it is not paid."""
    plans: dict[int, "tuple[Awards, AwardPlan]"] = field(default_factory=dict)
    """Worked out once for all blocks."""

    def plan(self, awards: Awards) -> "AwardPlan":
        """Return what these awards lead to."""
        known = self.plans.get(id(awards))
        if known is None:
            # The awards are kept beside the plan, so that their identity stays theirs.
            known = self.plans[id(awards)] = (awards, AwardPlan(awards, self.entries))
        return known[1]


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
        self._pending: dict[str, list[tuple[Integers, Integers]]] = {}
        self._totals: Integers = np.zeros(0, dtype=np.int64)
        self.rounds_by_pay = PayHistogram()
        self.stages: dict[str, StageTally] = {}

    def play(self, rounds: int) -> None:
        """Play the block; raises EndlessRounds."""
        pays, times, awarded = self._rules.samplers[self._rules.entry].count(self._lanes, rounds)
        self.rounds_by_pay.add(np.minimum(pays, self._rules.pay_max), times)
        self._totals = awarded.pays.copy()
        hits = int(times[pays > 0].sum()) + int(np.count_nonzero(awarded.pays))
        pay_sum = int(pays @ times) + int(awarded.pays.sum())
        self._tally(self._rules.entry, StageTally(rounds, pay_sum, hits, len(awarded.pays)))
        self._award(awarded, np.arange(len(self._totals), dtype=np.int64))
        self._play_pending(limit=ROUND_PLAYS_MAX * max(1, len(self._totals)))
        self.rounds_by_pay.add_each(np.minimum(self._totals, self._rules.pay_max))

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
        played = self._rules.samplers[name].play(self._lanes, len(rounds))
        np.add.at(self._totals, rounds, played.pays)
        has_awards = played.numbers >= played.first_awarded
        hits = int(np.count_nonzero(played.pays))
        self._tally(name, StageTally(len(rounds), int(played.pays.sum()), hits, int(has_awards.sum())))
        self._award(played._replace(numbers=played.numbers[has_awards]), rounds[has_awards])

    def _award(self, played: Played, rounds: Integers) -> None:
        plan = self._rules.plan(played.awards)
        for stage, plays in plan.certain.items():
            self._wait(stage, rounds, plays[played.numbers])
        for number, (entry, plays_won) in plan.drawn:
            winners = rounds[played.numbers == number]
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
