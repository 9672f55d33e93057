"""What an operator decides about a player, and what becomes of rounds that nobody ends."""

import pytest

from tests.support.ledger_book import UNIT, Book
from wallet.ledger.admin import (
    AdminOutcome,
    Author,
    cancel_grant,
    issue_grant,
    open_account,
    set_limits,
    set_player_status,
    set_status,
)
from wallet.ledger.ageing import AgeingPolicy, AgeingRule, AgeingStep, age_round
from wallet.ledger.audit import AuditReport, audit
from wallet.ledger.kinds import AccountStatus, ActionKind, OutcomeCode
from wallet.ledger.limit_settings import RELAX_DELAY_MS, read_settings
from wallet.ledger.policy import DAY_MS
from wallet.ledger.state import Account, Grant

BO = Author("bo", "asked by the player", 1_000)


def audit_of(book: Book) -> AuditReport:
    """Audit a book whose accounts were opened by the ledger."""
    return audit(book.accounts.values(), book.journal(), book.rounds.values(), book.grants.values())


def opened(outcome: AdminOutcome) -> Account:
    assert outcome.accepted
    assert outcome.account is not None
    return outcome.account


def test_opening_an_account_is_idempotent_and_starts_with_nothing() -> None:
    account = opened(open_account(None, "brand", "ann", "EUR", BO))

    again = open_account(account, "brand", "ann", "EUR", BO)

    assert (account.status, account.cash_micros, account.sequence) == ("open", 0, 1)
    assert (again.code, again.row) == (OutcomeCode.NO_EFFECT, None)


def test_w06_opening_the_account_of_an_unknown_player_keeps_its_marks() -> None:
    book = Book()
    book.rollback("x1", "b1")

    account = book.administer(open_account(book.account, "brand", "ann", "EUR", BO))

    assert account.sequence == 7
    assert book.bet("b1", UNIT).code is OutcomeCode.ROLLED_BACK
    assert book.audit().ok


@pytest.mark.parametrize(
    ("player_id", "currency", "field"), [("a b", "EUR", "player_id"), ("ann", "BTC", "currency_code")]
)
def test_an_account_that_cannot_be_is_refused(player_id: str, currency: str, field: str) -> None:
    assert open_account(None, "brand", player_id, currency, BO).field == field


def test_w30_an_account_is_demo_or_real_for_ever() -> None:
    account = opened(open_account(None, "brand", "ann", "EUR", BO, demo=True))

    assert open_account(account, "brand", "ann", "EUR", BO).field == "demo"


def test_an_exclusion_holds_at_once_and_cannot_be_lifted_before_its_end() -> None:
    account = opened(open_account(None, "brand", "ann", "EUR", BO))
    account = opened(set_status(account, AccountStatus.EXCLUDED, BO, until_ms=90 * DAY_MS))
    assert account.status == "excluded"

    early = set_status(account, AccountStatus.OPEN, BO._replace(now_ms=90 * DAY_MS - 1))
    late = set_status(account, AccountStatus.OPEN, BO._replace(now_ms=90 * DAY_MS))

    assert early.code is OutcomeCode.PLAYER_BLOCKED
    assert (opened(late).status, opened(late).limits) == ("open", "")


def test_an_exclusion_without_an_end_holds_for_a_day_and_a_later_one_never_shortens_it() -> None:
    account = opened(open_account(None, "brand", "ann", "EUR", BO))
    account = opened(set_status(account, AccountStatus.EXCLUDED, BO, until_ms=9 * DAY_MS))

    account = opened(set_status(account, AccountStatus.EXCLUDED, BO))

    assert not set_status(account, AccountStatus.OPEN, BO._replace(now_ms=8 * DAY_MS)).accepted
    short = opened(set_status(opened(open_account(None, "brand", "bob", "EUR", BO)), AccountStatus.EXCLUDED, BO))
    assert not set_status(short, AccountStatus.OPEN, BO._replace(now_ms=BO.now_ms + RELAX_DELAY_MS - 1)).accepted


def test_the_same_status_and_the_same_limits_again_change_nothing() -> None:
    account = opened(open_account(None, "brand", "ann", "EUR", BO))
    account = opened(set_limits(account, {"stake": UNIT}, BO))
    account = opened(set_status(account, AccountStatus.BLOCKED, BO))

    again = (set_status(account, AccountStatus.BLOCKED, BO), set_limits(account, {"stake": UNIT}, BO))

    assert [(outcome.code, outcome.row) for outcome in again] == [(OutcomeCode.NO_EFFECT, None)] * 2


def test_w24_what_an_account_may_do_is_a_chain_of_rows_with_author_and_reason() -> None:
    book = Book()
    book.administer(open_account(None, "brand", "ann", "EUR", BO))
    book.administer(set_limits(book.account, {"stake": UNIT}, BO))
    book.one(ActionKind.DEPOSIT, "d1", UNIT, round_id="")
    book.administer(set_status(book.account, AccountStatus.EXCLUDED, BO, until_ms=90 * DAY_MS))

    rows = book.journal()

    assert [row.kind for row in rows] == ["open_account", "set_limits", "deposit", "set_status"]
    assert all((row.author, row.reason) == ("bo", "asked by the player") for row in rows if row.kind != "deposit")
    assert audit_of(book).findings == []


def test_w11_a_player_is_excluded_in_all_accounts_for_the_longest_time_that_any_was() -> None:
    euro, dollar = (opened(open_account(None, "brand", "ann", currency, BO)) for currency in ("EUR", "USD"))
    euro = opened(set_status(euro, AccountStatus.EXCLUDED, BO, until_ms=90 * DAY_MS))
    marks = Account("brand", "ann", "GBP", AccountStatus.UNKNOWN.value)

    both = set_player_status([euro, dollar, marks], "USD", AccountStatus.EXCLUDED, BO, until_ms=2 * DAY_MS)
    dollar = opened(both)
    late = opened(open_account(marks, "brand", "ann", "GBP", BO, siblings=[euro, dollar, marks]))

    assert both.others == ()
    assert (dollar.status, dollar.limits) == (euro.status, euro.limits) == (late.status, late.limits)
    at_the_end, too_early = BO._replace(now_ms=90 * DAY_MS), BO._replace(now_ms=90 * DAY_MS - 1)
    refused = set_player_status([euro, dollar, late], "USD", AccountStatus.OPEN, too_early)
    back = set_player_status([euro, dollar, late], "USD", AccountStatus.OPEN, at_the_end)
    assert (refused.code, refused.row, refused.others) == (OutcomeCode.PLAYER_BLOCKED, None, ())
    assert [opened(each).status for each in (back, *back.others)] == ["open"] * 3


def test_w11_a_player_is_blocked_also_where_the_named_account_was_so_before() -> None:
    euro, dollar = (opened(open_account(None, "brand", "ann", currency, BO)) for currency in ("EUR", "USD"))
    euro = opened(set_status(euro, AccountStatus.BLOCKED, BO))

    outcome = set_player_status([euro, dollar], "EUR", AccountStatus.BLOCKED, BO)
    again = set_player_status([euro, opened(outcome.others[0])], "EUR", AccountStatus.BLOCKED, BO)

    assert (outcome.code, opened(outcome.others[0]).status) == (OutcomeCode.OK, "blocked")
    assert (again.code, again.others) == (OutcomeCode.NO_EFFECT, ())
    assert set_player_status([euro], "USD", AccountStatus.BLOCKED, BO).code is OutcomeCode.PLAYER_NOT_FOUND


def test_blocking_in_between_does_not_end_an_exclusion() -> None:
    account = opened(open_account(None, "brand", "ann", "EUR", BO))
    account = opened(set_status(account, AccountStatus.EXCLUDED, BO, until_ms=90 * DAY_MS))
    account = opened(set_status(account, AccountStatus.BLOCKED, BO))

    assert not set_status(account, AccountStatus.OPEN, BO).accepted


def test_limits_are_set_on_the_account_and_keep_an_exclusion() -> None:
    account = opened(open_account(None, "brand", "ann", "EUR", BO))
    account = opened(set_status(account, AccountStatus.EXCLUDED, BO, until_ms=90 * DAY_MS))

    outcome = set_limits(account, {"stake": 5 * UNIT}, BO)

    assert read_settings(opened(outcome).limits).values["stake"] == 5 * UNIT
    assert outcome.row is not None
    row = outcome.row
    assert (row.kind, row.field, row.author, row.reason) == ("set_limits", "stake", "bo", "asked by the player")
    assert not set_status(opened(outcome), AccountStatus.OPEN, BO).accepted
    assert set_limits(account, {"speed": 5}, BO).code is OutcomeCode.INVALID


def test_nothing_is_decided_about_a_player_who_is_not_there() -> None:
    grant = Grant("brand", "ann", "EUR", "g1", 1)
    for account in (None, Account("brand", "ann", "EUR", "unknown")):
        assert set_status(account, AccountStatus.BLOCKED, BO).code is OutcomeCode.PLAYER_NOT_FOUND
        assert set_limits(account, {}, BO).code is OutcomeCode.PLAYER_NOT_FOUND
        assert issue_grant(account, None, grant, BO).code is OutcomeCode.PLAYER_NOT_FOUND


def test_w21_a_grant_is_given_once_and_on_one_set_of_terms() -> None:
    account = opened(open_account(None, "brand", "ann", "EUR", BO))
    given = issue_grant(account, None, Grant("brand", "ann", "EUR", "g1", 5, UNIT, used_count=4), BO).grant
    assert given is not None
    given.used_count += 1

    same = issue_grant(account, given, Grant("brand", "ann", "EUR", "g1", 5, UNIT), BO)
    other = issue_grant(account, given, Grant("brand", "ann", "EUR", "g1", 6, UNIT), BO)

    assert (same.code, given.used_count) == (OutcomeCode.NO_EFFECT, 1)
    assert (other.code, other.field) == (OutcomeCode.KEY_REUSED, "bet_count")
    assert issue_grant(account, None, Grant("brand", "ann", "EUR", "g2", 0), BO).code is OutcomeCode.INVALID


def test_w21_a_grant_is_cancelled_once() -> None:
    account = opened(open_account(None, "brand", "ann", "EUR", BO))
    given = issue_grant(account, None, Grant("brand", "ann", "EUR", "g1", 5), BO).grant

    cancelled = cancel_grant(account, given, BO).grant

    assert cancelled is not None
    assert cancelled.cancelled
    assert cancel_grant(account, cancelled, BO).code is OutcomeCode.NO_EFFECT
    assert cancel_grant(account, None, BO).code is OutcomeCode.GRANT_NOT_FOUND


class TestAgeing:
    """W25: rounds that stay open are ended by the provider's policy, on the clock that the caller brings."""

    @pytest.fixture
    def book(self) -> Book:
        book = Book()
        book.open(100 * UNIT)
        book.bet("b1", 10 * UNIT)
        book.bet("b2", 5 * UNIT)
        return book

    def age(self, book: Book, rules: tuple[AgeingRule, ...], after_ms: int) -> AgeingStep | None:
        book.now_ms = book.round.updated_time_ms + after_ms
        decision = age_round(book.round, AgeingPolicy(rules), book.now_ms)
        for command in decision.commands:
            assert book.apply(command).accepted
        return decision.step

    def test_w25_open_rounds_hold_their_stakes(self, book: Book) -> None:
        assert book.round.held_micros == 15 * UNIT

    @pytest.mark.parametrize(("step", "balance"), [(AgeingStep.CLOSE, 85), (AgeingStep.CANCEL, 100)])
    def test_w25_a_round_is_ended_when_it_is_old_enough_and_not_before(
        self, book: Book, step: AgeingStep, balance: int
    ) -> None:
        rules = (AgeingRule(2 * DAY_MS, step),)

        assert self.age(book, rules, 2 * DAY_MS - 1) is None
        assert book.round.status == "open"
        assert self.age(book, rules, 2 * DAY_MS) is step
        assert (book.round.status, book.account.cash_micros) == ("closed", balance * UNIT)
        assert self.age(book, rules, 9 * DAY_MS) is None
        assert book.audit().ok

    def test_w25_a_cancel_leaves_what_a_win_has_settled(self, book: Book) -> None:
        book.win("w1", 30 * UNIT, reference_transaction_id="b1")

        self.age(book, (AgeingRule(DAY_MS, AgeingStep.CANCEL),), DAY_MS)

        assert (book.account.cash_micros, book.round.status) == (120 * UNIT, "closed")

    def test_w25_carrying_a_step_out_twice_is_harmless(self, book: Book) -> None:
        decision = age_round(book.round, AgeingPolicy((AgeingRule(0, AgeingStep.CANCEL),)), book.now_ms)

        for command in decision.commands * 2:
            assert book.apply(command).accepted

        assert book.account.cash_micros == 100 * UNIT

    def test_w25_an_escalation_moves_nothing_and_comes_once(self, book: Book) -> None:
        rules = (AgeingRule(DAY_MS, AgeingStep.ESCALATE), AgeingRule(14 * DAY_MS, AgeingStep.CANCEL))
        begun_ms = book.round.updated_time_ms

        assert self.age(book, rules, DAY_MS) is AgeingStep.ESCALATE
        assert age_round(book.round, AgeingPolicy(rules), begun_ms + 2 * DAY_MS, begun_ms + DAY_MS).step is None
        assert self.age(book, rules, 14 * DAY_MS) is AgeingStep.CANCEL

    def test_w25_a_round_that_its_player_can_finish_is_only_told_of(self, book: Book) -> None:
        book.bet("b3", UNIT, round_state=b"free games left: 3")

        assert self.age(book, (AgeingRule(DAY_MS, AgeingStep.CANCEL),), 30 * DAY_MS) is AgeingStep.ESCALATE
        assert book.round.status == "open"

    def test_w25_the_age_counts_from_the_last_action(self, book: Book) -> None:
        book.now_ms += DAY_MS
        book.bet("b3", UNIT)

        assert age_round(book.round, AgeingPolicy((AgeingRule(DAY_MS, AgeingStep.CLOSE),)), book.now_ms).step is None

    def test_w25_a_round_of_many_bets_is_cancelled_in_several_calls(self, book: Book) -> None:
        for number in range(150):
            book.bet(f"m{number}", 0)

        decision = age_round(book.round, AgeingPolicy((AgeingRule(0, AgeingStep.CANCEL),)), book.now_ms)
        for command in decision.commands:
            assert book.apply(command).accepted

        assert len(decision.commands) == 3
        assert (book.round.status, book.account.cash_micros) == ("closed", 100 * UNIT)

    def test_w25_a_bet_that_comes_after_the_cancel_of_its_round_is_refused(self, book: Book) -> None:
        self.age(book, (AgeingRule(DAY_MS, AgeingStep.CANCEL),), DAY_MS)

        assert book.bet("b9", UNIT).code is OutcomeCode.ROUND_CLOSED
        assert book.win("w9", UNIT).code is OutcomeCode.ROLLED_BACK
