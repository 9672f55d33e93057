"""``simulate``: any number of rounds of a game, the same result for any number of workers, resumable."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from adapters.reels.compiling.game_tables import PlayTables
from adapters.reels.simulate.checkpoints import load_checkpoint, save_checkpoint
from adapters.reels.simulate.prepare import Prepared, prepare
from adapters.reels.simulate.results import Part, SimulationResult, merge
from adapters.reels.simulate.rounds import BlockPlayer, RoundRules
from adapters.reels.simulate.samplers import make_kernel
from adapters.reels.simulate.stream import Lanes

BLOCK_ROUNDS = 1 << 20
CHECKPOINT_BLOCKS = 64

Progress = Callable[[SimulationResult], None]


@dataclass(frozen=True, slots=True)
class SimulationOptions:
    """How a simulation runs; only ``block_rounds`` has a part in what comes out."""

    workers: int = 1
    kernel: str = "auto"
    block_rounds: int = BLOCK_ROUNDS
    checkpoint: Path | None = None
    checkpoint_blocks: int = CHECKPOINT_BLOCKS
    progress: Progress | None = None


def simulate(
    tables: PlayTables, rounds: int, seed: bytes, options: SimulationOptions | None = None
) -> SimulationResult:
    """Play ``rounds`` rounds and add them up.

    With a checkpoint it goes on where the file ends, also towards a larger number of rounds. Raises NotSampled,
    CheckpointRefused.
    """
    options = options or SimulationOptions()
    prepared = prepare(tables, seed, options.block_rounds, options.kernel)
    result = SimulationResult(tables.tables_hash, prepared.unit)
    if options.checkpoint is not None:
        result = load_checkpoint(options.checkpoint, prepared, rounds) or result
    saved = result.rounds
    for part in _parts(prepared, _missing(result, rounds, options.block_rounds), options):
        result = merge(result, part)
        if options.progress is not None:
            options.progress(result)
        is_due = result.rounds - saved >= options.checkpoint_blocks * options.block_rounds or result.rounds >= rounds
        if options.checkpoint is not None and is_due and result.rounds % options.block_rounds == 0:
            save_checkpoint(options.checkpoint, result)
            saved = result.rounds
    return result


def play_block(prepared: Prepared, rules: RoundRules, block: int, rounds: int) -> SimulationResult:
    """Play one block: a pure function of tables, seed, number and size."""
    player = BlockPlayer(rules, Lanes(prepared.seed, block))
    player.play(rounds)
    part = Part(prepared.seed.hex(), block, 1, prepared.block_rounds, rounds)
    return SimulationResult(prepared.tables_hash, prepared.unit, (part,), player.rounds_by_pay, player.stages)


def _missing(result: SimulationResult, rounds: int, block_rounds: int) -> Iterator[tuple[int, int]]:
    for block in range(sum(part.blocks for part in result.parts), -(-rounds // block_rounds)):
        yield block, min(block_rounds, rounds - block * block_rounds)


def _parts(
    prepared: Prepared, missing: Iterator[tuple[int, int]], options: SimulationOptions
) -> Iterator[SimulationResult]:
    if options.workers <= 1:
        rules = prepared.rules(make_kernel(prepared.kernel))
        for block, rounds in missing:
            yield play_block(prepared, rules, block, rounds)
        return
    context = get_context("spawn")
    with ProcessPoolExecutor(options.workers, context, _Worker.begin, (prepared,)) as pool:
        waiting: deque[Future[SimulationResult]] = deque()
        for block, rounds in missing:
            waiting.append(pool.submit(_Worker.play, block, rounds))
            # A short queue keeps the order, the memory and the progress bar in hand.
            if len(waiting) > 2 * options.workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


class _Worker:
    """What a worker process keeps between blocks."""

    prepared: Prepared
    rules: RoundRules

    @classmethod
    def begin(cls, prepared: Prepared) -> None:
        cls.prepared = prepared
        cls.rules = prepared.rules(make_kernel(prepared.kernel))

    @classmethod
    def play(cls, block: int, rounds: int) -> SimulationResult:
        return play_block(cls.prepared, cls.rules, block, rounds)
