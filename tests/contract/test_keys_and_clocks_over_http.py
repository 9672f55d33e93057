"""What only the callback server decides: two live keys during a rotation, and bets from a clock that is off."""

from pathlib import Path

import pytest

from adapters.hub88.mock import key_pair
from adapters.mocks.exchange import exchange
from adapters.mocks.faults import Fault, FaultKind
from adapters.mocks.rounds import RoundState, play_round
from adapters.mocks.scenario_words import Scenario
from adapters.mocks.types import Answer, MockSession, Outcome, Step, StepKind
from gateway.cli.demo_data import DEMO_BRAND_ID
from gateway.storage.credential_store import NewCredential
from tests.support.gateway_target import GatewayBench, GatewayTarget, gateway_bench

UNIT = 1_000_000
SECRETS = {
    "hub88": "provider_private_key",
    "swipegames": "integration_api_key",
    "softswiss": "auth_token",
    "softswiss.a8r": "auth_token",
    "pragmatic": "secret",
    "evolution": "auth_token",
}
"""What the provider signs its wallet calls with, by its name in the mock."""


def newer_key(provider: str) -> tuple[str, dict[str, bytes]]:
    """Return what the provider signs with after the rotation, and what the operator keeps of it."""
    if provider != "hub88":
        return "newer-secret", {"secret": b"newer-secret"}
    private, public = key_pair("newer")
    return private, {"secret": b"", "provider_public_key": public.encode()}


def strangers_key(provider: str) -> str:
    """Return a key that nobody keeps."""
    return key_pair("stranger")[0] if provider == "hub88" else "stranger"


async def launched(bench: GatewayBench, target: GatewayTarget) -> MockSession:
    given = {"proves": "-", "provider": bench.provider, "steps": [{"advance": "0s"}]}
    return await target.launch(Scenario.model_validate(given), bench.fresh_tenant(1))


@pytest.mark.parametrize("provider", list(SECRETS))
async def test_w31_both_live_keys_are_accepted_during_a_rotation_and_no_third(provider: str, tmp_path: Path) -> None:
    async with gateway_bench(provider, tmp_path / "k.db") as bench:
        newer, kept = newer_key(provider)
        credential = NewCredential(bench.manifest.adapter_id, DEMO_BRAND_ID, DEMO_BRAND_ID, key_id="newer", **kept)
        await bench.gateway.credentials.add(credential, bench.clock.now_ms() + 1)
        target = GatewayTarget(bench, "player-1")
        session = await launched(bench, target)
        states = []

        for key in (bench.tenant.credentials[SECRETS[provider]], newer, strangers_key(provider)):
            bench.tenant.credentials[SECRETS[provider]] = key
            run = await play_round(bench.tenant, session, UNIT, Outcome((2 * UNIT,)))
            states.append(run.state)

        assert states == [RoundState.SETTLED, RoundState.SETTLED, RoundState.REFUSED]
        assert await target.balance_micros() == 102 * UNIT


async def test_a_bet_from_a_clock_that_is_off_is_refunded_and_a_late_result_is_paid(tmp_path: Path) -> None:
    async with gateway_bench("pragmatic", tmp_path / "t.db") as bench:
        target = GatewayTarget(bench, "player-1")
        session = await launched(bench, target)
        tenant = bench.tenant
        bet = Step(StepKind.BET, session.session_id, "1", "b1", amount_micros=10 * UNIT)
        assert (await exchange(tenant, bet)).answer is Answer.DONE
        tenant.faults.add(Fault(kind=FaultKind.CLOCK_SKEW, skew_ms=-600_000))

        stale = await play_round(tenant, session, UNIT, Outcome((5 * UNIT,)))
        await tenant.clock.settle(60_000)
        late = await exchange(tenant, Step(StepKind.WIN, session.session_id, "1", "w1", amount_micros=30 * UNIT))

        assert (stale.state, stale.codes) == (RoundState.ROLLED_BACK, ["100"] * 4 + ["0"])
        assert late.answer is Answer.DONE
        assert await target.balance_micros() == 120 * UNIT
