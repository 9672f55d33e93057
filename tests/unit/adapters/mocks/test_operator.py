"""The mock of an operator's wallet answers wrongly on demand, and the provider's mock notices."""

from collections.abc import AsyncIterator

import pytest

from adapters.contract.wallet_calls import Certainty, OutcomeCode
from adapters.mocks.exchange import exchange
from adapters.mocks.faults import Fault
from adapters.mocks.operator import unavailable
from adapters.mocks.rounds import RoundState
from adapters.mocks.types import Answer, Step, StepKind
from tests.support.provider_loop import Loop


@pytest.fixture
async def loop() -> AsyncIterator[Loop]:
    made = Loop("hub88")
    yield made
    await made.aclose()


def arm(loop: Loop, **words: object) -> None:
    loop.operator.faults.add(Fault.model_validate(words))


async def balance(loop: Loop) -> tuple[Answer, str, int | None]:
    session = await loop.launch()
    verdict = await exchange(loop.tenant, Step(StepKind.BALANCE, session.session_id))
    return verdict.answer, verdict.code, verdict.balance_micros


async def test_it_answers_rightly_by_default(loop: Loop) -> None:
    assert await balance(loop) == (Answer.DONE, "RS_OK", 100_000_000)
    assert loop.operator.journal.find({"path": "/brand-1/user/balance"})


async def test_a_stale_balance_is_told(loop: Loop) -> None:
    arm(loop, kind="change_reply", fields={"balance": 7})

    assert await balance(loop) == (Answer.DONE, "RS_OK", 70)


async def test_an_error_inside_a_200_is_read_as_an_error(loop: Loop) -> None:
    arm(loop, kind="change_reply", fields={"status": "RS_ERROR_UNKNOWN"})

    assert (await balance(loop))[:2] == (Answer.UNCERTAIN, "RS_ERROR_UNKNOWN")


async def test_maintenance_is_uncertain_and_does_nothing(loop: Loop) -> None:
    session = await loop.launch()
    arm(loop, kind="maintenance", times=1)

    run = await loop.play(session, 1_000_000)
    await loop.clock.settle(10_000)

    assert (run.state, run.codes[0]) == (RoundState.SETTLED, "http 503")
    assert loop.balance() == 99_000_000


async def test_a_page_of_a_proxy_is_uncertain(loop: Loop) -> None:
    arm(loop, kind="non_json_reply")

    assert (await balance(loop))[0] is Answer.UNCERTAIN


async def test_a_wallet_that_cannot_say_is_uncertain() -> None:
    assert (unavailable().certainty, unavailable().code) == (Certainty.UNCERTAIN, OutcomeCode.UNAVAILABLE)


async def test_a_sound_wallet_takes_no_bet_that_was_not_stamped_about_now_and_says_nothing_certain_of_it(
    loop: Loop,
) -> None:
    session = await loop.launch()
    loop.tenant.wallet_clock = lambda: loop.clock.now_ms() - 3_600_000

    run = await loop.play(session, 1_000_000, 5_000_000)

    assert run.codes == ["RS_ERROR_UNKNOWN"] * len(run.codes)
    assert loop.balance() == 100_000_000
