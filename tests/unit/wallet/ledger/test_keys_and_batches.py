"""Keys, replays, conflicts, batches, units and exclusive games."""

from typing import Any

import pytest

from tests.support.ledger_book import UNIT, Book, group_of
from wallet.ledger.admin import Author, set_limits
from wallet.ledger.kinds import ActionKind, Certainty, OutcomeCode
from wallet.ledger.limit_settings import change_limits
from wallet.ledger.types import Action
from wallet.settlement.timeline import timeline
from wallet.settlement.wallet import RoundStory

BET, WIN, ROLLBACK = ActionKind.BET, ActionKind.WIN, ActionKind.ROLLBACK


@pytest.fixture
def book() -> Book:
    book = Book()
    book.open(100 * UNIT)
    return book


def test_w01_one_key_has_one_effect_and_the_kind_is_part_of_it(book: Book) -> None:
    """100HP uses one id for a bet and its win."""
    book.bet("t1", 10 * UNIT)
    book.win("t1", 5 * UNIT)
    for _ in range(3):
        assert book.bet("t1", 10 * UNIT).replayed
        assert book.win("t1", 5 * UNIT).replayed

    assert book.account.cash_micros == 95 * UNIT


def test_w01_another_provider_may_use_the_same_id(book: Book) -> None:
    book.bet("t1", 10 * UNIT)

    assert not book.bet("t1", 10 * UNIT, provider_id="elsewhere").replayed
    assert book.account.cash_micros == 80 * UNIT


def test_w02_a_replay_answers_as_the_first_time_with_the_balance_of_then(book: Book) -> None:
    first = book.bet("b1", 10 * UNIT, detail=b"reels")
    book.win("w1", 50 * UNIT)
    book.now_ms += 5_000

    replay = book.bet("b1", 10 * UNIT)

    assert replay == first._replace(replayed=True)
    assert replay.balance_micros == 90 * UNIT


def test_w02_a_call_of_replays_says_the_balance_of_now(book: Book) -> None:
    book.bet("b1", 10 * UNIT)
    book.win("w1", 50 * UNIT)

    assert book.act(Action(BET, "b1", 10 * UNIT)).balance_micros == 140 * UNIT


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("player_id", {"player_id": "bob"}),
        ("currency_code", {"currency_code": "SEK"}),
        ("round_id", {"round_id": "r9"}),
        ("game_id", {"game_id": "other"}),
        ("amount_micros", {"amount_micros": 11 * UNIT}),
        ("bonus_micros", {"bonus_micros": UNIT}),
        ("reference_transaction_id", {"reference_transaction_id": "b0"}),
        ("jackpot_contribution_micros", {"jackpot_contribution_micros": 1}),
        ("grant_id", {"grant_id": "g1"}),
    ],
)
def test_w02_the_same_key_with_other_content_is_a_conflict_that_names_the_field(
    book: Book, name: str, change: dict[str, Any]
) -> None:
    book.open(50 * UNIT, "bob")
    book.bet("b1", 10 * UNIT)
    rows, accounts = dict(book.rows), dict(book.accounts)
    fields = {"amount_micros": 10 * UNIT} | change
    amount = fields.pop("amount_micros")

    result = book.bet("b1", amount, **fields)

    assert (result.code, result.field) == (OutcomeCode.KEY_REUSED, name)
    assert (book.rows, book.accounts) == (rows, accounts)


def test_w02_a_rollback_under_a_used_key_with_another_target_is_a_conflict(book: Book) -> None:
    book.bet("b1", UNIT)
    book.bet("b2", UNIT)
    book.rollback("x1", "b1")

    other = book.rollback("x1", "b2")
    kind = book.rollback("x1", "b1", reference_kind=WIN)

    assert (other.code, other.field) == (OutcomeCode.KEY_REUSED, "reference_transaction_id")
    assert (kind.code, kind.field) == (OutcomeCode.KEY_REUSED, "reference_kind")


def test_w03_session_detail_close_flag_and_time_are_no_part_of_the_fingerprint(book: Book) -> None:
    book.bet("b1", 10 * UNIT, session_id="s1", detail=b"one")
    book.now_ms += 1

    replay = book.bet("b1", 10 * UNIT, session_id="s2", detail=b"two", close_round=True, game_version="2")

    assert (replay.replayed, book.round.status) == (True, "open")


def test_w03_a_rollbacks_amount_is_no_part_of_its_fingerprint(book: Book) -> None:
    book.bet("b1", 10 * UNIT)
    book.rollback("x1", "b1")

    assert book.one(ROLLBACK, "x1", 10 * UNIT, reference_transaction_id="b1").replayed


def test_w17_a_batch_is_refused_as_a_whole_and_in_order(book: Book) -> None:
    """The win would cover the second bet only in order: bet, win, bet passes; bet, bet, win does not."""
    bet, second, win = Action(BET, "b1", 80 * UNIT), Action(BET, "b2", 80 * UNIT), Action(WIN, "w1", 90 * UNIT)

    refused = book.act(bet, second, win)

    assert refused.code is OutcomeCode.INSUFFICIENT_FUNDS
    assert [result.code for result in refused.results] == [
        OutcomeCode.BATCH_REFUSED,
        OutcomeCode.INSUFFICIENT_FUNDS,
        OutcomeCode.BATCH_REFUSED,
    ]
    assert (refused.balance_micros, book.rounds) == (100 * UNIT, {})
    accepted = book.act(Action(BET, "b3", 80 * UNIT), win, Action(BET, "b4", 80 * UNIT))
    assert (accepted.code, accepted.balance_micros) == (OutcomeCode.OK, 30 * UNIT)


def test_w17_bets_of_a_refused_batch_stay_refused(book: Book) -> None:
    book.act(Action(BET, "b1", 80 * UNIT), Action(BET, "b2", 80 * UNIT))

    alone = book.bet("b1", 80 * UNIT)

    assert (alone.code, alone.replayed) == (OutcomeCode.BATCH_REFUSED, True)
    assert book.account.cash_micros == 100 * UNIT


@pytest.mark.parametrize(
    ("cause", "other"),
    [
        ("insufficient_funds", Action(BET, "b2", 900 * UNIT)),
        ("limit_reached", Action(BET, "b2", 60 * UNIT)),
        ("rolled_back", Action(BET, "dead", UNIT)),
        ("key_reused", Action(BET, "b0", 2 * UNIT)),
        ("bet_not_found", Action(WIN, "w2", UNIT, reference_transaction_id="nobody")),
    ],
)
@pytest.mark.parametrize("held_first", [True, False])
def test_w17_no_refusal_hides_a_bet_that_an_earlier_call_booked(
    book: Book, cause: str, other: Action, held_first: bool
) -> None:
    """Told for certain that nothing moved, the provider would leave the stake with us."""
    held = Action(BET, "b1", 10 * UNIT)
    book.account.limits = change_limits("", {"stake": 50 * UNIT}, 0) if cause == "limit_reached" else ""
    book.act(held)
    book.bet("b0", UNIT)
    book.rollback("x9", "dead")
    batch = (held, other) if held_first else (other, held)

    replies = [book.act(*batch), book.act(*batch)]

    assert [(reply.certainty, reply.code) for reply in replies] == [
        (Certainty.UNCERTAIN, OutcomeCode.BATCH_REFUSED)
    ] * 2
    assert all(cause in reply.reason for reply in replies)
    assert book.account.cash_micros == 89 * UNIT
    book.rollback("x1", "b1")
    assert book.act(*batch).certainty is Certainty.CERTAIN
    assert book.audit().findings == []


@pytest.mark.parametrize(
    ("held", "other"),
    [
        (Action(WIN, "w1", 5 * UNIT), Action(BET, "b2", 900 * UNIT)),
        (Action(ActionKind.JACKPOT_WIN, "j1", 5 * UNIT), Action(BET, "b2", 900 * UNIT)),
        (Action(ActionKind.PROMO_WIN, "p1", 5 * UNIT), Action(BET, "b2", 900 * UNIT)),
        (Action(ActionKind.DEPOSIT, "d1", 5 * UNIT), Action(ActionKind.WITHDRAW_RESERVE, "r2", 900 * UNIT)),
        (Action(ActionKind.WITHDRAW_RESERVE, "r1", 5 * UNIT), Action(ActionKind.WITHDRAW_RESERVE, "r2", 900 * UNIT)),
        (
            Action(ActionKind.ADJUST, "a1", 5 * UNIT, author="ann", reason="goodwill"),
            Action(ActionKind.ADJUST, "a2", -900 * UNIT, author="ann", reason="undo"),
        ),
    ],
)
def test_w17_no_refusal_hides_any_money_that_an_earlier_call_moved(book: Book, held: Action, other: Action) -> None:
    """Told for certain that nothing moved, a cashier would pay in, set aside or adjust once more."""
    book.bet("b0", UNIT)
    assert book.act(held).accepted

    replies = [book.act(held, other), book.act(other, held)]

    assert [(reply.certainty, reply.code) for reply in replies] == [
        (Certainty.UNCERTAIN, OutcomeCode.BATCH_REFUSED)
    ] * 2


@pytest.mark.parametrize(
    ("held", "end"),
    [
        (Action(WIN, "w1", 5 * UNIT), Action(ROLLBACK, "x1", reference_transaction_id="w1", reference_kind=WIN)),
        (
            Action(ActionKind.PROMO_WIN, "p1", 5 * UNIT),
            Action(ROLLBACK, "x1", reference_transaction_id="p1", reference_kind=ActionKind.PROMO_WIN),
        ),
        (
            Action(ActionKind.WITHDRAW_RESERVE, "r1", 5 * UNIT),
            Action(ActionKind.WITHDRAW_CANCEL, "x1", reference_transaction_id="r1"),
        ),
    ],
)
def test_w17_what_was_undone_is_held_no_more(book: Book, held: Action, end: Action) -> None:
    book.bet("b0", UNIT)
    assert book.act(held).accepted
    assert book.act(end).accepted

    reply = book.act(held, Action(BET, "b2", 900 * UNIT))

    assert (reply.certainty, reply.code) == (Certainty.CERTAIN, OutcomeCode.INSUFFICIENT_FUNDS)


def test_w17_a_withdrawal_that_was_paid_out_is_held(book: Book) -> None:
    reserve = Action(ActionKind.WITHDRAW_RESERVE, "r1", 5 * UNIT)
    assert book.act(reserve).accepted
    assert book.act(Action(ActionKind.WITHDRAW_CONFIRM, "c1", reference_transaction_id="r1")).accepted

    assert book.act(reserve, Action(BET, "b2", 900 * UNIT)).certainty is Certainty.UNCERTAIN


def test_w29_a_warning_that_nobody_sees_is_not_given(book: Book) -> None:
    limits = {"loss.day": 20 * UNIT, "warn_percent": 50}
    book.administer(set_limits(book.account, limits, Author("bo", "asked", book.now_ms)))
    held, warned = Action(BET, "b1", UNIT), Action(BET, "b2", 10 * UNIT)
    book.act(held)

    assert book.act(held, warned).certainty is Certainty.UNCERTAIN
    assert book.act(warned).code is OutcomeCode.BATCH_REFUSED
    assert book.bet("b3", 10 * UNIT).code is OutcomeCode.LIMIT_WARNING
    assert book.bet("b4", 10 * UNIT).code is OutcomeCode.OK
    assert book.audit().findings == []


def test_the_story_of_a_round_tells_what_was_held_and_what_was_refused_with_it(book: Book) -> None:
    held = Action(BET, "b1", 10 * UNIT)
    book.act(held)
    book.act(held, Action(BET, "b2", 900 * UNIT), Action(WIN, "w2", UNIT))

    told = [entry.text for entry in timeline(RoundStory(book.round, tuple(book.journal()), tuple(book.notes)))]

    assert any(text.startswith("bet b1 came again: answered uncertain, an action") for text in told)
    assert any(text.startswith("win w2: refused, batch refused") for text in told)


def test_w17_a_repeat_of_a_held_bet_beside_one_that_stays_refused_is_not_refused_for_certain(book: Book) -> None:
    held, second, third = (Action(BET, f"b{number}", 60 * UNIT) for number in (1, 2, 3))
    book.act(held)
    book.act(held, second, third)

    assert book.act(held, third).certainty is Certainty.UNCERTAIN
    assert (book.act(third).code, book.act(held).accepted) == (OutcomeCode.BATCH_REFUSED, True)


def test_w17_a_duplicate_inside_a_batch_is_a_replay_on_the_current_balance(book: Book) -> None:
    bet = Action(BET, "b1", 10 * UNIT)
    book.apply(book.command(bet))
    book.one(ActionKind.DEPOSIT, "d1", 50 * UNIT, round_id="")

    reply = book.act(bet, Action(WIN, "w1", 5 * UNIT), bet)

    assert [result.replayed for result in reply.results] == [True, False, True]
    assert reply.balance_micros == 145 * UNIT
    assert book.account.cash_micros == 145 * UNIT


def test_w17_a_new_action_twice_in_one_batch_counts_once(book: Book) -> None:
    bet = Action(BET, "b1", 10 * UNIT)

    reply = book.act(bet, bet)

    assert [result.replayed for result in reply.results] == [False, True]
    assert book.account.cash_micros == 90 * UNIT


def test_w17_the_same_key_with_two_contents_in_one_batch_refuses_the_batch(book: Book) -> None:
    reply = book.act(Action(BET, "b1", 10 * UNIT), Action(BET, "b1", 20 * UNIT))

    assert reply.code is OutcomeCode.KEY_REUSED
    assert book.account.cash_micros == 100 * UNIT


def test_w17_bet_and_its_rollback_in_one_batch(book: Book) -> None:
    reply = book.act(
        Action(BET, "b1", 10 * UNIT),
        Action(ROLLBACK, "x1", reference_transaction_id="b1"),
        Action(ROLLBACK, "x2", reference_transaction_id="b1"),
    )

    assert [result.code for result in reply.results] == [OutcomeCode.OK, OutcomeCode.OK, OutcomeCode.NO_EFFECT]
    assert reply.balance_micros == 100 * UNIT


def test_w17_rollback_then_bet_in_one_batch_is_refused(book: Book) -> None:
    reply = book.act(Action(ROLLBACK, "x1", reference_transaction_id="b1"), Action(BET, "b1", 10 * UNIT))

    assert reply.code is OutcomeCode.ROLLED_BACK
    assert book.account.cash_micros == 100 * UNIT


def test_a_batch_with_a_retriable_refusal_leaves_its_wins_open(book: Book) -> None:
    book.bet("b1", UNIT)
    refused = book.act(Action(WIN, "w1", UNIT), Action(WIN, "w2", UNIT, reference_transaction_id="unseen"))

    assert refused.code is OutcomeCode.BET_NOT_FOUND
    assert book.win("w1", UNIT).code is OutcomeCode.OK


def test_no_actions_ask_for_the_balance(book: Book) -> None:
    assert book.act().balance_micros == 100 * UNIT
    assert Book().act().code is OutcomeCode.PLAYER_NOT_FOUND


class TestOneUnit:
    """The first action is the key of the whole call."""

    def test_a_repeat_with_other_reels_gets_all_first_answers(self, book: Book) -> None:
        first = book.act(
            Action(BET, "b1", 10 * UNIT), Action(WIN, "w1", 5 * UNIT, detail=b"A"), one_unit=True, close_round=True
        )

        repeat = book.act(
            Action(BET, "b1", 10 * UNIT), Action(WIN, "w1", 90 * UNIT, detail=b"B"), one_unit=True, close_round=True
        )

        assert repeat.results == tuple(result._replace(replayed=True) for result in first.results)
        assert repeat.results[1].detail == b"A"
        assert book.account.cash_micros == 95 * UNIT

    def test_a_repeat_of_another_length_gets_all_first_answers(self, book: Book) -> None:
        book.act(Action(BET, "b1", 10 * UNIT), Action(WIN, "w1", 5 * UNIT), one_unit=True)

        assert len(book.act(Action(BET, "b1", 10 * UNIT), one_unit=True).results) == 2

    def test_the_first_action_alone_decides_a_conflict(self, book: Book) -> None:
        book.act(Action(BET, "b1", 10 * UNIT), Action(WIN, "w1", 5 * UNIT), one_unit=True)

        reply = book.act(Action(BET, "b1", 11 * UNIT), Action(WIN, "w1", 5 * UNIT), one_unit=True)

        assert (reply.code, reply.field) == (OutcomeCode.KEY_REUSED, "amount_micros")

    def test_a_refused_unit_stays_refused(self, book: Book) -> None:
        actions = Action(BET, "b1", 110 * UNIT), Action(WIN, "w1", 500 * UNIT)
        first = book.act(*actions, one_unit=True)
        book.one(ActionKind.DEPOSIT, "d1", 50 * UNIT, round_id="")

        again = book.act(*actions, one_unit=True)

        assert first.code is again.code is OutcomeCode.INSUFFICIENT_FUNDS
        assert book.account.cash_micros == 150 * UNIT

    def test_a_later_action_of_another_call_refuses_the_unit(self, book: Book) -> None:
        book.bet("b0", UNIT)
        book.win("w1", UNIT)

        reply = book.act(Action(BET, "b1", UNIT), Action(WIN, "w1", UNIT), one_unit=True)

        assert (reply.code, reply.field) == (OutcomeCode.KEY_REUSED, "one_unit")

    def test_w02_a_unit_never_answers_with_a_bet_that_was_booked_outside_of_one(self, book: Book) -> None:
        book.bet("b1", UNIT)

        reply = book.act(Action(BET, "b1", UNIT), Action(WIN, "w1", 5 * UNIT), one_unit=True, close_round=True)

        assert (reply.code, reply.field) == (OutcomeCode.KEY_REUSED, "one_unit")
        assert (book.account.cash_micros, book.round.status) == (99 * UNIT, "open")
        assert book.win("w1", 5 * UNIT).accepted

    def test_rollbacks_are_no_part_of_a_unit(self, book: Book) -> None:
        reply = book.act(Action(ROLLBACK, "x1", reference_transaction_id="b1"), one_unit=True)

        assert (reply.code, reply.field) == (OutcomeCode.INVALID, "one_unit")

    def test_a_unit_and_its_repeat_in_one_group(self, book: Book) -> None:
        call = book.command(Action(BET, "b1", UNIT), Action(WIN, "w1", UNIT), one_unit=True, close_round=True)

        first, repeat = group_of(book, [call, call])

        assert repeat.results == tuple(result._replace(replayed=True) for result in first.results)


class TestExclusiveGame:
    """Another round of the same game must end first."""

    def test_a_second_round_waits_for_the_first_and_may_come_again(self, book: Book) -> None:
        book.bet("b1", UNIT, exclusive_game=True)

        refused = book.bet("b2", UNIT, round_id="r2", exclusive_game=True)

        assert (refused.code, refused.field) == (OutcomeCode.ROUND_IN_PROGRESS, "r1")
        book.close("c1")
        assert book.bet("b2", UNIT, round_id="r2", exclusive_game=True).accepted

    def test_another_game_and_another_bet_in_the_same_round_pass(self, book: Book) -> None:
        book.bet("b1", UNIT, exclusive_game=True)

        assert book.bet("b2", UNIT, round_id="r2", game_id="other", exclusive_game=True).accepted
        assert book.bet("b3", UNIT, exclusive_game=True).accepted

    def test_two_spins_of_one_group_see_each_other(self, book: Book) -> None:
        calls = [book.command(Action(BET, f"b{n}", UNIT), round_id=f"r{n}", exclusive_game=True) for n in (1, 2)]

        replies = group_of(book, calls)

        assert [reply.code for reply in replies] == [OutcomeCode.OK, OutcomeCode.ROUND_IN_PROGRESS]


def test_round_state_is_replaced_with_the_money_and_kept_by_a_replay(book: Book) -> None:
    book.bet("b1", UNIT, round_state=b"one")
    book.bet("b1", UNIT, round_state=b"two")
    assert book.round.state == b"one"

    book.win("w1", UNIT, round_state=b"three")

    assert book.round.state == b"three"


def test_round_state_is_replaced_by_an_action_that_does_not_touch_the_round_otherwise(book: Book) -> None:
    book.bet("b1", UNIT)

    book.one(ActionKind.PROMO_WIN, "p1", UNIT, round_state=b"gift")

    assert (book.round.state, book.audit().findings) == (b"gift", [])


def test_decide_changes_nothing_that_it_was_given(book: Book) -> None:
    book.bet("b1", UNIT)
    command = book.command(Action(WIN, "w1", UNIT), Action(BET, "b2", UNIT), close_round=True)
    state = book.load(command)
    account, round_ = state.accounts[book.account.key].copy(), state.rounds[book.round.key].copy()

    book.decide(state, command, book.policy)

    assert state.accounts[book.account.key] == account
    assert state.rounds[book.round.key] == round_


def test_a_group_equals_the_same_commands_one_by_one(book: Book) -> None:
    alone = Book()
    alone.open(100 * UNIT)
    calls = [
        book.command(Action(BET, "b1", UNIT)),
        book.command(Action(ROLLBACK, "x1", reference_transaction_id="b2")),
        book.command(Action(BET, "b2", UNIT)),
        book.command(Action(WIN, "w1", 5 * UNIT)),
        book.command(Action(ROLLBACK, "x2", reference_transaction_id="w1", reference_kind=WIN), round_id=""),
        book.command(Action(BET, "b1", UNIT)),
        book.command(Action(ActionKind.CLOSE, "c1")),
    ]

    together, one_by_one = group_of(book, calls), [alone.apply(call) for call in calls]

    assert together == one_by_one
    assert (book.rows, book.accounts, book.rounds) == (alone.rows, alone.accounts, alone.rounds)
