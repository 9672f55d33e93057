"""A paper protocol for the callback tests: ``KIND TRANSACTION AMOUNT`` signed by the header ``x-key``."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import httpx

from adapters.contract.errors import AdapterError, MalformedCall, SignatureRefused
from adapters.contract.ids import AdapterId, BrandId, PlayerId, ProviderId, RoundId, TransactionId
from adapters.contract.manifest import Capability, Manifest, SettlementMode
from adapters.contract.wallet_calls import (
    Action,
    ActionKind,
    CallIdentity,
    Certainty,
    Credential,
    RawCall,
    RawReply,
    WalletCall,
    WalletReply,
)
from gateway.callbacks.app import CallbackApp, create_callback_app
from gateway.callbacks.ports import AuditEvent, AuditKind, CallbackLimits, CallbackMount, CallbackPorts

MANIFEST = Manifest(
    AdapterId("paper"),
    ProviderId("paper"),
    "Paper",
    "1",
    frozenset({Capability.WALLET_CALLS}),
    SettlementMode.PROVIDER_DRIVEN,
    callback_timeout_ms=1000,
)


class PaperAdapter:
    """Answers ``certainty code`` for replies, ``certain|uncertain error-class`` for failures."""

    def identify(self, call: RawCall) -> CallIdentity:
        brand_ref = call.header("x-brand")
        if brand_ref is None:
            raise MalformedCall("no brand", field="x-brand")
        return CallIdentity(brand_ref)

    def decode(self, call: RawCall, credential: Credential) -> WalletCall:
        if (call.header("x-key") or "").encode() not in credential.secrets:
            raise SignatureRefused("wrong key")
        try:
            kind, transaction_id, amount = call.body.decode().split()
            action = Action(ActionKind(kind), TransactionId(transaction_id), int(amount))
        except ValueError as error:
            raise MalformedCall("cannot read") from error
        facts = {name[2:]: value for name, value in call.headers if name in ("x-nonce", "x-sent_time_ms")}
        return WalletCall(
            credential.brand_id,
            PlayerId("p"),
            "EUR",
            ProviderId("paper"),
            (action,),
            round_id=RoundId("r"),
            facts=facts,
        )

    def encode(self, call: WalletCall, reply: WalletReply) -> RawReply:
        return RawReply(200, f"{reply.certainty} {reply.code}".encode(), "text/paper")

    def encode_error(self, call: RawCall, error: Exception) -> RawReply:
        certain = isinstance(error, AdapterError) and error.outcome_known
        return RawReply(400, f"{'certain' if certain else 'uncertain'} {type(error).__name__}".encode(), "text/paper")


@dataclass
class ManualClock:
    """Time that moves when told."""

    seconds: float = 1_000.0

    def now_ms(self) -> int:
        return int(self.seconds * 1000)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@dataclass
class Bench:
    """A callback server with everything around it faked."""

    adapter: object = field(default_factory=PaperAdapter)
    secrets: tuple[bytes, ...] = (b"new", b"old")
    manifest: Manifest = MANIFEST
    limits: CallbackLimits = field(default_factory=CallbackLimits)
    clock: ManualClock = field(default_factory=ManualClock)
    events: list[AuditEvent] = field(default_factory=list)
    calls: list[WalletCall] = field(default_factory=list)
    wallet: Callable[[WalletCall], Awaitable[WalletReply]] | None = None

    async def find_credential(self, adapter_id: str, brand_ref: str, credential_ref: str = "") -> Credential | None:
        return Credential(BrandId("brand"), self.secrets) if brand_ref == "b1" else None

    async def handle_wallet_call(self, adapter_id: str, call: WalletCall) -> WalletReply:
        self.calls.append(call)
        if self.wallet is not None:
            return await self.wallet(call)
        return WalletReply(Certainty.CERTAIN, balance_micros=5)

    def record(self, event: AuditEvent) -> None:
        self.events.append(event)

    def kinds(self) -> list[AuditKind]:
        return [event.kind for event in self.events]

    def app(self) -> CallbackApp:
        ports = CallbackPorts(self, self.handle_wallet_call, self, self.clock)
        return create_callback_app({"paper": CallbackMount(self.adapter, self.manifest, self.limits)}, ports)

    async def post(self, body: str | bytes | AsyncIterator[bytes] = "bet t1 100", **headers: str) -> httpx.Response:
        sent = {"x-brand": "b1", "x-key": "new"} | {f"x-{name}": value for name, value in headers.items()}
        if not hasattr(self, "_client"):
            self._client = httpx.AsyncClient(transport=httpx.ASGITransport(self.app()), base_url="http://gateway")
        return await self._client.post("/callbacks/paper/play", content=body, headers=sent)


async def never(call: WalletCall) -> WalletReply:
    """A wallet that does not answer in time."""
    await asyncio.Event().wait()
    raise AssertionError
