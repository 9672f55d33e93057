"""The pure middle of a group: which rows to load, decide each command on the evolving state, which rows to write."""

from collections.abc import Sequence

from wallet.ledger.hopeful import Hopeful, RoundCall, is_new
from wallet.ledger.ids import AccountKey
from wallet.ledger.load_plan import plan_follow_up, plan_load
from wallet.ledger.state import Decision, LoadPlan, State
from wallet.ledger.straight import Spin, is_straight, play_spin, settle_spin
from wallet.ledger.types import Command, Reply
from wallet.settlement.account_memory import AccountMemory, Remembered
from wallet.settlement.admin_call import (
    AdminCall,
    Answer,
    Instruction,
    PlayerCall,
    decide_admin_call,
    decide_player_call,
    plan_admin_call,
)
from wallet.settlement.writes import Ledger, Writes


class Group:
    """One group on its way: load what ``next_plan`` says until it is empty, then ``decide``.

    Of a command that hopes to be new (``wallet.ledger.hopeful``) only the account is loaded, or recalled from
    ``memory`` with the open round; one that turns out to be unusual becomes a command like any other: what it names is
    loaded, then what those rows point to. With ``as_lines`` a group of nothing but spins gives its writes as lines.
    """

    __slots__ = (
        *("_as_lines", "_commands", "_follow", "_ledger", "_memory", "_recalled", "_step"),
        *("stamp_ms", "state", "versions"),
    )

    def __init__(
        self,
        ledger: Ledger,
        commands: Sequence[Instruction],
        memory: AccountMemory | None = None,
        *,
        as_lines: bool = False,
    ) -> None:
        self._ledger = ledger
        self._commands = list(commands)
        self._memory = memory
        self._as_lines = as_lines
        self.stamp_ms = 0
        """The time that was asked for the group; no row of it bears an earlier one."""
        self._begin()

    def _begin(self) -> None:
        self.state = State()
        self.versions: dict[AccountKey, int] = {}
        self._step = 0
        self._follow: list[Command] = []
        self._recalled: set[AccountKey] = set()

    def next_plan(self) -> LoadPlan:
        """Return what is to be loaded next, every account before all the rest; empty when nothing is left."""
        plan = LoadPlan()
        self._step += 1
        if self._step == 1:
            self._plan_first(plan)
            if plan:
                return plan
            self._step = 2
        follow, self._follow = self._follow, []
        for command in follow:
            plan_follow_up(self.state, command, plan)
        if self._step == 2:
            self._look_closer(plan)
        return plan

    def _plan_first(self, plan: LoadPlan) -> None:
        for place, command in enumerate(self._commands):
            if isinstance(command, Spin):
                if self._recall(command) is None:
                    plan.accounts.add(command.account_key)
            elif isinstance(command, RoundCall):
                if not self._hopes(command):
                    self._look_up(place, command, plan)
            elif isinstance(command, Command):
                plan_load(command, plan)
                self._follow.append(command)
            elif isinstance(command, AdminCall):
                plan_admin_call(command, plan)
            elif isinstance(command, PlayerCall):
                plan.players.add((command.brand_id, command.player_id))
        if plan.players and self._memory is not None:  # it reads accounts that it cannot name
            self._memory = None
            self._leave_the_straight_lane()
            self._step = 1
            self._plan_first(plan)
            return
        self._read_again(plan)
        self._recalled -= plan.accounts

    def _recall(self, command: Hopeful) -> Remembered | None:
        """Put the account into the state as it is remembered."""
        key = command.account_key
        known = None if self._memory is None else self._memory.recall(key)
        if known is not None:
            self.state.accounts[key], self.versions[key], _ = known
            self._recalled.add(key)
        return known

    def _hopes(self, call: RoundCall) -> bool:
        """Put the account and its open round into the state; say whether that is enough."""
        known = self._recall(call)
        if known is None or not call.may_hope(known[0]):
            return False
        round_ = known[2].get(call.round_key)
        if round_ is not None:
            self.state.rounds[call.round_key] = round_
        return call.needs_no_more_than(round_)

    def _look_closer(self, plan: LoadPlan) -> None:
        """Have everything looked up for the spins on unusual accounts."""
        accounts = self.state.accounts
        for place, spin in enumerate(self._commands):
            if not isinstance(spin, Spin):
                continue
            account = accounts.get(spin.account_key)
            if is_straight(account, spin.command):
                spin.seen = account
            else:
                self._look_up(place, spin, plan)
        # An account is read once: its version guards whatever was read after it. What was recalled was not read.
        plan.accounts &= self._recalled
        self._read_again(plan)

    def _look_up(self, place: int, command: Hopeful, plan: LoadPlan) -> None:
        self._commands[place] = stamped = command.stamped()
        plan_load(stamped, plan)
        self._follow.append(stamped)

    def _read_again(self, plan: LoadPlan) -> None:
        """Forget what was recalled of accounts that are read: another writer may have moved them since, and one that is
        not there any more must not come back out of memory.
        """
        if not plan.accounts:
            return
        for place, call in enumerate(self._commands):
            if isinstance(call, RoundCall) and call.account_key in plan.accounts:
                self.state.rounds.pop(call.round_key, None)
                self._look_up(place, call, plan)
        for key in plan.accounts & self._recalled:
            self.state.accounts.pop(key, None)
            self.versions.pop(key, None)

    def decide(self) -> Writes | None:
        """Decide every command in turn; one command's refusal does not touch the others. ``None``: load once more.

        Per account time never runs backwards, whatever the clocks of several processes say: its rows lie in the order
        of their times, so that events can be read by time.
        """
        self._stamp(self._ledger.now_ms())
        spins = [command for command in self._commands if isinstance(command, Spin)]
        if self._as_lines and len(spins) == len(self._commands):
            return self._decide_spins(spins)
        state = self.state
        writes = Writes(known_rounds=frozenset(state.rounds))
        for command in self._commands:
            if isinstance(command, RoundCall):
                if not self._decide_hopeful(command, writes):
                    self._leave_the_straight_lane()
                    return None
                continue
            if not isinstance(command, Spin):
                self._decide_one(command, writes)  # type: ignore[arg-type]  # the hopeful ones are dealt with
                continue
            account = state.accounts.get(command.account_key)
            now_ms = command.now_ms
            if account is not None and account.updated_time_ms > now_ms:
                now_ms = account.updated_time_ms
            settled = settle_spin(state, command, now_ms)
            if settled is None:  # an earlier command of the group came in between
                self._leave_the_straight_lane()
                return None
            reply, rows, account, round_key, round_ = settled
            writes.replies.append(reply)
            writes.rows += rows
            writes.accounts[command.account_key] = account
            writes.rounds[round_key] = round_
            writes.spans[round_key] = (rows[0].sequence, rows[-1].sequence)
        return writes

    def _stamp(self, now_ms: int) -> None:
        """Give each command the time of now: what is read by time must not be much older than its commit."""
        self.stamp_ms = now_ms
        for place, command in enumerate(self._commands):
            if isinstance(command, Hopeful):
                command.now_ms = now_ms
            elif command.now_ms != now_ms:
                self._commands[place] = command._replace(now_ms=now_ms)

    def _decide_spins(self, spins: list[Spin]) -> Writes | None:
        """Decide them in order of their accounts: the order in which several processes lock the rows.

        Two with the same keys are not told apart here: the store's unique keys do that.
        """
        writes = Writes()
        accounts, lines, ends = writes.accounts, writes.lines, writes.ends
        replies: list[Reply | None] = [None] * len(spins)
        key: AccountKey | None = None
        for place in sorted(range(len(spins)), key=lambda place: spins[place].account_key):
            spin = spins[place]
            if spin.account_key != key:
                key = spin.account_key
                account = accounts[key] = self.state.accounts[key].copy()
            elif not is_straight(account, spin.command):
                self._leave_the_straight_lane()
                return None
            played = play_spin(account, spin.command, max(spin.now_ms, account.updated_time_ms))
            if played is None:
                self._leave_the_straight_lane()
                return None
            replies[place], line = played
            ends[key] = len(lines)
            lines.append(line)
        writes.replies = replies  # type: ignore[assignment]  # every place is filled
        return writes

    def _leave_the_straight_lane(self) -> None:
        """Begin again with everything looked up."""
        self._commands = all_looked_up(self._commands)
        self._begin()

    def _decide_hopeful(self, call: RoundCall, writes: Writes) -> bool:
        """Decide on what is remembered; say whether the answer counts."""
        row_count = len(writes.rows)
        self._decide_one(call.stamped(), writes)
        answer = writes.replies[-1]
        return isinstance(answer, Reply) and is_new(answer, len(writes.rows) - row_count)

    def _decide_one(self, command: Command | AdminCall | PlayerCall, writes: Writes) -> None:
        state = self.state
        if isinstance(command, PlayerCall):
            outcome, decisions = decide_player_call(state, command)
            writes.replies.append(outcome)
            for decision in decisions:
                self._keep(decision, writes)
            return
        account = state.accounts.get((command.brand_id, command.player_id, command.currency_code))
        if account is not None and account.updated_time_ms > command.now_ms:
            command = command._replace(now_ms=account.updated_time_ms)
        answer: Answer
        if isinstance(command, AdminCall):
            answer, decision = decide_admin_call(state, command)
        else:
            decision = self._ledger.decide(state, command)
            answer = decision.reply
        writes.replies.append(answer)
        self._keep(decision, writes)

    def _keep(self, decision: Decision, writes: Writes) -> None:
        if decision.writes:
            self._ledger.evolve(self.state, decision)
            writes.add(decision)


def all_looked_up(commands: Sequence[Instruction]) -> list[Instruction]:
    """Return the same commands, none of them hoping to be new."""
    return [command.stamped() if isinstance(command, Hopeful) else command for command in commands]
