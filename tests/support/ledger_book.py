"""A book in memory: ``decide`` driven as a store drives it, with the rows that the load plan names and no others.

A test reads as a story: ``book.bet("b1", 10)``, ``book.win("w1", 5)``; its time is ``book.now_ms``.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from wallet.ledger import decide as rules
from wallet.ledger.admin import AdminOutcome
from wallet.ledger.audit import AuditReport, audit
from wallet.ledger.evolve import evolve
from wallet.ledger.ids import AccountKey, GrantKey, RoundKey, TransactionKey
from wallet.ledger.kinds import FLAG_RESOLVES, AccountStatus, ActionKind, Certainty, RoundStatus
from wallet.ledger.load_plan import plan_follow_up, plan_load
from wallet.ledger.policy import DEFAULT_POLICY, Policy
from wallet.ledger.state import Account, Decision, Grant, LoadPlan, Round, State
from wallet.ledger.types import Action, ActionResult, Command, JournalRow, NoteRow, Reply

UNIT = 1_000_000
Decide = Callable[[State, Command, Policy], Decision]


@dataclass
class Book:
    """The rows of a whole wallet, and short words to move them."""

    decide: Decide = field(default=lambda state, command, policy: rules.decide(state, command, policy))
    policy: Policy = DEFAULT_POLICY
    brand_id: str = "brand"
    provider_id: str = "provider"
    player_id: str = "ann"
    currency_code: str = "EUR"
    game_id: str = "game"
    round_id: str = "r1"
    now_ms: int = 1_000_000
    demo: bool = False
    accounts: dict[AccountKey, Account] = field(default_factory=dict)
    rows: dict[TransactionKey, JournalRow] = field(default_factory=dict)
    rounds: dict[RoundKey, Round] = field(default_factory=dict)
    grants: dict[GrantKey, Grant] = field(default_factory=dict)
    notes: list[NoteRow] = field(default_factory=list)

    def open(self, cash: int = 0, player_id: str = "", **fields: object) -> Account:
        """Open an account; its cash comes in as a deposit, so the book balances from the first row."""
        player_id = player_id or self.player_id
        account = Account(self.brand_id, player_id, self.currency_code, demo=self.demo)
        for name, value in fields.items():
            setattr(account, name, value)
        self.accounts[account.key] = account
        if cash:
            status, account.status = account.status, AccountStatus.OPEN.value
            before, self.player_id = self.player_id, player_id
            limits, account.limits = account.limits, ""
            assert self.act(
                Action(ActionKind.DEPOSIT, f"opening.{player_id}.{self.currency_code}", cash), round_id=""
            ).accepted
            self.player_id = before
            self.accounts[account.key].status = status
            self.accounts[account.key].limits = limits
        return self.accounts[account.key]

    @property
    def account(self) -> Account:
        """The account that the short words move."""
        return self.accounts[(self.brand_id, self.player_id, self.currency_code)]

    @property
    def round(self) -> Round:
        """The round that the short words play."""
        return self.rounds[(self.brand_id, self.player_id, self.provider_id, self.round_id)]

    def load(self, command: Command) -> State:
        """Load what the plan of ``command`` names, in the two steps of a store."""
        state, plan, more = State(), LoadPlan(), LoadPlan()
        plan_load(command, plan)
        self._load_into(state, plan)
        plan_follow_up(state, command, more)
        self._load_into(state, more)
        again = LoadPlan()
        plan_follow_up(state, command, again)
        again.transactions -= more.transactions  # asked for, and not there
        again.rounds -= more.rounds
        again.resolutions -= more.resolutions
        assert not again, "one follow-up is enough"
        return state

    def _load_into(self, state: State, plan: LoadPlan) -> None:
        state.accounts.update({key: self.accounts[key] for key in plan.accounts if key in self.accounts})
        state.transactions.update({key: self.rows[key] for key in plan.transactions if key in self.rows})
        state.rounds.update({key: self.rounds[key] for key in plan.rounds if key in self.rounds})
        state.grants.update({key: self.grants[key] for key in plan.grants if key in self.grants})
        for row in self.rows.values() if plan.resolutions else ():
            key = (row.brand_id, row.provider_id, row.reference_kind, row.reference_transaction_id)
            if row.flags & FLAG_RESOLVES and key in plan.resolutions:
                state.resolutions[key] = row
        for key in plan.units:
            first = self.rows[key]
            journal = self.journal(first.account_key)
            state.units[key] = tuple(journal[first.sequence - 1 : first.sequence - 1 + first.unit_size])
        for game in plan.open_games:
            state.open_games[game] = {
                r.round_id
                for r in self.rounds.values()
                if r.status == RoundStatus.OPEN and (r.brand_id, r.player_id, r.provider_id, r.game_id) == game
            }
        for player in plan.currencies:
            state.currencies[player] = {
                a.currency_code
                for a in self.accounts.values()
                if (a.brand_id, a.player_id) == player and a.status != AccountStatus.UNKNOWN
            }

    def apply(self, command: Command) -> Reply:
        """Decide one command and keep what it writes."""
        state = self.load(command)
        decision = self.decide(state, command, self.policy)
        self.keep(decision)
        return decision.reply

    def keep(self, decision: Decision) -> None:
        """Write a decision into the book, as a database would: a key twice is an error."""
        for row in decision.rows:
            assert row.key not in self.rows, f"{row.key} written twice"
            self.rows[row.key] = row
        if decision.account is not None:
            self.accounts[decision.account.key] = decision.account
        self.rounds.update({r.key: r for r in decision.rounds})
        self.grants.update({g.key: g for g in decision.grants})
        self.notes += decision.notes

    def administer(self, outcome: AdminOutcome) -> Account:
        """Keep what an operator decided."""
        assert outcome.accepted, outcome
        assert outcome.account is not None
        rows = [outcome.row] if outcome.row is not None else []
        grants = [outcome.grant] if outcome.grant is not None else []
        self.keep(Decision(Reply(Certainty.CERTAIN), rows, outcome.account, grants=grants))
        return self.account

    def command(self, *actions: Action, **fields: Any) -> Command:
        """Build a command of this player in this round."""
        values: dict[str, Any] = {
            "game_id": self.game_id,
            "round_id": self.round_id,
            "now_ms": self.now_ms,
            "player_id": self.player_id,
            "currency_code": self.currency_code,
            "demo": self.demo,
            "provider_id": self.provider_id,
        } | fields
        return Command(brand_id=self.brand_id, actions=actions, **values)

    def act(self, *actions: Action, **fields: Any) -> Reply:
        """Apply actions in one call."""
        return self.apply(self.command(*actions, **fields))

    def one(self, kind: ActionKind, transaction_id: str, amount: int = 0, /, **fields: Any) -> ActionResult:
        """Apply one action; fields of the action and of the call may be mixed."""
        of_action = {name: fields.pop(name) for name in list(fields) if name in Action._fields}
        action = Action(kind, transaction_id, amount, **of_action)
        return self.act(action, **fields).results[0]

    def bet(self, transaction_id: str, amount: int, **fields: Any) -> ActionResult:
        """Bet."""
        return self.one(ActionKind.BET, transaction_id, amount, **fields)

    def win(self, transaction_id: str, amount: int, **fields: Any) -> ActionResult:
        """Win."""
        return self.one(ActionKind.WIN, transaction_id, amount, **fields)

    def rollback(self, transaction_id: str, reference: str, **fields: Any) -> ActionResult:
        """Roll back; without ``reference_kind`` a bet, else a win, else both."""
        return self.one(ActionKind.ROLLBACK, transaction_id, reference_transaction_id=reference, **fields)

    def close(self, transaction_id: str, **fields: Any) -> ActionResult:
        """Close the round."""
        return self.one(ActionKind.CLOSE, transaction_id, **fields)

    def audit(self) -> AuditReport:
        """Audit the whole book."""
        return audit(
            sorted(self.accounts.values(), key=lambda account: account.key),
            self.journal(),
            sorted(self.rounds.values(), key=lambda round_: round_.key),
            sorted(self.grants.values(), key=lambda grant: grant.key),
            with_standing=False,
        )

    def journal(self, key: AccountKey | None = None) -> list[JournalRow]:
        """Return the rows of an account in order (of all accounts without a key)."""
        rows = [row for row in self.rows.values() if key is None or row.account_key == key]
        return sorted(rows, key=lambda row: row[:4])


def group_of(book: Book, commands: list[Command]) -> list[Reply]:
    """Decide several commands as one group: one load of the union, one evolving state."""
    state, plan, more = State(), LoadPlan(), LoadPlan()
    for command in commands:
        plan_load(command, plan)
    book._load_into(state, plan)
    for command in commands:
        plan_follow_up(state, command, more)
    book._load_into(state, more)
    replies = []
    for command in commands:
        decision = book.decide(state, command, book.policy)
        evolve(state, decision)
        book.keep(decision)
        replies.append(decision.reply)
    return replies
