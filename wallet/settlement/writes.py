"""What a group of commands is decided with, and what it writes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from wallet.ledger.ids import AccountKey, GrantKey, RoundKey
from wallet.ledger.state import Account, Decision, Grant, Round, State
from wallet.ledger.straight import SpinLine
from wallet.ledger.types import Command, JournalRow, NoteRow
from wallet.settlement.admin_call import Answer

Decide = Callable[[State, Command], Decision]
Evolve = Callable[[State, Decision], None]


@dataclass(slots=True)
class Ledger:
    """The pure ledger as a store uses it: ``decide`` with its policy bound, ``evolve``, and the clock."""

    decide: Decide
    evolve: Evolve
    now_ms: Callable[[], int]
    """Asked for each group when all is loaded (and locked): the time of its commands, whatever they came with."""


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

    spans: dict[RoundKey, tuple[int, int]] = field(default_factory=dict)
    """For each round the sequences of its first and its last row in this group."""

    lines: list[SpinLine] = field(default_factory=list)
    """A group that is nothing but spins, in order of their accounts: these and ``accounts`` are all that it writes."""

    ends: dict[AccountKey, int] = field(default_factory=dict)
    """For each account the place of its last line."""

    @property
    def anything(self) -> bool:
        """Say whether there is anything to write."""
        return bool(self.lines or self.rows or self.notes or self.accounts or self.rounds or self.grants)

    def add(self, decision: Decision) -> None:
        """Add what a decision writes."""
        self.rows += decision.rows
        self.notes += decision.notes
        if decision.account is not None:
            self.accounts[decision.account.key] = decision.account
        for round_ in decision.rounds:
            self._add_round(round_, decision.rows)
        for grant in decision.grants:
            self.grants[grant.key] = grant

    def _add_round(self, round_: Round, rows: Sequence[JournalRow]) -> None:
        """Add a round with the span of the rows that moved it: a refusal in another currency only mentions it."""
        key, currency_code = round_.key, round_.currency_code
        self.rounds[key] = round_
        for row in rows:
            if row.currency_code == currency_code and row.round_key == key:
                span = self.spans.get(key)
                self.spans[key] = (row.sequence, row.sequence) if span is None else (span[0], row.sequence)
