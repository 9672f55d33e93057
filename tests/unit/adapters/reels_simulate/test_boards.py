"""Cascades and clusters in the simulator are the cascades and clusters of play, stop by stop and refill by refill."""

import numpy as np
import pytest

from adapters.reels.draws import Draw
from adapters.reels.play.bets import Bet
from adapters.reels.play.step import play_step
from adapters.reels.simulate import board_sampler
from adapters.reels.simulate.board_kernel import draw_place
from adapters.reels.simulate.prepare import prepare
from adapters.reels.simulate.run import SimulationOptions, simulate
from adapters.reels.simulate.samplers import make_kernel
from adapters.reels.simulate.stream import Lanes, WordStream, seed_of
from tests.unit.adapters.reels_simulate.board_games import KINDS, board_game

SEED = seed_of("boards")
STAKE = 1_000_000


class WordDraws:
    """Draws of play from the simulator's words: stops from one lane, every refilled cell from the next."""

    def __init__(self, stops: WordStream, refill: WordStream) -> None:
        self._streams = {"stops": stops, "refill": refill}
        self.log: list[Draw] = []

    def draw(self, purpose: str, bound: int) -> int:
        return self.draw_stops(purpose, (bound,))[0]

    def draw_stops(self, purpose: str, lengths: tuple[int, ...]) -> tuple[int, ...]:
        values = []
        word = int(self._streams[purpose].next_words(1)[0])
        for place, bound in enumerate(lengths):
            if place and purpose == "refill":
                word = int(self._streams[purpose].next_words(1)[0])
            values.append(word * bound >> 64)
            word = word * bound % 2**64
        self.log.append((purpose, lengths, tuple(values)))
        return tuple(values)

    def draw_weighted(self, purpose: str, cumulative: tuple[int, ...]) -> int:
        raise AssertionError("these games draw nothing by weight")


@pytest.mark.parametrize("kernel", ["numpy", "numba"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_round_pays_what_play_pays(kind: str, kernel: str) -> None:
    game = board_game(kind)
    rounds = 120
    prepared = prepare(game.play(), SEED, rounds, kernel)

    played = prepared.rules(make_kernel(kernel)).samplers["base"].play(Lanes(SEED, 5), rounds)

    draws = WordDraws(WordStream(SEED, 5, 0), WordStream(SEED, 5, 1))
    paid = 0
    for number in range(rounds):
        step = play_step(game, Bet(STAKE), b"", draws)
        assert played.pays[number] == step.pay, number
        assert (played.numbers[number] >= played.first_awarded) == (not step.round_complete)
        paid += step.pay > 0
    assert paid > 5


@pytest.mark.parametrize("kind", KINDS)
def test_both_kernels_count_the_same(kind: str) -> None:
    tables = board_game(kind).play()
    results = [
        simulate(tables, 1_000, SEED, SimulationOptions(kernel=kernel, block_rounds=700))
        for kernel in ("numpy", "numba")
    ]

    assert results[0].rounds_by_pay == results[1].rounds_by_pay
    assert results[0].stages == results[1].stages


@pytest.mark.parametrize("kind", ["lines", "ways", "anywhere"])
def test_skipping_the_silent_windows_changes_nothing(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = board_game(kind).play()
    options = SimulationOptions(kernel="numba", block_rounds=2_000)
    skipping = simulate(tables, 4_000, SEED, options)
    plain = board_sampler.board_plan

    monkeypatch.setattr(
        "adapters.reels.simulate.prepare.board_plan", lambda board, layers, _: plain(board, layers, None)
    )
    playing_all = simulate(tables, 4_000, SEED, options)

    assert skipping.rounds_by_pay == playing_all.rounds_by_pay
    assert skipping.stages == playing_all.stages


def test_how_far_the_refill_looks_ahead_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = board_game("diagonal").play()
    options = SimulationOptions(kernel="numba", block_rounds=2_000)
    wide = simulate(tables, 2_000, SEED, options)

    monkeypatch.setattr(board_sampler, "REFILL_WORDS", 70)

    assert simulate(tables, 2_000, SEED, options).rounds_by_pay == wide.rounds_by_pay


def test_a_place_on_a_strip_is_drawn_without_bias() -> None:
    length = 40
    inverse = pow(5, -1, 2**61)
    low = 2**64 % length
    # 40 = 5 * 8: the product's low word is 8 * (5 w mod 2**61); the first is rejected, the second just accepted.
    rejected = (low // 8 - 1) * inverse % 2**61
    accepted = (low // 8) * inverse % 2**61
    words = np.array([rejected, accepted, accepted], dtype=np.uint64)

    with np.errstate(over="ignore"):
        place, cursor = draw_place(length, words, 0)

    assert rejected * length % 2**64 < low
    assert accepted * length % 2**64 >= low
    assert (int(place), cursor) == (accepted * length >> 64, 2)
