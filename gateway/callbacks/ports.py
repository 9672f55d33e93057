"""What the callback server needs from the rest, and the events that it reports."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from adapters.contract.ids import AdapterId
from adapters.contract.manifest import Manifest
from adapters.contract.wallet_calls import Credential, WalletCall, WalletReply
from gateway.rounds.ports import Clock

HandleWalletCall = Callable[[str, WalletCall], Awaitable[WalletReply]]
"""The use case: ``async (adapter_id, call) -> reply``; it answers business refusals, and raises only when broken."""


class CredentialLookup(Protocol):
    """Where the keys of brands at providers are."""

    async def find_credential(self, adapter_id: str, brand_ref: str, credential_ref: str = "") -> Credential | None:
        """Return the live keys, newest first; ``None``: unknown brand."""
        ...


class AuditKind(StrEnum):
    """What a security officer must be able to tell apart (W31), and what an operator of the system must see."""

    UNKNOWN_BRAND = "unknown_brand"
    SIGNATURE_REFUSED = "signature_refused"
    OLD_KEY = "old_key"
    """Accepted, but signed with the older of two live keys: the rotation is not complete."""
    REPLAYED_NONCE = "replayed_nonce"
    STALE_TIMESTAMP = "stale_timestamp"
    MALFORMED_CALL = "malformed_call"
    BODY_TOO_LARGE = "body_too_large"
    DEADLINE_PASSED = "deadline_passed"
    INTERNAL_FAULT = "internal_fault"
    BREAKER_OPENED = "breaker_opened"
    BREAKER_CLOSED = "breaker_closed"


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One event; ``facts`` never hold secrets, tokens or bodies."""

    kind: AuditKind
    adapter_id: str
    brand_ref: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


class AuditSink(Protocol):
    """Where events go."""

    def record(self, event: AuditEvent) -> None:
        """Take one event; must not block."""
        ...


@dataclass(frozen=True, slots=True)
class CallbackLimits:
    """Every limit of the callback server, by name. Shares are in parts per million."""

    body_bytes_max: int = 256 * 1024
    answer_reserve_ppm: int = 200_000
    """The share of the provider's deadline that is left to the network: we answer that much earlier."""
    timestamp_window_s: int = 120
    nonce_count_max: int = 100_000
    breaker_window_s: int = 30
    breaker_calls_min: int = 20
    breaker_uncertain_ppm: int = 500_000
    breaker_cooldown_s: int = 5


@dataclass(frozen=True, slots=True)
class CallbackPorts:
    """Everything from outside."""

    credentials: CredentialLookup
    handle_wallet_call: HandleWalletCall
    audit: AuditSink
    clock: Clock


@dataclass(frozen=True, slots=True)
class CallbackMount:
    """One adapter with wallet calls, served below ``/callbacks/{adapter_id}/``."""

    adapter: Any
    """``SupportsWalletCalls``, or ``SupportsRemoteWalletCalls`` when it lives across a wire."""
    manifest: Manifest
    limits: CallbackLimits = field(default_factory=CallbackLimits)

    @property
    def adapter_id(self) -> AdapterId:
        """The id under which it is mounted."""
        return self.manifest.adapter_id

    @property
    def answer_within_ms(self) -> int:
        """By when our answer must leave."""
        timeout_ms = self.manifest.callback_timeout_ms
        return timeout_ms - timeout_ms * self.limits.answer_reserve_ppm // 1_000_000
