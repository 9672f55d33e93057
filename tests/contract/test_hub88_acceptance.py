"""Caleta's manual tests over HTTP against callback server, gateway and ledger; scenario files are named here."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.mocks.exchange import exchange
from adapters.mocks.faults import Fault, FaultKind
from adapters.mocks.rounds import RoundState, play_round
from adapters.mocks.scenario_words import GivenWords, Scenario
from adapters.mocks.types import Answer, MockSession, Outcome, Step, StepKind
from tests.support.gateway_target import GatewayBench, GatewayTarget, gateway_bench

SCENARIOS = Path(__file__).parents[1] / "e2e" / "scenarios" / "hub88"
AS_SCENARIOS = {
    "demo": "a_demo_round_never_calls_the_wallet",
    "winnings: free spins": "free_bets_of_a_reward_cost_nothing_and_pay_their_wins",
    "winnings: extra balls": "several_wins_of_an_open_round_are_all_paid",
    "forced rollback": "an_uncertain_bet_is_repeated_three_times_then_rolled_back",
    "retry until success": "a_win_is_repeated_through_an_outage_until_it_is_paid_once",
    "extra-ball rollback": "one_extra_ball_rolled_back_leaves_the_round_alive",
    "amounts 1, 0.01, 0.001, 0.00001": "amounts_down_to_the_last_unit_are_exact",
    "MaxInt32": "a_huge_amount_is_refused_or_paid_but_never_wraps",
    "promo bet": "a_promo_win_needs_no_bet_and_no_live_token",
}
SCENARIO = Scenario.model_validate(
    {"name": "acceptance", "proves": "Caleta's list", "provider": "hub88", "steps": [{"settle": "1s"}]}
)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[GatewayBench]:
    async with gateway_bench("hub88", tmp_path / "acceptance.db") as opened:
        yield opened


async def launched(bench: GatewayBench, player_id: str, **given: object) -> tuple[MockSession, GatewayTarget]:
    target = GatewayTarget(bench, player_id)
    scenario = SCENARIO.model_copy(update={"given": GivenWords.model_validate(given)})
    return await target.launch(scenario, bench.tenant), target


@pytest.mark.parametrize("name", AS_SCENARIOS.values(), ids=AS_SCENARIOS)
def test_the_list_is_covered_by_a_scenario(name: str) -> None:
    assert (SCENARIOS / f"{name}.yaml").exists()


async def test_every_game_opens_and_plays_a_round(bench: GatewayBench) -> None:
    bench.fresh_tenant(11)
    for number, game in enumerate(bench.tenant.games):
        session, target = await launched(bench, f"opener-{number}", game=game.game_id)

        run = await play_round(bench.tenant, session, 1_000_000, Outcome((3_000_000,)))

        assert (run.state, await target.balance_micros()) == (RoundState.SETTLED, 102_000_000)


@pytest.mark.parametrize("currency", ["EUR", "USD", "JPY", "KWD", "uBTC", "mETH"])
async def test_a_bet_in_each_currency_is_exact(bench: GatewayBench, currency: str) -> None:
    bench.fresh_tenant(12)
    session, target = await launched(bench, "banker", currency=currency)

    run = await play_round(bench.tenant, session, 10, Outcome((20,)))

    assert (run.state, await target.balance_micros()) == (RoundState.SETTLED, 100_000_010)


async def test_an_id_that_another_player_used_is_a_duplicate_and_moves_nothing(bench: GatewayBench) -> None:
    bench.fresh_tenant(13)
    first, _ = await launched(bench, "first")
    second, target = await launched(bench, "second")
    bet = Step(StepKind.BET, first.session_id, "round-1", "bet-1", amount_micros=1_000_000)

    taken = await exchange(bench.tenant, bet)
    other = await exchange(bench.tenant, replace(bet, session_id=second.session_id))

    assert (taken.answer, other.answer) == (Answer.DONE, Answer.REFUSED)
    assert other.code == "RS_ERROR_DUPLICATE_TRANSACTION"
    assert await target.balance_micros() == 100_000_000


async def test_a_win_of_another_players_bet_is_refused(bench: GatewayBench) -> None:
    bench.fresh_tenant(14)
    first, _ = await launched(bench, "first")
    second, target = await launched(bench, "second")
    await exchange(bench.tenant, Step(StepKind.BET, first.session_id, "round-1", "bet-1", amount_micros=1_000_000))

    stolen = await exchange(
        bench.tenant, Step(StepKind.WIN, second.session_id, "round-1", "win-1", "bet-1", amount_micros=9_000_000)
    )

    assert stolen.answer is Answer.REFUSED
    assert await target.balance_micros() == 100_000_000


@pytest.mark.parametrize(
    "fields",
    [{"token": "forged"}, {"user": "somebody"}, {"currency": "USD"}, {"amount": None}, {"round": None}, {"amount": -1}],
    ids=str,
)
async def test_a_call_of_bad_intent_moves_nothing_and_is_certain(
    bench: GatewayBench, fields: dict[str, object]
) -> None:
    bench.fresh_tenant(15)
    session, target = await launched(bench, "victim")

    verdict = await exchange(
        bench.tenant, Step(StepKind.BET, session.session_id, "round-1", "bet-1", amount_micros=1_000_000, fields=fields)
    )

    assert verdict.answer is Answer.REFUSED
    assert await target.balance_micros() == 100_000_000


async def test_every_kind_of_call_is_answered_within_its_schema(bench: GatewayBench) -> None:
    bench.fresh_tenant(16)
    session, _ = await launched(bench, "asker")

    for kind in (StepKind.BALANCE, StepKind.INFO, StepKind.CHECK):
        verdict = await exchange(bench.tenant, Step(kind, session.session_id))
        assert (verdict.answer, verdict.balance_micros) == (Answer.DONE, 100_000_000)


async def test_a_bet_from_a_skewed_clock_is_not_taken_and_a_win_is(bench: GatewayBench) -> None:
    bench.fresh_tenant(17)
    session, target = await launched(bench, "late")
    bet = Step(StepKind.BET, session.session_id, "round-1", "bet-1", amount_micros=1_000_000)
    await exchange(bench.tenant, bet)
    bench.tenant.faults.add(Fault(kind=FaultKind.CLOCK_SKEW, skew_ms=-3_600_000))

    late_bet = await exchange(bench.tenant, replace(bet, round_id="round-2", transaction_id="bet-2"))
    late_win = await exchange(
        bench.tenant, Step(StepKind.WIN, session.session_id, "round-1", "win-1", "bet-1", amount_micros=5_000_000)
    )

    assert (late_bet.answer, late_bet.code) == (Answer.UNCERTAIN, "RS_ERROR_UNKNOWN")
    assert late_win.answer is Answer.DONE
    assert await target.balance_micros() == 104_000_000
