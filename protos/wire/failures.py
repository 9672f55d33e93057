"""A failure as it crosses a process border: canonical code, ``google.rpc.Status`` with ErrorInfo, BadRequest,
RetryInfo.
"""

from dataclasses import dataclass, field
from typing import NoReturn

import grpc
import grpc.aio
from google.protobuf import any_pb2
from google.protobuf.message import DecodeError, Message
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]  # ships no types

STATUS_DETAILS_KEY = "grpc-status-details-bin"
CERTAINTY_KEY = "certainty"
_NUMBER_OF = {code: code.value[0] for code in grpc.StatusCode}
_CODE_OF = {number: code for code, number in _NUMBER_OF.items()}


@dataclass(frozen=True, slots=True)
class Failure:
    """What a caller learns: code, reason with its domain, metadata; a bad field and a pause where they fit."""

    code: grpc.StatusCode
    reason: str
    domain: str
    message: str
    metadata: dict[str, str] = field(default_factory=dict)
    bad_field: str = ""
    retry_after_ms: int = 0

    @property
    def certain(self) -> bool:
        """Say whether nothing can have moved."""
        return self.metadata.get(CERTAINTY_KEY, "certain") == "certain"

    @property
    def code_number(self) -> int:
        """Return the canonical number of the code."""
        return _NUMBER_OF[self.code]


def to_status(failure: Failure) -> status_pb2.Status:
    """Return the failure as ``google.rpc.Status``."""
    details = [_packed(_error_info(failure))]
    if failure.bad_field:
        violation = error_details_pb2.BadRequest.FieldViolation(field=failure.bad_field, description=failure.message)
        details.append(_packed(error_details_pb2.BadRequest(field_violations=[violation])))
    if failure.retry_after_ms:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromMilliseconds(failure.retry_after_ms)
        details.append(_packed(retry))
    return status_pb2.Status(code=failure.code_number, message=failure.message, details=details)


def from_status(status: status_pb2.Status) -> Failure:
    """Return the failure that a status carries; a status without ErrorInfo has an empty reason."""
    reason = domain = bad_field = ""
    metadata: dict[str, str] = {}
    retry_after_ms = 0
    for packed in status.details:
        if packed.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            info = error_details_pb2.ErrorInfo()
            packed.Unpack(info)
            reason, domain, metadata = info.reason, info.domain, dict(info.metadata)
        elif packed.Is(error_details_pb2.BadRequest.DESCRIPTOR):
            bad = error_details_pb2.BadRequest()
            packed.Unpack(bad)
            bad_field = bad.field_violations[0].field if bad.field_violations else ""
        elif packed.Is(error_details_pb2.RetryInfo.DESCRIPTOR):
            retry = error_details_pb2.RetryInfo()
            packed.Unpack(retry)
            retry_after_ms = retry.retry_delay.ToMilliseconds()
    code = _CODE_OF.get(status.code, grpc.StatusCode.UNKNOWN)
    return Failure(code, reason, domain, status.message, metadata, bad_field, retry_after_ms)


async def abort(context: grpc.aio.ServicerContext[object, object], failure: Failure) -> NoReturn:
    """End the call with the failure; does not return."""
    status = to_status(failure).SerializeToString()
    await context.abort(failure.code, failure.message, ((STATUS_DETAILS_KEY, status),))


def failure_of(error: grpc.aio.AioRpcError) -> Failure:
    """Return what a failed call said; without details just its code and text."""
    for key, value in error.trailing_metadata() or ():
        if key == STATUS_DETAILS_KEY and isinstance(value, bytes):
            try:
                return from_status(status_pb2.Status.FromString(value))
            except DecodeError:
                break
    return Failure(error.code(), "", "", error.details() or "")


def _error_info(failure: Failure) -> error_details_pb2.ErrorInfo:
    return error_details_pb2.ErrorInfo(reason=failure.reason, domain=failure.domain, metadata=failure.metadata)


def _packed(message: Message) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(message)
    return packed
