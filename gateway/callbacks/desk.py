"""One wallet call of a provider from raw bytes to raw bytes, within the provider's deadline.

identify -> keys -> decode -> (bets: breaker) -> wallet -> encode. The wallet, once entered, is never cancelled.
"""

import asyncio
from dataclasses import replace
from typing import Any

import structlog

from adapters.contract.awaited import awaited
from adapters.contract.deadline import Deadline
from adapters.contract.errors import InvalidCall, MalformedCall, OutcomeUnknown, SignatureRefused
from adapters.contract.wallet_calls import (
    ActionKind,
    CallIdentity,
    Certainty,
    Credential,
    OutcomeCode,
    RawCall,
    RawReply,
    WalletCall,
    WalletReply,
)
from gateway.callbacks.breaker import Breaker, BreakerState
from gateway.callbacks.ports import AuditEvent, AuditKind, CallbackMount, CallbackPorts
from gateway.callbacks.replay_window import OutsideWindow, ReplayWindow
from gateway.rounds.wallet_replies import is_held

LAST_RESORT = RawReply(500, b"", "text/plain")
"""When not even the adapter can render a failure: every protocol reads a bare 500 as uncertain."""
_BREAKER_EVENTS = {BreakerState.OPEN: AuditKind.BREAKER_OPENED, BreakerState.CLOSED: AuditKind.BREAKER_CLOSED}
_LOG = structlog.get_logger("reelgate.callbacks")


class CallbackDesk:
    """Answers the calls of one provider."""

    def __init__(self, mount: CallbackMount, ports: CallbackPorts) -> None:
        self._mount = mount
        self._ports = ports
        self._adapter = mount.adapter
        self._window = ReplayWindow(mount.limits)
        self.breaker = Breaker(mount.limits, ports.clock)
        self._running: set[asyncio.Task[None]] = set()

    async def drained(self) -> None:
        """Wait until every wallet call that was entered has ended."""
        while self._running:
            await asyncio.wait(self._running)

    def due(self) -> Deadline:
        """Return by when a request that begins now must be answered."""
        return Deadline.after_ms(self._mount.answer_within_ms, self._ports.clock.monotonic)

    async def answer(self, raw: RawCall, due: Deadline) -> RawReply:
        """Answer one request; never raises, and never leaves the provider without an answer.

        One timer for all of it: on a call of a third of a millisecond a timer a stage would be a tenth.
        """
        entered: asyncio.Future[WalletReply] | None = None
        try:
            async with asyncio.timeout(due.left_ms() / 1000):
                call = await self._read(raw)
                reply = self._stopped(call, due)
                if reply is None:
                    entered = self._enter_wallet(call)
                    await entered
        except (SignatureRefused, InvalidCall, OutsideWindow) as error:
            return await self.refuse(raw, error)
        except MalformedCall as error:
            self._report(AuditKind.MALFORMED_CALL)
            return await self.refuse(raw, error)
        except TimeoutError as error:
            if entered is None:
                self._report(AuditKind.DEADLINE_PASSED, stage="read")
                return await self.refuse(raw, error)
        except Exception as error:  # noqa: BLE001 - the edge: the provider must get an answer in its own words
            # Also an AdapterError that is not the provider's mistake: it may be a win, which must come again.
            self._fault("read", error)
            return await self.refuse(raw, OutcomeUnknown("internal fault"))
        if entered is not None:
            reply = self._reply_of(entered)
        assert reply is not None  # else it was entered
        return await self._encoded(raw, call, reply)

    async def refuse_body(self, raw: RawCall, error: MalformedCall | TimeoutError) -> RawReply:
        """Refuse a request whose body is too large or does not come to its end."""
        if isinstance(error, TimeoutError):
            self._report(AuditKind.DEADLINE_PASSED, stage="body")
        else:
            self._report(AuditKind.BODY_TOO_LARGE)
        return await self.refuse(raw, error)

    async def refuse(self, raw: RawCall, error: Exception) -> RawReply:
        """Render a failure in the protocol's words: a typed error by its kind, anything else as uncertain."""
        try:
            return await awaited(self._adapter.encode_error(raw, error))
        except Exception as fault:  # noqa: BLE001 - the edge
            self._fault("encode_error", fault)
            return LAST_RESORT

    async def _read(self, raw: RawCall) -> WalletCall:
        identity: CallIdentity = await awaited(self._adapter.identify(raw))
        credential = await self._ports.credentials.find_credential(
            self._mount.adapter_id, identity.brand_ref, identity.credential_ref
        )
        if credential is None:
            self._report(AuditKind.UNKNOWN_BRAND, identity.brand_ref)
            raise SignatureRefused("unknown brand")
        call = await self._decoded(raw, credential, identity.brand_ref)
        objection = self._window.objection(identity.brand_ref, call.facts, raw.received_time_ms)
        if objection is not None:
            self._report(objection, identity.brand_ref)
            raise OutsideWindow(objection.value)
        return call

    async def _decoded(self, raw: RawCall, credential: Credential, brand_ref: str) -> WalletCall:
        """Decode with the newest keys; then with all of them, so that the use of an old one can be told."""
        newest = credential
        has_older = len(credential.secrets) > 1 or len(credential.provider_public_keys) > 1
        if has_older:
            newest = replace(
                credential, secrets=credential.secrets[:1], provider_public_keys=credential.provider_public_keys[:1]
            )
        try:
            return await self._decode(raw, newest)
        except SignatureRefused:
            if not has_older:
                self._report(AuditKind.SIGNATURE_REFUSED, brand_ref)
                raise
        try:
            call = await self._decode(raw, credential)
        except SignatureRefused:
            self._report(AuditKind.SIGNATURE_REFUSED, brand_ref)
            raise
        self._report(AuditKind.OLD_KEY, brand_ref)
        return call

    async def _decode(self, raw: RawCall, credential: Credential) -> WalletCall:
        call: WalletCall = await awaited(self._adapter.decode(raw, credential))
        return call

    async def _encoded(self, raw: RawCall, call: WalletCall, reply: WalletReply) -> RawReply:
        try:
            return await awaited(self._adapter.encode(call, reply))
        except Exception as error:  # noqa: BLE001 - the edge: money may have moved, so the answer is uncertain
            self._fault("encode", error)
            return await self.refuse(raw, OutcomeUnknown("the answer could not be written"))

    def _stopped(self, call: WalletCall, due: Deadline) -> WalletReply | None:
        """Answer in place of the wallet, never for certain: an earlier try of the same bet may be on its way there."""
        is_bet = bool(call.actions) and call.actions[0].kind is ActionKind.BET
        if is_bet and not self.breaker.lets_bet_pass():
            return _unavailable(Certainty.UNCERTAIN, "too many uncertain answers: bets are stopped")
        if due.passed():
            self._report(AuditKind.DEADLINE_PASSED, stage="before_wallet")
            return _unavailable(Certainty.UNCERTAIN, "no time left")
        return None

    def _enter_wallet(self, call: WalletCall) -> "asyncio.Future[WalletReply]":
        """Enter the wallet. From here on only its own answer is certain, and nothing cancels it."""
        loop = asyncio.get_running_loop()
        reply: asyncio.Future[WalletReply] = loop.create_future()
        task = loop.create_task(self._in_the_wallet(call, reply))
        self._running.add(task)

        def ended(done: "asyncio.Task[None]") -> None:
            self._running.discard(done)
            if not reply.done():
                reply.set_result(_unavailable(Certainty.UNCERTAIN, "internal fault"))

        task.add_done_callback(ended)
        return reply

    async def _in_the_wallet(self, call: WalletCall, reply: "asyncio.Future[WalletReply]") -> None:
        """Tell the wallet's answer to who still waits for it."""
        try:
            answer = await self._ports.handle_wallet_call(self._mount.adapter_id, call)
        except Exception as error:  # noqa: BLE001 - the edge: whatever it was, money may have moved
            self._fault("wallet", error)
            answer = _unavailable(Certainty.UNCERTAIN, "internal fault")
        if not reply.done():
            reply.set_result(answer)

    def _reply_of(self, entered: "asyncio.Future[WalletReply]") -> WalletReply:
        """Return what the wallet said by now, and let the breaker know."""
        if entered.cancelled() or not entered.done():
            self._report(AuditKind.DEADLINE_PASSED, stage="wallet")
            reply = _unavailable(Certainty.UNCERTAIN, "no answer within the deadline")
        else:
            reply = entered.result()
        # A call that repeats a booked bet is uncertain to its provider alone: the wallet is well and has said so.
        changed = self.breaker.record(certain=reply.certainty is Certainty.CERTAIN or is_held(reply))
        if changed is not None:
            self._report(_BREAKER_EVENTS[changed])
        return reply

    def _report(self, kind: AuditKind, brand_ref: str = "", **facts: str) -> None:
        self._ports.audit.record(AuditEvent(kind, self._mount.adapter_id, brand_ref, facts))

    def _fault(self, stage: str, error: BaseException) -> None:
        self._report(AuditKind.INTERNAL_FAULT, stage=stage, error=type(error).__name__)
        info: Any = error
        _LOG.error("callback fault", adapter_id=self._mount.adapter_id, stage=stage, exc_info=info)


def _unavailable(certainty: Certainty, reason: str) -> WalletReply:
    return WalletReply(certainty, code=OutcomeCode.UNAVAILABLE, reason=reason)
