"""A brand whose money is at the operator: the same guarantees, whatever happens on the line."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from adapters.contract.ids import BrandId, ProviderId, TransactionId
from adapters.contract.operator_wallet import Movement
from adapters.contract.wallet_calls import Action, ActionKind, Certainty, OutcomeCode, WalletCall, WalletReply
from gateway.catalogue.guard import guarded
from gateway.operator_wallet.movements import MovementKey, MovementState, RecordedMovement
from gateway.operator_wallet.wallet import OperatorWallets
from gateway.rounds.ports import AccountRef, RoundRef
from tests.unit.gateway.operator_wallet.operator_bench import (
    ACCOUNT,
    BET_MICROS,
    START_MICROS,
    WIN_MICROS,
    Bench,
    bet,
    rollback,
    settle,
    spin,
)
from tests.unit.gateway.operator_wallet.operator_stub import PLAYER, dialect_of, kinds_of


async def test_a_spin_moves_money_there_and_is_recorded_here(bench: Bench) -> None:
    reply = await bench.apply(spin())

    assert (reply.certainty, reply.code) == (Certainty.CERTAIN, OutcomeCode.OK)
    assert [result.balance_micros for result in reply.results] == [99_000_000, 101_500_000]
    assert bench.operator.balance_micros == await bench.balance_here() == 101_500_000
    assert kinds_of(bench.operator) == ["bet", "win"]
    stored = await bench.wallet.get_round(RoundRef("remote", PLAYER, "reelgate", "r1"))
    assert stored is not None
    assert (stored.closed, stored.bet_micros, stored.win_micros) == (True, BET_MICROS, WIN_MICROS)


async def test_equal_ids_of_two_brands_and_two_providers_are_four_bets_at_their_one_operator(bench: Bench) -> None:
    owners = [(BrandId(brand), ProviderId(provider)) for brand in ("remote", "sister") for provider in ("one", "two")]
    bets, undos = (
        [replace(call, brand_id=brand, provider_id=provider) for brand, provider in owners]
        for call in (bet(), rollback())
    )

    for _ in range(2):
        assert [(await bench.apply(call)).code for call in bets] == [OutcomeCode.OK] * 4
    assert bench.operator.balance_micros == START_MICROS - 4 * BET_MICROS
    assert len(set(bench.operator.calls)) == len(set(bench.operator.round_ids)) == 4

    for count, call in enumerate(undos, 1):
        assert (await bench.apply(call)).code is OutcomeCode.OK
        assert bench.operator.balance_micros == START_MICROS - (4 - count) * BET_MICROS


async def test_an_unanswered_bet_undoes_no_bet_with_the_same_id_of_another_provider(bench: Bench) -> None:
    await bench.apply(bet())
    bench.operator.faults = ["lost reply"]

    await bench.apply(replace(bet(), provider_id=ProviderId("other"), exclusive_game=False))
    await bench.turn()

    assert kinds_of(bench.operator) == ["bet", "bet", "rollback"]
    assert bench.operator.balance_micros == START_MICROS - BET_MICROS
    await bench.apply(settle())
    assert bench.operator.balance_micros == START_MICROS - BET_MICROS + WIN_MICROS


@pytest.mark.parametrize("end", [settle, rollback])
async def test_the_end_of_a_bet_from_before_ids_had_a_scope_finds_it_at_the_operator(
    bench: Bench, end: Callable[[], WalletCall]
) -> None:
    old = Movement(ActionKind.BET, "r1", PLAYER, "EUR", BET_MICROS, game_id="reelgate:ember-crown", round_id="r1")
    key = MovementKey("remote", "reelgate", ActionKind.BET, "r1")
    await bench.apply(replace(bet(), actions=(), round_id=None, exclusive_game=False))
    assert (await bench.ledger.apply(bet())).accepted
    await bench.operator.send(dialect_of(bench.operator.dialect).render(old, 1, 0), 1_000)
    await bench.store.add([RecordedMovement(key, old, MovementState.BOOKED)])

    ended = await bench.apply(end())

    assert ended.code is OutcomeCode.OK
    assert len(set(bench.operator.round_ids)) == 1
    won = WIN_MICROS - BET_MICROS if end is settle else 0
    assert bench.operator.balance_micros == await bench.balance_here() == START_MICROS + won


@pytest.mark.parametrize("kind", [ActionKind.WIN, None])
async def test_the_rollback_of_a_win_takes_the_win_back_at_the_operator(bench: Bench, kind: ActionKind | None) -> None:
    await bench.apply(bet())
    await bench.apply(replace(settle(), close_round=False))
    action = Action(
        ActionKind.ROLLBACK,
        TransactionId("undo-win"),
        reference_transaction_id=TransactionId("r1:0"),
        reference_kind=kind,
    )

    assert (await bench.apply(replace(rollback(), actions=(action,)))).code is OutcomeCode.OK

    assert await bench.state(ActionKind.ROLLBACK, "undo-win") is MovementState.ACKNOWLEDGED
    assert bench.operator.balance_micros == await bench.balance_here() == START_MICROS - BET_MICROS


async def test_the_rollback_of_a_win_that_has_not_arrived_yet_goes_out_after_it(bench: Bench) -> None:
    await bench.apply(bet())
    bench.operator.faults = ["lost request"] * 3
    await bench.apply(replace(settle(), close_round=False))
    action = Action(
        ActionKind.ROLLBACK,
        TransactionId("undo-win"),
        reference_transaction_id=TransactionId("r1:0"),
        reference_kind=ActionKind.WIN,
    )
    await bench.apply(replace(rollback(), actions=(action,)))
    assert await bench.state(ActionKind.ROLLBACK, "undo-win") is MovementState.DUE

    for _ in range(5):
        await bench.turn()

    assert kinds_of(bench.operator) == ["bet", "win", "rollback"]
    assert await bench.state(ActionKind.ROLLBACK, "undo-win") is MovementState.ACKNOWLEDGED
    assert bench.operator.balance_micros == await bench.balance_here() == START_MICROS - BET_MICROS


async def test_a_repeat_is_answered_from_here_and_nothing_goes_out(bench: Bench) -> None:
    first = await bench.apply(spin())
    again = await bench.apply(spin(win_micros=9_000_000))

    assert [replace(result, replayed=False) for result in again.results] == list(first.results)
    assert all(result.replayed for result in again.results)
    assert kinds_of(bench.operator) == ["bet", "win"]


async def test_a_batch_that_repeats_a_bet_sends_what_is_new_of_it_and_nothing_else(bench: Bench) -> None:
    bets = [Action(ActionKind.BET, TransactionId(name), BET_MICROS) for name in ("b1", "b2")]
    wins = [Action(ActionKind.WIN, TransactionId(name), WIN_MICROS) for name in ("w1", "w2")]
    batch = replace(bet(), one_unit=False, exclusive_game=False)
    codes = []

    for actions in ((bets[0], bets[0]), (bets[0], wins[0]), (*bets, wins[1]), (*bets, *wins)):
        reply = await bench.apply(replace(batch, actions=actions))
        codes.append([result.code for result in reply.results])

    assert codes == [[OutcomeCode.OK] * count for count in (2, 2, 3, 4)]
    assert kinds_of(bench.operator) == ["bet", "win", "bet", "win"]
    won = 2 * WIN_MICROS - 2 * BET_MICROS
    assert bench.operator.balance_micros == await bench.balance_here() == START_MICROS + won


async def test_the_same_id_with_another_stake_is_a_conflict(bench: Bench) -> None:
    await bench.apply(spin())

    assert (await bench.apply(spin(bet_micros=2_000_000))).code is OutcomeCode.KEY_REUSED
    assert bench.operator.balance_micros == 101_500_000


async def test_a_bet_that_the_operator_refuses_is_refused_for_ever_with_its_balance(bench: Bench) -> None:
    dear = spin(bet_micros=START_MICROS + 1_000_000)
    first = await bench.apply(dear)
    bench.operator.wallet.player(PLAYER).balance_micros *= 10
    again = await bench.apply(dear)

    for reply in (first, again):
        assert (reply.certainty, reply.code) == (Certainty.CERTAIN, OutcomeCode.INSUFFICIENT_FUNDS)
        assert reply.balance_micros == START_MICROS
    assert kinds_of(bench.operator) == ["bet"]
    assert await bench.wallet.get_round(RoundRef("remote", PLAYER, "reelgate", "r1")) is None


@pytest.mark.parametrize("code", [OutcomeCode.OK, OutcomeCode.INSUFFICIENT_FUNDS])
async def test_a_balance_that_nobody_can_have_is_not_believed_and_changes_no_answer(
    bench: Bench, code: OutcomeCode
) -> None:
    brand = bench.wallet._brands["remote"]
    dialect = brand.dialect

    class Boasting:
        render, render_balance = dialect.render, dialect.render_balance

        def read(self, *answer: Any) -> Any:
            return replace(dialect.read(*answer), balance_micros=10**30)

    bench.wallet._brands["remote"] = replace(brand, dialect=Boasting())
    call = spin() if code is OutcomeCode.OK else spin(bet_micros=START_MICROS + 1_000_000)

    reply = await bench.apply(call)

    assert (reply.certainty, reply.code) == (Certainty.CERTAIN, code)
    assert (reply.balance_micros or 0) < 2**63


@pytest.mark.parametrize("fault", ["lost reply", "lost request", "500", "hang"])
async def test_a_bet_without_an_answer_is_undone_there_until_acknowledged_and_dead_here(
    bench: Bench, fault: str
) -> None:
    bench.operator.faults = [fault, "500", "lost reply"]

    first = await bench.apply(spin())
    assert first.certainty is Certainty.UNCERTAIN
    assert (await bench.apply(spin())).code is OutcomeCode.ROLLED_BACK
    assert await bench.state(ActionKind.BET, "r1") is MovementState.UNDOING
    for _ in range(2):
        await bench.turn()

    assert await bench.state(ActionKind.BET, "r1") is MovementState.UNDONE
    assert bench.operator.balance_micros == START_MICROS
    assert (await bench.apply(spin())).code is OutcomeCode.ROLLED_BACK
    assert "win" not in kinds_of(bench.operator)


async def test_a_bet_whose_answer_the_dialect_cannot_read_because_it_exits_is_undone(bench: Bench) -> None:
    brand = bench.wallet._brands["remote"]
    dialect = brand.dialect

    class Leaving:
        render, render_balance, left = dialect.render, dialect.render_balance, False

        def read(self, *answer: Any) -> Any:
            if not self.left:
                self.left = True
                raise SystemExit(1)
            return dialect.read(*answer)

    bench.wallet._brands["remote"] = replace(brand, dialect=guarded(Leaving(), "remote"))

    first = await bench.apply(spin())
    await bench.turn()

    assert first.certainty is Certainty.UNCERTAIN
    assert await bench.state(ActionKind.BET, "r1") is MovementState.UNDONE
    assert bench.operator.balance_micros == START_MICROS


async def test_an_operator_that_cannot_be_reached_took_no_bet_and_the_same_id_may_be_tried_again(bench: Bench) -> None:
    bench.operator.faults = ["unreachable"]

    first = await bench.apply(spin())
    second = await bench.apply(spin())

    assert (first.certainty, first.code) == (Certainty.CERTAIN, OutcomeCode.UNAVAILABLE)
    assert second.code is OutcomeCode.OK
    assert bench.operator.balance_micros == 101_500_000


@pytest.mark.parametrize("fault", ["lost reply", "lost request", "500", "hang", "unreachable"])
async def test_a_win_goes_out_until_acknowledged_and_is_paid_once(bench: Bench, fault: str) -> None:
    bench.operator.faults = ["", fault, fault, fault]

    reply = await bench.apply(spin())
    assert reply.code is OutcomeCode.OK
    assert reply.balance_micros == 101_500_000
    assert await bench.state(ActionKind.WIN, "r1:0") is MovementState.DUE
    for _ in range(3):
        await bench.turn()

    assert await bench.state(ActionKind.WIN, "r1:0") is MovementState.ACKNOWLEDGED
    assert bench.operator.balance_micros == 101_500_000


async def test_a_win_that_one_process_booked_goes_out_though_another_ones_try_of_it_was_refused(bench: Bench) -> None:
    await bench.apply(bet())
    another = OperatorWallets(bench.ledger, bench.wallet._brands, bench.store, bench.clock)
    book, begun, found = bench.ledger.apply, asyncio.Event(), asyncio.Event()

    async def too_early(call: WalletCall) -> WalletReply:
        bench.ledger.apply = late  # type: ignore[method-assign]
        begun.set()
        await found.wait()
        return WalletReply(Certainty.CERTAIN, code=OutcomeCode.BET_NOT_FOUND)

    async def late(call: WalletCall) -> WalletReply:
        found.set()
        await early
        return await book(call)

    bench.ledger.apply = too_early  # type: ignore[method-assign]
    early = asyncio.ensure_future(bench.apply(settle()))
    await begun.wait()
    settled = await another.apply(settle())

    assert (await early).code is OutcomeCode.BET_NOT_FOUND
    assert settled.code is OutcomeCode.OK
    assert kinds_of(bench.operator) == ["bet", "win"]
    assert bench.operator.balance_micros == START_MICROS - BET_MICROS + WIN_MICROS
    assert (await another.apply(settle())).accepted
    assert kinds_of(bench.operator) == ["bet", "win"]


@pytest.mark.parametrize("with_bet", [False, True])
async def test_a_win_that_was_given_up_while_the_ledger_was_away_is_paid_when_it_is_repeated(
    bench: Bench, with_bet: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.apply(bet())
    win = replace(settle(), close_round=False, one_unit=False)
    new = Action(ActionKind.BET, TransactionId("b2"), BET_MICROS)

    async def away(call: WalletCall) -> WalletReply:
        return WalletReply(Certainty.UNCERTAIN, code=OutcomeCode.UNAVAILABLE)

    with monkeypatch.context() as patch:
        patch.setattr(bench.ledger, "apply", away)
        await bench.apply(win)
    await bench.turn()
    assert await bench.state(ActionKind.WIN, "r1:0") is MovementState.VOID

    repeat = replace(win, actions=(new, *win.actions)) if with_bet else win
    assert (await bench.apply(repeat)).accepted

    assert await bench.state(ActionKind.WIN, "r1:0") is MovementState.ACKNOWLEDGED
    assert bench.operator.balance_micros == START_MICROS - (1 + with_bet) * BET_MICROS + WIN_MICROS


async def test_failed_attempts_wait_longer_and_longer(bench: Bench) -> None:
    bench.operator.faults = ["", *["500"] * 50]
    await bench.apply(spin())
    for _ in range(60):
        await bench.turn(seconds=1)

    key = MovementKey("remote", "reelgate", ActionKind.WIN, "r1:0")
    attempts = await bench.store.attempts(key)
    assert 5 <= len(attempts) <= 8
    assert {row["answer_class"] for row in attempts} == {"uncertain"}


async def test_every_attempt_is_recorded_with_what_came_back(bench: Bench) -> None:
    bench.operator.faults = ["", "hang", "500"]
    await bench.apply(spin())
    for _ in range(2):
        await bench.turn()

    bets = await bench.store.attempts(MovementKey("remote", "reelgate", ActionKind.BET, "r1"))
    wins = await bench.store.attempts(MovementKey("remote", "reelgate", ActionKind.WIN, "r1:0"))
    assert [row["answer_class"] for row in bets] == ["done"]
    assert [(row["answer_class"], row["problem"]) for row in wins] == [("", "timeout"), ("uncertain", ""), ("done", "")]


async def test_bet_then_win_then_a_second_player_call_of_a_gateway_driven_round(bench: Bench) -> None:
    assert (await bench.apply(bet())).results[0].balance_micros == 99_000_000
    settled = await bench.apply(settle())

    assert settled.results[0].balance_micros == 101_500_000
    assert kinds_of(bench.operator) == ["bet", "win"]
    assert bench.operator.balance_micros == 101_500_000


async def test_a_rollback_goes_out_until_acknowledged_and_gives_back_once(bench: Bench) -> None:
    await bench.apply(bet())
    bench.operator.faults = ["500", "lost reply"]

    assert (await bench.apply(rollback())).code is OutcomeCode.OK
    for _ in range(2):
        await bench.turn()
    assert (await bench.apply(rollback())).accepted

    assert await bench.state(ActionKind.ROLLBACK, "r1:rollback") is MovementState.ACKNOWLEDGED
    assert bench.operator.balance_micros == await bench.balance_here() == START_MICROS


async def test_a_rollback_of_a_bet_that_was_never_placed_kills_it_here_and_says_nothing_there(bench: Bench) -> None:
    await bench.wallet.open_account(ACCOUNT)
    assert (await bench.apply(rollback())).accepted

    assert (await bench.apply(bet())).code in (OutcomeCode.ROLLED_BACK, OutcomeCode.ROUND_CLOSED)
    await bench.turn()
    assert bench.operator.balance_micros == START_MICROS


async def test_what_the_ledger_refuses_after_the_operator_took_it_is_undone_there(bench: Bench) -> None:
    await bench.apply(bet("open"))

    refused = await bench.apply(bet("second"))

    assert refused.code is OutcomeCode.ROUND_IN_PROGRESS
    assert await bench.state(ActionKind.BET, "second") is MovementState.UNDONE
    assert bench.operator.balance_micros == START_MICROS - BET_MICROS


async def test_a_process_that_dies_after_the_bet_was_sent_leaves_nothing_behind(bench: Bench) -> None:
    async def dies(call: WalletCall) -> WalletReply:
        raise ConnectionResetError("killed")

    bench.ledger.apply = dies  # type: ignore[method-assign]
    with pytest.raises(ConnectionResetError):
        await bench.apply(spin())
    del bench.ledger.apply
    assert bench.operator.balance_micros == START_MICROS - BET_MICROS

    await bench.turn()
    await bench.turn()

    assert await bench.state(ActionKind.BET, "r1") is MovementState.UNDONE
    assert bench.operator.balance_micros == START_MICROS


async def test_a_process_that_dies_after_booking_pays_the_win_when_it_is_back(bench: Bench) -> None:
    async def dies(*arguments: object, **names: object) -> None:
        raise ConnectionResetError("killed")

    move = bench.store.move
    bench.store.move = dies  # type: ignore[method-assign]
    with pytest.raises(ConnectionResetError):
        await bench.apply(spin())
    bench.store.move = move  # type: ignore[method-assign]

    for _ in range(2):
        await bench.turn()

    assert await bench.state(ActionKind.BET, "r1") is MovementState.BOOKED
    assert await bench.state(ActionKind.WIN, "r1:0") is MovementState.ACKNOWLEDGED
    assert bench.operator.balance_micros == 101_500_000
    assert all(result.replayed for result in (await bench.apply(spin())).results)


async def test_a_caller_that_leaves_does_not_stop_a_spin(bench: Bench) -> None:
    task = asyncio.ensure_future(bench.apply(spin()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    again = await bench.apply(spin())

    assert again.code is OutcomeCode.OK
    assert kinds_of(bench.operator) == ["bet", "win"]


async def test_the_same_spin_at_once_is_played_once(bench: Bench) -> None:
    replies = await asyncio.gather(*(bench.apply(spin()) for _ in range(5)))

    assert {reply.code for reply in replies} == {OutcomeCode.OK}
    assert kinds_of(bench.operator) == ["bet", "win"]


async def test_the_balance_is_the_operators_and_the_last_told_while_it_cannot_say(bench: Bench) -> None:
    opened, created = await bench.wallet.open_account(ACCOUNT)
    assert (opened.balance_micros, created) == (START_MICROS, True)
    await bench.apply(spin())
    bench.operator.wallet.player(PLAYER).balance_micros = 7_000_000

    told = await bench.wallet.get_balance(ACCOUNT)
    bench.operator.wallet.refuse_with = OutcomeCode.ROLLED_BACK
    bench.operator.send = _unreachable  # type: ignore[method-assign,assignment]
    last = await bench.wallet.get_balance(ACCOUNT)

    assert told is not None
    assert told.balance_micros == 7_000_000
    assert last is not None
    assert last.balance_micros == 101_500_000


async def _unreachable(call: object, timeout_ms: int) -> None:
    raise TimeoutError


async def test_a_bet_that_its_caller_refuses_is_refused_for_ever_and_the_operator_never_hears_of_it(
    bench: Bench,
) -> None:
    await bench.wallet.open_account(ACCOUNT)
    ended = replace(bet(), refuse_new_bets=OutcomeCode.SESSION_EXPIRED)

    replies = [await bench.apply(call) for call in (ended, bet(), ended)]

    assert [(reply.certainty, reply.code) for reply in replies] == [
        (Certainty.CERTAIN, OutcomeCode.SESSION_EXPIRED)
    ] * 3
    assert (kinds_of(bench.operator), bench.operator.balance_micros) == ([], START_MICROS)


async def test_a_bet_that_is_being_placed_is_not_refused_by_its_caller(bench: Bench) -> None:
    bench.operator.faults = ["hang"]
    first = asyncio.ensure_future(bench.apply(bet()))
    await bench.operator.hanging.wait()
    elsewhere = OperatorWallets(bench.ledger, bench.brands, bench.store, bench.clock)

    meanwhile = await elsewhere.apply(replace(bet(), refuse_new_bets=OutcomeCode.SESSION_EXPIRED))

    assert meanwhile.certainty is Certainty.UNCERTAIN
    await first
    assert bench.operator.balance_micros == START_MICROS


async def test_w17_a_bet_that_its_caller_refuses_beside_one_that_is_held_leaves_the_call_uncertain(
    bench: Bench,
) -> None:
    await bench.apply(bet())
    new = Action(ActionKind.BET, TransactionId("b2"), BET_MICROS)
    both = replace(bet(), actions=(*bet().actions, new), one_unit=False)
    ended = replace(both, refuse_new_bets=OutcomeCode.SESSION_EXPIRED)
    alone = replace(both, actions=(new,))

    replies = [await bench.apply(call) for call in (ended, ended, both)]
    undone = await bench.apply(rollback())

    assert [reply.certainty for reply in replies] == [Certainty.UNCERTAIN] * 3
    assert undone.accepted
    assert [(await bench.apply(call)).code for call in (alone, both)] == [OutcomeCode.SESSION_EXPIRED] * 2
    assert (kinds_of(bench.operator), bench.operator.balance_micros) == (["bet", "rollback"], START_MICROS)


async def test_a_bet_that_was_booked_is_answered_though_its_caller_would_refuse_it(bench: Bench) -> None:
    await bench.apply(bet())

    again = await bench.apply(replace(bet(), refuse_new_bets=OutcomeCode.SESSION_EXPIRED))

    assert (again.accepted, again.results[0].replayed) == (True, True)
    assert kinds_of(bench.operator) == ["bet"]


async def test_deposits_are_not_for_a_wallet_that_keeps_no_money(bench: Bench) -> None:
    call = replace(spin(), actions=(Action(ActionKind.DEPOSIT, TransactionId("d1"), 5),), one_unit=False)

    assert (await bench.apply(call)).code is OutcomeCode.INVALID
    assert bench.operator.calls == []


async def test_an_amount_finer_than_the_protocols_unit_is_refused_before_anything_is_sent(bench: Bench) -> None:
    refused = await bench.apply(spin(win_micros=WIN_MICROS + 1))

    assert (refused.code, refused.field) == (OutcomeCode.INVALID, "amount_micros")
    assert bench.operator.calls == []


async def test_other_brands_and_demo_play_never_leave_the_house(bench: Bench) -> None:
    other = replace(spin(), brand_id=BrandId("embedded"))
    await bench.ledger.open_account(AccountRef("embedded", PLAYER, "EUR"))

    assert (await bench.apply(other)).code is OutcomeCode.INSUFFICIENT_FUNDS
    await bench.apply(replace(spin("demo"), demo=True))
    assert bench.operator.calls == []
