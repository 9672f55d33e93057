"""The pure middle of a group: which rows to load, decide each command on the evolving state, which rows to write."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from wallet.ledger.ids import AccountKey, GrantKey, RoundKey
from wallet.ledger.load_plan import plan_follow_up, plan_load
from wallet.ledger.state import Account, Decision, Grant, LoadPlan, Round, State
from wallet.ledger.types import Command, JournalRow, NoteRow
from wallet.settlement.admin_call import AdminCall, Answer, Instruction, decide_admin_call, plan_admin_call

Decide = Callable[[State, Command], Decision]
Evolve = Callable[[State, Decision], None]


@dataclass(slots=True)
class Ledger:
    """The pure ledger as a store uses it: ``decide`` with its policy bound, and ``evolve``."""

    decide: Decide
    evolve: Evolve


@dataclass(slots=True)
class Writes:
    """Everything that a group writes: inserts in order, and the last version of each changed row."""

    replies: list[Answer] = field(default_factory=list)
    rows: list[JournalRow] = field(default_factory=list)
    notes: list[NoteRow] = field(default_factory=list)
    accounts: dict[AccountKey, Account] = field(default_factory=dict)
    rounds: dict[RoundKey, Round] = field(default_factory=dict)
    grants: dict[GrantKey, Grant] = field(default_factory=dict)
    known_rounds: frozenset[RoundKey] = frozenset()
    """The rounds that were there before: these are updated, the others inserted."""

    @property
    def anything(self) -> bool:
        """Say whether there is anything to write."""
        return bool(self.rows or self.notes or self.accounts or self.rounds or self.grants)

    def sequences(self) -> dict[RoundKey, tuple[int, int]]:
        """Return for each round the sequences of its first and its last row in this group."""
        spans: dict[RoundKey, tuple[int, int]] = {}
        for row in self.rows:
            if row.round_id:
                key = (row.brand_id, row.player_id, row.provider_id, row.round_id)
                span = spans.get(key)
                spans[key] = (row.sequence, row.sequence) if span is None else (span[0], row.sequence)
        return spans


def first_plan(commands: Iterable[Instruction]) -> LoadPlan:
    """Return what the commands name themselves."""
    plan = LoadPlan()
    for command in commands:
        if isinstance(command, AdminCall):
            plan_admin_call(command, plan)
        else:
            plan_load(command, plan)
    return plan


def second_plan(state: State, commands: Iterable[Instruction]) -> LoadPlan:
    """Return what the loaded rows point to; mostly nothing."""
    plan = LoadPlan()
    for command in commands:
        if not isinstance(command, AdminCall):
            plan_follow_up(state, command, plan)
    return plan


def decide_group(ledger: Ledger, state: State, commands: Sequence[Instruction]) -> Writes:
    """Decide every command in turn; one command's refusal does not touch the others.

    Per account time never runs backwards, whatever the clocks of several processes say: its rows lie in the order of
    their times, so that events can be read by time.
    """
    writes = Writes(known_rounds=frozenset(state.rounds))
    decide, evolve = ledger.decide, ledger.evolve
    accounts = state.accounts
    for command in commands:
        account = accounts.get((command.brand_id, command.player_id, command.currency_code))
        if account is not None and account.updated_time_ms > command.now_ms:
            command = command._replace(now_ms=account.updated_time_ms)
        answer: Answer
        if isinstance(command, AdminCall):
            answer, decision = decide_admin_call(state, command)
        else:
            decision = decide(state, command)
            answer = decision.reply
        writes.replies.append(answer)
        if not decision.writes:
            continue
        evolve(state, decision)
        writes.rows += decision.rows
        writes.notes += decision.notes
        if decision.account is not None:
            writes.accounts[decision.account.key] = decision.account
        for round_ in decision.rounds:
            writes.rounds[round_.key] = round_
        for grant in decision.grants:
            writes.grants[grant.key] = grant
    return writes
