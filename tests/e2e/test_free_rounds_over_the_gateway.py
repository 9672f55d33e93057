"""Free rounds over HTTP: granted through the gateway at each provider's mock, played there, counted and paid here."""

from pathlib import Path

import httpx
import pytest

from adapters.contract.errors import OutcomeUnknown
from adapters.contract.wallet_calls import ActionKind
from adapters.mocks.scenario_words import load_scenario
from gateway.cli.demo_data import DEMO_BRAND_ID
from gateway.errors import CapabilityNotSupported, ProviderRefused, RoundNotFound
from gateway.free_rounds.records import FreeRoundsStatus
from gateway.rounds.ports import AccountRef, RoundRef
from tests.support.gateway_target import GatewayBench, GatewayTarget, gateway_bench

ROOT = Path(__file__).parent / "scenarios"
SERIES = {
    "hub88": "free_bets_of_a_reward_cost_nothing_and_pay_their_wins",
    "softswiss": "a_series_of_freespins_is_paid_once_at_its_end",
    "softswiss.a8r": "a_twirp_series_is_paid_once_when_it_finishes",
    "pragmatic": "free_rounds_are_paid_by_one_bonus_win_at_their_end",
    "swipegames": "a_series_of_free_rounds_is_paid_by_its_last_win",
}
FREE_BETS_AT_THE_WALLET = {"hub88", "pragmatic", "swipegames"}
SHOWS_ROUNDS = {"hub88", "softswiss", "softswiss.a8r", "pragmatic"}


async def play_series(bench: GatewayBench, provider: str) -> str:
    """Grant a series, play it to its end, and return its id."""
    result = await bench.run(load_scenario(ROOT / provider / f"{SERIES[provider]}.yaml"))
    assert result.failures == []
    return f"grant-player-{bench.played_count}"


@pytest.mark.parametrize("provider", sorted(SERIES))
async def test_a_series_is_counted_and_paid_under_its_grant(provider: str, tmp_path: Path) -> None:
    async with gateway_bench(provider, tmp_path / "e2e.db") as bench:
        grant_id = await play_series(bench, provider)
        desk, player_id = bench.gateway.free_rounds, grant_id.removeprefix("grant-")

        view = await desk.get(DEMO_BRAND_ID, grant_id)
        listed, token = await desk.list(DEMO_BRAND_ID, player_id, bench.manifest.provider_id, 10, "")

        rows = await bench.port.list_transactions(AccountRef(DEMO_BRAND_ID, player_id, "EUR"), 100, "")
        bets = [row for row in rows.items if row.kind is ActionKind.BET and row.delta_micros == 0]
        paid = sum(row.delta_micros for row in rows.items if row.kind in (ActionKind.WIN, ActionKind.PROMO_WIN))
        assert view.free_rounds.status is FreeRoundsStatus.FINISHED
        assert view.played_count == view.free_rounds.count
        assert view.free_rounds.provider_grant_id
        assert view.win_micros == paid > 0
        assert len(bets) == (view.free_rounds.count if provider in FREE_BETS_AT_THE_WALLET else 0)
        assert {row.game_id for row in bets} <= set(view.free_rounds.game_ids)
        assert ([item.free_rounds.grant_id for item in listed], token) == ([grant_id], "")


@pytest.mark.parametrize("provider", sorted(SERIES))
async def test_a_lost_answer_to_a_grant_is_found_again_under_the_same_key(provider: str, tmp_path: Path) -> None:
    async with gateway_bench(provider, tmp_path / "e2e.db") as bench:
        scenario = load_scenario(ROOT / provider / f"{SERIES[provider]}.yaml")
        tenant = bench.fresh_tenant(1)
        target = GatewayTarget(bench, "lost")
        await target.launch(scenario, tenant)
        grants = [step.grant for step in scenario.steps if step.grant is not None]
        forget = _lose_answers_after_they_are_made(bench)

        with pytest.raises(OutcomeUnknown):  # until the provider confirms it
            await target.grant(grants[0])
        held = await bench.gateway.free_rounds.get(DEMO_BRAND_ID, target.grant_id)
        forget()
        await bench.clock.virtual.advance_ms(120_000)
        await bench.gateway.free_rounds.advance_due()

        view = await bench.gateway.free_rounds.get(DEMO_BRAND_ID, target.grant_id)
        assert held.free_rounds.status is FreeRoundsStatus.PENDING
        assert view.free_rounds.status is FreeRoundsStatus.ACTIVE
        assert len(tenant.grants) == 1


def _lose_answers_after_they_are_made(bench: GatewayBench):
    """Let the provider do what it is asked and the answer get lost, until the returned function is called."""
    send = httpx.ASGITransport.handle_async_request

    async def lost(self: httpx.ASGITransport, request: httpx.Request) -> httpx.Response:
        answer = await send(self, request)
        await answer.aread()
        if any(word in request.url.path for word in ("create", "issue", "Issue", "/free-rounds")):
            raise httpx.ReadError("cut", request=request)
        return answer

    httpx.ASGITransport.handle_async_request = lost  # type: ignore[method-assign]  # put back by the caller

    def forget() -> None:
        httpx.ASGITransport.handle_async_request = send  # type: ignore[method-assign]  # as it was

    return forget


@pytest.mark.parametrize("provider", sorted(SERIES))
async def test_a_provider_shows_its_rounds_where_its_protocol_can(provider: str, tmp_path: Path) -> None:
    async with gateway_bench(provider, tmp_path / "e2e.db") as bench:
        await play_series(bench, provider)
        if provider == "softswiss.a8r":  # its series has no rounds at the wallet
            await bench.run(load_scenario(next(iter(sorted((ROOT / provider).glob("a_twirp_round*.yaml"))))))
        player_id = f"player-{bench.played_count}"
        page = await bench.port.list_rounds(AccountRef(DEMO_BRAND_ID, player_id, "EUR"), 10, "")
        show, ref = bench.gateway.show_round, page.items[0].ref

        if provider not in SHOWS_ROUNDS:
            with pytest.raises(CapabilityNotSupported):
                await show(ref)
            return

        assert ref.round_id in (await show(ref)).url
        with pytest.raises(RoundNotFound):
            await show(RoundRef(DEMO_BRAND_ID, player_id, bench.manifest.provider_id, "never-played"))


async def test_a_grant_that_the_provider_refuses_stays_refused(tmp_path: Path) -> None:
    async with gateway_bench("swipegames", tmp_path / "e2e.db") as bench:
        scenario = load_scenario(ROOT / "swipegames" / f"{SERIES['swipegames']}.yaml")
        target = GatewayTarget(bench, "refused")
        await target.launch(scenario, bench.fresh_tenant(1))
        words = next(step.grant for step in scenario.steps if step.grant is not None)
        odd = words.model_copy(update={"bet": "0.000001"}) if hasattr(words, "model_copy") else words

        for _ in range(2):
            with pytest.raises(ProviderRefused):
                await target.grant(odd)
