import asyncio
from dataclasses import replace

import pytest

from adapters.contract.errors import DeadlinePassed, InvalidCall, ProviderUnavailable
from gateway.errors import (
    AdapterContractBroken,
    BetLimit,
    IdempotencyKeyReused,
    InsufficientFunds,
    InvalidRequest,
    NotDealing,
    PlayerNotFound,
    RoundClosed,
    RoundInProgress,
    RoundNotFound,
    StepOutOfOrder,
    WalletUnavailable,
)
from gateway.rounds.ports import StepStatus
from tests.support.builders import a_session
from tests.support.fakes import pays


async def test_a_repeat_is_answered_with_the_first_draw_whatever_it_draws(atomic):
    atomic.adapter.play = pays(2_000_000, presentation=b"first")
    first = await atomic.spin()
    atomic.adapter.play = pays(9_000_000, presentation=b"second")

    again = await atomic.spin()

    assert again == replace(first, replayed=True)
    assert atomic.balance_micros == 101_000_000


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"stake_micros": 2_000_000}, "stake.micros"),
        ({"bet_mode": "ante"}, "bet_mode"),
        ({"line_count": 3}, "line_count"),
    ],
)
async def test_a_repeat_with_other_content_names_the_field(atomic, fields, named):
    await atomic.spin()

    with pytest.raises(IdempotencyKeyReused) as refused:
        await atomic.spin(**fields)

    assert refused.value.facts["field"] == named


async def test_the_price_of_a_bet_mode_is_what_is_booked(atomic):
    atomic.adapter.play = pays(0, price_micros=1_250_000)

    answer = await atomic.spin(bet_mode="ante")

    assert answer.bet_micros == 1_250_000
    assert atomic.balance_micros == 98_750_000


async def test_a_bet_larger_than_the_balance_is_refused_for_ever_under_its_id(atomic):
    atomic.wallet.balances[atomic.session.account] = 1
    with pytest.raises(InsufficientFunds) as refused:
        await atomic.spin()
    atomic.wallet.balances[atomic.session.account] = 50_000_000

    with pytest.raises(InsufficientFunds):
        await atomic.spin()

    assert refused.value.facts["balance_micros"] == "1"
    assert atomic.balance_micros == 50_000_000


async def test_a_player_without_account_is_told(atomic):
    atomic.session = a_session(atomic.clock, player_id="stranger")

    with pytest.raises(PlayerNotFound):
        await atomic.spin()


async def test_an_uncertain_wallet_is_said_to_be_uncertain_and_a_repeat_settles_once(atomic):
    atomic.wallet.fail_next = "after"
    with pytest.raises(WalletUnavailable) as refused:
        await atomic.spin()

    again = await atomic.spin()

    assert not refused.value.certain
    assert again.replayed
    assert atomic.balance_micros == 99_000_000


async def test_a_source_that_fails_deals_nothing_and_moves_nothing(atomic):
    atomic.adapter.error = ProviderUnavailable("the random source failed its tests")

    with pytest.raises(NotDealing) as refused:
        await atomic.spin()

    assert not refused.value.certain
    assert atomic.wallet.calls == []


@pytest.mark.parametrize(
    ("error", "refusal"),
    [
        (ProviderUnavailable("the random source failed its tests"), NotDealing),
        (InvalidCall("no such number of lines", field="line_count"), BetLimit),
    ],
)
async def test_w15_a_refusal_that_the_wallet_has_not_seen_says_nothing_of_an_earlier_try(
    atomic, monkeypatch, error, refusal
):
    """The first try is on its way to the wallet when this process's adapter refuses the second."""
    apply, sent, arrives = atomic.wallet.apply, asyncio.Event(), asyncio.Event()

    async def slow_apply(call):
        sent.set()
        await arrives.wait()
        return await apply(call)

    monkeypatch.setattr(atomic.wallet, "apply", slow_apply)
    first = asyncio.create_task(atomic.spin())
    await sent.wait()
    atomic.adapter.error = error

    with pytest.raises(refusal) as refused:
        await atomic.spin()
    arrives.set()

    assert (await first).replayed is False
    assert not refused.value.certain
    assert (await atomic.spin()).replayed


async def test_w15_a_step_that_the_adapter_refuses_says_nothing_of_an_earlier_try(atomic):
    begin_free_games(atomic)
    await atomic.spin()
    atomic.adapter.error = ProviderUnavailable("the random source failed its tests")

    with pytest.raises(NotDealing) as refused:
        await atomic.spin(step=1)

    assert not refused.value.certain


async def test_a_draw_out_of_time_moves_nothing(atomic):
    atomic.adapter.error = DeadlinePassed("too late")

    with pytest.raises(NotDealing):
        await atomic.spin()

    assert atomic.wallet.calls == []


async def test_a_bet_that_the_engine_refuses_names_its_field(atomic):
    atomic.adapter.error = InvalidCall("no such number of lines", field="line_count")

    with pytest.raises(BetLimit) as refused:
        await atomic.spin(line_count=2)

    assert refused.value.facts["field"] == "line_count"


async def test_an_outcome_that_breaks_the_contract_moves_nothing(atomic):
    atomic.adapter.play = pays(-1)

    with pytest.raises(AdapterContractBroken) as refused:
        await atomic.spin()

    assert not refused.value.certain
    assert atomic.wallet.calls == []


async def test_the_same_spin_many_times_at_once_is_settled_once(atomic):
    answers = await asyncio.gather(*(atomic.spin() for _ in range(20)))

    assert sum(not answer.replayed for answer in answers) == 1
    assert {replace(answer, replayed=False) for answer in answers} == {replace(answers[0], replayed=False)}
    assert atomic.balance_micros == 99_000_000


def begin_free_games(table):
    table.adapter.play = pays(500_000, round_complete=False, state=b"two left", choices=("left", "right"))


async def test_a_round_of_several_steps_stays_open_and_keeps_its_state(atomic):
    begin_free_games(atomic)

    answer = await atomic.spin()

    assert (answer.status, answer.choices) == (StepStatus.OPEN, ("left", "right"))
    assert not atomic.round().closed


async def test_a_later_step_takes_nothing_and_adds_to_the_total(atomic):
    begin_free_games(atomic)
    await atomic.spin()
    atomic.adapter.play = pays(2_000_000)

    answer = await atomic.spin(step=1, stake_micros=None, currency_code="", choice="left")

    assert (answer.bet_micros, answer.win_micros, answer.total_win_micros) == (0, 2_000_000, 2_500_000)
    assert (answer.status, atomic.round().closed) == (StepStatus.CLOSED, True)
    request = atomic.adapter.spins[-1]
    assert (request.state, request.choice, request.stake.micros, request.game_version) == (
        b"two left",
        "left",
        1_000_000,
        "v1",
    )


async def test_a_later_step_is_replayed_after_the_round_is_closed(atomic):
    begin_free_games(atomic)
    begun = await atomic.spin()
    atomic.adapter.play = pays(2_000_000)
    first = await atomic.spin(step=1, choice="left")

    again = await atomic.spin(step=1, choice="left")

    assert again == replace(first, replayed=True)
    assert await atomic.spin() == replace(begun, replayed=True)


async def test_a_later_step_repeated_with_another_choice_is_a_conflict(atomic):
    begin_free_games(atomic)
    await atomic.spin()
    atomic.adapter.play = pays(0)
    await atomic.spin(step=1, choice="left")

    with pytest.raises(IdempotencyKeyReused) as refused:
        await atomic.spin(step=1, choice="right")

    assert refused.value.facts["field"] == "choice"


async def test_a_step_too_far_is_out_of_order(atomic):
    begin_free_games(atomic)
    await atomic.spin()

    with pytest.raises(StepOutOfOrder) as refused:
        await atomic.spin(step=2)

    assert refused.value.facts["next_step"] == "1"


async def test_a_step_of_an_unknown_round_is_not_found(atomic):
    with pytest.raises(RoundNotFound):
        await atomic.spin(step=1)


async def test_a_step_after_the_last_is_refused(atomic):
    await atomic.spin()

    with pytest.raises(RoundClosed):
        await atomic.spin(step=1)


async def test_another_stake_at_a_later_step_is_a_conflict(atomic):
    begin_free_games(atomic)
    await atomic.spin()

    with pytest.raises(IdempotencyKeyReused):
        await atomic.spin(step=1, stake_micros=2_000_000)


async def test_a_choice_that_the_game_does_not_know_is_a_malformed_field(atomic):
    begin_free_games(atomic)
    await atomic.spin()
    atomic.adapter.error = InvalidCall("no such door", field="choice")

    with pytest.raises(InvalidRequest) as refused:
        await atomic.spin(step=1, choice="up")

    assert refused.value.field == "choice"


async def test_a_second_round_of_the_game_waits_for_the_open_one(atomic):
    begin_free_games(atomic)
    await atomic.spin()

    with pytest.raises(RoundInProgress) as refused:
        await atomic.spin(round_id="round-2")

    assert refused.value.facts["round_id"] == "round-1"
    assert not refused.value.certain, "no such refusal is stored: an earlier try may be booked when round-1 is over"


async def test_two_devices_at_the_same_step_play_it_once(atomic):
    begin_free_games(atomic)
    await atomic.spin()
    atomic.adapter.play = pays(2_000_000)

    answers = await asyncio.gather(*(atomic.spin(step=1, choice="left") for _ in range(5)))

    assert sum(not answer.replayed for answer in answers) == 1
    assert atomic.balance_micros == 101_500_000


async def test_two_devices_that_choose_differently_at_a_step_that_costs_play_it_once(atomic):
    begin_free_games(atomic)
    await atomic.spin()

    def gamble_or_collect(request):
        if request.choice == "gamble":
            return pays(4_000_000, price_micros=2_000_000)(request)
        return pays(0)(request)

    atomic.adapter.play = gamble_or_collect

    outcomes = await asyncio.gather(
        atomic.spin(step=1, choice="gamble"), atomic.spin(step=1, choice="collect"), return_exceptions=True
    )

    assert sum(isinstance(outcome, IdempotencyKeyReused) for outcome in outcomes) == 1
    assert atomic.balance_micros == 101_500_000


async def test_a_step_that_costs_shows_the_balance_after_its_win_in_every_replay(atomic):
    begin_free_games(atomic)
    await atomic.spin()
    atomic.adapter.play = pays(4_000_000, price_micros=2_000_000)

    first = await atomic.spin(step=1, choice="gamble")
    again = await atomic.spin(step=1, choice="gamble")

    assert (first.bet_micros, first.balance_micros) == (2_000_000, 101_500_000)
    assert again == replace(first, replayed=True)
