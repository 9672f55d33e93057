"""The one table between adapter errors and what crosses the wire: gRPC code + ``ErrorInfo`` reason."""

from collections.abc import Mapping
from types import MappingProxyType

import grpc
from google.protobuf import any_pb2
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]
from reelgate.provider.v1 import provider_service_pb2 as wire
from reelgate.provider.v1.error_reason_pb2 import ErrorReason

from adapters.contract import errors

ERROR_DOMAIN = "provider.reelgate"
DETAILS_KEY = "grpc-status-details-bin"
MESSAGE_LENGTH_MAX = 512
FACTS_MAX = 16
UNTYPED_FACT = "untyped"
"""Set on an ``OutcomeUnknown`` that the other side did not put in words of the contract."""

_CODE = grpc.StatusCode
_ROWS: tuple[tuple[type[errors.AdapterError], "ErrorReason.ValueType", grpc.StatusCode], ...] = (
    (errors.CapabilityNotSupported, ErrorReason.ERROR_REASON_CAPABILITY_NOT_SUPPORTED, _CODE.UNIMPLEMENTED),
    (errors.InvalidCall, ErrorReason.ERROR_REASON_INVALID_CALL, _CODE.INVALID_ARGUMENT),
    (errors.GameNotFound, ErrorReason.ERROR_REASON_GAME_NOT_FOUND, _CODE.NOT_FOUND),
    (errors.SignatureRefused, ErrorReason.ERROR_REASON_SIGNATURE_REFUSED, _CODE.UNAUTHENTICATED),
    (errors.MalformedCall, ErrorReason.ERROR_REASON_MALFORMED_CALL, _CODE.INVALID_ARGUMENT),
    (errors.RoundConflict, ErrorReason.ERROR_REASON_ROUND_CONFLICT, _CODE.ALREADY_EXISTS),
    (errors.RoundInProgress, ErrorReason.ERROR_REASON_ROUND_IN_PROGRESS, _CODE.ABORTED),
    (errors.RoundAlreadyCompleted, ErrorReason.ERROR_REASON_ROUND_ALREADY_COMPLETED, _CODE.FAILED_PRECONDITION),
    (errors.RoundNotFound, ErrorReason.ERROR_REASON_ROUND_NOT_FOUND, _CODE.NOT_FOUND),
    (errors.ProviderRefused, ErrorReason.ERROR_REASON_PROVIDER_REFUSED, _CODE.FAILED_PRECONDITION),
    (errors.ProviderUnavailable, ErrorReason.ERROR_REASON_PROVIDER_UNAVAILABLE, _CODE.UNAVAILABLE),
    (errors.DeadlinePassed, ErrorReason.ERROR_REASON_DEADLINE_PASSED, _CODE.DEADLINE_EXCEEDED),
    (errors.OutcomeUnknown, ErrorReason.ERROR_REASON_OUTCOME_UNKNOWN, _CODE.INTERNAL),
)
ERROR_CLASSES: Mapping[str, type[errors.AdapterError]] = MappingProxyType(
    {ErrorReason.Name(reason): error_class for error_class, reason, _ in _ROWS}
)
_REASONS = {error_class: (ErrorReason.Name(reason), code) for error_class, reason, code in _ROWS}


def reason_of(error: BaseException) -> tuple[str, grpc.StatusCode]:
    """Return reason and code of an error; whatever is not in the table is an unknown outcome."""
    for error_class in type(error).__mro__:
        if error_class in _REASONS:
            return _REASONS[error_class]
    return _REASONS[errors.OutcomeUnknown]


def error_from(reason: str, message: str, facts: Mapping[str, str]) -> errors.AdapterError:
    """Return the error that a reason names; an unknown reason is an ``OutcomeUnknown`` marked as untyped."""
    error_class = ERROR_CLASSES.get(reason)
    if error_class is None:
        return unknown(message or f"reason {reason!r} is none of the contract's")
    error = error_class(message)
    error.facts = dict(facts)
    return error


def unknown(message: str) -> errors.OutcomeUnknown:
    """Return the error for whatever the other side did not say in words of the contract."""
    return errors.OutcomeUnknown(message, **{UNTYPED_FACT: "true"})


def status_bytes(error: BaseException) -> tuple[grpc.StatusCode, str, bytes]:
    """Write an error down: code, text and the bytes for the trailing metadata ``grpc-status-details-bin``."""
    reason, code = reason_of(error)
    message, facts = _words_of(error)
    info = error_details_pb2.ErrorInfo(reason=reason, domain=ERROR_DOMAIN, metadata=facts)
    detail = any_pb2.Any()
    detail.Pack(info)
    status = status_pb2.Status(code=code.value[0], message=message, details=[detail])
    return code, message, status.SerializeToString()


def spin_failure(error: BaseException) -> wire.SpinFailure:
    """Write an error down for a step of an open call; ``error_from`` reads it back."""
    message, facts = _words_of(error)
    return wire.SpinFailure(reason=reason_of(error)[0], message=message, metadata=facts)


def _words_of(error: BaseException) -> tuple[str, dict[str, str]]:
    typed = error if isinstance(error, errors.AdapterError) else errors.OutcomeUnknown("internal fault")
    facts = {name[:64]: str(value)[:MESSAGE_LENGTH_MAX] for name, value in list(typed.facts.items())[:FACTS_MAX]}
    return typed.message[:MESSAGE_LENGTH_MAX], facts


def error_of_status(raw: bytes) -> errors.AdapterError | None:
    """Read an error back from ``google.rpc.Status`` bytes; ``None`` when no reason of the contract is in them."""
    try:
        status = status_pb2.Status.FromString(raw)
    except DecodeError:
        return None
    for detail in status.details:
        info = error_details_pb2.ErrorInfo()
        if detail.Is(info.DESCRIPTOR) and detail.Unpack(info) and info.domain == ERROR_DOMAIN:
            return error_from(info.reason, status.message, info.metadata) if info.reason in ERROR_CLASSES else None
    return None
