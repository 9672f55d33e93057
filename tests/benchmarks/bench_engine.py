"""The reel engine on one core: simulation and exact analysis in CPU time, a single spin by the clock.

Baselines are other engines' figures as measured with their own code on a machine of the same class
(the design notes say how): they stand for scale, our figures are of this run.
"""

import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from adapters.reels.analysis.report import analyse
from adapters.reels.compiling.game_tables import GameTables, PlayTables, compile_game
from adapters.reels.declaration.load import load_declaration, parse_declaration
from adapters.reels.play.bets import Bet
from adapters.reels.play.step import play_step
from adapters.reels.random.draws import RoundDraws
from adapters.reels.random.source import RandomSource
from adapters.reels.simulate.run import SimulationOptions, simulate
from adapters.reels.simulate.stream import seed_of
from tests.benchmarks.records import Benchmarks, Record

TRUTH = Path("tests/data/truth")
SEED = seed_of("benchmark")
BUDGET_S = 10.0
RUNS_MIN = 5
SPINS = 4_000

# Plays a second of others on one core: slotopol (Go) with free games; StakeEngine's math-sdk, cascades and clusters.
SLOTOPOL_LINES = 1_990_000.0
STAKE_CASCADE = 1_052.0
STAKE_CLUSTER = 1_018.0
SLOTOPOL_SCAN_S = 17.0


def simulate_lines_numba() -> list[Record]:
    """Whole rounds of 20 lines with free games, production words, Numba."""
    return [_simulated("simulate_lines_numba", _lines(), "numba", 96 << 20, SLOTOPOL_LINES, ">= 50M spins/s")]


def simulate_lines_numpy() -> list[Record]:
    """The same with NumPy alone."""
    return [_simulated("simulate_lines_numpy", _lines(), "numpy", 32 << 20, SLOTOPOL_LINES, ">= 25M spins/s")]


def simulate_cascade() -> list[Record]:
    """Strip-refill cascades of 30 lines, whole rounds."""
    tables = _truth("winstorm_cascade_30l").play()
    return [_simulated("simulate_cascade", tables, "numba", 4 << 20, STAKE_CASCADE, ">= 3M rounds/s")]


def simulate_cluster() -> list[Record]:
    """7x7 clusters with strip refill, whole rounds."""
    return [_simulated("simulate_cluster", cluster_game().play(), "numba", 1 << 20, STAKE_CLUSTER, ">= 0.5M rounds/s")]


def analyse_truth() -> list[Record]:
    """The slowest exact analysis, from the file to the figures: of line and ways tables, and of cascades."""
    slowest = {"lines": 0.0, "cascade": 0.0}
    for file in sorted(TRUTH.glob("*.toml")):
        begun_s = time.process_time()
        game = compile_game(load_declaration(file))
        analyse(game)
        kind = "cascade" if game.declaration.spin.cascade else "lines"
        slowest[kind] = max(slowest[kind], time.process_time() - begun_s)
    command = "make bench ONLY=analyse_truth"
    lines, cascade = slowest["lines"], slowest["cascade"]
    return [
        Record(
            name="analyse_truth",
            value=lines,
            unit="s, slowest line or ways table",
            baseline=SLOTOPOL_SCAN_S,
            ratio=lines / SLOTOPOL_SCAN_S,
            goal="<= 1 s",
            command=command,
        ),
        Record(
            name="analyse_truth_cascade",
            value=cascade,
            unit="s, slowest strip-refill cascade",
            baseline=None,
            ratio=None,
            goal="<= 20 s",
            command=command,
        ),
    ]


def engine_spin_us() -> list[Record]:
    """One spin as the server deals it: seed, draws, walk, presentation and record; median and 99th percentile."""
    game = _truth("cleopatra_20l")
    source, bet = RandomSource(), Bet(game.declaration.bet.stakes[0])
    taken = []
    for _ in range(SPINS):
        begun_ns = time.perf_counter_ns()
        seed = source.round_seed()
        play_step(game, bet, b"", RoundDraws(seed), seed=seed)
        taken.append((time.perf_counter_ns() - begun_ns) / 1000)
    return [
        _spin_record("engine_spin_us", statistics.median(taken), "us, median", "<= 30 us"),
        _spin_record("engine_spin_p99_us", statistics.quantiles(taken, n=100)[98], "us, 99th percentile", ""),
    ]


def cluster_game() -> GameTables:
    """An ordinary 7x7 cluster game: seven paying symbols, a wild, strips of 120; two thirds of the rounds pay."""
    generator = random.Random(7)
    symbols, weights = "abcdefg", (9, 10, 11, 12, 13, 14, 15)
    strips = []
    for _ in range(7):
        strip = [
            symbol
            for symbol in generator.choices(symbols, weights, k=100)
            for _ in range(generator.choice((1, 1, 1, 2)))
        ]
        strip[generator.randrange(60)] = "w"
        strips.append(" ".join(strip[:120]))
    pays = "\n".join(
        f"{symbol} = {{ 5 = {0.7 - place / 10:.1f}, 7 = {2 - place / 4}, 10 = {10 - place}, 15 = {60 - 5 * place} }}"
        for place, symbol in enumerate(symbols)
    )
    reels = ",\n".join(f'"{strip}"' for strip in strips)
    text = f"""
format = 1
id = "benchmark-clusters"
name = "Clusters"
[grid]
reels = 7
rows = 7
[strips.base]
reels = [
{reels}
]
[wilds.symbols.w]
[clusters]
[clusters.pays]
{pays}
[spin.cascade]
refill = "strip"
"""
    return compile_game(parse_declaration(text.encode(), "clusters.toml"))


def _truth(name: str) -> GameTables:
    return compile_game(load_declaration(TRUTH / f"{name}.toml"))


def _lines() -> PlayTables:
    return _truth("cleopatra_20l").play()


def _simulated(name: str, tables: PlayTables, kernel: str, rounds: int, baseline: float, goal: str) -> Record:
    options = SimulationOptions(kernel=kernel)
    plays = simulate(tables, rounds, SEED, options).plays
    value = plays / _fastest_s(lambda: simulate(tables, rounds, SEED, options))
    return Record(
        name=name,
        value=value,
        unit="plays/s of one core",
        baseline=baseline,
        ratio=value / baseline,
        goal=goal,
        command=f"make bench ONLY={name}",
    )


def _fastest_s(work: Callable[[], object]) -> float:
    """CPU seconds of the fastest of several runs: what the code needs when nothing disturbs it."""
    taken: list[float] = []
    until_s = time.monotonic() + BUDGET_S
    while len(taken) < RUNS_MIN or time.monotonic() < until_s:
        begun_s = time.process_time()
        work()
        taken.append(time.process_time() - begun_s)
    return min(taken)


def _spin_record(name: str, value: float, unit: str, goal: str) -> Record:
    command = "make bench ONLY=engine_spin_us"
    return Record(name=name, value=value, unit=unit, baseline=None, ratio=None, goal=goal, command=command)


def benchmarks() -> Benchmarks:
    """Return the benchmarks of the engine by name."""
    return {
        "simulate_lines_numba": simulate_lines_numba,
        "simulate_lines_numpy": simulate_lines_numpy,
        "simulate_cascade": simulate_cascade,
        "simulate_cluster": simulate_cluster,
        "analyse_truth": analyse_truth,
        "engine_spin_us": engine_spin_us,
    }
