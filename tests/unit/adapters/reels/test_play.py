import json
from collections import Counter
from fractions import Fraction
from hashlib import sha256
from typing import Any

import pytest

from adapters.reels.analysis.report import analyse
from adapters.reels.compiling.game_tables import GameTables, compile_game
from adapters.reels.declaration.game import Declaration
from adapters.reels.errors import ChoiceRefused, StateRefused
from adapters.reels.play.bets import Bet
from adapters.reels.play.results import StepResult
from adapters.reels.play.step import play_step
from adapters.reels.play.verify import verify_step
from adapters.reels.random.draws import RoundDraws

ROUNDS = 500
SIGMAS = 5


def a_game(**parts: Any) -> GameTables:
    document: dict[str, Any] = {
        "format": 1,
        "id": "small",
        "name": "Small",
        "grid": {"reels": 3, "rows": 2},
        "bet": {"units": 2},
        "wilds": {"symbols": {"w": {"except": ["s"]}}},
        "lines": {"paths": [[0, 0, 0], [1, 1, 1]], "pays": {"a": {3: 9}, "b": {2: 1, 3: 4}, "w": {3: 20}}},
        "scatters": {"s": {"pays": {3: 2}}},
        "strips": {"main": {"reels": ["a b w s b a c", "b a w s c b", "a b c s w b a"]}},
    }
    return compile_game(Declaration.model_validate({**document, **parts}))


def play_rounds(game: GameTables, rounds: int, mode: str = "base") -> list[tuple[int, list[StepResult]]]:
    """Play whole rounds with seeds counted up; a choice is the first on offer, a gamble is refused."""
    context = game.play(mode).context
    bet = Bet(context.cost_units * context.scale * 1_000, mode)
    played = []
    for number in range(rounds):
        steps: list[StepResult] = []
        state, choice = b"", ""
        while not steps or state:
            seed = sha256(f"{number}/{len(steps)}".encode()).digest()
            steps.append(play_step(game, bet, state, RoundDraws(seed, len(steps)), choice, seed=seed))
            state, choice = steps[-1].state, (steps[-1].choices or ("",))[0]
        played.append((sum(step.pay for step in steps), steps))
    return played


FEATURES: dict[str, dict[str, Any]] = {
    "free games": {"kind": "free_games", "trigger": {"scatter": "s", "counts": {2: 3}}, "multiplier": 2},
    "until": {
        "kind": "free_games",
        "trigger": {"scatter": "s", "counts": {2: 1}},
        "until": {"scatter": "s", "count": 1},
        "also_wild": ["c"],
    },
    "book": {
        "kind": "free_games",
        "trigger": {"scatter": "s", "counts": {2: 3}},
        "expanding_symbol": {"symbols": {"a": 1, "b": 2}},
    },
    "drawn wilds": {
        "kind": "free_games",
        "trigger": {"scatter": "s", "counts": {2: 3}},
        "wild_multiplier": {"per": "spin", "weights": {2: 3, 5: 1}},
    },
    "pick": {"kind": "pick", "trigger": {"scatter": "s", "counts": {2: 1}}, "picks": 2, "weights": {1: 3, 5: 1}},
    "coins": {
        "kind": "hold_and_win",
        "trigger": {"scatter": "s", "counts": {2: 1}},
        "coin_chance": "1/6",
        "coins": {1: 3, 4: 1},
        "full_pays": 20,
    },
    "jackpot": {"kind": "jackpot", "trigger": {"scatter": "s", "counts": {3: 1}}, "seed": 50},
}
SPINS: dict[str, dict[str, Any]] = {
    "plain": {},
    "wild reels by chance": {"wild_reels": {"reels": [2, 3], "symbol": "w", "probability": "1/10"}},
    "wild reels held": {"wild_reels": {"reels": [2, 3], "symbol": "w", "probability": "1/10", "pays": "held"}},
    "wild reels shown": {"wild_reels": {"reels": [2, 3], "symbol": "w"}},
    "multiplier reel": {"multiplier_reel": {"weights": {1: 3, 4: 1}, "scatters": True}},
    "wilds per cell": {"wild_multiplier": {"per": "cell", "weights": {1: 3, 2: 1}}},
    "wilds per reel": {"wild_multiplier": {"per": "reel", "weights": {1: 3, 2: 1}}},
    "cascade": {"cascade": {"multipliers": [1, 2, 3]}},
}


@pytest.mark.parametrize("name", [*FEATURES, *SPINS])
def test_play_agrees_with_the_exact_mean_and_replays(name: str) -> None:
    features = {"f": FEATURES[name]} if name in FEATURES else {}
    game = a_game(features=features, spin=SPINS.get(name, {}))
    analysis = analyse(game)

    played = play_rounds(game, ROUNDS)

    mean, variance = analysis.totals.mean["base"], analysis.totals.variance["base"]
    seen = Fraction(sum(pay for pay, _ in played), ROUNDS)
    assert (seen - mean) ** 2 * ROUNDS <= SIGMAS**2 * variance
    for _, steps in played[:40]:
        for step in steps:
            assert verify_step(game, step.record).presentation == step.presentation
            assert json.dumps(json.loads(step.presentation), sort_keys=True, separators=(",", ":")).encode() == (
                step.presentation
            )


def test_every_pay_that_is_played_is_possible_and_as_frequent_as_computed() -> None:
    game = a_game()
    analysis = analyse(game)
    seen = Counter(pay for pay, _ in play_rounds(game, ROUNDS))
    expected = {pay: count / analysis.base.cycle for (pay, _), count in analysis.base.outcomes.items()}

    assert set(seen) <= set(expected)
    statistic = sum((seen[pay] - chance * ROUNDS) ** 2 / (chance * ROUNDS) for pay, chance in expected.items())
    assert statistic < len(expected) + 6 * (2 * len(expected)) ** 0.5


def test_a_bought_round_begins_with_its_feature_and_costs_its_price() -> None:
    modes = {"buy": {"cost": 12, "start": {"feature": "f", "games": 5}}}
    game = a_game(features={"f": FEATURES["free games"]}, modes=modes)

    _, steps = play_rounds(game, 1, "buy")[0]

    assert steps[0].price_micros == 12 * 2_000
    assert json.loads(steps[1].presentation)["feature"] == "f"
    assert analyse(game, "buy").rtp == analyse(game).totals.mean["f"] * 5 / (2 * 12)


def test_a_capped_round_wins_the_cap_and_ends() -> None:
    game = a_game(features={"f": {**FEATURES["free games"], "multiplier": 50}}, win_cap=20)

    played = play_rounds(game, 400)

    assert max(pay for pay, _ in played) == 20 * 2
    assert all(step.round_complete == (step is steps[-1]) for _, steps in played for step in steps)


def test_a_win_may_be_gambled_for_its_own_price() -> None:
    game = a_game(gamble={"factor": 2, "probability": "1/2", "steps_max": 2})
    bet = Bet(2_000)
    won = next(steps[0] for pay, steps in play_rounds(game, 200) if pay)
    seed = bytes(32)

    gambled = play_step(game, bet, won.state, RoundDraws(seed, 1), "gamble", seed=seed)
    collected = play_step(game, bet, won.state, RoundDraws(seed, 1), "collect", seed=seed)

    assert won.choices == ("collect", "gamble")
    assert gambled.price_micros == won.win_micros
    assert gambled.win_micros in (0, 2 * won.win_micros)
    assert collected.round_complete
    assert (collected.win_micros, collected.price_micros) == (0, 0)
    with pytest.raises(ChoiceRefused):
        play_step(game, bet, won.state, RoundDraws(seed, 1), "double", seed=seed)


def test_a_box_is_opened_once() -> None:
    game = a_game(features={"f": FEATURES["pick"]})
    first = next(steps for _, steps in play_rounds(game, 400) if len(steps) > 2)

    assert first[0].choices == ("1", "2", "3")
    assert first[1].choices == ("2", "3")


def test_who_has_more_picks_than_boxes_goes_on_with_new_boxes() -> None:
    pick = {**FEATURES["pick"], "trigger": {"scatter": "s", "counts": {2: 2}}, "picks": 2, "boxes": 3}
    steps = next(steps for _, steps in play_rounds(a_game(features={"f": pick}), 400) if len(steps) > 2)

    offered = [step.choices for step in steps]

    assert offered == [("1", "2", "3"), ("2", "3"), ("3",), ("1", "2", "3"), ()]


def test_each_coin_is_shown_with_what_it_pays() -> None:
    features = {"f": {**FEATURES["coins"], "full_pays": 0}}
    rounds = [steps for _, steps in play_rounds(a_game(features=features), 400) if len(steps) > 1]

    shown = [json.loads(step.presentation) for steps in rounds for step in steps[1:]]

    assert any(step["coins_micros"] for step in shown)
    assert all(sum(step["coins_micros"]) == step["win_micros"] for step in shown)


def test_what_was_drawn_for_a_spin_is_shown_even_where_nothing_is_won() -> None:
    def shown(feature: str, field: str, **parts: Any) -> set[Any]:
        rounds = play_rounds(a_game(**parts), 300)
        spins = [json.loads(step.presentation) for _, steps in rounds for step in steps]
        return {spin.get(field) for spin in spins if spin["feature"] == feature}

    book = {**FEATURES["book"], "expanding_symbol": {"symbols": ["a", "b"]}}

    assert shown("f", "book", features={"f": book}) == {"a", "b"}
    assert shown("base", "book", features={"f": book}) == {None}
    assert shown("f", "wild_multiplier", features={"f": FEATURES["drawn wilds"]}) == {2, 5}
    assert shown("base", "multiplier", spin={"multiplier_reel": {"weights": {1: 1, "3/2": 1, 4: 1}}}) == {1, "3/2", 4}


def test_a_state_of_another_game_is_refused() -> None:
    game, other = a_game(features={"f": FEATURES["free games"]}), a_game(features={"f": FEATURES["until"]})
    state = next(steps[0].state for _, steps in play_rounds(game, 300) if steps[0].state)

    with pytest.raises(StateRefused):
        play_step(other, Bet(2_000), state, RoundDraws(bytes(32), 1), seed=bytes(32))
