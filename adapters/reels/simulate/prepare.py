"""From the compiled game to what a worker needs: picklable, without closures."""

from dataclasses import dataclass, field

from adapters.reels.compiling.game_tables import PlayTables
from adapters.reels.simulate.errors import NotSampled
from adapters.reels.simulate.rounds import RoundRules
from adapters.reels.simulate.samplers import Kernel, Sampler, TableSampler, make_kernel
from adapters.reels.simulate.sampling_tables import SamplingTables, TablesTooLarge, compose
from adapters.reels.simulate.stream import SEED_BYTES


@dataclass(slots=True)
class Prepared:
    """One simulation: the composed tables of every stage, how they hang together, the seed and the kernel."""

    tables_hash: str
    unit: int
    seed: bytes
    block_rounds: int
    entries: dict[str, tuple[tuple[int, str], ...]]
    entry: str
    kernel: str
    stages: dict[str, SamplingTables] = field(default_factory=dict)

    def rules(self, kernel: Kernel) -> RoundRules:
        """Return the samplers of this kernel with the rules of the round."""
        samplers: dict[str, Sampler] = {name: TableSampler(tables, kernel) for name, tables in self.stages.items()}
        return RoundRules(samplers, self.entries, self.entry)


def prepare(tables: PlayTables, seed: bytes, block_rounds: int, kernel: str) -> Prepared:
    """Compose the tables of all stages; raises NotSampled for a stage of another kind, ValueError for a bad seed."""
    if len(seed) != SEED_BYTES:
        raise ValueError(f"a simulation's seed has {SEED_BYTES} bytes, got {len(seed)}")
    unit = tables.context.cost_units * tables.context.scale
    prepared = Prepared(tables.tables_hash, unit, seed, block_rounds, dict(tables.entries), tables.entry, kernel)
    group_entries_max = make_kernel(kernel).group_entries_max
    for name, stage in tables.stages.items():
        try:
            prepared.stages[name] = compose(stage.spin, group_entries_max)
        except TablesTooLarge as error:
            raise NotSampled(name, str(error)) from error
    return prepared
