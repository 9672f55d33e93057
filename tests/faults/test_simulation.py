"""A few hundred simulated worlds, and planted faults of the store that they must catch."""

import logging
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import pytest

from tests.simulation.virtual_loop import run_virtually
from tests.simulation.world import CheckedDatabase, World
from tests.support.memory_store import MemoryStore
from tests.support.wallet_load import report
from wallet.ledger.decide import decide
from wallet.ledger.state import Decision, LoadPlan, State
from wallet.settlement import group_commit
from wallet.settlement.admin_call import Instruction
from wallet.settlement.ports import Settled, StoreUnavailable
from wallet.settlement.writes import Writes

SEEDS = int(os.environ.get("SIMULATION_SEEDS", "300"))
WORLDS = int(os.environ.get("SIMULATION_WORLDS", "20"))
LONG_TURNS = 2_000
HARMS = ("duplicates", "lost_requests", "lost_answers", "conflicts", "unavailable", "lost_commits", "crashes")
WAYS = ("line_groups", "recalls", "swift")
"""The short cuts of spins, which must be taken often enough to be harmed."""
Versions = dict[tuple[str, str, str], int]


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Injected failures are no news."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def live_through(seeds: Iterable[int], turns: int) -> Counter[str]:
    """Run a world per seed; return what happened in all of them."""
    total: Counter[str] = Counter()
    for seed in seeds:
        world = World(seed)
        run_virtually(world.run(turns))
        total += world.counts
    return total


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_w05_no_seed_breaks_an_invariant() -> None:
    total = live_through(range(SEEDS), 30)

    report(f"{SEEDS} worlds: {dict(total)}")
    assert total["commits"] > 30 * SEEDS
    assert all(total[way] > SEEDS for way in (*HARMS, *WAYS)), total


@pytest.mark.night
@pytest.mark.timeout(900)
def test_w05_no_long_life_breaks_an_invariant() -> None:
    total = live_through(range(1_000_000, 1_000_000 + WORLDS), LONG_TURNS)

    report(f"{WORLDS} long worlds: {dict(total)}")
    assert total["commits"] > LONG_TURNS * WORLDS // 2


def test_a_seed_reproduces_its_trace_exactly() -> None:
    def trace(hash_seed: str) -> str:
        command = [sys.executable, "-m", "tests.simulation", "--seed", "7", "--rounds", "40"]
        environment = os.environ | {"PYTHONHASHSEED": hash_seed}
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        return done.stdout.split('"trace": ')[1][:18]

    assert trace("1") == trace("2")


class NoVersionCheck(CheckedDatabase):
    """Two processes overwrite each other's balances; the unique sequence, the second defence, is gone too."""

    def commit(self, writes: Writes, versions: Versions) -> None:
        for row in writes.rows:
            self.sequences.pop((*row.account_key, row.sequence), None)
        current = {key: found[0] for key, found in self.accounts.items()}
        super().commit(writes, current)


class NoUniqueKey(CheckedDatabase):
    """A key may stand in the journal twice."""

    def commit(self, writes: Writes, versions: Versions) -> None:
        for row in writes.rows:
            self.rows.pop(row.key, None)
        super().commit(writes, versions)

    def load(self, plan: LoadPlan, state: State, versions: Versions) -> None:
        plan.transactions.clear()
        super().load(plan, state, versions)


class HalfCommitted(CheckedDatabase):
    """The round is written in another transaction, and the machine dies in between."""

    def commit(self, writes: Writes, versions: Versions) -> None:
        if self._world.rng.random() < 0.05:
            writes.rounds.clear()
        super().commit(writes, versions)


class LostRow(CheckedDatabase):
    """A row that was committed disappears."""

    def commit(self, writes: Writes, versions: Versions) -> None:
        super().commit(writes, versions)
        if writes.rows and self._world.rng.random() < 0.02:
            row = writes.rows[0]
            del self.rows[row.key], self.sequences[*row.account_key, row.sequence]


class StaleRounds(CheckedDatabase):
    """Rounds are not read, so each leg begins its round anew."""

    def load(self, plan: LoadPlan, state: State, versions: Versions) -> None:
        plan.rounds.clear()
        super().load(plan, state, versions)

    def commit(self, writes: Writes, versions: Versions) -> None:
        writes.known_rounds = frozenset(self.rounds)
        super().commit(writes, versions)


class NoResolutions(CheckedDatabase):
    """What undid a bet is not read and not unique."""

    def load(self, plan: LoadPlan, state: State, versions: Versions) -> None:
        plan.resolutions.clear()
        for key in plan.transactions:
            plan.rounds.discard((key[0], "", key[1], key[3]))
        super().load(plan, state, versions)
        for key, row in list(state.transactions.items()):
            if row.kind == "rollback":
                del state.transactions[key]


class AnswersBeforeCommit(MemoryStore):
    """The answer goes out, the commit may not follow."""

    async def settle(self, writer: int, commands: Sequence[Instruction], *, locked: bool) -> Settled:
        database = self._database
        before = (dict(database.accounts), dict(database.rows), dict(database.sequences), dict(database.rounds))
        settled = await super().settle(writer, commands, locked=locked)
        if self.groups and len(self.groups) % 17 == 0 and len(database.rows) - len(before[1]) == len(commands):
            database.accounts, database.rows, database.sequences, database.rounds = before
        return settled


def evolve_nothing(_state: State, _decision: Decision) -> None:
    """Let commands of a group not see each other."""


DATABASES = [NoVersionCheck, NoUniqueKey, HalfCommitted, LostRow, StaleRounds, NoResolutions]


def caught(world: World) -> bool:
    """Say whether the world noticed that something is wrong."""
    try:
        run_virtually(world.run(60))
    except Exception:  # noqa: BLE001 - whatever is noticed counts
        return True
    return False


@pytest.mark.parametrize("mutant", DATABASES, ids=lambda mutant: mutant.__name__)
def test_a_planted_fault_of_the_database_is_caught(mutant: type[CheckedDatabase]) -> None:
    def broken_world(seed: int) -> World:
        world = World(seed)
        world.database = mutant(world)
        return world

    assert any(caught(broken_world(seed)) for seed in range(8)), f"{mutant.__name__} survived"


def test_an_answer_before_its_commit_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.simulation.world.MemoryStore", AnswersBeforeCommit)

    assert any(caught(World(seed)) for seed in range(8))


def test_a_group_that_forgets_its_own_commands_is_caught() -> None:
    assert any(caught(World(seed, evolve=evolve_nothing)) for seed in range(8))


def test_an_unknown_commit_answered_as_a_certain_refusal_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    settle = MemoryStore.settle

    async def refuses(self: MemoryStore, writer: int, commands: Sequence[Instruction], *, locked: bool) -> Settled:
        try:
            return await settle(self, writer, commands, locked=locked)
        except StoreUnavailable:
            state = State()
            return Settled([decide(state, each).reply for each in commands if hasattr(each, "actions")])

    monkeypatch.setattr(MemoryStore, "settle", refuses)

    assert any(caught(World(seed)) for seed in range(8))


def test_a_retry_under_a_new_key_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    original = group_commit.GroupCommitter._settle

    async def renames(self: group_commit.GroupCommitter, lane: int, commands: Sequence[Instruction]) -> object:
        renamed = [
            each._replace(actions=tuple(a._replace(transaction_id=f"{a.transaction_id}~") for a in each.actions))
            if hasattr(each, "actions") and self._jitter.random() < 0.1
            else each
            for each in commands
        ]
        return await original(self, lane, renamed)

    monkeypatch.setattr(group_commit.GroupCommitter, "_settle", renames)

    assert any(caught(World(seed)) for seed in range(8))
