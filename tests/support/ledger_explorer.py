"""Walk every order, duplication and loss of a few messages, and hold ``decide`` against the reference at every step.

A node of the walk is one delivery sequence; what was not delivered yet is what was lost in it. So the count of nodes is
the number of interleavings explored.

A ``merging`` walk knows a situation again: where two delivery sequences have led to the same wallet (every account with
its chain head, which seals the whole journal, and every round), the same facts of the reference and the same messages
left, what follows is the same, for ``decide`` is a pure function of these. It is walked once and counted for each.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product
from math import factorial, prod

from tests.support.ledger_reference import Answer, Facts, Message, happened, is_closed, money, receive_batch, was_opened
from wallet.ledger.audit import audit
from wallet.ledger.evolve import evolve
from wallet.ledger.kinds import ActionKind, Certainty, RoundStatus
from wallet.ledger.policy import DEFAULT_POLICY, Policy, UnknownWin
from wallet.ledger.state import Account, Decision, Round, State
from wallet.ledger.types import Action, ActionResult, Command

Decide = Callable[[State, Command, Policy], Decision]
BRAND, PROVIDER, CURRENCY, GAME = "brand", "provider", "EUR", "game"


Batch = tuple[Message, ...]


@dataclass(frozen=True)
class Scenario:
    """Calls (a message or a batch) with how often each may come, and what each player has at the start."""

    name: str
    messages: tuple[tuple[Message | Batch, int], ...]
    start: int = 1_000
    players: tuple[str, ...] = ("ann",)

    @property
    def interleaving_count(self) -> int:
        """Count the delivery sequences of every length: for each choice of how often, the ways to order it."""
        total = 0
        for chosen in product(*(range(count + 1) for _, count in self.messages)):
            total += factorial(sum(chosen)) // prod(factorial(count) for count in chosen)
        return total - 1  # the empty one delivers nothing


@dataclass
class Walk:
    """One exhaustive walk; raises ``AssertionError`` with the delivery sequence where the two differ."""

    scenario: Scenario
    decide: Decide
    node_max: int = 10_000_000
    merging: bool = False
    policy: Policy = DEFAULT_POLICY
    audit_every: int = 64
    nodes: int = 0
    leaves: int = 0
    situations: dict[object, int] = field(default_factory=dict)
    """How many interleavings begin at each situation that was seen (merging walks only)."""
    path: list[Batch] = field(default_factory=list)

    def run(self) -> int:
        """Walk; returns how many interleavings were explored."""
        state = State()
        for player in self.scenario.players:
            account = Account(BRAND, player, CURRENCY, cash_micros=self.scenario.start)
            state.accounts[account.key] = account
            state.currencies[BRAND, player] = {CURRENCY}
        return self._visit(state, (), tuple(count for _, count in self.scenario.messages))

    def _visit(self, state: State, facts: Facts, left: tuple[int, ...]) -> int:
        """Walk on from here; returns how many interleavings that were."""
        if self.nodes >= self.node_max:
            return 0
        situation = (left, apart(facts), fingerprint(state)) if self.merging else None
        if situation in self.situations:
            return self.situations[situation]
        leaf, explored = True, 0
        for index, count in enumerate(left):
            if not count:
                continue
            leaf = False
            call = self.scenario.messages[index][0]
            batch = call if isinstance(call, tuple) else (call,)
            self.path.append(batch)
            after, facts_after = self._deliver(state, facts, batch)
            self.nodes += 1
            explored += 1 + self._visit(after, facts_after, (*left[:index], count - 1, *left[index + 1 :]))
            self.path.pop()
        if leaf:
            self.leaves += 1
            if self.leaves % self.audit_every == 0:
                self._audit(state)
                self._redeliver(state, facts)
        if situation is not None:
            self.situations[situation] = explored
        return explored

    def _deliver(self, state: State, facts: Facts, batch: Batch) -> tuple[State, Facts]:
        after = State(
            dict(state.accounts), dict(state.transactions), dict(state.rounds), {}, dict(state.resolutions), {}, {},
            state.currencies,
        )  # fmt: skip
        decision = self.decide(after, command_of(batch), self.policy)
        for row in decision.rows:
            assert row.key not in after.transactions, (self.path, "a key was written twice", row.key)
        evolve(after, decision)
        grants = self.policy.unknown_win is UnknownWin.GRANT
        facts_after, answers = receive_batch(facts, batch, self.scenario.start, grants=grants)
        answered = tuple(told(result) for result in decision.reply.results)
        assert answered == answers, (self.path, answered, answers)
        assert (decision.reply.certainty is Certainty.CERTAIN) == bool(answers), self.path
        for message in batch:
            self._compare(after, facts_after, message)
        return after, facts_after

    def _compare(self, state: State, facts: Facts, message: Message) -> None:
        player, round_id = message.player, message.round
        account = state.accounts[BRAND, player, CURRENCY]
        net = money(facts, player, self.scenario.start)
        assert account.cash_micros - account.receivable_micros == net, (self.path, account, net)
        assert min(account.cash_micros, account.receivable_micros) == 0 <= account.cash_micros, (self.path, account)
        round_ = state.rounds.get((BRAND, player, PROVIDER, round_id))
        assert (round_ is not None) == was_opened(facts, player, round_id), (self.path, round_)
        if round_ is None:
            return
        bets = sum(bet.amount for _, bet in happened(facts, "bet", player, round_id))
        wins = sum(win.amount for _, win in happened(facts, "win", player, round_id))
        assert round_.bet_micros - round_.rolled_back_micros == bets, (self.path, round_)
        assert round_.win_micros - round_.reversed_win_micros == wins, (self.path, round_)
        closed = round_.status == RoundStatus.CLOSED
        assert closed == is_closed(facts, player, round_id), (self.path, round_)

    def _audit(self, state: State) -> None:
        rows = sorted(state.transactions.values(), key=lambda row: row[:4])
        accounts = []
        for account in sorted(state.accounts.values(), key=lambda one: one.key):
            shown = account.copy()
            shown.cash_micros -= self.scenario.start  # the start is not in the journal of this walk
            shown.cash_micros, shown.receivable_micros = shown.cash_micros - shown.receivable_micros, 0
            accounts.append(shown)
        rounds = sorted(state.rounds.values(), key=lambda round_: round_.key)
        findings = [f for f in audit(accounts, rows, rounds).findings if f.field not in _SHIFTED]
        assert not findings, (self.path, findings)

    def _redeliver(self, state: State, facts: Facts) -> None:
        """Every key again: one stable answer, and no money moves any more once all have been answered."""
        batches = [call if isinstance(call, tuple) else (call,) for call, _ in self.scenario.messages]
        for batch in batches * 2:
            state, facts = self._deliver(state, facts, batch)
        accounts = dict(state.accounts)
        for batch in batches:
            state, facts = self._deliver(state, facts, batch)
        moved = {k: (a.cash_micros, a.receivable_micros) for k, a in state.accounts.items()}
        assert moved == {k: (a.cash_micros, a.receivable_micros) for k, a in accounts.items()}, self.path


def apart(facts: Facts) -> tuple[object, ...]:
    """Return the facts player by player: what one did before the other does not matter, only what each did in turn."""
    return tuple(sorted(facts, key=lambda fact: fact.message.player))


def fingerprint(state: State) -> tuple[object, ...]:
    """Return all that tells one wallet from another."""
    return (
        tuple(tuple(getattr(account, name) for name in _ACCOUNT) for account in state.accounts.values()),
        tuple(sorted(tuple(getattr(round_, name) for name in _ROUND) for round_ in state.rounds.values())),
        frozenset(state.transactions),
        frozenset(state.resolutions),
    )


_ACCOUNT = tuple(Account.__slots__)
_ROUND = tuple(Round.__slots__)
_SHIFTED = frozenset({"cash_micros", "receivable_micros", "sum", "status"})
"""What the walk's start, which is in no row, shifts; ``_compare`` checks the balances at every node."""
_KINDS = {kind.value: kind for kind in ActionKind}


def command_of(batch: Batch) -> Command:
    """Put messages into the wallet's words: one call of one player in one round."""
    actions = tuple(
        Action(
            _KINDS[message.kind],
            message.id,
            message.amount,
            message.target,
            _KINDS[message.target_kind] if message.target_kind else None,
        )
        for message in batch
    )
    return Command(BRAND, batch[0].player, CURRENCY, PROVIDER, 1_000, actions, GAME, batch[0].round)


def told(result: ActionResult) -> Answer:
    """Put a result into the reference's words."""
    return Answer(result.code.value, result.replayed, result.amount_micros, result.balance_micros)
