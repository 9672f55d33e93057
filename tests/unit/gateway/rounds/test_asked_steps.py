"""Later steps of gateway-driven rounds: written down before they are asked for, so that no lost answer is forgotten."""

from dataclasses import replace

import pytest

from adapters.contract import errors as adapter_errors
from adapters.contract.manifest import Capability
from adapters.contract.rounds import RoundReport, RoundStatus
from gateway.errors import IdempotencyKeyReused, ProviderRefused, RoundInDoubt, RoundInProgress
from gateway.rounds.asked_steps import AskedStep, asked_step
from gateway.rounds.ports import StepStatus
from gateway.rounds.records import RecordUnreadable, RoundState
from gateway.rounds.resolve_round import Resolution
from gateway.rounds.stored_rounds import status_of, stored_round
from tests.support.fakes import pays

OPEN = {"round_complete": False, "state": b"go on", "choices": ("left", "right")}


async def lost_step(table, error=None, **fields):
    """Play step 0, lose the answer of step 1, and return the round."""
    table.adapter.play = pays(0, **OPEN)
    await table.spin()
    table.adapter.error = error or adapter_errors.OutcomeUnknown("cut")
    with pytest.raises(RoundInDoubt):
        await table.spin(step=1, **fields)
    table.adapter.error = None
    return table.round()


def reports(table, status, outcome=None):
    table.adapter.reports["round-1"] = RoundReport("round-1", status, outcome)


def only(table, *capabilities):
    table.adapter.manifest = replace(table.adapter.manifest, capabilities=frozenset(capabilities))


async def test_a_round_read_before_another_device_began_its_step_is_not_put_back_to_before_it(driven):
    driven.adapter.play = pays(0, **OPEN)
    await driven.spin()
    before, read = driven.round(), driven.wallet.get_round
    driven.adapter.play = pays(2_000_000, **OPEN)
    await driven.spin(step=1, choice="left")

    async def reads_late(ref):
        driven.wallet.get_round = read
        return before

    driven.wallet.get_round = reads_late
    with pytest.raises(RoundInProgress):
        await driven.spin(step=1, choice="left")

    assert (await driven.spin(step=1, choice="left")).replayed
    driven.adapter.play = pays(3_000_000)
    assert (await driven.spin(step=2, choice="left")).win_micros == 3_000_000
    assert driven.balance_micros == 104_000_000
    assert [spin.step for spin in driven.adapter.spins] == [0, 1, 2]


async def test_a_lost_later_step_is_in_doubt_and_not_forgotten(driven):
    stored = await lost_step(driven)

    assert status_of(stored) is StepStatus.IN_DOUBT
    assert stored_round(stored).next_step == 1
    assert [step.step for step in stored_round(stored).steps] == [0]


async def test_a_lost_later_step_that_completed_the_round_is_settled(driven):
    stored = await lost_step(driven)
    reports(driven, RoundStatus.COMPLETED, pays(3_000_000, step=1)(driven.adapter.spins[1]))

    assert await driven.resolve(stored) is Resolution.SETTLED

    assert (driven.balance_micros, driven.round().closed) == (102_000_000, True)
    assert await driven.resolve(stored) is Resolution.SETTLED
    assert driven.balance_micros == 102_000_000


async def test_a_lost_later_step_of_a_round_that_goes_on_is_asked_again_under_its_key(driven):
    stored = await lost_step(driven, choice="left")
    reports(driven, RoundStatus.RUNNING)
    driven.adapter.play = pays(2_000_000, **OPEN)

    assert await driven.resolve(stored) is Resolution.SETTLED

    first, again = driven.adapter.spins[1:]
    assert replace(again, session=first.session) == first
    assert (driven.balance_micros, status_of(driven.round())) == (101_000_000, StepStatus.OPEN)
    assert stored_round(driven.round()).next_step == 2


async def test_a_lost_first_step_of_a_round_that_goes_on_is_asked_again_too(driven):
    driven.adapter.error = adapter_errors.OutcomeUnknown("cut")
    with pytest.raises(RoundInDoubt):
        await driven.spin()
    driven.adapter.error = None
    reports(driven, RoundStatus.RUNNING)
    driven.adapter.play = pays(0, **OPEN)

    assert await driven.resolve(driven.round()) is Resolution.SETTLED

    assert status_of(driven.round()) is StepStatus.OPEN


async def test_a_later_step_that_the_provider_never_saw_waits_for_its_player_again(driven):
    stored = await lost_step(driven, choice="left")
    reports(driven, RoundStatus.NOT_FOUND)

    assert await driven.resolve(stored) is Resolution.ROLLED_BACK

    assert (driven.balance_micros, status_of(driven.round())) == (99_000_000, StepStatus.OPEN)
    driven.adapter.play = pays(5_000_000)
    answer = await driven.spin(step=1, choice="right")
    assert (answer.win_micros, driven.balance_micros) == (5_000_000, 104_000_000)


async def test_an_answer_that_comes_after_its_step_was_taken_back_pays_nothing(driven):
    stored = await lost_step(driven)
    reports(driven, RoundStatus.NOT_FOUND)
    await driven.resolve(stored)
    reports(driven, RoundStatus.COMPLETED, pays(9_000_000, step=1)(driven.adapter.spins[1]))

    await driven.resolve(stored)

    assert (driven.balance_micros, status_of(driven.round())) == (99_000_000, StepStatus.OPEN)


async def test_a_step_in_doubt_is_not_played_with_another_choice(driven):
    await lost_step(driven, choice="left")

    with pytest.raises(IdempotencyKeyReused) as refused:
        await driven.spin(step=1, choice="right")

    assert refused.value.facts == {"field": "choice"}
    assert len(driven.adapter.spins) == 2


async def test_a_refused_step_may_be_played_with_another_choice(driven):
    driven.adapter.play = pays(0, **OPEN)
    await driven.spin()
    driven.adapter.error = adapter_errors.ProviderRefused("no such door")
    with pytest.raises(ProviderRefused):
        await driven.spin(step=1, choice="cellar")
    driven.adapter.error = None
    driven.adapter.play = pays(1_000_000)

    answer = await driven.spin(step=1, choice="left")

    assert (answer.win_micros, driven.balance_micros) == (1_000_000, 100_000_000)


async def test_a_refusal_of_the_repeat_says_nothing_about_the_first_request(driven):
    stored = await lost_step(driven, choice="left")
    driven.adapter.error = adapter_errors.ProviderUnavailable("down")

    with pytest.raises(RoundInDoubt):
        await driven.spin(step=1, choice="left")

    assert driven.round().state == stored.state


async def test_a_paid_step_whose_answer_was_lost_books_its_price_once(driven):
    stored = await lost_step(driven, choice="left")
    outcome = pays(4_000_000, step=1, price_micros=2_000_000)(driven.adapter.spins[1])
    reports(driven, RoundStatus.COMPLETED, outcome)

    await driven.resolve(stored)
    await driven.resolve(stored)

    assert (driven.balance_micros, driven.round().bet_micros) == (101_000_000, 3_000_000)


@pytest.mark.parametrize("step", [0, 1])
async def test_a_provider_without_look_up_is_asked_again_under_the_same_key(driven, step):
    if step:
        stored = await lost_step(driven)
    else:
        driven.adapter.error = adapter_errors.OutcomeUnknown("cut")
        with pytest.raises(RoundInDoubt):
            await driven.spin()
        driven.adapter.error, stored = None, driven.round()
    only(driven, Capability.SPIN, Capability.MULTI_STEP)
    driven.adapter.play = pays(3_000_000)

    assert await driven.resolve(stored) is Resolution.SETTLED

    assert driven.balance_micros == 102_000_000


async def test_a_provider_without_look_up_that_has_forgotten_needs_a_person(driven):
    stored = await lost_step(driven)
    only(driven, Capability.SPIN, Capability.MULTI_STEP)
    driven.adapter.manifest = replace(driven.adapter.manifest, replay_window_s=60)
    driven.clock.pass_ms(60_000)

    assert await driven.resolve(stored) is Resolution.ESCALATED

    assert (len(driven.adapter.spins), driven.round().state) == (2, stored.state)


@pytest.mark.parametrize(
    "error", [adapter_errors.ProviderUnavailable("down"), adapter_errors.ProviderRefused("no"), KeyError("bug")]
)
async def test_what_the_repeat_is_refused_with_is_no_guess_about_the_first(driven, error):
    stored = await lost_step(driven)
    only(driven, Capability.SPIN, Capability.MULTI_STEP)
    driven.adapter.error = error

    assert await driven.resolve(stored) is Resolution.UNKNOWN

    assert driven.round().state == stored.state


def test_an_asked_step_reads_back_and_a_cut_one_is_refused():
    state = RoundState(3, 5, 0, 7, "ante", b"adapter").encode()
    asked = AskedStep(1_700_000_000_000, 2, "left", "session-1", state)

    assert asked_step(asked.encode()) == asked
    assert asked_step(state) is None
    with pytest.raises(RecordUnreadable):
        asked_step(asked.encode()[:20])
