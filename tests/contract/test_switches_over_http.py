"""A game or a provider that a brand has switched off takes no bet and still pays what was played, in every protocol."""

from pathlib import Path

import pytest

from adapters.mocks.exchange import exchange
from adapters.mocks.scenario_words import Scenario
from adapters.mocks.types import Answer, Step, StepKind
from gateway.catalogue.targets import Target, TargetKind
from gateway.cli.demo_data import DEMO_BRAND_ID
from tests.support.gateway_target import GatewayBench, GatewayTarget, gateway_bench

UNIT = 1_000_000
PROVIDERS = ("hub88", "swipegames", "softswiss", "softswiss.a8r", "pragmatic", "evolution")


def off_target(bench: GatewayBench, kind: TargetKind, game_id: str) -> Target:
    """Return what is switched off: the provider, or its game."""
    provider_id = bench.manifest.provider_id
    return Target(DEMO_BRAND_ID, kind, provider_id if kind is TargetKind.PROVIDER else f"{provider_id}:{game_id}")


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_what_is_switched_off_takes_no_bet_and_still_pays(provider: str, tmp_path: Path) -> None:
    async with gateway_bench(provider, tmp_path / "s.db") as bench:
        for kind in TargetKind:
            tenant, target = bench.fresh_tenant(1), GatewayTarget(bench, f"player-{kind}")
            given = {"proves": "-", "provider": provider, "steps": [{"advance": "0s"}]}
            session_id = (await target.launch(Scenario.model_validate(given), tenant)).session_id
            switch = off_target(bench, kind, tenant.games[0].game_id)
            first = Step(StepKind.BET, session_id, f"{kind}-1", f"{kind}-b1", f"{kind}-b1", 10 * UNIT)
            win = Step(StepKind.WIN, session_id, f"{kind}-1", f"{kind}-w1", f"{kind}-b1", 30 * UNIT)
            second = Step(StepKind.BET, session_id, f"{kind}-2", f"{kind}-b2", f"{kind}-b2", UNIT)

            assert (await exchange(tenant, first)).answer is Answer.DONE
            assert await bench.gateway.switches.set(switch, enabled=False, reason="a licence ended")
            assert (await exchange(tenant, win)).answer is Answer.DONE
            assert (await exchange(tenant, second)).answer is Answer.REFUSED
            assert await target.balance_micros() == 120 * UNIT
            await bench.gateway.switches.set(switch, enabled=True, reason="")
            third = Step(StepKind.BET, session_id, f"{kind}-3", f"{kind}-b3", f"{kind}-b3", UNIT)
            assert (await exchange(tenant, second)).answer is Answer.REFUSED  # a certain refusal is one for ever
            assert (await exchange(tenant, third)).answer is Answer.DONE
