"""Bets, wins, jackpot wins, promo wins and the close of a round."""

import pytest

from tests.support.ledger_book import UNIT, Book
from wallet.ledger.kinds import (
    HOUSE_FREE_ROUNDS,
    HOUSE_JACKPOT,
    HOUSE_PROMOTIONS,
    ActionKind,
    Certainty,
    OutcomeCode,
)
from wallet.ledger.policy import DEFAULT_POLICY
from wallet.ledger.state import Grant
from wallet.ledger.types import Action


@pytest.fixture
def book() -> Book:
    book = Book()
    book.open(100 * UNIT)
    return book


def test_a_bet_takes_the_stake_and_opens_the_round(book: Book) -> None:
    result = book.bet("b1", 10 * UNIT)

    assert result.code is OutcomeCode.OK
    assert (result.amount_micros, result.balance_micros) == (10 * UNIT, 90 * UNIT)
    assert (book.round.status, book.round.bet_micros, book.round.held_micros) == ("open", 10 * UNIT, 10 * UNIT)
    assert book.account.open_round_count == 1


def test_bet_win_and_close_in_one_call_leave_a_closed_round_in_two_rows(book: Book) -> None:
    before = len(book.rows)

    reply = book.act(Action(ActionKind.BET, "b1", 10 * UNIT), Action(ActionKind.WIN, "w1", 25 * UNIT), close_round=True)

    assert reply.accepted
    assert reply.balance_micros == 115 * UNIT
    assert (book.round.status, book.account.open_round_count) == ("closed", 0)
    assert len(book.rows) - before == 2


def test_w13_a_bet_above_the_balance_takes_nothing(book: Book) -> None:
    result = book.bet("b1", 100 * UNIT + 1)

    assert result.code is OutcomeCode.INSUFFICIENT_FUNDS
    assert book.account.cash_micros == 100 * UNIT
    assert not book.rounds


def test_w14_insufficient_funds_carries_the_true_balance(book: Book) -> None:
    reply = book.act(Action(ActionKind.BET, "b1", 101 * UNIT))

    assert reply.results[0].balance_micros == 100 * UNIT
    assert reply.balance_micros == 100 * UNIT


def test_w14_an_answer_that_does_not_know_the_balance_says_so() -> None:
    reply = Book().act(Action(ActionKind.WIN, "w1", 1))

    assert reply.code is OutcomeCode.PLAYER_NOT_FOUND
    assert reply.balance_micros is None
    assert reply.results[0].balance_micros is None


def test_w15_every_answer_of_decide_is_certain(book: Book) -> None:
    refused = book.act(Action(ActionKind.BET, "b1", 101 * UNIT))
    accepted = book.act(Action(ActionKind.BET, "b2", UNIT))

    assert refused.certainty is accepted.certainty is Certainty.CERTAIN


def test_a_refused_bet_stays_refused_under_its_id_after_a_deposit(book: Book) -> None:
    book.bet("b1", 101 * UNIT)
    book.one(ActionKind.DEPOSIT, "d1", 50 * UNIT, round_id="")

    again = book.bet("b1", 101 * UNIT)

    assert (again.code, again.replayed) == (OutcomeCode.INSUFFICIENT_FUNDS, True)
    assert again.balance_micros == 100 * UNIT
    assert book.account.cash_micros == 150 * UNIT


def test_a_bet_takes_cash_first_and_bonus_for_the_rest(book: Book) -> None:
    book.one(ActionKind.ADJUST, "a1", 20 * UNIT, bonus_micros=20 * UNIT, author="bo", reason="welcome", round_id="")

    result = book.bet("b1", 110 * UNIT)

    assert (result.amount_micros, result.bonus_micros, result.balance_micros) == (110 * UNIT, 10 * UNIT, 10 * UNIT)
    assert (book.account.cash_micros, book.account.bonus_micros) == (0, 10 * UNIT)


def test_a_bet_takes_exactly_the_split_that_it_asks_for(book: Book) -> None:
    book.one(ActionKind.ADJUST, "a1", 20 * UNIT, bonus_micros=20 * UNIT, author="bo", reason="welcome", round_id="")

    taken = book.bet("b1", 10 * UNIT, bonus_micros=4 * UNIT)
    refused = book.bet("b2", 30 * UNIT, bonus_micros=17 * UNIT)

    assert (taken.amount_micros, taken.bonus_micros) == (10 * UNIT, 4 * UNIT)
    assert refused.code is OutcomeCode.INSUFFICIENT_FUNDS


def test_a_win_puts_its_bonus_part_into_bonus(book: Book) -> None:
    book.bet("b1", UNIT)

    book.win("w1", 5 * UNIT, bonus_micros=2 * UNIT)

    assert (book.account.cash_micros, book.account.bonus_micros) == (102 * UNIT, 2 * UNIT)


def test_w20_zero_bets_and_wins_are_recorded_and_idempotent(book: Book) -> None:
    for _ in range(2):
        assert book.bet("b0", 0).accepted
        assert book.win("w0", 0).accepted

    assert book.account.cash_micros == 100 * UNIT
    assert sum(1 for row in book.rows.values() if row.round_id == "r1") == 2


def test_win_without_any_bet_is_bet_not_found_and_may_come_again_after_the_bet(book: Book) -> None:
    early = book.win("w1", UNIT)
    book.bet("b1", UNIT)
    later = book.win("w1", UNIT)

    assert early.code is OutcomeCode.BET_NOT_FOUND
    assert (later.code, later.replayed) == (OutcomeCode.OK, False)


def test_win_naming_a_bet_of_another_round_is_a_mismatch(book: Book) -> None:
    book.bet("b1", UNIT)

    result = book.win("w1", UNIT, reference_transaction_id="b1", round_id="r2")

    assert (result.code, result.field) == (OutcomeCode.ROUND_MISMATCH, "round_id")


def test_win_naming_its_bet_needs_no_round_id(book: Book) -> None:
    book.bet("b1", UNIT)

    assert book.win("w1", 3 * UNIT, reference_transaction_id="b1", round_id="").accepted
    assert book.round.win_micros == 3 * UNIT


def test_win_naming_a_refused_bet_is_bet_not_found(book: Book) -> None:
    book.bet("b1", 500 * UNIT)

    assert book.win("w1", UNIT, reference_transaction_id="b1").code is OutcomeCode.BET_NOT_FOUND


def test_a_second_win_of_an_open_round_is_credited(book: Book) -> None:
    book.bet("b1", UNIT)

    book.win("w1", UNIT)
    second = book.win("w2", UNIT)

    assert (second.code, second.balance_micros) == (OutcomeCode.OK, 101 * UNIT)


@pytest.mark.parametrize("status", ["blocked", "excluded"])
def test_w11_wins_and_rollbacks_land_on_a_blocked_or_excluded_player_and_bets_do_not(book: Book, status: str) -> None:
    book.bet("b1", UNIT)
    book.bet("b2", UNIT)
    book.account.status = status

    assert book.bet("b3", UNIT).code is OutcomeCode.PLAYER_BLOCKED
    assert book.win("w1", 5 * UNIT, reference_transaction_id="b1").accepted
    assert book.rollback("x1", "b2").accepted
    assert book.one(ActionKind.PROMO_WIN, "p1", UNIT).accepted
    assert book.one(ActionKind.JACKPOT_WIN, "j1", UNIT, jackpot_id="mega").accepted
    assert book.one(ActionKind.WITHDRAW_RESERVE, "wd1", UNIT, round_id="").accepted


def test_w12_a_promo_win_needs_no_bet_and_lands_on_a_closed_round(book: Book) -> None:
    assert book.one(ActionKind.PROMO_WIN, "p1", UNIT, round_id="").accepted
    book.bet("b1", UNIT)
    book.close("c1")
    book.now_ms += DEFAULT_POLICY.late_win_grace_ms + 1

    promo, win = book.one(ActionKind.PROMO_WIN, "p2", UNIT), book.win("w1", UNIT)

    assert promo.accepted
    assert win.code is OutcomeCode.ROUND_CLOSED
    assert (book.round.win_micros, book.rows[("brand", "provider", "promo_win", "p2")].house_account) == (
        0,
        HOUSE_PROMOTIONS,
    )


def test_w12_jackpot_wins_need_a_bet(book: Book) -> None:
    assert book.one(ActionKind.JACKPOT_WIN, "j1", UNIT).code is OutcomeCode.BET_NOT_FOUND


def test_jackpot_contribution_is_recorded_on_the_bet_and_its_win_flagged(book: Book) -> None:
    book.bet("b1", 10 * UNIT, jackpot_contribution_micros=UNIT)

    book.one(ActionKind.JACKPOT_WIN, "j1", 50 * UNIT, jackpot_id="mega")

    row = book.rows[("brand", "provider", "jackpot_win", "j1")]
    assert (row.house_account, row.jackpot_id) == (HOUSE_JACKPOT, "mega")
    assert (book.round.jackpot_contribution_micros, book.round.win_micros) == (UNIT, 50 * UNIT)


def test_w26_a_repeated_close_has_no_effect_and_a_bet_after_it_is_refused(book: Book) -> None:
    book.bet("b1", UNIT)

    codes = [book.close("c1").code, book.close("c1").code, book.close("c2").code, book.bet("b2", UNIT).code]

    assert codes == [OutcomeCode.OK, OutcomeCode.OK, OutcomeCode.NO_EFFECT, OutcomeCode.ROUND_CLOSED]
    assert book.account.open_round_count == 0


def test_w26_a_win_after_the_close_is_booked_within_its_grace(book: Book) -> None:
    book.bet("b1", UNIT)
    book.close("c1")
    book.now_ms += DEFAULT_POLICY.late_win_grace_ms

    assert book.win("w1", 7 * UNIT).accepted
    assert (book.round.status, book.round.win_micros) == ("closed", 7 * UNIT)
    book.now_ms += 1
    assert book.win("w2", UNIT).code is OutcomeCode.ROUND_CLOSED


def test_a_close_of_an_unseen_round_is_refused_so_that_it_comes_again(book: Book) -> None:
    early = book.close("c1")
    book.bet("b1", UNIT)

    assert early.code is OutcomeCode.BET_NOT_FOUND
    assert book.close("c1").code is OutcomeCode.OK


def test_a_bet_of_another_game_in_the_same_round_is_a_mismatch(book: Book) -> None:
    book.bet("b1", UNIT)

    result = book.bet("b2", UNIT, game_id="other")

    assert (result.code, result.field) == (OutcomeCode.ROUND_MISMATCH, "game_id")


def test_a_round_id_of_another_player_is_another_round(book: Book) -> None:
    book.open(UNIT, "bob")
    book.bet("b1", UNIT)

    assert book.bet("b2", UNIT, player_id="bob").accepted
    assert len(book.rounds) == 2


def test_a_round_keeps_to_one_currency(book: Book) -> None:
    book.bet("b1", UNIT)
    book.currency_code = "SEK"
    book.open(UNIT)

    assert book.bet("b2", UNIT).code is OutcomeCode.CURRENCY_MISMATCH
    assert book.win("w1", UNIT).code is OutcomeCode.CURRENCY_MISMATCH
    assert book.win("w2", UNIT, reference_transaction_id="b1").code is OutcomeCode.CURRENCY_MISMATCH
    assert book.close("c1").code is OutcomeCode.CURRENCY_MISMATCH


def test_w19_a_bet_in_a_currency_that_the_player_has_not_is_a_currency_mismatch(book: Book) -> None:
    result = book.bet("b1", UNIT, currency_code="SEK")

    assert result.code is OutcomeCode.CURRENCY_MISMATCH


def test_a_bet_of_an_unknown_player_is_refused_for_ever_under_its_id() -> None:
    book = Book()
    refused = book.bet("b1", UNIT)
    unknown = book.account
    assert (refused.code, unknown.status) == (OutcomeCode.PLAYER_NOT_FOUND, "unknown")
    unknown.status = "open"
    book.one(ActionKind.DEPOSIT, "d1", 10 * UNIT, round_id="")

    again = book.bet("b1", UNIT)

    assert (again.code, again.replayed) == (OutcomeCode.PLAYER_NOT_FOUND, True)
    assert book.bet("b2", UNIT).accepted


def with_grant(book: Book) -> Book:
    """Give the player two free bets."""
    grant = Grant("brand", "ann", "EUR", "g1", 2, UNIT, expires_time_ms=2_000_000)
    book.grants[grant.key] = grant
    return book


class TestFreeBets:
    """W21: tied to a grant, cost nothing, never more than granted."""

    @pytest.fixture
    def book(self, book: Book) -> Book:
        return with_grant(book)

    def test_w21_a_free_bet_costs_nothing_and_counts_against_its_grant(self, book: Book) -> None:
        result = book.bet("b1", UNIT, grant_id="g1")

        assert (result.code, result.amount_micros, result.balance_micros) == (OutcomeCode.OK, 0, 100 * UNIT)
        assert (book.round.bet_micros, book.round.free_bet_micros) == (0, UNIT)
        assert next(iter(book.grants.values())).used_count == 1

    def test_w21_no_more_free_bets_than_granted_and_replays_do_not_count(self, book: Book) -> None:
        codes = [book.bet(name, UNIT, grant_id="g1").code for name in ("b1", "b1", "b2", "b3")]

        assert codes == [OutcomeCode.OK, OutcomeCode.OK, OutcomeCode.OK, OutcomeCode.GRANT_EXHAUSTED]

    def test_w21_the_win_of_a_started_free_round_is_paid_after_the_grant_ended(self, book: Book) -> None:
        book.bet("b1", UNIT, grant_id="g1")
        book.now_ms = 3_000_000

        refused, win = book.bet("b2", UNIT, grant_id="g1"), book.win("w1", 9 * UNIT)

        assert refused.code is OutcomeCode.GRANT_EXHAUSTED
        assert (win.code, book.account.cash_micros) == (OutcomeCode.OK, 109 * UNIT)
        assert book.rows[("brand", "provider", "win", "w1")].house_account == HOUSE_FREE_ROUNDS

    def test_w21_a_rolled_back_free_bet_may_be_used_again(self, book: Book) -> None:
        book.bet("b1", UNIT, grant_id="g1")

        book.rollback("x1", "b1")

        assert next(iter(book.grants.values())).used_count == 0
        assert (book.account.cash_micros, book.round.free_bet_micros) == (100 * UNIT, 0)

    def test_w21_a_grant_is_for_its_stake_game_and_provider(self, book: Book) -> None:
        grant = next(iter(book.grants.values()))

        assert book.bet("b1", 2 * UNIT, grant_id="g1").code is OutcomeCode.INVALID
        grant.game_ids = "other,another"
        assert book.bet("b2", UNIT, grant_id="g1").field == "game_id"
        grant.game_ids, grant.provider_id = "", "elsewhere"
        assert book.bet("b3", UNIT, grant_id="g1").field == "provider_id"
        assert book.bet("b4", UNIT, grant_id="unheard-of").code is OutcomeCode.GRANT_NOT_FOUND
        grant.provider_id, grant.cancelled = "", True
        assert book.bet("b5", UNIT, grant_id="g1").code is OutcomeCode.GRANT_EXHAUSTED


def test_w30_demo_money_never_touches_the_accounts_of_real_money() -> None:
    book = Book(demo=True)
    book.open(100 * UNIT)
    book.bet("b1", UNIT)
    book.win("w1", 5 * UNIT)
    book.rollback("x1", "w1", reference_kind=ActionKind.WIN)

    assert {row.house_account for row in book.rows.values()} == {"demo:deposits", "demo:gaming"}


def test_w30_demo_and_real_play_never_share_an_account(book: Book) -> None:
    result = book.bet("b1", UNIT, demo=True)

    assert (result.code, result.field) == (OutcomeCode.INVALID, "demo")
    assert book.one(ActionKind.PROMO_WIN, "p1", UNIT, demo=True).code is OutcomeCode.INVALID
    assert book.one(ActionKind.WITHDRAW_RESERVE, "wd", UNIT, demo=True, round_id="").code is OutcomeCode.INVALID


def test_a_win_naming_another_players_bet_pays_nobody(book: Book) -> None:
    book.open(UNIT, "bob")
    book.bet("b1", UNIT)

    result = book.win("w1", UNIT, reference_transaction_id="b1", player_id="bob")

    assert (result.code, result.field) == (OutcomeCode.KEY_REUSED, "player_id")


def test_w06_a_win_naming_a_bet_that_died_before_it_came_is_rolled_back(book: Book) -> None:
    book.rollback("x1", "b1")
    book.bet("b2", UNIT)

    assert book.win("w1", UNIT, reference_transaction_id="b1").code is OutcomeCode.ROLLED_BACK


def test_a_promo_win_and_a_close_of_an_unknown_player_are_refused() -> None:
    book = Book()

    assert book.one(ActionKind.PROMO_WIN, "p1", UNIT).code is OutcomeCode.PLAYER_NOT_FOUND
    assert book.close("c1").code is OutcomeCode.PLAYER_NOT_FOUND
    assert not book.accounts


def test_the_last_action_of_a_call_closes_a_round_that_is_closed_already_without_effect(book: Book) -> None:
    book.bet("b1", UNIT)
    book.close("c1")

    reply = book.act(Action(ActionKind.WIN, "w1", UNIT), close_round=True)
    again = book.close("c2", close_round=True)

    assert (reply.accepted, again.code) == (True, OutcomeCode.NO_EFFECT)
    assert (book.account.open_round_count, book.audit().findings) == (0, [])
