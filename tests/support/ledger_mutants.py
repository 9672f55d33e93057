"""Planted mutants: wrong versions of ``decide``, each a mistake that public wallets really make.

A mutant patches the place where it is done right. ``tests/exhaustive/test_planted_mutants.py`` fails when one is left.
"""

from collections.abc import Callable
from typing import Any

import pytest

from wallet.ledger import bets, cashier, chain, decide, legs, limits, movements, refusals, rollbacks, wins, work
from wallet.ledger.kinds import FLAG_RESOLVES, ActionKind, OutcomeCode
from wallet.ledger.legs import leg_ids
from wallet.ledger.policy import DEFAULT_POLICY, Policy
from wallet.ledger.state import Account, Decision, State
from wallet.ledger.types import Action, Command, JournalRow

Patch = Callable[[pytest.MonkeyPatch], None]
Anything = Any  # a mutant wraps what it patches, whatever its shape
MUTANTS: dict[str, Patch] = {}


def mutant(patch: Patch) -> Patch:
    """Register a mutant under its function's name."""
    MUTANTS[patch.__name__] = patch
    return patch


@mutant
def no_tombstone(patch: pytest.MonkeyPatch) -> None:
    """A rollback of an unseen transaction answers success and remembers nothing of its target."""
    patch.setattr(rollbacks, "bury", lambda w, action, keys, wins: _own_row(w, action))


def _own_row(w: work.Work, action: Action) -> JournalRow:
    return w.write_as(action, code=OutcomeCode.NO_EFFECT.value, reference_kind="bet")


@mutant
def tombstone_for_bets_only(patch: pytest.MonkeyPatch) -> None:
    """The late win of a rolled back round is paid."""
    bury = rollbacks.bury
    patch.setattr(rollbacks, "bury", lambda w, action, keys, wins: bury(w, action, _bets_only(keys), wins))


def _bets_only(keys: Anything) -> Anything:
    return tuple((key[0], key[1], "bet", key[3]) for key in keys[:1])


@mutant
def no_mark_of_a_dead_round(patch: pytest.MonkeyPatch) -> None:
    """A win or a close after the rollback that overtook its bet waits for the bet for ever, or is granted."""
    patch.setattr(rollbacks, "mark_dead", lambda w, action: None)


@mutant
def a_dead_bet_does_not_name_its_round(patch: pytest.MonkeyPatch) -> None:
    """Where the rollback named no round, the win of the dead bet is granted."""
    patch.setattr(refusals, "mark_dead", lambda w, action: None)


@mutant
def a_granted_win_settles_no_later_bet(patch: pytest.MonkeyPatch) -> None:
    """The bet that comes after its granted win is given back, and the win stays."""
    right = legs.settling_wins

    def later(of_round: str, bet_id: str) -> list[tuple[str, str]]:
        return right(of_round, bet_id) if of_round.startswith(";b") else []

    patch.setattr(rollbacks, "settling_wins", later)


@mutant
def a_granted_win_settles_no_unseen_bet(patch: pytest.MonkeyPatch) -> None:
    """The rollback of the bet that a granted win ran ahead of kills the bet, and the win stays."""
    patch.setattr(rollbacks, "settling_wins_of_unseen", legs.settling_wins)


@mutant
def a_refused_bet_keeps_its_granted_win(patch: pytest.MonkeyPatch) -> None:
    """The win that was paid ahead of a bet stays when that is refused and rolled back."""
    patch.setattr(rollbacks, "wins_that_name", lambda of_round, bet_id: [])


@mutant
def no_fingerprint(patch: pytest.MonkeyPatch) -> None:
    """The same key with other content is taken for a replay."""
    patch.setattr(refusals, "fingerprint_of", lambda command, action: b"same")
    patch.setattr(work, "fingerprint_of", lambda command, action: b"same")


@mutant
def session_in_the_fingerprint(patch: pytest.MonkeyPatch) -> None:
    """A legitimate retry with another session looks like a conflict."""
    right = chain.fingerprint_of
    for module in (refusals, work):
        patch.setattr(
            module, "fingerprint_of", lambda command, action: right(command, action)[:8] + command.session_id.encode()
        )


@mutant
def amount_of_a_rollback_in_the_fingerprint(patch: pytest.MonkeyPatch) -> None:
    """A rollback repeated with its amount filled in is a conflict."""
    patch.setattr(chain, "AMOUNT_FROM_REFERENCE", frozenset())


@mutant
def refusals_are_not_stored(patch: pytest.MonkeyPatch) -> None:
    """A delayed duplicate of a refused bet debits after the player was told no."""
    patch.setattr(refusals, "_STICKY_KINDS", frozenset())


@mutant
def a_refusal_hides_a_bet_that_stands(patch: pytest.MonkeyPatch) -> None:
    """A call that repeats a booked bet beside a refused one says for certain that nothing moved."""
    patch.setattr(refusals, "_is_held", lambda w, bet: False)


@mutant
def every_refusal_is_stored(patch: pytest.MonkeyPatch) -> None:
    """A win that overtook its bet is refused for ever."""
    patch.setattr(refusals, "_STICKY_KINDS", frozenset(ActionKind))


@mutant
def rollback_after_the_win(patch: pytest.MonkeyPatch) -> None:
    """The player keeps the win and gets the stake back."""
    patch.setattr(rollbacks, "settling_wins", lambda legs, bet_id: [])


@mutant
def every_win_settles_every_bet(patch: pytest.MonkeyPatch) -> None:
    """An extra ball cannot be rolled back once the round has won."""
    patch.setattr(
        rollbacks, "settling_wins", lambda legs, _: [("win", leg) for letter, leg, _ in leg_ids(legs) if letter == "w"]
    )


@mutant
def double_rollback(patch: pytest.MonkeyPatch) -> None:
    """A second rollback under another id refunds again."""
    patch.setattr(rollbacks, "is_undone", lambda legs, letter, transaction_id: False)
    patch.setattr(work.Work, "find_resolution", lambda self, key: None)


@mutant
def win_of_a_dead_bet(patch: pytest.MonkeyPatch) -> None:
    """The win of a rolled back bet is paid."""
    patch.setattr(wins, "has_live_bet", lambda legs: True)
    patch.setattr(wins, "is_live_bet", lambda legs, transaction_id: True)


@mutant
def win_twice(patch: pytest.MonkeyPatch) -> None:
    """A win's key is not looked up."""
    find = work.Work.find
    patch.setattr(work.Work, "find", lambda self, key: None if key[2] == "win" else find(self, key))


@mutant
def kind_is_no_part_of_the_key(patch: pytest.MonkeyPatch) -> None:
    """A win under its bet's id is taken for the bet's duplicate."""
    find = work.Work.find

    def find_any(self: work.Work, key: Anything) -> JournalRow | None:
        found = find(self, key)
        if found is None and key[2] == "win":
            found = self.state.transactions.get((key[0], key[1], "bet", key[3]))
        return found

    patch.setattr(work.Work, "find", find_any)


@mutant
def batch_is_netted(patch: pytest.MonkeyPatch) -> None:
    """Wins of a batch pay for its bets."""
    right = decide.decide

    def netted(state: State, command: Command, policy: Policy = DEFAULT_POLICY) -> Decision:
        key = (command.brand_id, command.player_id, command.currency_code)
        gain = sum(action.amount_micros for action in command.actions if action.kind is ActionKind.WIN)
        if not gain or key not in state.accounts:
            return right(state, command, policy)
        rich: Account = state.accounts[key].copy()
        rich.cash_micros += gain
        lent = State(
            state.accounts | {key: rich}, state.transactions, state.rounds, state.grants, state.resolutions,
            state.units, state.open_games, state.currencies,
        )  # fmt: skip
        decision = right(lent, command, policy)
        return decision if decision.reply.accepted else right(state, command, policy)

    patch.setattr(decide, "decide", netted)


@mutant
def a_batch_keeps_what_came_before_the_refusal(patch: pytest.MonkeyPatch) -> None:
    """The accepted part of a refused batch is written."""
    right = decide.refuse

    def keep(failed: work.Work, stored: Account | None, index: int, refusal: work.Refusal) -> Decision:
        decision = right(failed, stored, index, refusal)
        if failed.rows:
            return Decision(decision.reply, failed.rows, failed.account, list(failed.rounds.values()))
        return decision

    patch.setattr(decide, "refuse", keep)


@mutant
def a_duplicate_in_a_batch_resets_the_balance(patch: pytest.MonkeyPatch) -> None:
    """The working balance is overwritten with the duplicate's stored one."""
    right = decide._replay

    def reset(w: work.Work, action: Action, row: JournalRow, index: int) -> Anything:
        w.account.cash_micros = row.cash_micros
        return right(w, action, row, index)

    patch.setattr(decide, "_replay", reset)


@mutant
def clamp_to_zero(patch: pytest.MonkeyPatch) -> None:
    """What a reversal cannot take is forgotten."""
    right = movements.reversal

    def clamped(*values: Anything) -> Anything:
        posting = right(*values)
        return posting and posting._replace(receivable_micros=0)

    patch.setattr(rollbacks, "reversal", clamped)


@mutant
def receivable_is_never_recovered(patch: pytest.MonkeyPatch) -> None:
    """The player can bet money that is owed."""
    right = movements.credit

    def generous(account: Account, cash: int, bonus: int, house: str) -> Anything:
        debtor = account.copy()
        debtor.receivable_micros = 0
        return right(debtor, cash, bonus, house)

    patch.setattr(wins, "credit", generous)


@mutant
def overdraft(patch: pytest.MonkeyPatch) -> None:
    """A bet is taken whatever the balance."""
    patch.setattr(bets, "stake", lambda account, amount, bonus, house: work.Posting(-amount, 0, 0, 0, house))


@mutant
def rollback_ignores_the_split(patch: pytest.MonkeyPatch) -> None:
    """Bonus money that was bet comes back as cash."""
    right = movements.credit
    patch.setattr(rollbacks, "credit", lambda account, cash, bonus, house: right(account, cash + bonus, 0, house))


@mutant
def rollback_takes_the_amount_of_the_request(patch: pytest.MonkeyPatch) -> None:
    """Whoever sends the rollback says how much comes back."""
    right = rollbacks._give_back

    def trusting(w: work.Work, action: Action, target: JournalRow, round_: Anything) -> Anything:
        amount = action.amount_micros or target.amount_micros
        return right(w, action, target._replace(cash_delta_micros=-amount, amount_micros=amount), round_)

    patch.setattr(rollbacks, "_give_back", trusting)


@mutant
def chain_skipped(patch: pytest.MonkeyPatch) -> None:
    """Rows do not hang on the rows before them."""
    right = chain.link
    patch.setattr(work, "link", lambda head, body, detail, fingerprint: right(bytes(32), body, detail, fingerprint))


@mutant
def limit_is_not_counted(patch: pytest.MonkeyPatch) -> None:
    """A limit is checked, but on counters that the money does not move."""
    patch.setattr(limits, "count_bet", lambda account, command, action: None)


@mutant
def limit_is_checked_outside(patch: pytest.MonkeyPatch) -> None:
    """A limit is checked on what was loaded before the batch, not on the locked working row."""
    right_check = limits.check_bet
    loaded: dict[Anything, Account] = {}

    def check(account: Account, command: Command, action: Action) -> Anything:
        first = loaded.setdefault((id(command), account.key), account.copy())
        return right_check(first, command, action)

    patch.setattr(limits, "check_bet", check)


@mutant
def warning_never_ends(patch: pytest.MonkeyPatch) -> None:
    """A warn-once limit blocks every bet."""
    patch.setattr(limits, "mark_warned", lambda account, command, refusal: None)


@mutant
def a_block_stops_wins(patch: pytest.MonkeyPatch) -> None:
    """Blocked players lose their wins."""
    patch.setattr(wins, "is_unknown", lambda account: account.status != "open")


@mutant
def a_block_stops_nothing(patch: pytest.MonkeyPatch) -> None:
    """Excluded players may bet on."""
    patch.setattr(bets, "standing_refusal", lambda w: None)


@mutant
def a_close_loses_the_win(patch: pytest.MonkeyPatch) -> None:
    """A win after the close of its round is refused."""
    right = wins._round_of_win

    def strict(w: work.Work, action: Action) -> Anything:
        found = right(w, action)
        if not isinstance(found, work.Refusal) and found.status == work.CLOSED:
            return work.Refusal(OutcomeCode.ROUND_CLOSED)
        return found

    patch.setattr(wins, "_round_of_win", strict)


@mutant
def a_closed_round_takes_bets(patch: pytest.MonkeyPatch) -> None:
    """A bet after the close is taken."""
    patch.setattr(bets, "CLOSED", "never")


@mutant
def a_free_bet_costs(patch: pytest.MonkeyPatch) -> None:
    """The stake of a free bet is debited."""
    right = bets._book

    def debit(w: work.Work, action: Action, round_: Anything, posting: work.Posting) -> Anything:
        if action.grant_id:
            posting = work.Posting(-action.amount_micros, 0, 0, 0, "house:gaming")
        return right(w, action, round_, posting)

    patch.setattr(bets, "_book", debit)


@mutant
def a_grant_has_no_end(patch: pytest.MonkeyPatch) -> None:
    """Free bets are not counted against their grant."""
    patch.setattr(bets, "_use_grant", lambda w, action: None)


@mutant
def withdrawal_ends_twice(patch: pytest.MonkeyPatch) -> None:
    """A withdrawal is confirmed and cancelled."""
    patch.setattr(work.Work, "find_resolution", lambda self, key: None)
    patch.setattr(cashier, "_ended_before", lambda w, action, target, ended: ended)


@mutant
def a_unit_plays_its_repeat(patch: pytest.MonkeyPatch) -> None:
    """The repeat of a spin is compared action by action, so its new reels are a conflict or a second win."""
    patch.setattr(decide, "_replayed_unit", lambda w: None)


@mutant
def demo_wins_are_house_money(patch: pytest.MonkeyPatch) -> None:
    """Demo play posts to the accounts of real money."""
    patch.setattr(work, "demo_account", lambda house_account: house_account)


@mutant
def rollbacks_do_not_say_what_they_ended(patch: pytest.MonkeyPatch) -> None:
    """The database's unique index over resolving rows sees nothing."""
    right = work.Work.write_as

    def quiet(self: work.Work, action: Action, *values: Anything, **named: Anything) -> JournalRow:
        named["flags"] = named.get("flags", 0) & ~FLAG_RESOLVES
        return right(self, action, *values, **named)

    patch.setattr(work.Work, "write_as", quiet)
