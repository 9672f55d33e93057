"""One wallet call on the wire: rendered, signed, spoiled by faults, sent, read, and written into the journal."""

import asyncio

from adapters.mocks.faults import CALL_FAULTS, Fault, FaultKind
from adapters.mocks.link import LinkFailed
from adapters.mocks.spoil import delay_of, first_of, spoiled_call, spoiled_reply, spoiled_step
from adapters.mocks.tenant import HeldCall, Tenant
from adapters.mocks.types import Answer, HttpCall, HttpReply, RetryRule, Step, StepKind, Verdict

ONCE = RetryRule(timeout_ms=5_000, attempts_max=1)


async def exchange(tenant: Tenant, step: Step, attempt: int = 1) -> Verdict:
    """Send ``step`` once and say what the provider makes of the answer."""
    faults = tenant.faults.pick("wallet", facts_of(tenant, step, attempt), CALL_FAULTS)
    step = spoiled_step(step, faults)
    skew_ms = sum(fault.skew_ms for fault in faults if fault.kind is FaultKind.CLOCK_SKEW)
    call = spoiled_call(rendered(tenant, step, attempt, skew_ms), faults)
    if first_of(faults, FaultKind.WRONG_SIGNATURE):
        call = tenant.dialect.forge(call)
    if first_of(faults, FaultKind.HOLD):
        tenant.held.append(HeldCall(step, call, attempt))
        return _note(tenant, step, call, None, _failed("timeout"), attempt, faults, 0)
    verdict = await _carry(tenant, step, call, attempt, faults)
    if not first_of(faults, FaultKind.DROP_REQUEST, FaultKind.STATUS):
        await release_held(tenant)
    return verdict


def rendered(tenant: Tenant, step: Step, attempt: int = 1, skew_ms: int = 0) -> HttpCall:
    """Return the signed request of a step; raises ``ValueError`` for a step that the protocol does not have."""
    try:
        return tenant.dialect.render(tenant, step, attempt, tenant.stamp_ms() + skew_ms)
    except KeyError as missing:
        if isinstance(missing.args[0], StepKind):
            raise ValueError(f"{tenant.dialect.provider_id} has no {missing.args[0]} call") from missing
        raise


async def release_held(tenant: Tenant) -> int:
    """Deliver the calls that were kept back; nobody waits for their answers any more."""
    held, tenant.held[:] = list(tenant.held), []
    for late in held:
        await _deliver(tenant, late.step, late.call, late.attempt, [])
    return len(held)


def facts_of(tenant: Tenant, step: Step, attempt: int) -> dict[str, str]:
    """Return what a fault may match a wallet call by."""
    session = tenant.sessions.get(step.session_id)
    return {
        "kind": step.kind.value,
        "round": step.round_id,
        "transaction": step.transaction_id,
        "reference": step.reference_id,
        "attempt": str(attempt),
        "player": session.player_id if session else "",
        "game": session.game_id if session else "",
        "session": step.session_id,
    }


async def _carry(tenant: Tenant, step: Step, call: HttpCall, attempt: int, faults: list[Fault]) -> Verdict:
    status = first_of(faults, FaultKind.STATUS)
    if status is not None:
        reply = HttpReply(status.status, b"", "text/plain")
        return _note(tenant, step, call, reply, tenant.dialect.read(tenant, step, reply), attempt, faults, 0)
    if first_of(faults, FaultKind.DROP_REQUEST):
        return _note(tenant, step, call, None, _failed("network: not sent"), attempt, faults, 0)
    duplicate = first_of(faults, FaultKind.DUPLICATE)
    copies = duplicate.copies if duplicate else 1
    verdicts = await asyncio.gather(*(_deliver(tenant, step, call, attempt, faults) for _ in range(copies)))
    return verdicts[0]


async def _deliver(tenant: Tenant, step: Step, call: HttpCall, attempt: int, faults: list[Fault]) -> Verdict:
    rule = tenant.dialect.rules.get(step.kind, ONCE)
    began_ms = tenant.clock.now_ms()
    try:
        reply = await tenant.link.send(tenant.wallet_url, call, rule.timeout_ms)
    except LinkFailed as failure:
        took_ms = tenant.clock.now_ms() - began_ms
        return _note(tenant, step, call, None, _failed(failure.reason), attempt, faults, took_ms)
    delay_ms = delay_of(faults, tenant.faults.draw)
    await tenant.clock.sleep_ms(min(delay_ms, rule.timeout_ms))
    took_ms = tenant.clock.now_ms() - began_ms
    if delay_ms >= rule.timeout_ms:
        return _note(tenant, step, call, None, _failed("timeout"), attempt, faults, took_ms)
    if first_of(faults, FaultKind.LOST_REPLY, FaultKind.RESET):
        return _note(tenant, step, call, None, _failed("network: reply lost"), attempt, faults, took_ms)
    reply = spoiled_reply(reply, faults)
    verdict = tenant.dialect.read(tenant, step, reply)
    session = tenant.sessions.get(step.session_id)
    if session is not None:
        session.token = verdict.token or session.token
        session.balance_micros = session.balance_micros if verdict.balance_micros is None else verdict.balance_micros
    return _note(tenant, step, call, reply, verdict, attempt, faults, took_ms)


def _failed(reason: str) -> Verdict:
    return Verdict(Answer.UNCERTAIN, reason)


def _note(
    tenant: Tenant,
    step: Step,
    call: HttpCall,
    reply: HttpReply | None,
    verdict: Verdict,
    attempt: int,
    faults: list[Fault],
    took_ms: int,
) -> Verdict:
    session = tenant.sessions.get(step.session_id)
    tenant.journal.note(
        "wallet",
        step.kind.value,
        tenant.clock.now_ms(),
        call,
        reply,
        [fault.kind.value for fault in faults],
        answer=verdict.answer.value,
        code=verdict.code,
        attempt=attempt,
        round_id=step.round_id,
        transaction_id=step.transaction_id,
        player_id=session.player_id if session else "",
        took_ms=took_ms,
    )
    return verdict
