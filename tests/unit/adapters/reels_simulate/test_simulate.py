"""The same result for any workers and kernel; resumable; mergeable; and it is the exact distribution's."""

import json
import math
from pathlib import Path

import pytest
import scipy.stats

from adapters.reels.analysis.report import analyse
from adapters.reels.simulate.errors import CheckpointRefused, MergeRefused
from adapters.reels.simulate.prepare import prepare
from adapters.reels.simulate.results import SimulationResult, from_document, merge, to_document
from adapters.reels.simulate.run import SimulationOptions, play_block, simulate
from adapters.reels.simulate.samplers import make_kernel
from adapters.reels.simulate.stream import Lanes, seed_of
from tests.unit.adapters.reels_simulate.games import small_game, weighted_game

SEED = seed_of("simulate")
BLOCK = 5000


@pytest.fixture(scope="module")
def tables():
    return small_game().play()


def options(**changes) -> SimulationOptions:
    return SimulationOptions(**({"block_rounds": BLOCK, "kernel": "numpy"} | changes))


def test_both_kernels_give_the_same_result_bit_for_bit(tables) -> None:
    results = [simulate(tables, 22_222, SEED, options(kernel=kernel)) for kernel in ("numpy", "numba")]

    assert to_document(results[0]) == to_document(results[1])


def test_two_workers_give_what_one_gives(tables) -> None:
    alone = simulate(tables, 32_000, SEED, options())
    together = simulate(tables, 32_000, SEED, options(workers=2))

    assert to_document(alone) == to_document(together)


def test_another_seed_gives_another_result(tables) -> None:
    first, second = (simulate(tables, 10_000, seed_of(text), options()) for text in ("a", "b"))

    assert first.rounds_by_pay != second.rounds_by_pay


def test_whole_rounds_have_the_exact_mean_and_spread() -> None:
    game = small_game()
    exact = analyse(game)
    rounds = 1 << 20

    result = simulate(game.play(), rounds, SEED, SimulationOptions(kernel="numpy"))

    z = (result.rtp - float(exact.rtp)) / (exact.sigma / math.sqrt(rounds))
    assert abs(z) < 3.3
    assert result.sigma == pytest.approx(exact.sigma, rel=0.02)
    assert result.stages["base"].plays == rounds
    assert result.plays > rounds


def test_z_scores_over_many_seeds_are_standard_normal(tables) -> None:
    exact = analyse(small_game())
    scores = []
    for number in range(200):
        result = simulate(tables, 2_000, seed_of(str(number)), options())
        scores.append((result.rtp - float(exact.rtp)) / (exact.sigma / math.sqrt(2_000)))

    # The sum of 2,000 skewed rounds is not quite normal: its spread is tested, not its tails.
    assert scipy.stats.kstest(scores, "norm").pvalue > 0.001


@pytest.mark.parametrize("game", [small_game, weighted_game])
def test_base_outcomes_follow_the_exact_distribution(game) -> None:
    tables = game().play()
    exact = analyse(game()).base
    rounds = 200_000
    prepared = prepare(tables, SEED, rounds, "numpy")
    base = prepared.rules(make_kernel("numpy")).samplers["base"]

    played = base.play(Lanes(SEED, 7), rounds)

    seen: dict = {}
    for pay, number in zip(played.pays.tolist(), played.numbers.tolist(), strict=True):
        key = (pay, played.awards[number])
        seen[key] = seen.get(key, 0) + 1
    assert set(seen) <= set(exact.outcomes)
    expected = {key: count / exact.cycle * rounds for key, count in exact.outcomes.items()}
    large = [key for key, mean in expected.items() if mean >= 5]
    observed = [seen.get(key, 0) for key in large]
    rest = rounds - sum(observed), rounds - sum(expected[key] for key in large)
    if rest[1] >= 5:
        observed.append(rest[0])
        means = [expected[key] for key in large] + [rest[1]]
    else:
        means = [expected[key] for key in large]
        means = [mean * sum(observed) / sum(means) for mean in means]
    assert scipy.stats.chisquare(observed, means).pvalue > 0.001


def test_parts_of_one_seed_merge_to_the_whole(tables) -> None:
    whole = simulate(tables, 4 * BLOCK, SEED, options())
    prepared = prepare(tables, SEED, BLOCK, "numpy")
    rules = prepared.rules(make_kernel("numpy"))
    blocks = [play_block(prepared, rules, block, BLOCK) for block in range(4)]

    assert to_document(merge(merge(blocks[3], blocks[0]), merge(blocks[2], blocks[1]))) == to_document(whole)


def test_results_of_two_seeds_merge(tables) -> None:
    first, second = (simulate(tables, 7_000, seed_of(text), options()) for text in ("a", "b"))

    both = merge(first, second)

    assert both.rounds == 14_000
    assert both.rounds_by_pay[0] == first.rounds_by_pay[0] + second.rounds_by_pay[0]
    assert both.plays == first.plays + second.plays


def test_the_same_block_is_never_counted_twice(tables) -> None:
    result = simulate(tables, 7_000, SEED, options())

    with pytest.raises(MergeRefused, match="counted already"):
        merge(result, result)


def test_results_of_different_games_do_not_merge(tables) -> None:
    with pytest.raises(MergeRefused, match="tables_hash"):
        merge(simulate(tables, 100, SEED, options()), simulate(weighted_game().play(), 100, SEED, options()))


def test_blocks_of_different_sizes_do_not_merge(tables) -> None:
    first = simulate(tables, 100, SEED, options())
    second = simulate(tables, 100, SEED, options(block_rounds=60))

    with pytest.raises(MergeRefused, match="block_rounds"):
        merge(first, second)


def test_goes_on_from_its_checkpoint_to_the_same_result(tables, tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    seen: list[int] = []

    def crash(result: SimulationResult) -> None:
        seen.append(result.rounds)
        if len(seen) == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(tables, 8 * BLOCK + 17, SEED, options(checkpoint=file, checkpoint_blocks=2, progress=crash))
    resumed: list[int] = []
    result = simulate(
        tables, 8 * BLOCK + 17, SEED,
        options(checkpoint=file, checkpoint_blocks=2, progress=lambda part: resumed.append(part.rounds)),
    )  # fmt: skip

    assert seen == [BLOCK * n for n in range(1, 6)]
    assert resumed[0] == 5 * BLOCK
    assert to_document(result) == to_document(simulate(tables, 8 * BLOCK + 17, SEED, options()))


def test_a_finished_simulation_can_be_made_longer(tables, tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    simulate(tables, 2 * BLOCK, SEED, options(checkpoint=file))

    longer = simulate(tables, 3 * BLOCK, SEED, options(checkpoint=file))

    assert to_document(longer) == to_document(simulate(tables, 3 * BLOCK, SEED, options()))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda d: d | {"tables_hash": "other"}, "another game"),
        (lambda d: d | {"parts": [["00" * 32, *d["parts"][0][1:]]]}, "another seed"),
        (lambda d: d | {"parts": [[*d["parts"][0][:4], 7]]}, "inside a block"),
        (lambda d: d | {"format": "x"}, "format"),
        (lambda d: {"format": d["format"]}, "cannot be read"),
    ],
)
def test_a_checkpoint_of_another_simulation_is_refused(tables, tmp_path: Path, change, word: str) -> None:
    file = tmp_path / "run.json"
    simulate(tables, BLOCK, SEED, options(checkpoint=file))
    file.write_text(json.dumps(change(json.loads(file.read_text()))))

    with pytest.raises(CheckpointRefused, match=word):
        simulate(tables, 2 * BLOCK, SEED, options(checkpoint=file))


def test_a_checkpoint_that_is_longer_or_damaged_is_refused(tables, tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    simulate(tables, 2 * BLOCK, SEED, options(checkpoint=file))

    with pytest.raises(CheckpointRefused, match="already"):
        simulate(tables, BLOCK, SEED, options(checkpoint=file))
    file.write_text("{")
    with pytest.raises(CheckpointRefused, match="JSON"):
        simulate(tables, BLOCK, SEED, options(checkpoint=file))


def test_the_document_reads_back(tables) -> None:
    result = simulate(tables, 7_000, SEED, options())
    document = json.loads(json.dumps(to_document(result)))

    assert to_document(from_document(document)) == document
    assert document["figures"]["rounds"] == 7_000
    assert 0 < document["figures"]["hit_rate"] < 1


def test_a_seed_of_another_size_is_refused(tables) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        simulate(tables, 100, b"1", options())
