"""Limits inside the money's own decision: reached, warned once, counted, tightened at once and relaxed after a day."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.support.ledger_book import UNIT, Book, group_of
from wallet.ledger.admin import Author, set_limits
from wallet.ledger.kinds import ActionKind, OutcomeCode
from wallet.ledger.limit_settings import RELAX_DELAY_MS, change_limits, period_of, read_settings, warn_percent_of
from wallet.ledger.limits import NAMELESS_PAUSE_MS, SESSIONS_MAX
from wallet.ledger.policy import DAY_MS
from wallet.ledger.types import Action

MONDAY_MS = int(datetime(2026, 6, 1, tzinfo=UTC).timestamp()) * 1_000


def a_book(**limits: int) -> Book:
    book = Book(now_ms=MONDAY_MS)
    named = {name.replace("_of_", "."): value for name, value in limits.items()}
    book.open(1_000 * UNIT, limits=change_limits("", named, 0))
    return book


def test_w29_a_stake_above_the_limit_is_refused_for_ever_under_its_id() -> None:
    book = a_book(stake=10 * UNIT)

    refused = book.bet("b1", 10 * UNIT + 1)

    assert (refused.code, refused.field) == (OutcomeCode.LIMIT_REACHED, "stake")
    assert book.bet("b1", 10 * UNIT + 1).replayed
    assert book.bet("b2", 10 * UNIT).accepted


@pytest.mark.parametrize(("period", "next_ms"), [("day", DAY_MS), ("week", 7 * DAY_MS), ("month", 30 * DAY_MS)])
def test_w29_the_wager_of_a_period_is_limited_and_begins_anew(period: str, next_ms: int) -> None:
    book = a_book(**{f"wager_of_{period}": 25 * UNIT})
    book.bet("b1", 20 * UNIT)
    book.win("w1", 500 * UNIT)

    refused = book.bet("b2", 6 * UNIT)

    assert (refused.code, refused.field) == (OutcomeCode.LIMIT_REACHED, f"wager.{period}")
    assert book.bet("b3", 5 * UNIT).accepted
    book.now_ms += next_ms - 1
    assert book.bet("b4", UNIT).code is OutcomeCode.LIMIT_REACHED
    book.now_ms += 1
    assert book.bet("b5", 25 * UNIT).accepted


def test_w29_wins_lower_the_loss_and_their_rollback_raises_it() -> None:
    book = a_book(loss_of_day=20 * UNIT)
    book.bet("b1", 20 * UNIT)
    assert book.bet("b2", UNIT).field == "loss.day"
    book.win("w1", 5 * UNIT)

    assert book.bet("b3", 5 * UNIT, round_id="r2").accepted
    book.rollback("x1", "w1", reference_kind=ActionKind.WIN)
    assert book.bet("b4", 0, round_id="r2").code is OutcomeCode.LIMIT_REACHED


def test_w29_a_rolled_back_bet_counts_no_more() -> None:
    book = a_book(wager_of_day=20 * UNIT)
    book.bet("b1", 20 * UNIT)

    book.rollback("x1", "b1")

    assert book.bet("b2", 20 * UNIT).accepted


def test_w29_a_bet_from_before_the_limits_is_not_taken_out_of_them() -> None:
    book = Book(now_ms=MONDAY_MS)
    book.open(1_000 * UNIT)
    book.bet("old", 100 * UNIT, round_id="r0")
    book.administer(set_limits(book.account, {"loss.day": 50 * UNIT}, Author("bo", "asked", MONDAY_MS)))
    book.bet("b1", 50 * UNIT)

    book.rollback("x1", "old", round_id="r0")

    assert book.bet("b2", UNIT).code is OutcomeCode.LIMIT_REACHED
    book.rollback("x2", "b1")
    assert book.bet("b3", 50 * UNIT).accepted


def test_w29_bets_of_one_batch_and_of_one_group_count_together() -> None:
    book = a_book(wager_of_day=20 * UNIT)
    batch = book.act(Action(ActionKind.BET, "b1", 15 * UNIT), Action(ActionKind.BET, "b2", 15 * UNIT))
    calls = [book.command(Action(ActionKind.BET, name, 15 * UNIT)) for name in ("b3", "b4")]

    replies = group_of(book, calls)

    assert batch.code is OutcomeCode.LIMIT_REACHED
    assert [reply.code for reply in replies] == [OutcomeCode.OK, OutcomeCode.LIMIT_REACHED]


def test_w29_a_refused_bet_and_a_replay_do_not_count() -> None:
    book = a_book(wager_of_day=20 * UNIT)
    book.bet("b1", 2_000 * UNIT)
    for _ in range(3):
        book.bet("b2", 10 * UNIT)

    assert book.bet("b3", 10 * UNIT).accepted


def test_w29_a_warning_blocks_exactly_one_bet() -> None:
    book = a_book(wager_of_day=100 * UNIT, warn_percent=90)
    book.bet("b1", 80 * UNIT)

    warned = book.bet("b2", 10 * UNIT)
    passed = book.bet("b3", 10 * UNIT)

    assert (warned.code, warned.field, warned.balance_micros) == (
        OutcomeCode.LIMIT_WARNING,
        "wager.day",
        920 * UNIT,
    )
    assert passed.accepted
    assert book.bet("b2", 10 * UNIT).code is OutcomeCode.LIMIT_WARNING
    assert book.bet("b4", 5 * UNIT).accepted
    book.now_ms += DAY_MS
    assert book.bet("b5", 95 * UNIT).code is OutcomeCode.LIMIT_WARNING


def test_w29_each_limit_warns_at_its_own_share_and_blocks_exactly_one_bet() -> None:
    settings = {"wager.day": 100 * UNIT, "loss.week": 100 * UNIT, "warn.wager.day": 50, "warn.loss.week": 80}
    book = Book(now_ms=MONDAY_MS)
    book.open(1_000 * UNIT, limits=change_limits("", settings, 0))

    seen = [(result.code, result.field) for result in (book.bet(f"b{number}", 10 * UNIT) for number in range(12))]

    warned, taken = OutcomeCode.LIMIT_WARNING, (OutcomeCode.OK, "")
    assert seen == [
        *[taken] * 4,  # 40
        (warned, "wager.day"),
        *[taken] * 3,  # 70
        (warned, "loss.week"),
        *[taken] * 3,  # 100
    ]
    assert book.bet("b13", 1).code is OutcomeCode.LIMIT_REACHED


def test_w29_a_limit_without_a_share_of_its_own_warns_at_that_of_the_account() -> None:
    settings = {"wager.day": 100 * UNIT, "loss.day": 100 * UNIT, "warn_percent": 90, "warn.loss.day": 20}
    book = Book(now_ms=MONDAY_MS)
    book.open(1_000 * UNIT, limits=change_limits("", settings, 0))

    fields = [book.bet(f"b{number}", 30 * UNIT).field for number in range(3)] + [book.bet("b9", 30 * UNIT).field]

    assert fields == ["loss.day", "", "", "wager.day"]


def test_w29_a_warning_that_is_repeated_in_a_batch_does_not_set_the_next_check_back() -> None:
    book = a_book(reality_check_ms=3_600_000)
    book.bet("b1", UNIT, session_id="s1")
    book.now_ms += 3_600_000
    warned = book.bet("b2", UNIT, session_id="s1")
    book.now_ms += 3_599_999

    book.act(Action(ActionKind.BET, "b2", UNIT), Action(ActionKind.BET, "b3", UNIT), session_id="s1")
    book.now_ms += 1

    assert warned.code is book.bet("b4", UNIT, session_id="s1").code is OutcomeCode.LIMIT_WARNING


def test_w29_a_reality_check_blocks_one_bet_in_every_stretch_of_a_session() -> None:
    book = a_book(reality_check_ms=3_600_000)
    codes = []
    for number in range(5):
        codes.append(book.bet(f"b{number}", UNIT, session_id="s1").code)
        book.now_ms += 1_800_000

    assert codes == [
        OutcomeCode.OK,
        OutcomeCode.OK,
        OutcomeCode.LIMIT_WARNING,
        OutcomeCode.OK,
        OutcomeCode.LIMIT_WARNING,
    ]
    assert book.bet("b9", UNIT, session_id="s2").accepted


def test_w29_a_session_ends_at_its_time_and_a_new_one_begins() -> None:
    book = a_book(session_ms=3_600_000)
    book.bet("b1", UNIT, session_id="s1")
    book.now_ms += 3_600_000

    refused = book.bet("b2", UNIT, session_id="s1")

    assert (refused.code, refused.field) == (OutcomeCode.LIMIT_REACHED, "session_ms")
    assert book.win("w1", UNIT, session_id="s1").accepted
    assert book.bet("b3", UNIT, session_id="s2").accepted


def test_w29_two_sessions_used_in_turn_do_not_set_each_other_back() -> None:
    book = a_book(session_ms=3_600_000)
    for number in range(6):
        assert book.bet(f"b{number}", UNIT, session_id=f"s{number % 2}").accepted
        book.now_ms += 600_000

    codes = [book.bet(f"c{number}", UNIT, session_id=f"s{number}").code for number in range(2)]
    book.now_ms += 600_000

    assert codes == [OutcomeCode.LIMIT_REACHED, OutcomeCode.OK]
    assert book.bet("d1", UNIT, session_id="s1").code is OutcomeCode.LIMIT_REACHED


def test_w29_each_of_two_sessions_has_its_own_reality_check() -> None:
    book = a_book(reality_check_ms=3_600_000)
    for name in ("s1", "s2"):
        book.bet(f"open.{name}", UNIT, session_id=name)
    book.now_ms += 3_600_000

    codes = [book.bet(f"b{number}", UNIT, session_id=f"s{number % 2 + 1}").code for number in range(4)]

    assert codes == [OutcomeCode.LIMIT_WARNING] * 2 + [OutcomeCode.OK] * 2


def test_w29_the_sessions_that_are_remembered_are_bounded_and_the_last_used_stay() -> None:
    book = a_book(session_ms=3_600_000)
    book.bet("old", UNIT, session_id="old")
    for number in range(4 * SESSIONS_MAX):
        book.bet(f"b{number}", UNIT, session_id=f"s{number}")
        if number % (SESSIONS_MAX - 1) == 0:
            book.bet(f"old.{number}", UNIT, session_id="old")
    book.now_ms += 3_600_000

    assert book.account.counters.count("session.") == SESSIONS_MAX
    assert book.bet("late", UNIT, session_id="old").code is OutcomeCode.LIMIT_REACHED


def test_w29_bets_that_name_no_session_are_one_session_and_do_not_escape_its_time() -> None:
    book = a_book(session_ms=3_600_000)
    book.bet("b1", UNIT)
    book.bet("named", UNIT, session_id="s1")
    book.now_ms += 3_599_999
    assert book.bet("b2", UNIT).accepted
    book.now_ms += 1

    refused = book.bet("b3", UNIT)

    assert (refused.code, refused.field) == (OutcomeCode.LIMIT_REACHED, "session_ms")
    assert book.bet("b4", UNIT, session_id="s2").accepted


def test_w29_the_session_without_a_name_ends_a_day_after_its_last_bet_and_no_refused_one_sets_that_back() -> None:
    book = a_book(session_ms=3_600_000)
    book.bet("b1", UNIT)
    book.now_ms += 3_000_000
    book.bet("b2", UNIT)
    codes = []
    for number, step_ms in enumerate((NAMELESS_PAUSE_MS // 2, NAMELESS_PAUSE_MS // 2 - 1, 1)):
        book.now_ms += step_ms
        codes.append(book.bet(f"c{number}", UNIT).code)

    assert codes == [OutcomeCode.LIMIT_REACHED, OutcomeCode.LIMIT_REACHED, OutcomeCode.OK]
    book.now_ms += 3_600_000
    assert book.bet("d1", UNIT).code is OutcomeCode.LIMIT_REACHED


def test_w29_a_reality_check_comes_to_bets_that_name_no_session_too() -> None:
    book = a_book(reality_check_ms=3_600_000)
    codes = []
    for number in range(5):
        codes.append(book.bet(f"b{number}", UNIT).code)
        book.now_ms += 1_800_000

    ok, warning = OutcomeCode.OK, OutcomeCode.LIMIT_WARNING
    assert codes == [ok, ok, warning, ok, warning]


def test_w29_the_session_without_a_name_is_not_forgotten_for_others() -> None:
    book = a_book(session_ms=3_600_000)
    book.bet("b1", UNIT)
    for number in range(2 * SESSIONS_MAX):
        book.bet(f"s{number}", UNIT, session_id=f"s{number}")
    book.now_ms += 3_600_000

    assert book.bet("b2", UNIT).code is OutcomeCode.LIMIT_REACHED


def test_w29_deposits_are_limited_and_withdrawals_are_not() -> None:
    book = a_book(deposit_of_week=100 * UNIT)
    assert book.one(ActionKind.DEPOSIT, "d1", 100 * UNIT, round_id="").accepted

    refused = book.one(ActionKind.DEPOSIT, "d2", 1, round_id="")

    assert (refused.code, refused.field) == (OutcomeCode.LIMIT_REACHED, "deposit.week")
    assert book.one(ActionKind.WITHDRAW_RESERVE, "wd", 500 * UNIT, round_id="").accepted


def test_w29_counters_commit_with_the_money_or_not_at_all() -> None:
    book = a_book(wager_of_day=20 * UNIT)
    before = book.account.counters

    book.act(Action(ActionKind.BET, "b1", 5 * UNIT), Action(ActionKind.WIN, "w1", 1, "unseen"))

    assert book.account.counters == before


def test_a_player_without_limits_pays_for_none() -> None:
    book = Book()
    book.open(10 * UNIT)

    book.bet("b1", UNIT)

    assert (book.account.limits, book.account.counters) == ("", "")


def test_tightening_holds_at_once_and_relaxing_after_a_day() -> None:
    text = change_limits("", {"stake": 10}, 0)
    text = change_limits(text, {"stake": 5}, 1_000)
    assert read_settings(text).at(1_000) == {"stake": 5}

    text = change_limits(text, {"stake": 50}, 2_000)

    assert read_settings(text).at(2_000 + RELAX_DELAY_MS - 1) == {"stake": 5}
    assert read_settings(text).at(2_000 + RELAX_DELAY_MS) == {"stake": 50}


def test_w29_a_first_share_of_a_limits_own_is_no_way_around_the_accounts() -> None:
    text = change_limits("", {"loss.day": 10, "warn_percent": 50}, 0)

    later = change_limits(text, {"warn.loss.day": 90}, 1_000)
    sooner = change_limits(text, {"warn.loss.day": 20}, 1_000)
    untouched = change_limits(text, {"warn.loss.day": None}, 1_000)
    both = change_limits("", {"warn_percent": 50, "warn.loss.day": 90}, 1_000)

    def percent(settings: str, now_ms: int) -> int:
        return warn_percent_of("loss.day", read_settings(settings).at(now_ms))

    assert [percent(later, 1_000 + RELAX_DELAY_MS - 1), percent(later, 1_000 + RELAX_DELAY_MS)] == [50, 90]
    assert percent(sooner, 1_000) == 20
    assert untouched == text
    assert percent(both, 1_000) == 90


def test_a_limit_is_lifted_after_a_day_and_a_tightening_takes_the_lift_back() -> None:
    text = change_limits(change_limits("", {"stake": 10}, 0), {"stake": None}, 1_000)
    assert read_settings(text).at(1_000 + RELAX_DELAY_MS) == {}

    text = change_limits(text, {"stake": 9}, 2_000)

    assert read_settings(text).at(10 * RELAX_DELAY_MS) == {"stake": 9}


def test_a_relaxation_that_has_come_into_force_is_the_limit_from_then_on() -> None:
    text = change_limits(change_limits("", {"stake": 10}, 0), {"stake": 20}, 0)

    text = change_limits(text, {"stake": 30}, RELAX_DELAY_MS)

    assert read_settings(text).at(RELAX_DELAY_MS) == {"stake": 20}
    assert change_limits("", {"stake": None}, 0) == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"speed": 1},
        {"stake": -1},
        {"stake": True},
        {"stake": 2**63},
        {"warn_percent": 0},
        {"warn_percent": 101},
        {"warn.loss.day": 0},
        {"warn.loss.day": 101},
        {"warn.deposit.day": 50},
        {"reality_check_ms": 0},
    ],
)
def test_a_limit_that_is_none_is_refused(changes: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"limit|must be an int"):
        change_limits("", changes, 0)


def test_periods_are_utc_days_weeks_from_monday_and_calendar_months() -> None:
    sunday = MONDAY_MS - 1

    assert period_of("day", MONDAY_MS) - period_of("day", sunday) == 1
    assert period_of("week", MONDAY_MS) - period_of("week", sunday) == 1
    assert period_of("week", MONDAY_MS + 7 * DAY_MS - 1) == period_of("week", MONDAY_MS)
    assert period_of("month", MONDAY_MS) - period_of("month", sunday) == 1
    assert period_of("month", MONDAY_MS + 30 * DAY_MS - 1) == period_of("month", MONDAY_MS)


def test_months_are_those_of_the_calendar() -> None:
    first = date(1970, 1, 1)
    for days in range(0, 400 * 366, 5):
        day = first + timedelta(days=days)
        assert period_of("month", days * DAY_MS) == day.year * 12 + day.month - 1
    for year in (1972, 2000, 2024, 2100):
        for day in (date(year, 2, 28), date(year, 3, 1), date(year, 12, 31), date(year, 1, 1)):
            assert period_of("month", (day - first).days * DAY_MS) == day.year * 12 + day.month - 1


def test_w19_a_session_that_is_no_id_is_not_kept_with_the_counters() -> None:
    book = a_book(session_ms=3_600_000)

    refused = book.bet("b1", UNIT, session_id="s" * 65)

    assert (refused.code, refused.field, book.account.counters) == (OutcomeCode.INVALID, "session_id", "")
