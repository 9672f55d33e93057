"""How a provider plays a round: its wallet calls in order, repeated by its retry clock, rolled back when in doubt."""

from collections import Counter, deque
from dataclasses import dataclass, field, replace
from enum import StrEnum

from adapters.mocks.exchange import ONCE, exchange, rendered
from adapters.mocks.faults import ROUND_FAULTS, Fault, FaultKind
from adapters.mocks.spoil import first_of
from adapters.mocks.tenant import Tenant
from adapters.mocks.types import Afterwards, Answer, MockGrant, MockSession, Outcome, Step, StepKind, Verdict

BETS = frozenset({StepKind.BET, StepKind.BATCH})


class RoundState(StrEnum):
    """Where a round of the mock stands."""

    RUNNING = "running"
    """Calls are still to be made, or repeated."""
    OPEN = "open"
    """Left open on purpose; the auto-finish ends it."""
    SETTLED = "settled"
    REFUSED = "refused"
    """The bet was refused for certain."""
    ROLLED_BACK = "rolled_back"
    STUCK = "stuck"
    """The provider has given up: a person must look at it."""


@dataclass(slots=True)
class RoundRun:
    """One round as the provider keeps it."""

    round_id: str
    session_id: str
    bet_micros: int
    outcome: Outcome
    grant_id: str = ""
    state: RoundState = RoundState.RUNNING
    steps: deque[Step] = field(default_factory=deque)
    done: list[Step] = field(default_factory=list)
    attempt: int = 0
    """Tries of the step at the head."""
    attempts: Counter[str] = field(default_factory=Counter)
    codes: list[str] = field(default_factory=list)
    balance_micros: int | None = None
    storm_count: int = 0
    left_open: bool = False
    rolling_back: bool = False

    def as_dict(self) -> dict[str, object]:
        """Return the round as JSON-ready data."""
        return {
            "round_id": self.round_id,
            "session_id": self.session_id,
            "state": self.state.value,
            "bet_micros": self.bet_micros,
            "wins_micros": list(self.outcome.wins_micros),
            "jackpot_micros": self.outcome.jackpot_micros,
            "grant_id": self.grant_id,
            "attempts": dict(self.attempts),
            "codes": list(self.codes),
            "balance_micros": self.balance_micros,
        }


async def play_round(tenant: Tenant, session: MockSession, bet_micros: int, outcome: Outcome | None = None) -> RoundRun:
    """Play one round as far as it goes now; what must be repeated later is planned on the tenant's clock."""
    grant = tenant.active_grant(session)
    stake_micros = grant.bet_micros if grant else bet_micros
    outcome = outcome or tenant.outcomes.next(stake_micros)
    faults = tenant.faults.pick("wallet", _round_facts(session), ROUND_FAULTS)
    outcome = _with_round_faults(outcome, faults)
    rotates = first_of(faults, FaultKind.ROTATE_TOKEN) is not None
    if rotates and tenant.rotate_token is None:
        rendered(tenant, Step(StepKind.CHECK, session.session_id))  # refused now, and not between bet and win
    if session.demo:
        return _play_demo(tenant, session, bet_micros, outcome)
    steps = tenant.dialect.plan(tenant, session, stake_micros, outcome, grant)
    run = RoundRun(steps[0].round_id, session.session_id, bet_micros, outcome, grant.grant_id if grant else "")
    run.left_open = outcome.left_open
    run.steps.extend(_ordered(tenant, steps, faults))
    tenant.rounds[run.round_id] = run
    storm = first_of(faults, FaultKind.ROLLBACK_STORM)
    run.storm_count = storm.copies if storm else 0
    _count_free_round(grant, outcome)
    await _proceed(tenant, run, rotate=rotates)
    return run


def stake_of(tenant: Tenant, session: MockSession, bet_micros: int) -> int:
    """Return the stake of the next round: that of the grant that it consumes, else the bet."""
    grant = tenant.active_grant(session)
    return grant.bet_micros if grant else bet_micros


async def deliver(tenant: Tenant, step: Step) -> tuple[Verdict, RoundRun]:
    """Send one step of its own under the provider's retry clock (a scenario's bet, win or rollback)."""
    run = RoundRun(step.round_id, step.session_id, step.amount_micros, Outcome())
    run.steps.append(step)
    tenant.rounds.setdefault(step.round_id or step.transaction_id or tenant.ids.uuid(), run)
    await _proceed(tenant, run)
    return run_verdict(run), run


def run_verdict(run: RoundRun) -> Verdict:
    """Return the last answer of a run as a verdict."""
    refused = (RoundState.REFUSED, RoundState.STUCK)
    answers = dict.fromkeys(refused, Answer.REFUSED) | {RoundState.RUNNING: Answer.UNCERTAIN}
    code = run.codes[-1] if run.codes else ""
    return Verdict(answers.get(run.state, Answer.DONE), code, run.balance_micros)


async def finish_open(tenant: Tenant, round_id: str) -> RoundRun | None:
    """End a round that was left open (the provider's auto-finish, or a test in a hurry)."""
    run = tenant.rounds.get(round_id)
    if not isinstance(run, RoundRun) or run.state is not RoundState.OPEN:
        return None
    bet = next((step for step in run.done if step.kind in BETS), None)
    session = tenant.sessions[run.session_id]
    run.left_open = False
    run.state = RoundState.RUNNING
    run.steps.append(tenant.dialect.finish_of(tenant, session, round_id, bet))
    await _proceed(tenant, run)
    return run


async def _proceed(tenant: Tenant, run: RoundRun, rotate: bool = False) -> None:
    while run.steps:
        step = run.steps[0]
        run.attempt += 1
        run.attempts[step.kind.value] += 1
        verdict = await exchange(tenant, step, run.attempt)
        run.codes.append(verdict.code)
        run.balance_micros = run.balance_micros if verdict.balance_micros is None else verdict.balance_micros
        if verdict.answer is Answer.UNCERTAIN:
            if not _plan_next(tenant, run, step):
                return
            continue
        run.steps.popleft()
        run.attempt = 0
        if verdict.answer is Answer.REFUSED and not _go_on_after_refusal(run, step):
            return
        if verdict.answer is Answer.DONE:
            run.done.append(step)
        if rotate and step.kind in BETS:
            rotate = False
            await _rotate(tenant, step.session_id)
        if _win_is_late(tenant, run):
            return
    await _rest(tenant, run)


def _plan_next(tenant: Tenant, run: RoundRun, step: Step) -> bool:
    """Plan the next try of a step in doubt; returns True when the round goes on at once with other steps."""
    rule = tenant.dialect.rules.get(step.kind, ONCE)
    if rule.allows(run.attempt):
        tenant.clock.at(tenant.clock.now_ms() + rule.pause_after_ms(run.attempt), lambda: _proceed(tenant, run))
        return False
    run.attempt = 0
    run.steps.popleft()
    if rule.then is Afterwards.GIVE_UP:
        run.state = RoundState.STUCK
        run.steps.clear()
        return False
    first = not any(kept.kind in BETS for kept in run.done)
    if first or step.kind is not StepKind.BET:
        run.steps.clear()
    run.rolling_back = first
    run.steps.appendleft(tenant.dialect.rollback_of(tenant, step))
    return True


def _go_on_after_refusal(run: RoundRun, step: Step) -> bool:
    """A refused first bet ends the round, a refused win or rollback is for a person, a further bet is not taken."""
    if step.kind in BETS and not any(kept.kind in BETS for kept in run.done):
        run.steps.clear()
        run.state = RoundState.REFUSED
        return False
    if step.kind not in BETS:
        run.steps.clear()
        run.state = RoundState.REFUSED if not run.done else RoundState.STUCK
        return False
    return True


def _win_is_late(tenant: Tenant, run: RoundRun) -> bool:
    if not run.outcome.win_after_ms or not run.steps or run.steps[0].kind in BETS:
        return False
    late_ms, run.outcome = run.outcome.win_after_ms, replace(run.outcome, win_after_ms=0)
    tenant.clock.at(tenant.clock.now_ms() + late_ms, lambda: _proceed(tenant, run))
    return True


async def _rest(tenant: Tenant, run: RoundRun) -> None:
    if run.rolling_back:
        run.state = RoundState.ROLLED_BACK
    elif run.left_open:
        run.state = RoundState.OPEN
        if tenant.dialect.auto_finish_ms:
            due_ms = tenant.clock.now_ms() + tenant.dialect.auto_finish_ms

            async def finish() -> None:
                await finish_open(tenant, run.round_id)

            tenant.clock.at(due_ms, finish)
    elif run.state is RoundState.RUNNING:
        run.state = RoundState.SETTLED
    storm, run.storm_count = run.storm_count, 0
    bet = next((step for step in run.done if step.kind in BETS), None)
    for attempt in range(storm if bet else 0):
        assert bet is not None
        await exchange(tenant, tenant.dialect.rollback_of(tenant, bet), attempt + 1)


async def _rotate(tenant: Tenant, session_id: str) -> None:
    session = tenant.sessions[session_id]
    if tenant.rotate_token is not None:
        session.token = await tenant.rotate_token(session)
    else:
        await exchange(tenant, Step(StepKind.CHECK, session_id))


def _round_facts(session: MockSession) -> dict[str, str]:
    return {"kind": "round", "player": session.player_id, "game": session.game_id, "session": session.session_id}


def _with_round_faults(outcome: Outcome, faults: list[Fault]) -> Outcome:
    late = first_of(faults, FaultKind.LATE_WIN)
    outcome = replace(outcome, win_after_ms=late.delay_ms) if late else outcome
    return replace(outcome, left_open=True) if first_of(faults, FaultKind.LEAVE_OPEN) else outcome


def _ordered(tenant: Tenant, steps: list[Step], faults: list[Fault]) -> list[Step]:
    if first_of(faults, FaultKind.ROLLBACK_FIRST):
        return [tenant.dialect.rollback_of(tenant, steps[0]), *steps]
    return steps


def _count_free_round(grant: MockGrant | None, outcome: Outcome) -> None:
    if grant is None:
        return
    grant.played_count += 1
    grant.win_micros += sum(outcome.wins_micros)
    if grant.played_count >= grant.count:
        grant.status = "finished"


def _play_demo(tenant: Tenant, session: MockSession, bet_micros: int, outcome: Outcome) -> RoundRun:
    """A demo round makes no wallet call at all."""
    balance = session.balance_micros or 0
    run = RoundRun(tenant.ids.uuid(), session.session_id, bet_micros, outcome)
    if balance < bet_micros:
        run.state = RoundState.REFUSED
    else:
        session.balance_micros = balance - bet_micros + sum(outcome.wins_micros)
        run.state = RoundState.SETTLED
    run.balance_micros = session.balance_micros
    tenant.rounds[run.round_id] = run
    return run
