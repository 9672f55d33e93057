"""A wallet somewhere else as the target: what only its operator can do is said, not failed."""

from pathlib import Path

import pytest

from adapters.mocks.external_target import ExternalTarget
from adapters.mocks.known_words import PROVIDERS
from adapters.mocks.scenario import ScenarioResult, run_scenario, seed_of
from adapters.mocks.scenario_words import Scenario, load_scenario, scenario_files
from tests.support.provider_loop import Loop

SCENARIOS = Path(__file__).parents[3] / "e2e" / "scenarios"
TOKEN = "token-0001~player-1_EUR"


async def played(steps: list[dict[str, object]], **given: object) -> ScenarioResult:
    loop = Loop("hub88")
    loop.wallet.open_player("player-1", "EUR", 250_000_000, "token-0001")
    scenario = Scenario.model_validate(
        {"name": "s", "proves": "it", "provider": "hub88", "given": given, "steps": steps}
    )
    try:
        return await run_scenario(scenario, loop.tenant, ExternalTarget("player-1", TOKEN))
    finally:
        await loop.aclose()


async def test_balances_are_counted_from_what_the_account_had() -> None:
    result = await played(
        [{"spin": {"bet": "1.00", "win": "3.00"}, "expect": {"told_balance": "102.00", "balance": "102.00"}}]
    )

    assert result.failures == []


async def test_what_does_not_come_out_is_named_with_its_step() -> None:
    result = await played([{"spin": {"bet": "1.00", "win": "3.00"}, "expect": {"state": "refused", "balance": "9.00"}}])

    assert result.failures == [
        "step 1: state is 'settled', expected 'refused'",
        "step 1: balance is 102.00, expected 9.00",
    ]


@pytest.mark.parametrize(
    ("steps", "given"),
    [
        ([{"operator": {"block_player": True}}], {}),
        ([{"grant": {}}], {}),
        ([{"cancel_grant": True}], {}),
        ([{"settle": "1s"}], {"demo": True}),
        ([{"settle": "1s"}], {"balance": "100.00", "exact": True}),
        ([{"settle": "1s"}], {"balance": "9999.00"}),
        ([{"settle": "1s"}], {"currency": "JPY"}),
    ],
    ids=["block", "grant", "cancel", "demo", "exact", "poor", "currency"],
)
async def test_what_only_the_operator_can_do_is_not_possible(
    steps: list[dict[str, object]], given: dict[str, object]
) -> None:
    result = await played(steps, **given)

    assert result.skipped
    assert result.failures == []


async def test_what_failed_before_the_operator_was_needed_stays_failed() -> None:
    result = await played([{"expect": {"balance": "1.00"}}, {"operator": {"block_player": True}}])

    assert result.skipped
    assert result.failures == ["step 1: balance is 100.00, expected 1.00"]


async def test_a_wallet_that_stops_telling_the_balance_has_not_shown_it() -> None:
    silent = {"fault": {"kind": "status", "status": 503, "match": {"kind": "balance"}}}

    result = await played([silent, {"expect": {"balance": "100.00"}}])

    assert result.skipped == ""
    assert result.failures == [
        "step 2: balance is not told (the wallet does not tell the balance: http 503), expected 100.00"
    ]


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_scenario_never_fails_against_a_sound_wallet_elsewhere_whatever_the_player_has(provider: str) -> None:
    failures, held_count = {}, 0
    for path in scenario_files(SCENARIOS / provider):
        scenario = load_scenario(path)
        loop = Loop(provider, seed=seed_of(scenario.name))
        session = await loop.launch(balance_micros=987_654_321_000_000)

        result = await run_scenario(scenario, loop.tenant, ExternalTarget(session.player_id, session.token))

        await loop.aclose()
        held_count += result.holds and not result.skipped
        if not result.holds:
            failures[path.stem] = result.failures

    assert failures == {}
    assert held_count > 2
