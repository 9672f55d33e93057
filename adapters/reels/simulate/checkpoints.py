"""The checkpoint of a long simulation: whole blocks only, written in one stroke."""

import json
from pathlib import Path

from adapters.reels.simulate.errors import CheckpointRefused
from adapters.reels.simulate.prepare import Prepared
from adapters.reels.simulate.results import SimulationResult, from_document, to_document


def save_checkpoint(file: Path, result: SimulationResult) -> None:
    """Replace the file, so that a crash leaves the old or the new one, never half."""
    beside = file.with_name(file.name + ".new")
    beside.write_text(json.dumps(to_document(result)), encoding="utf-8")
    beside.replace(file)


def load_checkpoint(file: Path, prepared: Prepared, rounds: int) -> SimulationResult | None:
    """Read the file, or None when there is none yet; raises CheckpointRefused when it is not of this simulation."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise CheckpointRefused(f"{file.name} is not JSON") from error
    result = from_document(document)
    if result.tables_hash != prepared.tables_hash:
        raise CheckpointRefused("the checkpoint is of another game or bet")
    expected = [(prepared.seed.hex(), 0, prepared.block_rounds)]
    if [(part.seed, part.first_block, part.block_rounds) for part in result.parts] != expected:
        raise CheckpointRefused("the checkpoint is of another seed or size of blocks")
    if result.rounds != result.parts[0].blocks * prepared.block_rounds:
        raise CheckpointRefused("the checkpoint ends inside a block")
    if result.rounds > rounds:
        raise CheckpointRefused(f"the checkpoint has {result.rounds} rounds already")
    return result
