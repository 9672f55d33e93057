"""What holds after any sequence of calls, whatever they are."""

from copy import deepcopy

from hypothesis import Phase, event, given, settings
from hypothesis import strategies as st

from tests.support.ledger_book import UNIT, Book, group_of
from tests.support.ledger_strategies import a_wallet, sequences, whole_state
from wallet.ledger.chain import FINGERPRINT_BYTES, fingerprint_of
from wallet.ledger.decide import decide
from wallet.ledger.kinds import ActionKind, Certainty, OutcomeCode
from wallet.ledger.policy import DEFAULT_POLICY
from wallet.ledger.receipts import decode_receipt, verify_receipt
from wallet.ledger.types import Command, Reply

SEQUENCES = sequences()


def money(book: Book) -> dict[object, tuple[int, ...]]:
    """All money of the book."""
    return {
        key: (a.cash_micros, a.bonus_micros, a.reserved_micros, a.receivable_micros)
        for key, a in book.accounts.items()
        if a.status != "unknown"
    }


def is_a_unit(command: Command) -> bool:
    """Say whether the call is kept and answered as a whole."""
    return command.one_unit and len(command.actions) > 1


def closes_a_dead_round(reply: Reply) -> bool:
    """Say whether it holds the one accepted answer that is kept nowhere: a bet may open the round yet."""
    return any(result.reason == "its bets were rolled back unseen" for result in reply.results)


@given(SEQUENCES)
def test_w23_the_books_are_right_after_every_call(sequence: list[Command]) -> None:
    book = a_wallet()
    for command in sequence:
        reply = book.apply(command)
        event(f"{command.actions[0].kind}: {reply.results[0].code if reply.results else reply.code}")
        assert book.audit().findings == []


@given(SEQUENCES)
def test_w13_no_balance_is_ever_negative_and_debts_are_paid_first(sequence: list[Command]) -> None:
    book = a_wallet()
    for command in sequence:
        book.apply(command)
        for account in book.accounts.values():
            assert min(account.cash_micros, account.bonus_micros, account.reserved_micros) >= 0
            assert account.receivable_micros >= 0
            assert account.cash_micros == 0 or account.receivable_micros == 0


@given(SEQUENCES)
def test_w13_a_refused_call_moves_nothing(sequence: list[Command]) -> None:
    book = a_wallet()
    for command in sequence:
        before, rounds = money(book), deepcopy(book.rounds)
        if not book.apply(command).accepted:
            assert (money(book), book.rounds) == (before, rounds)


@given(SEQUENCES)
def test_w02_whatever_was_accepted_is_a_replay_for_ever(sequence: list[Command]) -> None:
    book = a_wallet()
    first = [
        (command, reply)
        for command in sequence
        if (reply := book.apply(command)).accepted and (is_a_unit(command) or not closes_a_dead_round(reply))
    ]
    before = money(book)

    for command, reply in first:
        again = book.apply(command)
        assert again.results == tuple(result._replace(replayed=True) for result in reply.results)

    assert money(book) == before


@given(SEQUENCES)
def test_w02_a_stored_refusal_is_the_answer_for_ever(sequence: list[Command]) -> None:
    book = a_wallet()
    refused = []
    for command in sequence:
        reply = book.apply(command)
        if len(command.actions) == 1 and command.actions[0].kind is ActionKind.BET and not reply.accepted:
            key = ("brand", "provider", "bet", command.actions[0].transaction_id)
            stored = book.rows.get(key)
            if stored is not None and stored.code == reply.code and stored.time_ms == command.now_ms:
                refused.append((command, reply))

    for command, reply in refused:
        assert book.apply(command).results[0].code is reply.code


@given(SEQUENCES, st.lists(st.integers(1, 6), min_size=30, max_size=30))
def test_w04_a_group_is_the_same_as_its_calls_one_by_one(sequence: list[Command], sizes: list[int]) -> None:
    alone, grouped = a_wallet(), a_wallet()
    one_by_one = [alone.apply(command) for command in sequence]
    together, rest = [], list(sequence)
    for size in sizes:
        together += group_of(grouped, rest[:size])
        rest = rest[size:]

    assert together == one_by_one
    assert (grouped.rows, grouped.accounts, grouped.rounds) == (alone.rows, alone.accounts, alone.rounds)
    assert grouped.grants == alone.grants


@given(SEQUENCES)
def test_w04_what_the_load_plan_names_is_all_that_decide_needs(sequence: list[Command]) -> None:
    book = a_wallet()
    for command in sequence:
        planned = decide(book.load(command), command, DEFAULT_POLICY)
        assert planned == decide(whole_state(book), command, DEFAULT_POLICY)
        book.keep(planned)


@given(SEQUENCES)
def test_w17_an_accepted_batch_is_its_actions_one_after_the_other(sequence: list[Command]) -> None:
    whole, split = a_wallet(), a_wallet()
    for command in sequence:
        before = deepcopy(split)
        if not whole.apply(command).accepted or command.one_unit:
            whole = before
            continue
        last = len(command.actions) - 1
        for index, action in enumerate(command.actions):
            part = command._replace(actions=(action,), close_round=command.close_round and index == last)
            assert split.apply(part).accepted
        assert money(whole) == money(split)
        assert whole.rounds == split.rounds
        split = deepcopy(whole)


def held_in(book: Book, command: Command) -> set[str]:
    """What a call repeats of what earlier calls have booked and nobody has undone: bets, and any other money."""
    ended = {
        (row.reference_kind or "withdraw_reserve", row.reference_transaction_id)
        for row in book.rows.values()
        if row.kind in ("rollback", "withdraw_cancel") and row.code == OutcomeCode.OK
    }
    held = set()
    for action in command.actions:
        row = book.rows.get((command.brand_id, command.provider_id, action.kind.value, action.transaction_id))
        if row is None or row.code != OutcomeCode.OK or (row.kind, row.transaction_id) in ended:
            continue
        if row.kind not in ("bet", "win", "jackpot_win", "promo_win", "deposit", "withdraw_reserve", "adjust"):
            continue
        same = row.fingerprint[:FINGERPRINT_BYTES] == fingerprint_of(command, action)
        if same and (row.kind == "bet" or row.amount_micros != 0):
            held.add(action.transaction_id)
    return held


@given(SEQUENCES)
def test_w15_an_answer_is_certain_unless_a_refusal_would_hide_money_that_moved(sequence: list[Command]) -> None:
    book = a_wallet()
    for command in sequence:
        held = held_in(book, command)
        reply = book.apply(command)
        assert reply.accepted or reply.reason
        if reply.certainty is Certainty.UNCERTAIN:
            assert held
            assert (reply.code, reply.results, reply.balance_micros) == (OutcomeCode.BATCH_REFUSED, (), None)
        else:
            assert reply.accepted == all(result.accepted for result in reply.results)
            in_conflict = reply.code is OutcomeCode.KEY_REUSED and command.one_unit
            assert reply.accepted or not held or in_conflict or reply.code is OutcomeCode.INVALID


@given(SEQUENCES)
def test_w14_the_balance_of_an_answer_is_the_true_one(sequence: list[Command]) -> None:
    book = a_wallet()
    for command in sequence:
        reply = book.apply(command)
        account = book.accounts.get((command.brand_id, command.player_id, command.currency_code))
        if account is None or account.status == "unknown" or reply.certainty is Certainty.UNCERTAIN:
            assert reply.balance_micros is None
        else:
            assert reply.balance_micros == account.cash_micros + account.bonus_micros


@given(SEQUENCES)
def test_w24_every_receipt_holds_for_ever(sequence: list[Command]) -> None:
    book = a_wallet()
    receipts = [reply.receipt for command in sequence if (reply := book.apply(command)).receipt]

    rows = book.journal()

    for receipt in receipts:
        assert verify_receipt(decode_receipt(receipt), rows).holds


@given(SEQUENCES)
def test_w29_accepted_bets_never_exceed_the_limits(sequence: list[Command]) -> None:
    book = a_wallet({"wager.day": 30 * UNIT, "stake": 10 * UNIT, "deposit.week": 50 * UNIT})
    for command in sequence:
        book.apply(command)

    for player_id in ("ann", "bob"):
        rows = [row for row in book.journal(("brand", player_id, "EUR")) if row.code == OutcomeCode.OK]
        taken: dict[int, int] = {}
        highest = 0
        for row in rows:  # sequences' times go back and forth: count as the wallet does, day by day as it comes
            if row.kind == "bet" and not row.grant_id:
                highest = max(highest, row.amount_micros)
                taken = {day: sum_ for day, sum_ in taken.items() if day == row.time_ms // 86_400_000}
                day = row.time_ms // 86_400_000
                taken[day] = taken.get(day, 0) + row.amount_micros
                given_back = sum(
                    other.amount_micros for other in rows
                    if other.kind == "rollback" and other.reference_kind == "bet" and other.sequence < row.sequence
                )  # fmt: skip
                assert taken[day] - given_back <= 30 * UNIT
        assert highest <= 10 * UNIT


@given(SEQUENCES)
def test_w21_free_bets_never_exceed_their_grant(sequence: list[Command]) -> None:
    book = a_wallet()
    for command in sequence:
        book.apply(command)
        for grant in book.grants.values():
            assert 0 <= grant.used_count <= grant.bet_count


@given(SEQUENCES)
def test_w22_round_totals_equal_the_sum_of_their_legs_at_all_times(sequence: list[Command]) -> None:
    book = a_wallet()
    for command in sequence:
        book.apply(command)
        for round_ in book.rounds.values():
            rows = [row for row in book.rows.values() if row.round_key == round_.key and row.code == OutcomeCode.OK]
            bets = [row for row in rows if row.kind == "bet" and not row.grant_id]
            wins = [row for row in rows if row.kind in ("win", "jackpot_win")]
            assert round_.bet_micros == sum(row.amount_micros for row in bets)
            assert round_.win_micros == sum(row.amount_micros for row in wins)


MUST_BE_REACHED = {
    "bet: ok", "bet: key_reused", "bet: insufficient_funds", "win: ok", "win: rolled_back", "jackpot_win: ok",
    "promo_win: ok", "rollback: ok", "rollback: no_effect", "rollback: already_settled", "close: ok",
    "withdraw_reserve: ok", "withdraw_confirm: ok", "withdraw_cancel: ok", "withdraw_cancel: no_effect", "adjust: ok",
    "deposit: ok", "bet: batch_refused", "held: batch_refused",
}  # fmt: skip


def test_the_sequences_reach_what_matters() -> None:
    """A property proves nothing about what its examples never do."""
    reached: set[str] = set()

    @settings(max_examples=400, derandomize=True, database=None, phases=[Phase.generate])
    @given(SEQUENCES)
    def play(sequence: list[Command]) -> None:
        book = a_wallet()
        for command in sequence:
            reply = book.apply(command)
            reached.update(
                f"{action.kind}: {result.code}" for action, result in zip(command.actions, reply.results, strict=False)
            )
            if reply.certainty is Certainty.UNCERTAIN:
                reached.add(f"held: {reply.code}")

    play()

    assert reached >= MUST_BE_REACHED, MUST_BE_REACHED - reached
