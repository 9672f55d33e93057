"""``python -m tests.simulation --seed N --rounds M``: one world; the same seed gives the same trace."""

import argparse
import json
import logging
import sys
import time
import traceback

from tests.simulation.virtual_loop import run_virtually
from tests.simulation.world import World


def simulate(seed: int, round_count: int) -> dict[str, object]:
    """Run one world and return what happened."""
    world = World(seed)
    started = time.perf_counter()
    run_virtually(world.run(round_count))
    return {
        "seed": seed,
        "commands": len(world.sent),
        **dict(sorted(world.counts.items())),
        "trace": world.trace.hexdigest()[:16],
        "elapsed_ms": int((time.perf_counter() - started) * 1000),
    }


def main() -> int:
    """Run and print; exit 1 with the way to reproduce when an invariant breaks."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=2000)
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)  # injected failures are no news here
    try:
        print_line(json.dumps(simulate(arguments.seed, arguments.rounds)))
    except Exception:  # noqa: BLE001 - the edge of the program: tell how to see it again
        traceback.print_exc()
        print_line(f"reproduce with: make simulate SEED={arguments.seed} ROUNDS={arguments.rounds}")
        return 1
    return 0


def print_line(text: str) -> None:
    """Print a line."""
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
