import asyncio
from dataclasses import replace

import pytest

from adapters.contract import errors as adapter_errors
from adapters.contract.games import BetMode
from adapters.contract.rounds import RoundReport, RoundStatus
from gateway.errors import (
    AdapterContractBroken,
    BetLimit,
    CapabilityNotSupported,
    IdempotencyKeyReused,
    ProviderRefused,
    ProviderUnavailable,
    RoundInDoubt,
    RoundInProgress,
    RoundRolledBack,
    TooManyRequests,
    WalletUnavailable,
)
from gateway.rounds.ports import StepStatus
from gateway.rounds.stored_rounds import status_of
from tests.support.builders import a_game, a_manifest
from tests.support.fakes import FakeCatalogue, pays

LATER_MS = 60_000


async def test_the_bet_is_booked_before_the_provider_is_asked(driven):
    seen = []

    def play(request):
        seen.append(driven.balance_micros)
        return pays(3_000_000)(request)

    driven.adapter.play = play

    answer = await driven.spin()

    assert seen == [99_000_000]
    assert (answer.balance_micros, driven.round().closed) == (102_000_000, True)


async def test_a_repeat_is_answered_from_the_wallet_without_asking_again(driven):
    first = await driven.spin()

    again = await driven.spin()

    assert again == replace(first, replayed=True)
    assert len(driven.adapter.spins) == 1


async def test_a_repeat_with_other_content_is_a_conflict(driven):
    await driven.spin()

    with pytest.raises(IdempotencyKeyReused) as refused:
        await driven.spin(line_count=2)

    assert refused.value.facts["field"] == "line_count"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (adapter_errors.ProviderUnavailable("down"), ProviderUnavailable),
        (adapter_errors.ProviderRefused("no", provider_code="E7"), ProviderRefused),
        (adapter_errors.CapabilityNotSupported("no"), CapabilityNotSupported),
        (adapter_errors.RoundConflict("seen before"), IdempotencyKeyReused),
    ],
)
async def test_a_provider_that_certainly_did_nothing_gives_the_bet_back(driven, error, told):
    driven.adapter.error = error

    with pytest.raises(told) as refused:
        await driven.spin()

    assert refused.value.certain
    assert driven.balance_micros == 100_000_000
    assert status_of(driven.round()) is StepStatus.ROLLED_BACK


async def test_a_round_that_was_given_back_stays_dead_under_its_id(driven):
    driven.adapter.error = adapter_errors.ProviderUnavailable("down")
    with pytest.raises(ProviderUnavailable):
        await driven.spin()
    driven.adapter.error = None

    with pytest.raises(RoundRolledBack):
        await driven.spin()

    assert driven.balance_micros == 100_000_000


@pytest.mark.parametrize(
    "error",
    [adapter_errors.DeadlinePassed("late"), adapter_errors.OutcomeUnknown("cut"), ValueError("bug"), TimeoutError()],
)
async def test_a_lost_answer_leaves_the_stake_held_and_the_round_in_doubt(driven, error):
    driven.adapter.error = error

    with pytest.raises(RoundInDoubt) as refused:
        await driven.spin()

    assert not refused.value.certain
    assert driven.balance_micros == 99_000_000
    assert status_of(driven.round()) is StepStatus.IN_DOUBT


async def test_an_answer_that_breaks_the_contract_leaves_the_round_in_doubt(driven):
    driven.adapter.play = pays(10_000_000_000)

    with pytest.raises(AdapterContractBroken) as refused:
        await driven.spin()

    assert not refused.value.certain
    assert status_of(driven.round()) is StepStatus.IN_DOUBT


async def test_a_provider_that_is_at_work_on_the_round_keeps_its_bet(driven):
    driven.adapter.error = adapter_errors.RoundInProgress("at work")

    with pytest.raises(RoundInProgress):
        await driven.spin()

    assert driven.balance_micros == 99_000_000


async def test_the_same_round_at_once_is_played_by_one(driven):
    driven.adapter.release = asyncio.Event()
    running = asyncio.create_task(driven.spin())
    await driven.adapter.asked.wait()

    with pytest.raises(RoundInProgress) as refused:
        await driven.spin()
    driven.adapter.release.set()

    assert not refused.value.certain
    assert (await running).replayed is False
    assert len(driven.adapter.spins) == 1


async def test_a_caller_who_leaves_does_not_stop_the_round(driven):
    driven.adapter.release = asyncio.Event()
    driven.adapter.play = pays(5_000_000)
    running = asyncio.create_task(driven.spin())
    await driven.adapter.asked.wait()

    running.cancel()
    await asyncio.wait((running,))
    driven.adapter.release.set()
    await driven.wallet.round_closed.wait()

    assert driven.balance_micros == 104_000_000


async def test_the_deadline_shrinks_on_its_way_to_the_provider(driven):
    await driven.spin(time_left_ms=1_000)

    assert driven.adapter.deadlines[0].left_ms() <= 900


async def test_a_caller_without_time_left_is_given_the_bet_back(driven):
    with pytest.raises(ProviderUnavailable):
        await driven.spin(time_left_ms=50)

    assert (driven.adapter.spins, driven.balance_micros) == ([], 100_000_000)


async def test_an_uncertain_bet_is_not_played(driven):
    driven.wallet.fail_next = "after"

    with pytest.raises(WalletUnavailable):
        await driven.spin()

    assert driven.adapter.spins == []


async def test_a_repeat_soon_after_a_lost_answer_says_that_the_round_runs(driven):
    driven.adapter.error_after = adapter_errors.DeadlinePassed("late")
    with pytest.raises(RoundInDoubt):
        await driven.spin()

    with pytest.raises(RoundInProgress):
        await driven.spin()


async def test_a_repeat_later_finds_the_outcome_of_a_lost_answer(driven):
    driven.adapter.play = pays(7_000_000)
    driven.adapter.error_after = adapter_errors.DeadlinePassed("late")
    with pytest.raises(RoundInDoubt):
        await driven.spin()
    driven.clock.pass_ms(LATER_MS)
    driven.session = replace(driven.session, expire_time_ms=driven.clock.now_ms() + 1)

    answer = await driven.spin()

    assert (answer.win_micros, answer.replayed) == (7_000_000, True)
    assert driven.balance_micros == 106_000_000


async def test_a_repeat_later_of_a_round_that_the_provider_never_saw_is_given_back(driven):
    driven.adapter.error = adapter_errors.OutcomeUnknown("cut")
    with pytest.raises(RoundInDoubt):
        await driven.spin()
    driven.clock.pass_ms(LATER_MS)

    with pytest.raises(RoundRolledBack):
        await driven.spin()

    assert driven.balance_micros == 100_000_000


async def test_a_repeat_while_the_provider_is_still_at_work_stays_in_doubt(driven):
    driven.adapter.error = adapter_errors.OutcomeUnknown("cut")
    with pytest.raises(RoundInDoubt):
        await driven.spin()
    driven.adapter.reports["round-1"] = RoundReport("round-1", RoundStatus.RUNNING)
    driven.clock.pass_ms(LATER_MS)

    with pytest.raises(RoundInDoubt):
        await driven.spin()

    assert driven.balance_micros == 99_000_000


async def test_an_answer_after_the_round_was_given_back_pays_nothing(driven):
    driven.adapter.release = asyncio.Event()
    driven.adapter.play = pays(5_000_000)
    running = asyncio.create_task(driven.spin())
    await driven.adapter.asked.wait()
    await driven.resolve(driven.round())

    driven.adapter.release.set()
    with pytest.raises(RoundRolledBack):
        await running

    assert driven.balance_micros == 100_000_000


async def test_too_many_spins_at_once_are_refused_before_the_bet(driven):
    driven.adapter.manifest = a_manifest(driven.mode, in_flight_max=1)
    driven.play._catalogue = type(driven.catalogue)(driven.adapter)
    driven.adapter.release = asyncio.Event()
    running = asyncio.create_task(driven.spin())
    await driven.adapter.asked.wait()

    with pytest.raises(TooManyRequests) as refused:
        await driven.spin(round_id="round-2")
    driven.adapter.release.set()
    await running

    assert not refused.value.certain, "an earlier try of round-2 may be on its way at another process"
    assert driven.balance_micros == 99_000_000


async def test_w15_a_price_that_is_not_exact_says_nothing_of_a_first_try_under_another_catalogue(driven):
    driven.adapter.games = (a_game(bet_modes=(BetMode("ante", "Ante", 1_250_001),), stakes_micros=()),)
    driven.play._catalogue = FakeCatalogue(driven.adapter)

    with pytest.raises(BetLimit) as refused:
        await driven.spin(bet_mode="ante", stake_micros=1)

    assert not refused.value.certain


async def test_the_price_of_a_bet_mode_is_booked_before_the_provider_is_asked(driven):
    answer = await driven.spin(bet_mode="ante")

    assert answer.bet_micros == 1_250_000


async def test_a_later_step_whose_answer_is_lost_can_be_repeated(driven):
    driven.adapter.play = pays(0, round_complete=False, state=b"go on")
    await driven.spin()
    driven.adapter.error = adapter_errors.OutcomeUnknown("cut")
    with pytest.raises(RoundInDoubt):
        await driven.spin(step=1)
    driven.adapter.error = None
    driven.adapter.play = pays(2_000_000)

    answer = await driven.spin(step=1)

    assert (answer.win_micros, driven.balance_micros) == (2_000_000, 101_000_000)
