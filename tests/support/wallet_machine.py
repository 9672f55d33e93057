"""The stateful test that every real store keeps: any commands in any order, with a crash between any two statements."""

from typing import Any

from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.support.wallet_load import essence
from tests.support.wallets import BRAND, CURRENCY, EURO, bet, deposit, rollback, spin, win
from wallet.ledger.admin import Author, open_account
from wallet.ledger.audit import audit
from wallet.ledger.ids import AccountKey
from wallet.ledger.kinds import OutcomeCode
from wallet.ledger.straight import spin_of
from wallet.ledger.types import Command, Reply
from wallet.settlement.admin_call import AdminCall, Answer, Instruction

STEPS = 20
EXAMPLES_MIN = 25
STATEMENTS_MAX = 14
IDS = st.sampled_from(("a", "b", "c"))
PLAYERS = st.sampled_from(("player-1", "player-2"))
AMOUNTS = st.sampled_from((0, EURO, 7 * EURO))
COMMANDS = st.one_of(
    st.builds(lambda i, a, p: bet(f"bet-{i}", a, f"round-{i}", p), IDS, AMOUNTS, PLAYERS),
    st.builds(lambda i, a, p, c: win(f"win-{i}", a, f"round-{i}", p, close=c), IDS, AMOUNTS, PLAYERS, st.booleans()),
    st.builds(lambda i, j, p: rollback(f"undo-{j}", f"bet-{i}", p, f"round-{i}"), IDS, IDS, PLAYERS),
    st.builds(lambda i, a, w, p: spin(f"spin-{i}", a, w, p), IDS, AMOUNTS, AMOUNTS, PLAYERS),
    st.builds(lambda i, p: deposit(f"deposit-{i}", 10 * EURO, p), IDS, PLAYERS),
)
GROUPS = st.lists(COMMANDS, min_size=1, max_size=4)


def machine_settings() -> settings:
    """Return how long to try: a fifth of the profile's examples, for each has many steps."""
    profile = settings().max_examples
    return settings(max_examples=max(EXAMPLES_MIN, profile // 5), stateful_step_count=STEPS)


def opening(key: AccountKey) -> AdminCall:
    """Return the call that opens an account."""
    return AdminCall(*key, lambda account, _, now_ms: open_account(account, *key, Author("t", "", now_ms)))


def straight(commands: list[Instruction]) -> list[Instruction]:
    """Return the same commands, the spins among them in the straight lane, as the committer hands them over."""
    return [(isinstance(each, Command) and spin_of(each)) or each for each in commands]


class StoreMachine(RuleBasedStateMachine):
    """Two players, few ids, so that every key meets every other. A subclass brings the store and its death."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[Command, Reply] = {}
        self.asked: dict[Command, None] = {}

    def settle_group(self, commands: list[Instruction]) -> list[Answer]:
        """Settle a group on the store."""
        raise NotImplementedError

    def settle_and_die(self, commands: list[Instruction], statement: int, executed: bool) -> list[Answer] | None:
        """Settle a group; die at the statement of this number, before or after it. Then come back to life.

        Returns the answers when the group was through before its time had come.
        """
        raise NotImplementedError

    def books(self) -> tuple[list[Any], list[Any], list[Any]]:
        """Return all accounts, journal rows and rounds in the order of their keys."""
        raise NotImplementedError

    @initialize()
    def fund(self) -> None:
        """Open the players' accounts and fund them."""
        for player_id in ("player-1", "player-2"):
            first = deposit(f"start-{player_id}", 20 * EURO, player_id)
            self.settle_group([opening((BRAND, player_id, CURRENCY)), first])

    def _told(self, commands: list[Command], answers: list[Answer]) -> None:
        for command, reply in zip(commands, answers, strict=True):
            assert isinstance(reply, Reply)
            told = self.answers.setdefault(command, reply)
            if essence(told.results):
                assert essence(reply.results) == essence(told.results), "a repeat was answered otherwise"
                assert (reply.code is OutcomeCode.OK) == (told.code is OutcomeCode.OK)
            else:
                self.answers[command] = reply

    @rule(commands=GROUPS)
    def settle(self, commands: list[Command]) -> None:
        """A group."""
        self.asked.update(dict.fromkeys(commands))
        self._told(commands, self.settle_group([*commands]))

    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        """A command comes again, answered or not."""
        if self.asked:
            self.settle([data.draw(st.sampled_from(sorted(self.asked)))])

    @rule(commands=GROUPS, statement=st.integers(1, STATEMENTS_MAX), executed=st.booleans())
    def crash_between_two_statements(self, commands: list[Command], statement: int, executed: bool) -> None:
        """The process dies; whoever waited for an answer asks again, some day."""
        self.asked.update(dict.fromkeys(commands))
        answers = self.settle_and_die([*commands], statement, executed)
        if answers is None:
            event(f"died {'after' if executed else 'before'} statement {statement}")
        else:
            event("no crash")
            self._told(commands, answers)

    @invariant()
    def the_books_are_right(self) -> None:
        """Chains, sequences, balances, totals."""
        assert audit(*self.books()).findings == []
