"""Runs a scenario: a provider's mock against a wallet under test, step by step, collecting what did not come out."""

import asyncio
import hashlib
import uuid
from dataclasses import dataclass, field, replace
from typing import Protocol

from adapters.contract.errors import AdapterError
from adapters.mocks.cassette import cassette_of, replay_cassette
from adapters.mocks.control import spin, verify
from adapters.mocks.exchange import exchange, release_held
from adapters.mocks.faults import CERTAIN_PPM
from adapters.mocks.rounds import RoundRun, deliver, finish_open
from adapters.mocks.scenario_words import DoWords, ExpectWords, GrantWords, OperatorWords, Scenario
from adapters.mocks.tenant import Tenant
from adapters.mocks.types import MockSession, Step, Verdict
from adapters.mocks.words import SpinWords, StepWords, span_ms_of, text_of_micros


class NotPossibleHere(Exception):
    """The scenario needs something of the operator that this target cannot do."""


class TargetSilent(Exception):
    """The target did not tell what it was asked: what was expected of it is not shown."""


class Target(Protocol):
    """The operator under test, as far as a scenario touches it beyond wallet calls.

    Every method may raise ``NotPossibleHere``: the scenario ends as skipped.
    """

    async def launch(self, scenario: Scenario, tenant: Tenant) -> MockSession:
        """Open an account with the given balance and launch the game; returns the provider's session."""
        ...

    async def balance_micros(self) -> int:
        """Return the true balance of the scenario's player; raises ``TargetSilent``."""
        ...

    def told_micros(self, balance_micros: int) -> int:
        """Return a balance that the wallet told, as the scenario counts it."""
        ...

    async def operate(self, words: OperatorWords) -> None:
        """Let an event happen at the operator."""
        ...

    async def grant(self, words: GrantWords) -> None:
        """Grant free rounds to the player through our adapter."""
        ...

    async def cancel_grant(self) -> None:
        """Cancel the grant."""
        ...


@dataclass(slots=True)
class ScenarioResult:
    """What came out; no failures: the scenario holds."""

    name: str
    failures: list[str] = field(default_factory=list)
    step_count: int = 0
    skipped: str = ""
    """Why the scenario could not be played to its end against this target; what failed before that stays failed."""

    @property
    def holds(self) -> bool:
        """Say whether everything came out as expected."""
        return not self.failures


def seed_of(name: str) -> int:
    """Return the seed of a scenario: ids differ between scenarios, and repeat in each."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:6])


async def run_scenario(scenario: Scenario, tenant: Tenant, target: Target) -> ScenarioResult:
    """Run one scenario on a fresh tenant."""
    runner = _Runner(scenario, tenant, target)
    try:
        await runner.run()
    except NotPossibleHere as cause:
        runner.result.skipped = str(cause)
    return runner.result


class _Runner:
    def __init__(self, scenario: Scenario, tenant: Tenant, target: Target) -> None:
        self.scenario, self.tenant, self.target = scenario, tenant, target
        self.result = ScenarioResult(scenario.name)
        self.session: MockSession | None = None
        self.last_run: RoundRun | None = None
        self.verdict: Verdict | None = None
        self.codes: list[str] | None = None

    async def run(self) -> None:
        try:
            self.tenant.options.update(self.tenant.checked_options(self.scenario.given.options))
        except ValueError as error:
            self._fail("given", str(error))
            return
        try:
            self.session = await self.target.launch(self.scenario, self.tenant)
        except (AdapterError, ValueError) as error:
            self._fail("launch", f"{type(error).__name__}: {error}")
            return
        for number, step in enumerate(self.scenario.steps, 1):
            await self._step(str(number), step)
        self._check_faults("end")
        for name in sorted(self.scenario.given.options.keys() - self.tenant.options.asked):
            self._fail("end", f"nobody asked for the option {name!r}: it is of no use here")

    def _check_faults(self, number: str) -> None:
        """Fail for every armed fault that met no call: whatever the scenario then shows, it is not about the fault."""
        for armed in self.tenant.faults.armed:
            if not armed.hit_count and armed.fault.probability_ppm == CERTAIN_PPM:
                said = armed.fault.model_dump(mode="json", exclude_defaults=True)
                self._fail(number, f"the fault {said} met no call")

    async def _step(self, number: str, words: DoWords) -> None:
        self.result.step_count += 1
        self.codes = None
        wanted = words.expect.error if words.expect else None
        try:
            await self._act(number, words)
            if wanted is not None:
                self._fail(number, f"nothing was refused, expected {wanted}")
        except (AdapterError, ValueError) as error:
            if type(error).__name__ != wanted:
                self._fail(number, f"{type(error).__name__}: {error}")
                return
        if words.expect is not None:
            await self._check(number, words.expect)

    async def _act(self, number: str, words: DoWords) -> None:
        tenant = self.tenant
        if words.spin is not None:
            await self._spin(words.spin)
        elif words.send is not None:
            await self._send(words.send)
        elif words.at_once is not None:
            verdicts = await asyncio.gather(*(exchange(tenant, self._named(each)) for each in words.at_once))
            self.codes = sorted(verdict.code for verdict in verdicts)
        elif words.force is not None:
            words.force.outcome(1)
            tenant.outcomes.force(words.force.outcome)
        elif words.fault is not None:
            tenant.faults.add(words.fault)
        elif words.clear_faults:
            self._check_faults(number)
            tenant.faults.clear()
        elif words.verify is not None:
            finding = verify(tenant, words.verify)
            if not finding.holds:
                self._fail(number, finding.message)
        elif words.repeat is not None:
            for turn in range(words.repeat):
                for place, step in enumerate(words.steps, 1):
                    await self._step(f"{number}.{turn + 1}.{place}", step)
        else:
            await self._act_aside(number, words)

    async def _act_aside(self, number: str, words: DoWords) -> None:
        tenant = self.tenant
        if words.operator is not None:
            await self.target.operate(words.operator)
        elif words.grant is not None:
            await self.target.grant(words.grant)
        elif words.cancel_grant:
            await self.target.cancel_grant()
        elif words.advance is not None:
            await tenant.clock.advance_ms(span_ms_of(words.advance))
        elif words.settle is not None:
            await tenant.clock.settle(span_ms_of(words.settle))
        elif words.release:
            await release_held(tenant)
        elif words.finish_open:
            if self.last_run is None or await finish_open(tenant, self.last_run.round_id) is None:
                self._fail(number, "finish_open: no round is open")
        elif words.replay is not None:
            for difference in await replay_cassette(tenant, cassette_of(tenant.journal), set(words.replay)):
                self._fail(number, f"replay: {difference}")

    async def _spin(self, words: SpinWords) -> None:
        assert self.session is not None
        self.verdict = None
        self.last_run = await spin(self.tenant, self.session, words)

    async def _send(self, words: StepWords) -> None:
        step = self._named(words)
        self.last_run = None
        if words.once:
            self.verdict = await exchange(self.tenant, step)
        else:
            self.verdict, self.last_run = await deliver(self.tenant, step)

    def _named(self, words: StepWords) -> Step:
        """Return the step with names turned into ids that are this scenario's own."""
        assert self.session is not None
        step = words.step(self.session.session_id)
        return self._with_ids(step)

    def _with_ids(self, step: Step) -> Step:
        return replace(
            step,
            round_id=self._id(step.round_id),
            transaction_id=self._id(step.transaction_id),
            reference_id=self._id(step.reference_id),
            parts=tuple(self._with_ids(part) for part in step.parts),
        )

    def _id(self, name: str) -> str:
        if not name:
            return ""
        digest = hashlib.sha256(f"{self.tenant.seed}/{name}".encode()).digest()
        return str(uuid.UUID(bytes=digest[:16], version=4))

    async def _check(self, number: str, expect: ExpectWords) -> None:
        run, verdict = self.last_run, self.verdict
        codes = self.codes if self.codes is not None else (run.codes if run else [])
        told = run.balance_micros if run else (verdict.balance_micros if verdict else None)
        found: dict[str, object] = {
            "state": run.state.value if run else None,
            "answer": verdict.answer.value if verdict else None,
            "code": verdict.code if verdict else (codes[-1] if codes else None),
            "codes": codes,
            "attempts": dict(run.attempts) if run else None,
            "told_balance": None if told is None else text_of_micros(self.target.told_micros(told)),
        }
        for name, wanted in expect.model_dump(mode="json", exclude_none=True, exclude={"balance", "error"}).items():
            if name == "codes" and self.codes is not None:
                wanted = sorted(wanted)
            if found[name] != wanted:
                self._fail(number, f"{name} is {found[name]!r}, expected {wanted!r}")
        if expect.balance is not None:
            try:
                balance = text_of_micros(await self.target.balance_micros())
            except TargetSilent as cause:
                balance = f"not told ({cause})"
            if balance != expect.balance:
                self._fail(number, f"balance is {balance}, expected {expect.balance}")

    def _fail(self, number: str, message: str) -> None:
        self.result.failures.append(f"step {number}: {message}")
