"""The simulated world: clients and a bad network around several wallet processes on one database in memory."""

import asyncio
import hashlib
import random
from collections import Counter
from dataclasses import dataclass
from unittest.mock import patch

from tests.support.linearizable import violations
from tests.support.memory_store import MemoryDatabase, MemoryStore
from tests.support.wallet_load import Sent, essence, turn_commands
from tests.support.wallets import BRAND, CURRENCY, EURO, START_MS, deposit
from wallet.ledger.admin import Author, open_account
from wallet.ledger.audit import audit
from wallet.ledger.decide import decide
from wallet.ledger.evolve import evolve
from wallet.ledger.ids import AccountKey
from wallet.ledger.kinds import Certainty
from wallet.ledger.types import Command, Reply
from wallet.settlement import account_memory, group_commit
from wallet.settlement.account_memory import AccountMemory, Remembered
from wallet.settlement.admin_call import AdminCall
from wallet.settlement.group_commit import GroupCommitter, GroupSettings
from wallet.settlement.ports import StoreConflict, StoreUnavailable
from wallet.settlement.writes import Evolve, Ledger, Writes

AUDIT_EVERY = 40
REPLAY_WATCH_GROUPS = 1
PAUSE_GROUPS_MIN, PAUSE_GROUPS_MAX = 1, 4
"""After so many groups a spin is a spin again: in a world as bad as this one it never would be otherwise."""
TRIES_MAX = 100
PATIENCE_S = 600
"""Virtual seconds, and one more a turn; a hundred turns take some thirty."""


class InvariantBroken(AssertionError):
    """The ledger is wrong; the seed reproduces it."""


@dataclass(frozen=True, slots=True)
class Badness:
    """How bad the world is: chances per event."""

    drop: float = 0.05
    duplicate: float = 0.05
    conflict: float = 0.03
    unavailable: float = 0.03
    lost_commit_answer: float = 0.03
    crash_every_s: float = 0.4
    delay_s_max: float = 0.05


class CheckedDatabase(MemoryDatabase):
    """Checks every commit as it happens."""

    def __init__(self, world: "World") -> None:
        super().__init__()
        self._world = world

    def commit(self, writes: Writes, versions: dict[tuple[str, str, str], int]) -> None:
        before = {key: self.accounts.get(key) for key in writes.accounts}
        super().commit(writes, versions)
        for key, account in writes.accounts.items():
            old = before[key]
            rows = [row for row in writes.rows if row.account_key == key]
            sequence = (old[1].sequence if old else 0) + len(rows)
            cash_micros = (old[1].cash_micros if old else 0) + sum(row.cash_delta_micros for row in rows)
            if (account.sequence, account.cash_micros) != (sequence, cash_micros) or account.cash_micros < 0:
                self._world.breaks(f"{key} holds {account.cash_micros} at {account.sequence}")
        self._world.committed(writes)


class CountedMemory(AccountMemory):
    """A memory that counts what it was of use for."""

    def __init__(self, counts: Counter[str]) -> None:
        super().__init__()
        self._counts = counts

    def recall(self, key: AccountKey) -> Remembered | None:
        known = super().recall(key)
        self._counts["recalls"] += known is not None
        return known


class Process:
    """One wallet process: it may crash between any two steps and comes back on the same database."""

    def __init__(self, world: "World", name: str, ledger: Ledger) -> None:
        self._world = world
        self._name = name
        self._ledger = ledger
        self._store: MemoryStore | None = None
        self.start()

    def count(self) -> None:
        """Count what the process did in its life."""
        if self._store is not None:
            self._world.counts["line_groups"] += self._store.line_groups
            self._world.counts["swift"] += self._store.swift_count
            self._store.line_groups = self._store.swift_count = 0

    def start(self) -> None:
        """Start anew; what was in memory is gone."""
        self.count()
        rng = random.Random(f"{self._world.seed}/{self._name}/{self._world.counts['crashes']}")
        swift_fault = rng.choice((self._swift_fault, None))
        store = self._store = MemoryStore(self._world.database, self._ledger, 2, self._fault, swift_fault)
        store._memory = CountedMemory(self._world.counts)
        settings = GroupSettings(group_size_max=rng.choice((1, 4, 64)), tries_max=4)
        self.committer = GroupCommitter(store, settings=settings, jitter=rng)

    async def crash(self) -> None:
        """Stop in the middle of whatever it does."""
        self._world.counts["crashes"] += 1
        lanes = self.committer._lanes
        self.start()
        tasks = [lane._task for lane in lanes if lane._task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for lane in lanes:
            lane.refuse_waiting()

    async def _fault(self, place: str) -> None:
        world = self._world
        await asyncio.sleep(world.rng.uniform(0, world.badness.delay_s_max))
        self._swift_fault(place)

    def _swift_fault(self, place: str) -> None:
        world = self._world
        chance = world.rng.random()
        if place in ("load", "write") and chance < world.badness.conflict:
            world.counts["conflicts"] += 1
            raise StoreConflict("simulated", key_taken=chance < world.badness.conflict / 2)
        if place != "committed" and chance > 1 - world.badness.unavailable:
            world.counts["unavailable"] += 1
            raise StoreUnavailable("simulated", committed_maybe=place == "commit")
        if place == "committed" and chance < world.badness.lost_commit_answer:
            world.counts["lost_commits"] += 1
            raise StoreUnavailable("simulated", committed_maybe=True)


@dataclass
class World:
    """Everything that one seed decides."""

    seed: int
    evolve: Evolve = evolve
    process_count: int = 3
    player_count: int = 3
    client_count: int = 6
    badness: Badness = Badness()

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.counts: Counter[str] = Counter()
        self.trace = hashlib.sha256()
        self.sent: list[Sent] = []
        self.database = CheckedDatabase(self)
        self._moment = 0
        self.broken: InvariantBroken | None = None
        self.processes: list[Process] = []
        self._duplicates: set[asyncio.Task[Reply | None]] = set()

    def now_ms(self) -> int:
        """Return the time of the world, with clocks that are up to two seconds apart."""
        return START_MS + int(asyncio.get_running_loop().time() * 1000) + self.rng.randrange(-2000, 2000)

    def committed(self, writes: Writes) -> None:
        """Note a commit; audit everything now and then."""
        self.counts["commits"] += 1
        self.counts["rows"] += len(writes.rows)
        for row in writes.rows:
            self.trace.update(row.chain_head)
        if self.counts["commits"] % AUDIT_EVERY == 0:
            self.audit()

    def audit(self) -> None:
        """Audit the whole ledger."""
        self.counts["audits"] += 1
        findings = audit(*self.database.streams()).findings
        if findings:
            self.breaks(str(findings[0]))

    def breaks(self, what: str) -> None:
        """Raise, and remember it: a committer that meets it inside of a group takes it for a fault and goes on."""
        self.broken = self.broken or InvariantBroken(what)
        raise self.broken

    async def run(self, round_count: int) -> None:
        """Play about ``round_count`` turns, then check everything."""
        with (
            patch.object(group_commit, "REPLAY_WATCH_GROUPS", REPLAY_WATCH_GROUPS),
            patch.multiple(account_memory, PAUSE_GROUPS_MIN=PAUSE_GROUPS_MIN, PAUSE_GROUPS_MAX=PAUSE_GROUPS_MAX),
        ):
            await self._live(round_count)
        for process in self.processes:
            process.count()

    async def _live(self, round_count: int) -> None:
        ledger = Ledger(decide, self.evolve, self.now_ms)
        self.processes = [Process(self, f"process-{number}", ledger) for number in range(self.process_count)]
        await self._fund()
        crashes = asyncio.create_task(self._crash_now_and_then())
        share = max(1, round_count // self.client_count)
        clients = asyncio.gather(*(self._client(number, share) for number in range(self.client_count)))
        patience_s = PATIENCE_S + round_count
        done, _ = await asyncio.wait([crashes, clients], return_when=asyncio.FIRST_COMPLETED, timeout=patience_s)
        if not done:
            clients.cancel()
            await asyncio.gather(clients, return_exceptions=True)
            crashes.cancel()
            raise InvariantBroken(f"after {patience_s} s somebody still waits for an answer")
        if crashes.done():
            crashes.result()
        crashes.cancel()
        await clients
        await self._check()

    async def _fund(self) -> None:
        for number in range(self.player_count):
            key = (BRAND, f"player-{number}", CURRENCY)
            opening = AdminCall(
                *key, lambda account, _, now_ms, key=key: open_account(account, *key, Author("s", "", now_ms))
            )
            for _ in range(TRIES_MAX):
                if getattr(await self.processes[0].committer.apply(opening), "accepted", False):
                    break
            await self._send(deposit(f"start-{number}", 20 * EURO, key[1]))

    async def _crash_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(self.rng.expovariate(1 / self.badness.crash_every_s))
            await self.rng.choice(self.processes).crash()

    async def _client(self, number: int, share: int) -> None:
        for turn in range(share):
            for command in turn_commands(self.rng, f"c{number}.t{turn}", self.player_count):
                reply = await self._send(command)
                if not reply.accepted:
                    break

    async def _send(self, command: Command) -> Reply:
        """Send until the answer is certain; each try goes to any process, over the network."""
        sent = Sent(command, began=self._tick())
        self.sent.append(sent)
        while sent.reply is None:
            if self.broken is not None:
                raise self.broken
            sent.try_count += 1
            if sent.try_count > TRIES_MAX:
                raise InvariantBroken(f"{command} never gets a certain answer")
            reply = await self._over_the_network(command)
            if reply is not None and reply.certainty is Certainty.CERTAIN and reply.results:
                sent.reply = reply
        sent.ended = self._tick()
        return sent.reply

    async def _over_the_network(self, command: Command) -> Reply | None:
        rng, badness = self.rng, self.badness
        if rng.random() < badness.duplicate:
            self.counts["duplicates"] += 1
            task = asyncio.create_task(self._deliver(command, rng.uniform(0, 1.0)))
            self._duplicates.add(task)
            task.add_done_callback(self._duplicates.discard)
        if rng.random() < badness.drop:
            self.counts["lost_requests"] += 1
            await asyncio.sleep(0.2)
            return None
        reply = await self._deliver(command, rng.uniform(0, badness.delay_s_max))
        await asyncio.sleep(rng.uniform(0, badness.delay_s_max))
        if rng.random() < badness.drop:
            self.counts["lost_answers"] += 1
            return None
        return reply

    async def _deliver(self, command: Command, delay_s: float) -> Reply | None:
        await asyncio.sleep(delay_s)
        answer = await self.rng.choice(self.processes).committer.apply(command)
        return answer if isinstance(answer, Reply) else None

    async def _check(self) -> None:
        self.badness = Badness(0, 0, 0, 0, 0)
        await asyncio.gather(*self._duplicates)
        self.audit()
        broken = violations(self.sent, self.database.rows)
        if broken:
            raise InvariantBroken(broken[0])
        for sent in self.sent:
            again = await self._over_the_network(sent.command)
            assert sent.reply is not None
            told = essence(sent.reply.results)
            if again is None or essence(again.results)[: len(told)] != told:
                raise InvariantBroken(f"{sent.command} is answered otherwise when it is repeated")
        self.audit()
        if self.broken is not None:
            raise self.broken

    def _tick(self) -> int:
        self._moment += 1
        return self._moment
