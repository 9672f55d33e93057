"""THE table: domain error to status code and reason."""

from typing import NamedTuple

import grpc
from reelgate.gateway.v1.error_reason_pb2 import ErrorReason

from gateway import errors
from protos.wire.failures import CERTAINTY_KEY, Failure

DOMAIN = "gateway.reelgate"
REASON_PREFIX = "ERROR_REASON_"
_METADATA_LENGTH_MAX = 256
_RETRY_MS = 200


class Row(NamedTuple):
    """What callers see of an error; ``retry_ms`` when the same request may be repeated after a moment."""

    code: grpc.StatusCode
    reason: ErrorReason.ValueType
    retry_ms: int = 0


_C = grpc.StatusCode
TABLE: dict[type[errors.GatewayError], Row] = {
    errors.InvalidRequest: Row(_C.INVALID_ARGUMENT, ErrorReason.ERROR_REASON_INVALID_REQUEST),
    errors.GameUnknown: Row(_C.INVALID_ARGUMENT, ErrorReason.ERROR_REASON_GAME_NOT_FOUND),
    errors.GameNotFound: Row(_C.NOT_FOUND, ErrorReason.ERROR_REASON_GAME_NOT_FOUND),
    errors.PlayerNotFound: Row(_C.NOT_FOUND, ErrorReason.ERROR_REASON_PLAYER_NOT_FOUND),
    errors.RoundNotFound: Row(_C.NOT_FOUND, ErrorReason.ERROR_REASON_ROUND_NOT_FOUND),
    errors.GrantNotFound: Row(_C.NOT_FOUND, ErrorReason.ERROR_REASON_GRANT_NOT_FOUND),
    errors.SessionNotFound: Row(_C.NOT_FOUND, ErrorReason.ERROR_REASON_SESSION_NOT_FOUND),
    errors.Unauthenticated: Row(_C.UNAUTHENTICATED, ErrorReason.ERROR_REASON_UNAUTHENTICATED),
    errors.SessionExpired: Row(_C.UNAUTHENTICATED, ErrorReason.ERROR_REASON_SESSION_EXPIRED),
    errors.PermissionDenied: Row(_C.PERMISSION_DENIED, ErrorReason.ERROR_REASON_PERMISSION_DENIED),
    errors.GameNotEnabled: Row(_C.PERMISSION_DENIED, ErrorReason.ERROR_REASON_GAME_NOT_ENABLED),
    errors.InsufficientFunds: Row(_C.FAILED_PRECONDITION, ErrorReason.ERROR_REASON_INSUFFICIENT_FUNDS),
    errors.BetLimit: Row(_C.INVALID_ARGUMENT, ErrorReason.ERROR_REASON_BET_LIMIT),
    errors.LimitReached: Row(_C.OUT_OF_RANGE, ErrorReason.ERROR_REASON_LIMIT_REACHED),
    errors.LimitWarning: Row(_C.OUT_OF_RANGE, ErrorReason.ERROR_REASON_LIMIT_WARNING),
    errors.PlayerBlocked: Row(_C.FAILED_PRECONDITION, ErrorReason.ERROR_REASON_PLAYER_BLOCKED),
    errors.CurrencyMismatch: Row(_C.FAILED_PRECONDITION, ErrorReason.ERROR_REASON_CURRENCY_MISMATCH),
    errors.CurrencyUnknown: Row(_C.INVALID_ARGUMENT, ErrorReason.ERROR_REASON_CURRENCY_UNKNOWN),
    errors.RoundClosed: Row(_C.FAILED_PRECONDITION, ErrorReason.ERROR_REASON_ROUND_CLOSED),
    errors.RoundRolledBack: Row(_C.FAILED_PRECONDITION, ErrorReason.ERROR_REASON_ROUND_ROLLED_BACK),
    errors.StepOutOfOrder: Row(_C.FAILED_PRECONDITION, ErrorReason.ERROR_REASON_STEP_OUT_OF_ORDER),
    errors.IdempotencyKeyReused: Row(_C.ALREADY_EXISTS, ErrorReason.ERROR_REASON_IDEMPOTENCY_KEY_REUSED),
    errors.RoundInProgress: Row(_C.ABORTED, ErrorReason.ERROR_REASON_ROUND_IN_PROGRESS),
    errors.CapabilityNotSupported: Row(_C.UNIMPLEMENTED, ErrorReason.ERROR_REASON_CAPABILITY_NOT_SUPPORTED),
    errors.ProviderUnavailable: Row(_C.UNAVAILABLE, ErrorReason.ERROR_REASON_PROVIDER_UNAVAILABLE, _RETRY_MS),
    errors.ProviderRefused: Row(_C.FAILED_PRECONDITION, ErrorReason.ERROR_REASON_PROVIDER_REFUSED),
    errors.FairSeedEnded: Row(_C.FAILED_PRECONDITION, ErrorReason.ERROR_REASON_FAIR_SEED_ENDED),
    errors.NotDealing: Row(_C.UNAVAILABLE, ErrorReason.ERROR_REASON_NOT_DEALING),
    errors.TooManyRequests: Row(_C.RESOURCE_EXHAUSTED, ErrorReason.ERROR_REASON_TOO_MANY_REQUESTS, _RETRY_MS),
    errors.Stopping: Row(_C.UNAVAILABLE, ErrorReason.ERROR_REASON_STOPPING),
    errors.RoundInDoubt: Row(_C.DEADLINE_EXCEEDED, ErrorReason.ERROR_REASON_ROUND_IN_DOUBT),
    errors.AdapterContractBroken: Row(_C.INTERNAL, ErrorReason.ERROR_REASON_ADAPTER_CONTRACT_BROKEN),
    errors.WalletUnavailable: Row(_C.UNAVAILABLE, ErrorReason.ERROR_REASON_WALLET_UNAVAILABLE, _RETRY_MS),
}
NEVER_MAPPED = frozenset({ErrorReason.ERROR_REASON_UNSPECIFIED, ErrorReason.ERROR_REASON_INTERNAL})
"""Reasons that no domain error has: the first is never sent, the second is what is left when no error is known."""


def describe(error: Exception) -> Failure | None:
    """Return the failure for a domain error; ``None`` for anything else, which is a fault of ours."""
    row = TABLE.get(type(error))  # type: ignore[arg-type]  # a lookup: other types are simply not in it
    if row is None or not isinstance(error, errors.GatewayError):
        return None
    metadata = {key: _text(value) for key, value in error.facts.items() if value}
    metadata[CERTAINTY_KEY] = "certain" if error.certain else "uncertain"
    bad_field = metadata.get("field", "") if row.code is _C.INVALID_ARGUMENT else ""
    retry_ms = error.retry_after_ms if isinstance(error, errors.TooManyRequests) else row.retry_ms
    return Failure(row.code, ErrorReason.Name(row.reason), DOMAIN, _text(error.message), metadata, bad_field, retry_ms)


def internal(fault_id: str) -> Failure:
    """Return the failure for a fault of ours: it says nothing but the id under which the log explains it."""
    reason = ErrorReason.Name(ErrorReason.ERROR_REASON_INTERNAL)
    metadata = {CERTAINTY_KEY: "uncertain", "fault_id": fault_id}
    return Failure(_C.INTERNAL, reason, DOMAIN, f"internal fault {fault_id}", metadata)


def short_reason(failure: Failure) -> str:
    """Return the reason without its prefix, as streams carry it."""
    return failure.reason.removeprefix(REASON_PREFIX)


def _text(value: str) -> str:
    """What callers see is short and printable ASCII, whatever a provider or caller put into it."""
    return value[:_METADATA_LENGTH_MAX].encode("ascii", "backslashreplace").decode()
