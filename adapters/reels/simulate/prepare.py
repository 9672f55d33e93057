"""From the compiled game to what a worker needs: picklable, without closures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from adapters.reels.compiling.game_tables import PlayTables
from adapters.reels.compiling.stages import Stage
from adapters.reels.kernel.finals import Award
from adapters.reels.kernel.spin_tables import SpinTables
from adapters.reels.simulate.board_sampler import BoardPlan, BoardSampler, board_plan
from adapters.reels.simulate.errors import NotSampled
from adapters.reels.simulate.rounds import NO_CAP, RoundRules
from adapters.reels.simulate.samplers import Kernel, Sampler, TableSampler, make_kernel
from adapters.reels.simulate.sampling_tables import SamplingTables, TablesTooLarge, compose
from adapters.reels.simulate.stream import SEED_BYTES
from adapters.reels.simulate.weighted_sampler import WeightedSampler

Outcomes = Mapping[tuple[int, tuple[Award, ...]], int]
StagePlan = SamplingTables | BoardPlan | Outcomes


@dataclass(slots=True)
class Prepared:
    """One simulation: what every stage is sampled from, how they hang together, the seed and the kernel."""

    tables_hash: str
    unit: Fraction
    seed: bytes
    block_rounds: int
    entries: dict[str, tuple[tuple[int, str], ...]]
    entry: str
    kernel: str
    pay_max: int = NO_CAP
    stages: dict[str, StagePlan] = field(default_factory=dict)

    def rules(self, kernel: Kernel) -> RoundRules:
        """Return the samplers of this kernel with the rules of the round."""
        samplers = {name: _sampler(plan, kernel) for name, plan in self.stages.items()}
        return RoundRules(samplers, self.entries, self.entry, self.pay_max)


def prepare(tables: PlayTables, seed: bytes, block_rounds: int, kernel: str) -> Prepared:
    """Compose the tables of all stages; raises NotSampled for a spin too large, ValueError for a bad seed."""
    if len(seed) != SEED_BYTES:
        raise ValueError(f"a simulation's seed has {SEED_BYTES} bytes, got {len(seed)}")
    entries, entry, unit = dict(tables.entries), tables.entry, Fraction(tables.unit)
    prepared = Prepared(tables.tables_hash, unit, seed, block_rounds, entries, entry, kernel)
    cap = tables.context.declaration.win_cap
    if cap:
        prepared.pay_max = cap * tables.context.cost_units * tables.context.scale
    group_entries_max = make_kernel(kernel).group_entries_max
    for name, stage in tables.stages.items():
        prepared.stages[name] = _plan(stage, group_entries_max)
    return prepared


def _plan(stage: Stage, group_entries_max: int) -> StagePlan:
    if stage.table is not None:
        return dict(stage.table.outcomes)
    assert stage.spin is not None, "a stage is a spin or a table"
    if stage.spin.board is not None:
        return board_plan(stage.spin.board, stage.spin.layers, _first_window(stage.spin, group_entries_max))
    try:
        return compose(stage.spin, group_entries_max)
    except TablesTooLarge as error:
        raise NotSampled(stage.name, str(error)) from error


def _first_window(spin: SpinTables, group_entries_max: int) -> SamplingTables | None:
    try:
        return compose(spin, group_entries_max)
    except TablesTooLarge:
        return None


def _sampler(plan: StagePlan, kernel: Kernel) -> Sampler:
    if isinstance(plan, SamplingTables):
        return TableSampler(plan, kernel)
    if isinstance(plan, BoardPlan):
        return BoardSampler(plan, kernel)
    return WeightedSampler(plan)
